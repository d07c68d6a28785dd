/*
 * check_differ - what the lines of two configurations say differently: options, mailers, daemons, filters, queue groups.
 *
 * It is the text that is compared, folded lines joined, blanks made one, defaults filled in for options that one side leaves out.  Rules are not compared
 * as text: what they do is what counts (check_equal.c).
 */
#include <stdio.h>

#include "base/hash.h"
#include "check.h"
#include "os/file.h"

#define DIFFER_MAX	((size_t)8 << 20)

struct item {
	struct str	 name;		/* "option LogLevel", "mailer local" */
	struct str	 value;
	struct item	*next;
};

struct lines {
	struct arena	*arena;
	struct hash	*by;		/* struct item by name */
	struct item	*first, **last;
};

/* Blanks become one, also those around commas and "=". */
static struct str
differ_squeeze(struct arena *a, struct str s)
{
	char	*p = arena_bytes(a, s.n + 1);
	size_t	 n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!chr_is_space(s.p[i]))
			p[n++] = s.p[i];
		else if (n > 0 && p[n - 1] != ' ' && p[n - 1] != ',')
			p[n++] = ' ';
	}
	while (n > 0 && p[n - 1] == ' ')
		n--;
	p[n] = '\0';
	return str_mem(p, n);
}

static bool
differ_adds_up(struct str name)
{
	return str_caseeq_c(name, "DaemonPortOptions") || str_caseeq_c(name, "ClientPortOptions") || str_caseeq_c(name, "PrivacyOptions");
}

static void
differ_put(struct lines *l, const char *kind, struct str name, struct str value, bool adds_up)
{
	struct str	 key = arena_fmt(l->arena, "%s %.*s", kind, STR_ARG(name));
	struct item	*x = hash_get(l->by, arena_lower(l->arena, key));

	if (x == NULL) {
		x = ARENA_NEW(l->arena, struct item);
		x->name = key;
		hash_put(l->by, arena_lower(l->arena, key), x);
		*l->last = x;
		l->last = &x->next;
		x->value = differ_squeeze(l->arena, value);
	} else if (adds_up)
		x->value = arena_fmt(l->arena, "%.*s; %.*s", STR_ARG(x->value), STR_ARG(differ_squeeze(l->arena, value)));
	else
		x->value = differ_squeeze(l->arena, value);
}

static void
differ_line(struct lines *l, struct str s)
{
	size_t	at;

	if (s.n < 3)
		return;
	if (s.p[0] == 'O' && s.p[1] == ' ') {
		s = str_trim(str_from(s, 2));
		at = str_chr(s, '=');
		if (at == SIZE_MAX)
			differ_put(l, "option", s, STR("True"), false);
		else
			differ_put(l, "option", str_trim(str_first(s, at)), str_from(s, at + 1), differ_adds_up(str_trim(str_first(s, at))));
	} else if (s.p[0] == 'M' || s.p[0] == 'X' || s.p[0] == 'Q') {
		if ((at = str_chr(s, ',')) != SIZE_MAX)
			differ_put(l, s.p[0] == 'M' ? "mailer" : s.p[0] == 'X' ? "filter" : "queue group", str_trim(str_sub(s, 1, at)), str_from(s, at + 1), false);
	} else if (s.p[0] == 'P' && (at = str_chr(s, '=')) != SIZE_MAX)
		differ_put(l, "precedence", str_trim(str_sub(s, 1, at)), str_from(s, at + 1), false);
}

static int
differ_read(struct lines *l, struct arena *a, const char *path)
{
	struct str	text, line, whole = STR_NONE;
	struct err	e = ERR_INIT;

	*l = (struct lines){ .arena = a, .by = hash_new(a, 0) };
	l->last = &l->first;
	if (os_slurp(path, a, DIFFER_MAX, &text, &e) == -1) {
		fprintf(stderr, "%s\n", e.text);
		return -1;
	}
	while (str_split(&text, '\n', &line)) {
		if (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t') && whole.n > 0) {
			whole = arena_fmt(a, "%.*s %.*s", STR_ARG(whole), STR_ARG(line));
			continue;
		}
		if (whole.n > 0)
			differ_line(l, whole);
		whole = line.n > 0 && line.p[0] != '#' ? line : STR_NONE;
	}
	if (whole.n > 0)
		differ_line(l, whole);
	return 0;
}

/* What an option is when it is not written. */
static struct str
differ_default(struct str name)
{
	const struct conf_opt_info	*o;

	for (size_t i = 0; (o = conf_opt_info(i)) != NULL; i++)
		if (name.n > 7 && str_caseeq_c(str_from(name, 7), o->name))
			return str_c(o->def);
	return STR("");
}

static bool
differ_same(struct str a, struct str b)
{
	if (str_caseeq(a, b))
		return true;
	return (str_caseeq_c(a, "true") || str_caseeq_c(a, "t")) && (str_caseeq_c(b, "true") || str_caseeq_c(b, "t"));
}

static void
differ_print(const char *path, const struct item *x, bool is_option, struct str def)
{
	if (x != NULL)
		printf("\t%s: %.*s\n", path, STR_ARG(x->value));
	else if (is_option)
		printf("\t%s: not set (default %.*s)\n", path, STR_ARG(def.n > 0 ? def : STR("none")));
	else
		printf("\t%s: there is none\n", path);
}

size_t
check_differ(struct arena *a, const char *first, const char *second)
{
	struct lines	 l[2];
	const char	*path[2] = { first, second };
	size_t		 n = 0;

	if (differ_read(&l[0], a, first) == -1 || differ_read(&l[1], a, second) == -1)
		return 1;
	for (int k = 0; k < 2; k++)
		for (const struct item *x = l[k].first; x != NULL; x = x->next) {
			const struct item	*y = hash_get(l[!k].by, arena_lower(a, x->name));
			bool			 option = str_starts(x->name, STR("option "));
			struct str		 def = option ? differ_default(x->name) : STR_NONE;

			if (k == 1 && y != NULL)
				continue;	/* seen from the other side */
			if (y != NULL ? differ_same(x->value, y->value) : option && differ_same(x->value, def))
				continue;
			n++;
			printf("%.*s\n", STR_ARG(x->name));
			differ_print(path[0], k == 0 ? x : y, option, def);
			differ_print(path[1], k == 0 ? y : x, option, def);
		}
	return n;
}
