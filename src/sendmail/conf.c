/*
 * conf - make a configuration from text, and ask it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "conf_int.h"
#include "os/file.h"

#define CONF_ARENA	((size_t)512 << 20)
#define CONF_TEXT_MAX	((size_t)64 << 20)

/* ---- messages ---- */

void
err_list_init(struct err_list *l)
{
	memset(l, 0, sizeof *l);
	l->arena = arena_new(ARENA_DEFAULT);
}

void
err_list_done(struct err_list *l)
{
	arena_free(&l->arena);
	memset(l, 0, sizeof *l);
}

int
err_list_code(const struct err_list *l)
{
	return l->nerrors == 0 ? EXIT_OK : l->nerrors == l->nfiles ? EXIT_OSERR : EXIT_CONFIG;
}

static void
message(struct reading *r, bool warning, const char *fmt, va_list ap)
{
	struct err_list		*l = r->errs;
	struct conf_message	*m;

	l->v = conf_grow(l->arena, l->v, l->n, sizeof *l->v);
	m = &l->v[l->n++];
	m->warning = warning;
	m->text = arena_vfmt(l->arena, fmt, ap);
	m->place = r->place;
	m->place.file = arena_str(l->arena, r->place.file);
	m->place.origin = arena_str(l->arena, r->place.origin);
	if (!warning)
		l->nerrors++;
}

void
conf_error(struct reading *r, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	message(r, false, fmt, ap);
	va_end(ap);
}

void
conf_warn(struct reading *r, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	message(r, true, fmt, ap);
	va_end(ap);
}

void
conf_note(struct reading *r, const char *fmt, ...)
{
	struct conf_place	here = r->place;
	va_list			ap;

	r->place = (struct conf_place){ STR_NONE, 0, STR_NONE };
	va_start(ap, fmt);
	message(r, true, fmt, ap);
	va_end(ap);
	r->place = here;
}

void
err_list_print(const struct conf_message *m, struct buf *b)
{
	if (m->place.line > 0)
		buf_addf(b, "%.*s: line %u: ", STR_ARG(m->place.file), m->place.line);
	buf_add(b, m->text);
	if (m->place.line > 0 && m->place.origin.n > 0)
		buf_addf(b, " (%.*s)", STR_ARG(m->place.origin));
}

/* ---- memory ---- */

void *
conf_grow(struct arena *a, void *v, size_t n, size_t size)
{
	void	*more;

	if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
		return v;
	more = arena_array(a, n == 0 ? 8 : n * 2, size);
	if (n > 0)
		memcpy(more, v, n * size);
	return more;
}

void
conf_list_add(struct reading *r, struct conf_str_list *l, struct str s)
{
	*CONF_PUSH(r, l->v, l->n) = arena_str(r->conf->arena, s);
}

void
conf_free(struct conf **cp)
{
	struct arena	*a;

	if (*cp == NULL)
		return;
	a = (*cp)->arena;
	*cp = NULL;
	arena_free(&a);
}

/* ---- loading ---- */

static void
conf_override_apply(struct reading *r, const struct conf_override *o)
{
	struct str	s = o->text;
	struct err	e;
	size_t		at, taken;
	int		id;

	r->place = (struct conf_place){ STR("command line"), 0, STR_NONE };
	switch (o->kind) {
	case 'O':
		at = str_chr(s, '=');
		if (at == SIZE_MAX)
			conf_set_option(r, s, STR_NONE);
		else
			conf_set_option(r, str_first(s, at), str_from(s, at + 1));
		break;
	case 'o':
		if (s.n > 0)
			conf_set_letter(r, s.p[0], str_from(s, 1));
		break;
	default:
		id = rules_name_take(r->rules, s, &taken, &e);
		if (id < 0)
			conf_error(r, "%s", e.text);
		else
			rules_define(r->rules, id, str_from(s, taken));
		break;
	}
}

static void
conf_fixed_sets(struct conf *c)
{
	c->set_parse = rules_find(c->rules, STR("0"));
	c->set_sender = rules_find(c->rules, STR("1"));
	c->set_rcpt = rules_find(c->rules, STR("2"));
	c->set_canonify = rules_find(c->rules, STR("3"));
	c->set_final = rules_find(c->rules, STR("4"));
	c->set_local = rules_find(c->rules, STR("5"));
}

struct conf *
conf_load_with(struct str text, struct str name, const struct conf_loader *loader, const struct conf_override *over, size_t nover,
    struct err_list *errs)
{
	struct arena	*a = arena_new(CONF_ARENA);
	struct conf	*c = ARENA_NEW(a, struct conf);
	struct reading	 r;

	memset(&r, 0, sizeof r);
	c->arena = a;
	c->file = arena_str(a, name);
	c->level = 1;
	r.conf = c;
	r.rules = rules_new(a);
	r.loader = loader;
	r.errs = errs;
	r.set = -1;
	r.place = (struct conf_place){ c->file, 0, STR_NONE };
	c->rules = r.rules;
	rules_set_file(r.rules, c->file);
	rules_on_map(r.rules, conf_map_wanted, &r);
	conf_opt_defaults(c);
	conf_hosts(&r);
	conf_mailer_defaults(&r);
	conf_override_apply(&r, &(struct conf_override){ 'B', STR("{opMode}d") });
	for (size_t i = 0; i < nover; i++)
		if (over[i].kind == 'B')
			conf_override_apply(&r, &over[i]);
	r.place.file = c->file;
	conf_read_text(&r, text);
	r.command_line = true;
	for (size_t i = 0; i < nover; i++)
		if (over[i].kind != 'B')
			conf_override_apply(&r, &over[i]);
	r.place = (struct conf_place){ c->file, 0, STR_NONE };
	conf_finish(&r);
	rules_finish(r.rules);
	conf_fixed_sets(c);
	conf_check(c, errs);
	return c;
}

struct conf *
conf_load_text(struct str text, struct str name, const struct conf_loader *loader, struct err_list *errs)
{
	return conf_load_with(text, name, loader, NULL, 0, errs);
}

struct conf *
conf_load_file(const char *path, const struct conf_loader *loader, struct err_list *errs)
{
	struct arena	*a = arena_new(CONF_TEXT_MAX * 2);
	struct conf	*c = NULL;
	struct reading	 r;
	struct str	 text;
	struct err	 e = ERR_INIT;

	memset(&r, 0, sizeof r);
	r.errs = errs;
	if (os_slurp(path, a, CONF_TEXT_MAX, &text, &e) == -1)
		conf_error(&r, "cannot open %s: %s", path, e.text);
	else
		c = conf_load_text(text, str_c(path), loader, errs);
	arena_free(&a);
	return c;
}

/* ---- asking ---- */

const struct mailer *
conf_mailer_find(const struct conf *c, struct str name)
{
	for (size_t i = 0; i < c->nmailers; i++)
		if (str_caseeq(c->mailers[i].name, name))
			return &c->mailers[i];
	return NULL;
}

int
conf_map_find(const struct conf *c, struct str name)
{
	for (size_t i = 0; i < c->nmaps; i++)
		if (str_caseeq(c->maps[i].name, name))
			return (int)i;
	return -1;
}

const struct conf_queue_group *
conf_group_find(const struct conf *c, struct str name)
{
	for (size_t i = 0; i < c->ngroups; i++)
		if (str_caseeq(c->groups[i].name, name))
			return &c->groups[i];
	return NULL;
}

int
conf_precedence(const struct conf *c, struct str name)
{
	for (size_t i = 0; i < c->nprecedences; i++)
		if (str_caseeq(c->precedences[i].name, name))
			return c->precedences[i].value;
	return 0;
}

bool
conf_is_trusted(const struct conf *c, struct str user)
{
	for (size_t i = 0; i < c->trusted.n; i++)
		if (str_eq(c->trusted.v[i], user))
			return true;
	return false;
}

const struct conf_header *
conf_header_check(const struct conf *c, struct str name)
{
	const struct conf_header	*any = NULL;

	for (size_t i = 0; i < c->nchecks; i++) {
		if (c->checks[i].is_default)
			any = &c->checks[i];
		else if (str_caseeq(c->checks[i].name, name))
			return &c->checks[i];
	}
	return any;
}
