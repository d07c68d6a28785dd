/*
 * conf_header - H lines (headers and their checks), X lines (filters), Q lines (queue groups).
 */
#include <string.h>

#include "conf_int.h"

/* ---- H ---- */

static int
header_syntax(struct reading *r, struct str s)
{
	conf_error(r, "header syntax error, line \"%.*s\"", STR_ARG(s));
	return -1;
}

/* ?DF? or ?${name}? at the front. */
static int
header_condition(struct reading *r, struct str *s, struct conf_header *h)
{
	struct str	cond;
	size_t		end = str_chr(str_from(*s, 1), '?');

	if (end == SIZE_MAX)
		return header_syntax(r, *s);
	cond = str_sub(*s, 1, end + 1);
	if (str_from(*s, end + 2).n == 0)
		return header_syntax(r, str_first(*s, end + 1));
	*s = str_ltrim(str_from(*s, end + 2));
	if (str_starts(cond, STR("${")) || (cond.n == 2 && cond.p[0] == '$')) {
		struct err	e;
		size_t		taken;
		int		id = rules_name_take(r->rules, str_from(cond, 1), &taken, &e);

		if (id < 0)
			conf_error(r, "%s", e.text);
		h->macro = rules_macro_name(r->rules, id);
		return 0;
	}
	h->has_flags = true;
	conf_flags_set(&h->flags, cond);
	return 0;
}

/* The ruleset of "Hname: $>set" or "$>+set". */
static void
header_check(struct reading *r, struct conf_header *h, struct str v)
{
	struct err	e = ERR_INIT;

	v = str_ltrim(str_from(v, 2));
	if (v.n > 0 && v.p[0] == '+') {
		h->keep_comments = true;
		v = str_ltrim(str_from(v, 1));
	}
	h->check = rules_set(r->rules, conf_expand(r, v), &e);
	if (h->check < 0)
		conf_error(r, "%s", e.text);
}

void
conf_read_header(struct reading *r, struct str s)
{
	struct conf_header	h;
	struct str		all = s, value;
	size_t			colon, n;

	memset(&h, 0, sizeof h);
	h.check = -1;
	h.place = r->place;
	h.macro = STR("");
	if (s.n > 0 && s.p[0] == '?' && header_condition(r, &s, &h) == -1)
		return;
	colon = str_chr(s, ':');
	h.name = str_rtrim(str_first(s, colon == SIZE_MAX ? 0 : colon));
	for (n = 0; n < h.name.n && (unsigned char)h.name.p[n] > 32 && (unsigned char)h.name.p[n] < 127; n++)
		;
	if (h.name.n == 0 || n < h.name.n) {
		(void)header_syntax(r, all);
		return;
	}
	h.name = arena_str(r->conf->arena, h.name);
	h.is_default = str_eq_c(h.name, "*");
	value = str_from(s, colon + 1);
	while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t'))
		value = str_from(value, 1);
	if (str_starts(value, STR("$>"))) {
		header_check(r, &h, value);
		*CONF_PUSH(r, r->conf->checks, r->conf->nchecks) = h;
		return;
	}
	h.template = arena_str(r->conf->arena, value);
	*CONF_PUSH(r, r->conf->headers, r->conf->nheaders) = h;
}

/* ---- name, key=value, key=value ---- */

/* The name at the front of an X or Q line; *s is what follows its comma. */
static struct str
equates_name(struct str *s)
{
	size_t		n = 0;
	struct str	name;

	while (n < s->n && s->p[n] != ',' && !chr_is_space(s->p[n]))
		n++;
	name = str_first(*s, n);
	*s = str_from(*s, n);
	return name;
}

/* The next "K=value": false at the end. Commas inside quotes do not count. */
static bool
equates_next(struct reading *r, struct str *s, struct str what, char *key, struct str *value)
{
	while (s->n > 0 && (s->p[0] == ',' || chr_is_space(s->p[0])))
		*s = str_from(*s, 1);
	if (s->n == 0)
		return false;
	*key = s->p[0];
	while (s->n > 0 && s->p[0] != '=' && s->p[0] != ',')
		*s = str_from(*s, 1);
	if (s->n == 0 || s->p[0] != '=') {
		conf_error(r, "%.*s: `=' expected", STR_ARG(what));
		*value = STR_NONE;
		*key = '\0';
		return true;
	}
	*s = str_ltrim(str_from(*s, 1));
	*value = str_trim(conf_munch(r, s, ','));
	return true;
}

/* ---- X ---- */

static void
filter_times(struct reading *r, struct conf_filter *f, struct str what, struct str v)
{
	struct str	part;

	while (str_split(&v, ';', &part)) {
		int64_t	t;

		part = str_trim(part);
		if (part.n == 0)
			continue;
		if (part.n < 2 || part.p[1] != ':') {
			conf_error(r, "%.*s, T=: `:' expected", STR_ARG(what));
			continue;
		}
		t = strchr("CSRE", part.p[0]) == NULL ? 0 : conf_time(r, str_from(part, 2), 's');
		switch (part.p[0]) {
		case 'C':
			f->t_connect = t;
			break;
		case 'S':
			f->t_send = t;
			break;
		case 'R':
			f->t_reply = t;
			break;
		case 'E':
			f->t_eom = t;
			break;
		default:
			conf_error(r, "%.*s: unknown filter timeout %c", STR_ARG(what), part.p[0]);
			break;
		}
	}
}

void
conf_read_filter(struct reading *r, struct str s)
{
	struct conf_filter	f;
	struct str		what, v;
	char			key;

	memset(&f, 0, sizeof f);
	f.place = r->place;
	f.t_connect = f.t_eom = 300;
	f.t_send = f.t_reply = 10;
	f.socket = STR("");
	s = conf_expand(r, s);
	f.name = equates_name(&s);
	if (f.name.n == 0) {
		conf_error(r, "name required for mail filter");
		return;
	}
	what = arena_fmt(r->conf->arena, "X%.*s", STR_ARG(f.name));
	while (equates_next(r, &s, what, &key, &v))
		switch (key) {
		case 'S':
			f.socket = v;
			break;
		case 'F':
			conf_flags_set(&f.flags, v);
			break;
		case 'T':
			filter_times(r, &f, what, v);
			break;
		case '\0':
			break;
		default:
			conf_error(r, "%.*s: unknown filter equate %c=", STR_ARG(what), key);
			break;
		}
	if (f.socket.n == 0)
		conf_error(r, "%.*s: empty or missing socket information", STR_ARG(what));
	else
		*CONF_PUSH(r, r->conf->filters, r->conf->nfilters) = f;
}

/* ---- Q ---- */

static void
group_pair(struct reading *r, struct conf_queue_group *g, struct str what, char key, struct str v)
{
	switch (key) {
	case 'F':
		conf_flags_set(&g->flags, v);
		break;
	case 'N':
		g->nice = (int)conf_number(v);
		break;
	case 'I':
		g->interval = conf_time(r, v, 'm');
		break;
	case 'P':
		g->path = v;
		break;
	case 'R':
		g->runners = (int)conf_number(v);
		g->has_runners = true;
		break;
	case 'J':
		g->jobs = (int)conf_number(v);
		break;
	case 'r':
		g->max_rcpts = (int)conf_number(v);
		break;
	case '\0':
		break;
	default:
		conf_error(r, "%.*s: unknown queue equate %c=", STR_ARG(what), key);
		break;
	}
}

void
conf_read_group(struct reading *r, struct str s)
{
	struct conf_queue_group	g;
	struct str		what, v;
	char			key;

	memset(&g, 0, sizeof g);
	g.place = r->place;
	g.declared = true;
	s = conf_expand(r, s);
	g.name = equates_name(&s);
	if (g.name.n == 0) {
		conf_error(r, "name required for queue");
		return;
	}
	g.path = r->conf->opt.queue_directory;
	g.runners = (int)r->conf->opt.max_runners_per_queue;
	g.nice = (int)r->conf->opt.nice_queue_run;
	what = arena_fmt(r->conf->arena, "Q%.*s", STR_ARG(g.name));
	while (equates_next(r, &s, what, &key, &v))
		group_pair(r, &g, what, key, v);
	if (g.path.n == 0) {
		conf_error(r, "QueueDir must be defined before queue groups");
		return;
	}
	if (g.has_runners && g.runners > 1 && !conf_flag(&g.flags, 'f'))
		conf_warn(r, "%.*s: R=%d: multiple queue runners specified but flag 'f' is not set", STR_ARG(what), g.runners);
	*CONF_PUSH(r, r->conf->groups, r->conf->ngroups) = g;
}
