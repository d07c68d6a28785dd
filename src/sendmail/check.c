/*
 * check - sendmail -bC: load, look, print.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "base/status.h"
#include "check.h"
#include "conf_int.h"
#include "os/file.h"

#define CHECK_CF_MAX	((size_t)64 << 20)
#define EXIT_WARNINGS	1

void
check_say(struct check *c, bool warning, const struct conf_place *place, const char *fmt, ...)
{
	struct reading	r = { .errs = &c->cmd->errors };
	struct str	text;
	va_list		ap;

	va_start(ap, fmt);
	text = arena_vfmt(c->arena, fmt, ap);
	va_end(ap);
	r.place = place != NULL ? *place : (struct conf_place){ c->conf->file, 0, STR_NONE };
	if (warning)
		conf_warn(&r, "%.*s", STR_ARG(text));
	else
		conf_error(&r, "%.*s", STR_ARG(text));
}

struct str
check_hint(struct arena *a, struct str name, const char *(*word)(size_t))
{
	struct str	near = near_word(name, word);

	return near.n == 0 ? STR("") : arena_fmt(a, "; did you mean %.*s?", STR_ARG(near));
}

/* ---- printing: the line that a person wrote comes first ---- */

struct check_row {
	const struct conf_message *m;
	bool		 in_cf;
	size_t		 i;
};

/* The .mc first, then the .cf; by line, then in the order in which they were found. */
static int
check_order(const void *a, const void *b)
{
	const struct check_row	*x = a, *y = b;

	if (x->in_cf != y->in_cf)
		return x->in_cf ? 1 : -1;
	if (x->m->place.line != y->m->place.line)
		return x->m->place.line < y->m->place.line ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

static void
check_print_one(struct check *c, const struct conf_message *m, struct str text)
{
	const char	*kind = m->warning ? "warning" : "error";
	struct str	 file = m->place.file.n > 0 ? m->place.file : c->conf->file, line = STR_NONE, origin;

	/* Where the tree wrote the line with a value of the .mc, the line of that value is what a person can mend. */
	if (m->place.origin.n > 0 && str_casefind(m->place.origin, STR(".mc:")) == SIZE_MAX && str_eq(file, c->conf->file)) {
		for (unsigned n = 0; n < m->place.line && str_split(&text, '\n', &line); n++)
			;
		if ((origin = check_origin(c, m->place.origin, line)).n > 0) {
			printf("%.*s: %s: %.*s [%.*s:%u, %.*s]\n", STR_ARG(origin), kind, STR_ARG(m->text), STR_ARG(file), m->place.line,
			    STR_ARG(m->place.origin));
			return;
		}
	}

	if (m->place.line == 0)
		printf("%.*s: %s: %.*s\n", STR_ARG(file), kind, STR_ARG(m->text));
	else if (m->place.origin.n > 0)
		printf("%.*s: %s: %.*s [%.*s:%u]\n", STR_ARG(m->place.origin), kind, STR_ARG(m->text), STR_ARG(file), m->place.line);
	else
		printf("%.*s:%u: %s: %.*s\n", STR_ARG(file), m->place.line, kind, STR_ARG(m->text));
}

static void
check_print(struct check *c, struct str text)
{
	struct err_list		*l = &c->cmd->errors;
	struct check_row	*v = ARENA_ARRAY(c->arena, struct check_row, l->n + 1);
	const struct conf_message *m, *last = NULL;

	for (size_t i = 0; i < l->n; i++)
		v[i] = (struct check_row){ &l->v[i], l->v[i].place.file.n == 0 || str_eq(l->v[i].place.file, c->conf->file), i };
	qsort(v, l->n, sizeof *v, check_order);
	for (size_t i = 0; i < l->n; i++, last = m) {
		m = v[i].m;
		if (last == NULL || m->place.line != last->place.line || !str_eq(m->text, last->text))
			check_print_one(c, m, text);
	}
}

static int
check_sum(struct check *c)
{
	const struct err_list	*l = &c->cmd->errors;
	size_t			 rules = 0, warnings = l->n - l->nerrors;

	for (int i = 0; i < rules_count(c->conf->rules); i++)
		rules += rules_rule_count(c->conf->rules, i);
	printf("%.*s: ", STR_ARG(c->conf->file));
	if (l->n == 0)
		printf("nothing found");
	else
		printf("%zu error%s, %zu warning%s", l->nerrors, l->nerrors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	printf(" (%zu rules, %zu maps, %zu mailers, %zu attempts at relaying)\n", rules, c->conf->nmaps, c->conf->nmailers, c->nprobe);
	return l->nerrors > 0 ? EXIT_CONFIG : l->n > 0 ? EXIT_WARNINGS : EXIT_OK;
}

/* "file.cf" and "--equal other.cf", in any order, behind the options. */
static int
check_words(const struct opts *o, const char **other)
{
	size_t	files = 0;

	*other = o->check_against;
	for (size_t i = 0; i < o->nrcpt; i++) {
		if (strcmp(o->rcpt[i], "--equal") == 0 && i + 1 < o->nrcpt)
			*other = o->rcpt[++i];
		else if (strncmp(o->rcpt[i], "--equal=", 8) == 0)
			*other = o->rcpt[i] + 8;
		else if (o->rcpt[i][0] == '-' || ++files > 1) {
			fprintf(stderr, "usage: sendmail -bC [file.cf] [--equal other.cf]\n");
			return EXIT_USAGE;
		}
	}
	return EXIT_OK;
}

int
check_run(struct cmd *cmd)
{
	struct check	 c = { .cmd = cmd, .arena = cmd->arena };
	const char	*other;
	struct str	 text;
	int		 code;

	if ((code = check_words(cmd->opts, &other)) != EXIT_OK)
		return code;
	if ((code = mode_load(cmd)) != EXIT_OK && cmd->conf == NULL)
		return code;
	if (other != NULL)
		return check_equal(cmd, other);
	c.conf = cmd->conf;
	c.maps = maps_local(cmd->arena, cmd->conf, &cmd->errors);
	if (os_slurp(arena_cstr(c.arena, c.conf->file), c.arena, CHECK_CF_MAX, &text, NULL) == -1)
		text = STR("");
	c.generated = str_find(text, STR("source .mc")) != SIZE_MAX && str_find(text, STR("\n#line ")) == SIZE_MAX;
	check_rules(&c);
	check_text(&c, text);
	check_options(&c);
	check_ports(&c);
	check_files(&c);
	check_tls(&c);
	check_relay(&c);
	check_print(&c, text);
	if (c.net != NULL)
		check_netmap_tell(c.net);
	code = check_sum(&c);
	maps_close(c.maps);
	return code;
}
