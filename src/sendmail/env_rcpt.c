/*
 * env_rcpt - the recipients of an envelope; each once.
 */
#include "env.h"

#include "base/hash.h"
#include "base/utf8.h"

/* Letters of the local part count, those of the domain do not (RFC 5321 2.4). */
static struct str
env_rcpt_key(struct env *e, struct str addr)
{
	size_t at = str_rchr(addr, '@');
	struct str key = arena_str(e->arena, addr);

	if (at != (size_t)-1)
		for (size_t i = at; i < key.n; i++)
			((char *)(uintptr_t)key.p)[i] = chr_lower(key.p[i]);
	return key;
}

enum env_rcpt_rc
env_add_rcpt(struct env *e, struct str addr, struct str final, unsigned notify, struct str orcpt)
{
	struct str key = env_rcpt_key(e, addr);
	struct qf_rcpt *r;
	uintptr_t old = (uintptr_t)hash_get(e->seen, key);

	if (old == 0) {
		if (e->rcpt_octets + addr.n + final.n + orcpt.n + 64 > ENV_QF_MAX)
			return ENV_RCPT_FULL;
		e->rcpt_octets += addr.n + final.n + orcpt.n + 64;
		r = qf_add_rcpt(&e->qf, e->arena);
		r->addr = arena_str(e->arena, addr);
		(void)hash_put(e->seen, key, (void *)e->qf.nrcpt);
	} else
		r = &e->qf.rcpt[old - 1];
	if (!str_is_none(final))
		r->final = arena_str(e->arena, final);
	if (!str_is_none(orcpt))
		r->orcpt = arena_str(e->arena, orcpt);
	r->flags = QR_PRIMARY | (notify != 0 ? notify : QR_FAILURE | QR_DELAY);
	(void)rule_macro_setf(e->ctx, "nrcpts", "%zu", e->qf.nrcpt);
	return old == 0 ? ENV_RCPT_NEW : ENV_RCPT_AGAIN;
}

size_t
env_del_rcpt(struct env *e, struct str addr)
{
	size_t n = 0, was = e->qf.nrcpt;

	for (size_t i = 0; i < was; i++)
		if (!str_caseeq(e->qf.rcpt[i].addr, addr))
			e->qf.rcpt[n++] = e->qf.rcpt[i];
	e->qf.nrcpt = n;
	if (n == was)
		return 0;
	e->seen = hash_new(e->arena, HASH_BORROW);	/* it holds places */
	for (size_t i = 0; i < n; i++)
		(void)hash_put(e->seen, env_rcpt_key(e, e->qf.rcpt[i].addr), (void *)(i + 1));
	(void)rule_macro_setf(e->ctx, "nrcpts", "%zu", n);
	return was - n;
}

void
env_set_u(struct env *e, struct str given)
{
	if ((e->qf.flags & QF_UTF8) && !str_is_ascii(given))
		return;		/* Received: has no "for" then: all else may go to a host without SMTPUTF8 */
	if (e->qf.nrcpt == 1)
		e->only = arena_str(e->arena, given);
}
