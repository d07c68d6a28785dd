/*
 * macro - names of macros, and the text they stand for.
 *
 * Macros and classes share their numbers: 0 to 255 are the one-letter names (an "x" and a "{x}" are the same), longer names
 * follow in the order of their first mention.  Text of the configuration is kept as written; $x in it is expanded when it is
 * used, so that a later definition counts.  Values that come from outside are never expanded.
 */
#include <string.h>

#include "base/hash.h"
#include "base/trace.h"
#include "rule/rule_int.h"

#define MACRO_MAXDEPTH	10		/* macros within macros */
#define MACRO_MAX	61000u		/* numbers are two bytes in cooked text, and so are those of a context with its own names */

static bool
macro_char_ok(char c)
{
	return chr_is_alnum(c) || (c != '\0' && strchr("_-.,/:+!?*'%&=#@^~", c) != NULL) || (unsigned char)c > 127;
}

/* The name inside braces or the single character at the front: false if there is none. */
static bool
macro_name(struct str s, struct str *name, size_t *taken)
{
	size_t	end;

	if (s.n == 0)
		return false;
	if (s.p[0] != '{') {
		*name = str_first(s, 1);
		*taken = 1;
		return true;
	}
	end = str_chr(s, '}');
	if (end == SIZE_MAX)
		return false;
	*name = str_sub(s, 1, end);
	*taken = end + 1;
	return true;
}

static void
macros_grow(struct rules *r)
{
	uint32_t		 size = r->macros_size * 2;
	struct macro_def	*v = ARENA_ARRAY(r->arena, struct macro_def, size);
	struct klass		*k = ARENA_ARRAY(r->arena, struct klass, size);

	memcpy(v, r->macros, r->nmacros * sizeof *v);
	memcpy(k, r->klasses, r->nmacros * sizeof *k);
	r->macros = v;
	r->klasses = k;
	r->macros_size = size;
}

int
rules_macro_find(const struct rules *r, struct str name)
{
	void	*v;

	if (name.n >= 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
		name = str_sub(name, 1, name.n - 1);
	if (name.n == 0)
		return -1;
	if (name.n == 1)
		return (unsigned char)name.p[0];
	v = hash_get(r->macro_names, name);
	return v == NULL ? -1 : (int)((uintptr_t)v - 1);
}

static int
rules_macro_id(struct rules *r, struct str name)
{
	int	id = rules_macro_find(r, name);

	if (id >= 0 || name.n == 0 || r->nmacros >= MACRO_MAX)
		return id;
	if (name.n >= 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
		name = str_sub(name, 1, name.n - 1);
	if (name.n == 0)
		return -1;
	if (r->nmacros == r->macros_size)
		macros_grow(r);
	id = (int)r->nmacros++;
	r->nklasses = r->nmacros;
	r->macros[id].name = arena_str(r->arena, name);
	hash_put(r->macro_names, r->macros[id].name, (void *)((uintptr_t)id + 1));
	return id;
}

/*
 * What programs set while they run, from sendmail's manual and the names of ours: a context needs no names of its own for them.
 * One that is missing here is only slower.
 */
static const char *const known[] = {
	"addr_type", "alg_bits", "auth_authen", "auth_author", "auth_ssf", "auth_type", "bodytype", "cert_fp", "cert_issuer", "cert_md5", "cert_subject", "cipher",
	"cipher_bits", "client_addr", "client_connections", "client_flags", "client_name", "client_port", "client_ptr", "client_rate", "client_resolve",
	"cn_issuer", "cn_subject", "currHeader", "daemon_addr", "daemon_family", "daemon_flags", "daemon_info", "daemon_name", "daemon_port", "deliveryMode",
	"dsn_envid", "dsn_notify", "dsn_ret", "envid", "hdr_name", "hdrlen", "if_addr", "if_addr_out", "if_family", "if_family_out", "if_name", "if_name_out",
	"load_avg", "mail_addr", "mail_from", "mail_host", "mail_mailer", "msg_id", "msg_size", "nbadrcpts", "nrcpts", "ntries", "opMode", "quarantine",
	"queue_interval", "rcpt_addr", "rcpt_host", "rcpt_mailer", "server_addr", "server_name", "time", "tls_version", "total_rate", "verify",
};

void
macros_known(struct rules *r)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		(void)rules_macro_id(r, str_c(known[i]));
}

int
rules_name_take(struct rules *r, struct str s, size_t *taken, struct err *e)
{
	struct str	name;
	char		text[64];
	size_t		n = 0;

	*taken = 0;
	if (s.n == 0)
		return err_set(e, ERR_PERM, "Name required for macro/class");
	if (!macro_name(s, &name, taken)) {
		for (size_t i = 1; i < s.n && n < sizeof text - 1; i++)
			if (macro_char_ok(s.p[i]))
				text[n++] = s.p[i];
		return err_set(e, ERR_PERM, "Unbalanced { on %.*s", (int)n, text);
	}
	if (s.p[0] == '{') {
		for (size_t i = 0; i < name.n; i++)
			if (!macro_char_ok(name.p[i]))
				return err_set(e, ERR_PERM, "Invalid macro/class character %c", name.p[i]);
		if (name.n == 0)
			return err_set(e, ERR_PERM, "Name required for macro/class");
	}
	return rules_macro_id(r, name);
}

struct str
rules_macro_name(const struct rules *r, int id)
{
	return id >= 0 && (uint32_t)id < r->nmacros ? r->macros[id].name : STR_NONE;
}

void
trace_define(struct str name, struct str value, bool again)
{
	trace_printf("%sdefine(%.*s as %.*s)\n", again ? "re" : "", STR_ARG(name), STR_ARG(value));
}

void
rules_define(struct rules *r, int macro, struct str value)
{
	if (macro < 0 || (uint32_t)macro >= r->nmacros)
		return;
	if (trace_on(35, 9))
		trace_define(r->macros[macro].name, value, !str_is_none(r->macros[macro].value));
	r->macros[macro].value = arena_str(r->arena, value);
}

struct str
rules_macro(const struct rules *r, int macro)
{
	return macro >= 0 && (uint32_t)macro < r->nmacros ? r->macros[macro].value : STR_NONE;
}

/* ---- expansion ---- */

struct expand {
	const struct rules	*rules;
	const struct rule_ctx	*ctx;		/* NULL while the configuration is read */
	struct buf		*out;
};

static bool
expand_value(const struct expand *x, struct str name, struct str *value, bool *template)
{
	int	id;

	if (x->ctx != NULL) {
		id = ctx_macro_id(x->ctx, name, false);
		return id >= 0 && ctx_macro(x->ctx, id, value, template);
	}
	id = rules_macro_find(x->rules, name);
	*value = rules_macro(x->rules, id);
	*template = true;
	return !str_is_none(*value);
}

/* Behind $?x: where its $| and $. are, counting inner ones. Positions past the end when missing. */
static void
cond_ends(struct str s, size_t from, size_t *other, size_t *end)
{
	int	depth = 0;

	*other = SIZE_MAX;
	*end = s.n;
	for (size_t i = from; i + 1 < s.n; i++) {
		if (s.p[i] != '$')
			continue;
		i++;
		if (s.p[i] == '?')
			depth++;
		else if (s.p[i] == '|' && depth == 0) {
			if (*other == SIZE_MAX)
				*other = i - 1;
		} else if (s.p[i] == '.' && depth-- == 0) {
			*end = i - 1;
			return;
		}
	}
}

static int
expand(const struct expand *x, struct str s, int depth)
{
	struct str	name, value;
	size_t		taken, other, end;
	bool		template, yes;

	if (depth > MACRO_MAXDEPTH)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		char	c = s.p[i];

		if (c != '$' || i + 1 == s.n) {
			size_t	plain = str_chr(str_from(s, i + 1), '$');

			plain = plain == SIZE_MAX ? s.n - i : plain + 1;
			buf_add(x->out, str_sub(s, i, i + plain));
			i += plain - 1;
			continue;
		}
		c = s.p[++i];
		if (c == '$') {
			buf_addch(x->out, '$');
			continue;
		}
		if (c == '.' || c == '|')		/* without its $? */
			continue;
		if (c == '?' || c == '&')
			i++;
		if (!macro_name(str_from(s, i), &name, &taken))
			return 0;
		i += taken - 1;
		if (c != '?') {
			if (expand_value(x, name, &value, &template)) {
				if (!template)
					buf_add(x->out, value);
				else if (expand(x, value, depth + 1) == -1)
					return -1;
			}
			continue;
		}
		cond_ends(s, i + 1, &other, &end);
		yes = expand_value(x, name, &value, &template) && value.n > 0;
		if (yes)
			value = str_sub(s, i + 1, other == SIZE_MAX ? end : other);
		else
			value = other == SIZE_MAX ? STR_NONE : str_sub(s, other + 2, end);
		if (value.n > 0 && expand(x, value, depth) == -1)
			return -1;
		i = end + 1;
	}
	return buf_ok(x->out) ? 0 : -1;
}

int
macro_expand(const struct rules *r, const struct rule_ctx *c, struct str s, struct buf *out, int depth)
{
	struct expand	x = { r, c, out };

	return expand(&x, s, depth);
}

int
rules_expand(const struct rules *r, struct str s, struct buf *out)
{
	return macro_expand(r, NULL, s, out, 0);
}

int
rule_expand(struct rule_ctx *c, struct str template, struct buf *out)
{
	return macro_expand(c->rules, c, template, out, 0);
}

/* ---- cooking one side of a rule ---- */

struct cook {
	struct rules	*rules;
	struct buf	*out;
	bool		 quoted;
};

static void
cook_meta(struct cook *k, char kind, int par, bool has_par)
{
	buf_addch(k->out, TOK_ESC);
	buf_addch(k->out, kind);
	if (has_par) {
		buf_addch(k->out, (char)(par >> 8));
		buf_addch(k->out, (char)(par & 0xff));
	}
}

static int	cook(struct cook *, struct str, int);

/* What stands behind a $ that names a macro, class or condition. Returns how much was taken, 0 at nonsense. */
static size_t
cook_name(struct cook *k, char kind, struct str rest, int depth, int *rc)
{
	struct str	name, value;
	size_t		taken, other, end;
	int		id;

	if (!macro_name(rest, &name, &taken))
		return 0;
	id = rules_macro_id(k->rules, name);
	value = rules_macro(k->rules, id);
	switch (kind) {
	case '=':
	case '~':
	case '&':
		if (id >= 0)
			cook_meta(k, kind, id, true);
		return taken;
	case '?':
		cond_ends(rest, taken, &other, &end);
		if (value.n > 0)
			value = str_sub(rest, taken, other == SIZE_MAX ? end : other);
		else
			value = other == SIZE_MAX ? STR_NONE : str_sub(rest, other + 2, end);
		*rc = value.n > 0 ? cook(k, value, depth) : 0;
		return end + 2 < rest.n ? end + 2 : rest.n;
	default:
		if (value.n > 0)
			*rc = cook(k, value, depth + 1);
		return taken;
	}
}

static int
cook(struct cook *k, struct str s, int depth)
{
	int	rc = 0;

	if (depth > MACRO_MAXDEPTH)
		return -1;
	for (size_t i = 0; i < s.n && rc == 0; i++) {
		char	c = s.p[i];
		size_t	taken;

		if (c == '\\' && i + 1 < s.n) {
			buf_addch(k->out, c);
			buf_addch(k->out, s.p[++i]);
			continue;
		}
		if (c == '"')
			k->quoted = !k->quoted;
		if (c != '$' || i + 1 == s.n) {
			if (c != TOK_ESC)
				buf_addch(k->out, c);
			continue;
		}
		c = s.p[++i];
		if (c == '$')
			buf_addch(k->out, '$');
		else if (k->quoted && strchr("*+-@:#>[]()|=~&123456789", c) != NULL) {
			buf_addch(k->out, '$');		/* operators mean nothing in a quoted string */
			buf_addch(k->out, c);
		} else if (chr_is_digit(c) && c != '0')
			cook_meta(k, '1', c - '0', true);
		else if (strchr("*+-@:#>[]()|", c) != NULL)
			cook_meta(k, c, 0, false);
		else if (c == '.')
			continue;
		else if (c == '=' || c == '~' || c == '&' || c == '?') {
			taken = cook_name(k, c, str_from(s, i + 1), depth, &rc);
			i += taken;
		} else {
			taken = cook_name(k, 0, str_from(s, i), depth, &rc);
			if (taken == 0)
				break;
			i += taken - 1;
		}
	}
	return rc == -1 || !buf_ok(k->out) ? -1 : 0;
}

int
rule_cook(struct rules *r, struct str raw, bool lhs, struct buf *out)
{
	struct cook	k = { r, out, false };

	(void)lhs;
	return cook(&k, raw, 0);
}
