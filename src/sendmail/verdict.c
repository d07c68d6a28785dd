/*
 * verdict - what check_ rulesets and $#error say: reply code, enhanced status, text.
 *
 * The user part of $#error is text.  Its double quotes go; three digits and a blank in front are the reply code, an enhanced status code
 * behind them wins over the one of $@.  Text without a reply code is "553 5.3.0" whatever $@ says.
 */
#include <string.h>

#include "base/num.h"
#include "base/status.h"
#include "resolve_int.h"

struct str
resolve_unquote(struct rule_ctx *ctx, struct str s)
{
	char	*p = arena_bytes(rule_scratch(ctx), s.n + 1);
	size_t	 n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			p[n++] = s.p[++i];
		else if (s.p[i] != '"')
			p[n++] = s.p[i];
	}
	p[n] = '\0';
	return str_mem(p, n);
}

/* "5.7.1" and nothing else. */
static bool
is_dsn(struct str s)
{
	return s.n > 0 && status_dsn_len(s) == s.n;
}

static int
error_ex(struct str host, int smtp, struct str dsn)
{
	const struct status	*s;
	int			 n;

	if (is_dsn(host))
		return status_ex_of_dsn(host);
	if (num_int(host, 1, 255, &n) == 0)
		return n;
	s = host.n > 0 ? status_by_name(host) : NULL;
	if (s != NULL)
		return (int)s->ex;
	if (smtp >= 400 && smtp < 500)
		return EXIT_TEMPFAIL;
	return dsn.n > 0 && dsn.p[0] == '4' ? EXIT_TEMPFAIL : EXIT_UNAVAILABLE;
}

void
resolve_error_text(struct rule_ctx *ctx, struct str host, struct str user, struct resolved *out)
{
	struct str	text = resolve_unquote(ctx, user);
	size_t		n;

	out->dsn = is_dsn(host) ? host : STR("");
	if (text.n > 4 - 1 && chr_is_digit(text.p[0]) && chr_is_digit(text.p[1]) && chr_is_digit(text.p[2]) &&
	    text.n > 3 && text.p[3] == ' ') {
		out->smtp = (text.p[0] - '0') * 100 + (text.p[1] - '0') * 10 + (text.p[2] - '0');
		text = str_from(text, 4);
		n = status_dsn_len(text);
		if (n > 0 && (n == text.n || text.p[n] == ' ')) {
			out->dsn = str_first(text, n);
			text = str_from(text, n == text.n ? n : n + 1);
		} else if (out->dsn.n == 0)
			out->dsn = arena_fmt(rule_scratch(ctx), "%c.0.0", (char)('0' + out->smtp / 100));
	} else {
		out->smtp = 553;
		out->dsn = STR("5.3.0");
	}
	out->text = text;
	out->ex = error_ex(host, out->smtp, out->dsn);
}

/* ---- check_ rulesets ---- */

static void
verdict_reply(struct rule_ctx *ctx, struct check_verdict *v)
{
	v->reply = v->dsn.n > 0 ?
	    arena_fmt(rule_scratch(ctx), "%d %.*s %.*s", v->smtp, STR_ARG(v->dsn), STR_ARG(v->text)) :
	    arena_fmt(rule_scratch(ctx), "%d %.*s", v->smtp, STR_ARG(v->text));
}

static void
verdict_set(struct rule_ctx *ctx, struct check_verdict *v, enum check_kind kind, int smtp, const char *dsn, int ex, struct str text)
{
	v->kind = kind;
	v->smtp = smtp;
	v->dsn = str_c(dsn);
	v->ex = ex;
	v->text = text;
	verdict_reply(ctx, v);
}

static void
verdict_error(struct rule_ctx *ctx, struct check_verdict *v)
{
	struct rule_out	*o = &v->out;
	struct resolved	 r;
	struct str	 user;

	if (!o->has_user) {
		if (str_caseeq_c(o->host, "quarantine") && o->has_host)
			verdict_set(ctx, v, CHECK_QUARANTINE, 0, "", EXIT_OK, o->host);
		else
			verdict_set(ctx, v, CHECK_REJECT, 554, "5.3.5", EXIT_CONFIG, STR("buildaddr: no user"));
		return;
	}
	user = rule_join(ctx, o->user_tok, o->nuser, ' ');
	if (str_caseeq_c(o->host, "quarantine")) {
		verdict_set(ctx, v, CHECK_QUARANTINE, 0, "", EXIT_OK, user.n > 0 ? resolve_unquote(ctx, user) : o->host);
		return;
	}
	memset(&r, 0, sizeof r);
	resolve_error_text(ctx, o->host, user, &r);
	v->kind = r.smtp >= 400 && r.smtp < 500 ? CHECK_TEMPFAIL : CHECK_REJECT;
	v->smtp = r.smtp;
	v->dsn = r.dsn;
	v->text = r.text;
	v->ex = r.ex;
	verdict_reply(ctx, v);
}

int
resolve_check_set(struct rule_ctx *ctx, const struct conf *c, int set, struct str arg, struct str arg2, unsigned flags,
    struct check_verdict *v)
{
	int	rc;

	(void)c;
	memset(v, 0, sizeof *v);
	v->dsn = v->text = v->reply = STR("");
	if (!rules_has_rules(c->rules, set))
		return 0;
	if (str_is_none(arg2))
		rc = rule_run_flags(ctx, set, arg, (flags & CHECK_KEEP_COMMENTS ? RULE_KEEP_COMMENTS : 0u) | (flags & CHECK_WHOLE ? RULE_WHOLE : 0u), &v->out);
	else
		rc = rule_run2_flags(ctx, set, arg, arg2, flags & CHECK_KEEP_COMMENTS ? RULE_KEEP_COMMENTS : 0, &v->out);
	if (flags & CHECK_WHOLE && (rc == -1 || (v->out.status != EXIT_OK && !v->out.is_triple)))
		return 0;
	if (rc == -1 && v->out.tok == NULL) {
		verdict_set(ctx, v, CHECK_REJECT, 553, "5.1.0", EXIT_DATAERR,
		    arena_fmt(rule_scratch(ctx), "%s", rule_error(ctx)->text));
		return -1;
	}
	if (v->out.is_triple && str_caseeq_c(v->out.mailer, "error"))
		verdict_error(ctx, v);
	else if (v->out.is_triple && str_caseeq_c(v->out.mailer, "discard"))
		verdict_set(ctx, v, CHECK_DISCARD, 0, "", EXIT_OK,
		    v->out.has_user ? resolve_unquote(ctx, rule_join(ctx, v->out.user_tok, v->out.nuser, ' ')) : STR(""));
	else if (v->out.status != EXIT_OK && v->out.status != EXIT_TEMPFAIL)	/* a map that could not say: the rules saw so, and decided */
		verdict_set(ctx, v, CHECK_TEMPFAIL, 451, "4.3.0", v->out.status,
		    STR("Local configuration error. Please try again later."));
	return 0;
}

int
resolve_check(struct rule_ctx *ctx, const struct conf *c, struct str name, struct str arg, struct str arg2, unsigned flags,
    struct check_verdict *v)
{
	return resolve_check_set(ctx, c, rules_find(c->rules, name), arg, arg2, flags, v);
}
