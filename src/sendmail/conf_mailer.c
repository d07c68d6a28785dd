/*
 * conf_mailer - M lines and the mailers that are always there.
 */
#include <string.h>

#include "conf_int.h"

static int
conf_mailer_rules(struct reading *r, struct str name)
{
	struct err	e = ERR_INIT;
	int		i;

	name = str_trim(name);
	if (name.n == 0 || str_eq_c(name, "0"))
		return -1;
	i = rules_set(r->rules, name, &e);
	if (i < 0)
		conf_error(r, "%s", e.text);
	return i;
}

static void
mailer_two_rules(struct reading *r, struct str v, int *env, int *hdr)
{
	size_t	at = str_chr(v, '/');
	struct str hdr_name;

	*env = conf_mailer_rules(r, str_first(v, at == SIZE_MAX ? v.n : at));
	if (at == SIZE_MAX) {
		*hdr = *env;
		return;
	}
	hdr_name = str_from(v, at + 1);
	at = str_chr(hdr_name, '/');
	*hdr = conf_mailer_rules(r, str_first(hdr_name, at == SIZE_MAX ? hdr_name.n : at));
}

/* Words; double quotes group and vanish, a backslash takes the next character. Templates are kept. */
static void
mailer_argv(struct reading *r, struct mailer *m, struct str v)
{
	size_t	i = 0;

	for (;;) {
		char		*out = arena_bytes(r->conf->arena, v.n + 1);
		size_t		 n = 0;
		bool		 quoted = false;

		while (i < v.n && chr_is_space(v.p[i]))
			i++;
		if (i >= v.n)
			break;
		for (; i < v.n && (quoted || !chr_is_space(v.p[i])); i++) {
			if (v.p[i] == '\\' && i + 1 < v.n)
				out[n++] = v.p[++i];
			else if (v.p[i] == '"')
				quoted = !quoted;
			else
				out[n++] = v.p[i];
		}
		out[n] = '\0';
		*CONF_PUSH(r, m->argv, m->argc) = str_mem(out, n);
		if (str_find(str_mem(out, n), STR("$u")) != SIZE_MAX || str_find(str_mem(out, n), STR("${u}")) != SIZE_MAX)
			m->argv_has_user = true;
	}
}

static void
mailer_types(struct mailer *m, struct str v)
{
	struct str	part;

	if (str_split(&v, '/', &part))
		m->mta_type = str_trim(part);
	if (str_split(&v, '/', &part))
		m->addr_type = str_trim(part);
	if (str_split(&v, '/', &part))
		m->diag_type = str_trim(part);
}

static struct str
mailer_eol(struct reading *r, struct str raw)
{
	char	*out = arena_bytes(r->conf->arena, raw.n + 1);
	size_t	 n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\' && i + 1 < raw.n) {
			i++;
			out[n++] = raw.p[i] == 'r' ? '\r' : raw.p[i] == 'n' ? '\n' : raw.p[i];
		} else if (raw.p[i] != '"')
			out[n++] = raw.p[i];
	}
	return str_mem(out, n);
}

/* How far a value goes: to a comma outside of quotes. */
static struct str
mailer_value(struct str *s)
{
	size_t		i = 0;
	bool		quoted = false;
	struct str	v;

	for (; i < s->n; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
		else if (s->p[i] == '"')
			quoted = !quoted;
		else if (s->p[i] == ',' && !quoted)
			break;
	}
	v = str_trim(str_first(*s, i));
	*s = str_from(*s, i);
	return v;
}

/* Equates whose value is kept as it is. */
static struct str *
mailer_text(struct mailer *m, char key)
{
	return key == 'D' ? &m->dirs : key == '/' ? &m->root : key == 'C' ? &m->charset : key == 'Q' ? &m->queue_group : NULL;
}

static void
mailer_pair(struct reading *r, struct mailer *m, char key, struct str v)
{
	struct str	rest = v, text, *plain = mailer_text(m, key);

	text = str_trim(conf_munch(r, &rest, '\0'));
	if (plain != NULL) {
		*plain = text;
		return;
	}
	switch (key) {
	case 'P':
		m->path = conf_expand(r, text);
		break;
	case 'F':
		m->flag_text = text;
		conf_flags_set(&m->flags, text);
		break;
	case 'S':
		mailer_two_rules(r, text, &m->se_rules, &m->sh_rules);
		break;
	case 'R':
		mailer_two_rules(r, text, &m->re_rules, &m->rh_rules);
		break;
	case 'A':
		mailer_argv(r, m, v);
		break;
	case 'E':
		m->eol = mailer_eol(r, v);
		break;
	case 'M':
		m->max_size = conf_number(text);
		break;
	case 'L':
		m->line_limit = (int)conf_number(text);
		if (m->line_limit < 0)
			m->line_limit = 0;
		break;
	case 'U':
		m->user_text = text;
		(void)conf_user(r, conf_expand(r, text), "mailer U= flag:", &m->has_uid, &m->uid, &m->has_gid, &m->gid);
		break;
	case 'N':
		m->nice = (int)conf_number(text);
		break;
	case 'T':
		mailer_types(m, text);
		break;
	case 'm':
		m->max_messages = (int)conf_number(text);
		break;
	case 'r':
		m->max_rcpts = (int)conf_number(text);
		if (m->max_rcpts <= 0)
			m->max_rcpts = 100;
		break;
	case 'W':
		m->wait = conf_time(r, text, 's');
		break;
	default:
		conf_error(r, "M%.*s: unknown mailer equate %c=", STR_ARG(m->name), key);
		break;
	}
}

static void
mailer_kind(struct reading *r, struct mailer *m)
{
	if (str_eq_c(m->path, "[IPC]")) {
		m->kind = MAILER_IPC;
		if (m->argc > 0 && !str_eq_c(m->argv[0], "TCP") && !str_eq_c(m->argv[0], "FILE"))
			conf_note(r, "M%.*s: Warning: first argument in [IPC] mailer must be TCP or FILE", STR_ARG(m->name));
		if (str_is_none(m->mta_type))
			m->mta_type = STR("dns");
		if (str_is_none(m->addr_type))
			m->addr_type = STR("rfc822");
		if (str_is_none(m->diag_type))
			m->diag_type = STR("smtp");
	} else if (str_eq_c(m->path, "[FILE]"))
		m->kind = MAILER_FILE;
	else
		m->kind = MAILER_PROG;
	if (m->mta_type.n > 0 && str_is_none(m->addr_type))
		m->addr_type = STR("rfc822");
	if (m->mta_type.n > 0 && str_is_none(m->diag_type))
		m->diag_type = STR("smtp");
	if (str_is_none(m->eol))
		m->eol = m->argv_has_user || m->kind == MAILER_FILE ? STR("\n") : STR("\r\n");
}

/* Flags that one says by another, or by the level of the configuration. */
static void
mailer_flags(struct reading *r, struct mailer *m)
{
	if (mailer_has(m, 'L') && m->line_limit == 0)
		m->line_limit = 990;
	if (r->conf->level < 6 && str_caseeq_c(m->name, "local"))
		conf_flags_set(&m->flags, STR("Aw5:|/@"));
	if (r->conf->level < 7 && str_caseeq_c(m->name, "local"))
		conf_flag_add(&m->flags, 'q');
}

static void
mailer_store(struct reading *r, struct mailer *m)
{
	struct conf	*c = r->conf;
	struct mailer	*old = (struct mailer *)(uintptr_t)conf_mailer_find(c, m->name);

	if (old != NULL) {
		m->index = old->index;
		if (old->kind == MAILER_ERROR || old->kind == MAILER_DISCARD || old->kind == MAILER_INCLUDE)
			m->kind = old->kind;
		*old = *m;
		return;
	}
	m->index = (int)c->nmailers;
	*CONF_PUSH(r, c->mailers, c->nmailers) = *m;
	if (str_caseeq_c(m->name, "local"))
		c->m_local = m->index;
}

void
conf_read_mailer(struct reading *r, struct str s)
{
	struct mailer	m;
	size_t		n = 0;
	char		key;

	memset(&m, 0, sizeof m);
	m.se_rules = m.sh_rules = m.re_rules = m.rh_rules = -1;
	m.max_rcpts = 100;
	m.place = r->place;
	while (n < s.n && s.p[n] != ',' && !chr_is_space(s.p[n]))
		n++;
	m.name = arena_str(r->conf->arena, str_first(s, n));
	s = str_from(s, n);
	if (m.name.n == 0) {
		conf_error(r, "name required for mailer");
		return;
	}
	for (;;) {
		while (s.n > 0 && (s.p[0] == ',' || chr_is_space(s.p[0])))
			s = str_from(s, 1);
		if (s.n == 0)
			break;
		key = s.p[0];
		while (s.n > 0 && s.p[0] != '=' && s.p[0] != ',')
			s = str_from(s, 1);
		if (s.n == 0 || s.p[0] != '=') {
			conf_error(r, "M%.*s: `=' expected", STR_ARG(m.name));
			continue;
		}
		s = str_from(s, 1);
		mailer_pair(r, &m, key, mailer_value(&s));
	}
	if (m.argc == 0) {
		conf_error(r, "M%.*s: A= argument required", STR_ARG(m.name));
		return;
	}
	if (m.path.n == 0) {
		conf_error(r, "M%.*s: P= argument required", STR_ARG(m.name));
		return;
	}
	if (str_eq_c(m.path, "[TCP]")) {
		conf_error(r, "M%.*s: P=[TCP] must be replaced by P=[IPC]", STR_ARG(m.name));
		return;
	}
	mailer_kind(r, &m);
	mailer_flags(r, &m);
	mailer_store(r, &m);
}

/* A mailer without an M line of its own, seen by no =M. */
static int
mailer_internal(struct reading *r, const char *name, enum mailer_kind kind)
{
	struct mailer	m;

	memset(&m, 0, sizeof m);
	m.se_rules = m.sh_rules = m.re_rules = m.rh_rules = -1;
	m.name = str_c(name);
	m.path = m.flag_text = STR("");
	m.eol = STR("\n");
	m.kind = kind;
	m.index = (int)r->conf->nmailers;
	*CONF_PUSH(r, r->conf->mailers, r->conf->nmailers) = m;
	return m.index;
}

void
conf_mailer_defaults(struct reading *r)
{
	struct conf	*c = r->conf;

	conf_read_mailer(r, STR("prog, P=/bin/sh, F=lsouDq9, T=X-Unix/X-Unix/X-Unix, A=sh -c $u"));
	conf_read_mailer(r, STR("*file*, P=[FILE], F=lsDFMPEouq9, T=X-Unix/X-Unix/X-Unix, A=FILE $u"));
	conf_read_mailer(r, STR("*include*, P=/dev/null, F=su, A=INCLUDE $u"));
	c->m_prog = 0;
	c->m_file = 1;
	c->m_include = 2;
	c->mailers[2].kind = MAILER_INCLUDE;
	c->m_error = mailer_internal(r, "error", MAILER_ERROR);
	c->m_discard = mailer_internal(r, "discard", MAILER_DISCARD);
	c->m_local = -1;
}
