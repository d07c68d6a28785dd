/*
 * route_from - what the mailer that the sender itself resolves to means for a message (operations guide, flags C and p, C=), and how a sender that is a route
 * is written (flag d).
 *
 * The sender is resolved only where a mailer has C, p or C=, and once a message.
 */
#include "base/status.h"
#include "resolve.h"
#include "route.h"

static bool
from_matters(const struct conf *c)
{
	for (size_t i = 0; i < c->nmailers; i++)
		if (mailer_has(&c->mailers[i], 'C') || mailer_has(&c->mailers[i], 'p') || c->mailers[i].charset.n > 0)
			return true;
	return false;
}

/* Its mailer, or NULL: a null sender, or one that leads nowhere. */
static const struct mailer *
from_mailer(struct routing *r)
{
	const struct conf	*c = r->rt->conf;
	struct resolved		 out;

	if (!r->from_known && r->qf.sender.n > 0 && from_matters(c)) {
		rule_reset(r->rules);
		if (resolve_addr(r->rules, c, r->qf.sender, RESOLVE_SENDER, &out) == 0 && out.kind == RES_MAILER)
			r->from = &c->mailers[out.mailer];
	}
	r->from_known = true;
	return r->from;
}

struct str
route_from(struct routing *r, const struct mailer *ml)
{
	struct str s = r->qf.sender;

	if (s.n > 0 && mailer_has(ml, 'i') && r->mailname.n > 0)
		return r->mailname;
	if (s.n == 0)			/* a program on this host, unless it speaks LMTP, knows no null sender: it is MAILER-DAEMON, as the mailer's rules write it */
		return mailer_has(ml, 'g') || (ml->kind != MAILER_IPC && !mailer_has(ml, 'z')) ? arena_str(r->m, rule_macro_value(r->rules, STR("n"))) : STR("<>");
	return s.p[0] == '@' ? arena_fmt(r->m, "<%.*s>", STR_ARG(s)) : s;	/* a bare route would look like a group */
}

struct str
route_from_daemon(struct routing *r, int mailer)
{
	struct str	name = arena_str(r->m, rule_macro_value(r->rules, STR("n"))), out;
	int		ex = EXIT_OK;

	rule_reset(r->rules);
	resolve_rewrite(r->rules, r->rt->conf, name, mailer, RESOLVE_SENDER, &out, &ex);
	return ex == EXIT_OK && out.n > 0 ? arena_str(r->m, out) : name;
}

struct str
route_from_domain(struct routing *r)
{
	const struct mailer	*m = from_mailer(r);
	size_t			 at;

	if (m == NULL || !mailer_has(m, 'C') || (at = str_rchr(r->qf.sender, '@')) == SIZE_MAX)
		return STR_NONE;
	return str_from(r->qf.sender, at);
}

struct str
route_from_charset(struct routing *r)
{
	const struct conf	*c = r->rt->conf;
	const struct mailer	*m = r->qf.sender.n > 0 ? from_mailer(r) : &c->mailers[c->m_local];

	return m != NULL ? m->charset : STR_NONE;
}

struct str
route_from_path(struct routing *r, const struct mailer *ml, struct str sender)
{
	const struct mailer *m;

	if (sender.n == 0 || ml->kind != MAILER_IPC || !mailer_has(ml, 'p') || (m = from_mailer(r)) == NULL || mailer_has(m, 'l'))
		return sender;
	return arena_fmt(r->m, "@%.*s%c%.*s", STR_ARG(rule_macro_value(r->rules, STR("j"))), sender.p[0] == '@' ? ',' : ':', STR_ARG(sender));
}

struct str
route_from_shown(struct routing *r, const struct mailer *ml, struct str sender)
{
	if (sender.n == 0 || sender.p[0] != '@' || mailer_has(ml, 'd'))
		return sender;
	return arena_fmt(r->m, "<%.*s>", STR_ARG(sender));
}
