/*
 * alias_place - whose place a recipient has: duplicates, and addresses that lead back to themselves.
 *
 * A place is (mailer, host, user).  The second node for a place is a duplicate, unless the first is above it: then an address leads back to itself.
 */
#include <string.h>

#include "alias_int.h"
#include "base/hash.h"
#include "base/status.h"
#include "resolve.h"

static struct str
alias_key(struct alias_set *s, const struct alias_rcpt *x)
{
	const struct mailer	*ml = &s->conf->mailers[x->mailer];
	struct str		 user = mailer_has(ml, 'u') ? x->user : arena_lower(s->m, x->user);

	if (user.n > 0 && user.p[0] == '\\')
		user = str_from(user, 1);
	return arena_fmt(s->m, "%d\n%.*s\n%.*s\n%.*s", x->mailer, STR_ARG(arena_lower(s->m, x->host)), STR_ARG(user),
	    STR_ARG(x->mailer == s->conf->m_prog || x->mailer == s->conf->m_file ? x->q.ctl_user : STR_NONE));
}

/* Is `other` above x? */
static bool
alias_is_above(const struct alias_rcpt *x, const struct alias_rcpt *other)
{
	for (x = x->parent; x != NULL; x = x->parent)
		if (x == other)
			return true;
	return false;
}

/* Of addresses that lead to each other the first, from below, that is a real user; NULL: there is none. */
static struct alias_rcpt *
alias_real(struct alias_set *s, struct alias_rcpt *x, const struct alias_rcpt *last)
{
	struct os_user	u;

	for (; x != NULL; x = x == last ? NULL : x->parent)
		if (x->mailer >= 0 && mailer_has(&s->conf->mailers[x->mailer], 'w') && alias_user(s, x, &u) == 1)
			return x;
	return NULL;
}

/* x becomes one of those above it. */
static void
alias_become(struct alias_rcpt *x, const struct alias_rcpt *real)
{
	if (x == real)
		return;
	x->q.addr = real->q.addr;
	x->q.given = real->q.given;
	x->mailer = real->mailer;
	x->host = real->host;
	x->user = real->user;
	x->group = real->group;
}

int
alias_claim(struct alias_set *s, struct alias_rcpt *x, enum alias_by *asked)
{
	struct str		 key = alias_key(s, x);
	struct alias_rcpt	*other = hash_get(s->seen, key), *real;

	*asked = ALIAS_BY_NONE;
	if (other == NULL) {
		hash_put(s->seen, key, x);
		return 0;
	}
	if (other->state != ALIAS_EXPANDED || !alias_is_above(x, other)) {
		x->state = ALIAS_DUPLICATE;
		return -1;
	}
	if (other != x->parent && !other->one_user) {
		if ((real = alias_real(s, x, other)) == NULL) {
			x->state = ALIAS_DUPLICATE;
			x->back = other;
			return -1;
		}
		alias_become(x, real);
		if (real != x)
			other = real;
		key = alias_key(s, x);
	}
	hash_put(s->seen, key, x);
	if (x->q.addr.n == 0 || x->q.addr.p[0] != '\\')		/* \joe is another name: it has its own place */
		x->turn = other->turn;
	*asked = other->by;
	return 0;
}

/* A list without members, to be told of if nobody else is there, either. */
void
alias_nobody(struct alias_rcpt *x)
{
	x->back = x;
	while (x->back->parent != NULL)
		x->back = x->back->parent;
	x->nobody = true;
}

void
alias_loops(struct alias_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct alias_rcpt	*x = s->v[i];
		bool			 others = false;

		if (x->back == NULL)
			continue;
		for (size_t k = 0; k < s->n && !others; k++)
			others = (s->v[k]->back == NULL && s->v[k]->state != ALIAS_EXPANDED && alias_is_above(s->v[k], x->back)) ||
			    (k < i && s->v[k]->back == x->back && s->v[k]->state == ALIAS_FAILED);	/* told once */
		if (others)
			continue;
		alias_fail_c(s, x, EXIT_USAGE, "5.4.6", x->nobody ? "aliasing/forwarding leads to nobody" : "aliasing/forwarding loop broken");
		if (s->ops->ended != NULL)
			s->ops->ended(s->ops->arg, x);
	}
}

bool
alias_is_sender(struct alias_set *s, struct alias_rcpt *x)
{
	struct alias_rcpt	me = { .q = x->q };
	struct resolved		r;

	if (s->conf->opt.me_too || !x->of_many || s->sender.n == 0)
		return false;
	if (s->sender_key.p == NULL) {
		rule_reset(s->rules);
		resolve_addr(s->rules, s->conf, s->sender, RESOLVE_SENDER, &r);
		s->sender_key = STR("");
		if (r.kind == RES_MAILER && r.mailer >= 0 && (size_t)r.mailer < s->conf->nmailers && !r.transient) {
			me.mailer = r.mailer;
			me.host = arena_str(s->m, r.host.p == NULL ? STR("") : r.host);
			me.user = arena_str(s->m, r.user);
			s->sender_key = alias_key(s, &me);
		}
	}
	if (!str_eq(alias_key(s, x), s->sender_key))
		return false;
	hash_del(s->seen, s->sender_key);
	x->state = ALIAS_DUPLICATE;
	return true;
}
