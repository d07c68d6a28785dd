/*
 * route_compat - check_compat: may this sender's mail go to this recipient, now that everything is known of both?
 */
#include "base/log.h"
#include "route.h"

/* An address as the ruleset gets it: as it was given. */
static struct str
compat_shown(struct routing *r, struct str given, struct str addr)
{
	struct buf b;
	struct str s;

	buf_init(&b, 0);
	qf_show(&b, given, addr);
	s = arena_str(r->m, buf_str(&b));
	buf_done(&b);
	return s;
}

static struct str
compat_sender(struct routing *r)
{
	if (r->qf.flags & QF_RESPONSE)
		return arena_str(r->m, rule_macro_value(r->rules, STR("n")));
	return compat_shown(r, r->qf.sender_given, r->qf.sender);
}

static void
compat_log(struct routing *r, struct str from, struct str to, const struct check_verdict *v)
{
	struct str what = STR("discard");

	if (v->kind == CHECK_QUARANTINE)
		what = arena_fmt(r->m, "quarantine=%.*s", STR_ARG(v->text));
	else if (v->kind != CHECK_DISCARD)
		what = arena_fmt(r->m, "reject=%d %.*s %.*s... %.*s", v->smtp != 0 ? v->smtp : 550, STR_ARG(v->dsn), STR_ARG(to), STR_ARG(v->text));
	log_line(5, LOG_P_NOTICE, arena_cstr(r->m, r->qf.id), "ruleset=check_compat, arg1=%.*s, arg2=%.*s, relay=%.*s, %.*s", STR_ARG(from), STR_ARG(to),
	    STR_ARG(qf_macro(&r->qf, STR("_"))), STR_ARG(what));
}

bool
route_compat(struct routing *r, const struct alias_rcpt *x, struct check_verdict *v)
{
	struct str from, to;

	rule_reset(r->rules);
	(void)rule_macro_set(r->rules, STR("u"), x->q.addr);
	(void)rule_macro_set_c(r->rules, "addr_type", "e s");
	from = compat_sender(r);
	to = compat_shown(r, x->q.given, x->q.addr);
	if (resolve_check(r->rules, r->rt->conf, STR("check_compat"), from, to, 0, v) != 0 || v->kind == CHECK_OK)
		return false;
	compat_log(r, from, to, v);
	return true;
}
