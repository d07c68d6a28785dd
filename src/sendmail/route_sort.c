/*
 * route_sort - recipients at different hosts with the same mail exchangers are one attempt.
 *
 * As sendmail sorts: always when a message is tried again, and at the first try only without FastSplit, because it costs questions to DNS.  A
 * host that cannot be looked up stays by itself.
 */
#include <stdlib.h>

#include "net/dns.h"
#include "route.h"
#include "secure.h"

#define SORT_PATIENCE	5000	/* ms for one question */
#define SORT_HOSTS	200	/* of one message; more are not asked about */

static bool
sort_may(const struct routing *r, const struct attempt *t)
{
	const struct mailer *ml = &r->rt->conf->mailers[t->mailer_index];

	return ml->kind == MAILER_IPC && mailer_has(ml, 'm') && !mailer_has(ml, '0') && t->host.n > 0 && t->host.p[0] != '[' &&
	    t->host.p[0] != '/' && str_chr(t->host, ':') == SIZE_MAX;
}

static int
sort_mx(const void *a, const void *b)
{
	const struct dns_mx *x = a, *y = b;

	return x->pref != y->pref ? (x->pref < y->pref ? -1 : 1) : str_casecmp(x->host, y->host);
}

/* The exchangers of a host in their order; its own name when there are none, or nobody can be asked. */
static struct str
sort_signature(struct routing *r, struct str host)
{
	struct dns_mx	*mx;
	struct err	 e = ERR_INIT;
	struct str	 s;
	struct buf	 b;
	size_t		 n;
	bool		 implicit;
	enum dns_rc	 rc;

	if (dns_mx(host, 0, r->m, &rc, &mx, &n, &implicit, &e) == -1 || rc != DNS_OK || implicit || n == 0)
		return arena_lower(r->m, host);
	qsort(mx, n, sizeof *mx, sort_mx);
	buf_init(&b, 64 << 10);
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%c%.*s", i > 0 && mx[i].pref == mx[i - 1].pref ? '=' : '<', STR_ARG(mx[i].host));
	s = buf_ok(&b) ? arena_lower(r->m, buf_str(&b)) : arena_lower(r->m, host);
	buf_done(&b);
	return s;
}

static bool
sort_same(const struct attempt *a, const struct attempt *b, size_t max)
{
	return a->mailer_index == b->mailer_index && a->nrcpt + b->nrcpt <= max;
}

void
route_sort(struct routing *r, struct routed *out, size_t (*max)(const struct mailer *))
{
	const struct conf_opts	*o = &r->rt->conf->opt;
	struct str		*sig;
	size_t			 n = 0, asked = 0;

	if ((o->fast_split > 0 && r->qf.tries == 0) || secure_sts(r->rt->conf) || out->nattempt < 2)
		return;
	sig = ARENA_ARRAY(r->m, struct str, out->nattempt);
	dns_patience(SORT_PATIENCE);
	for (size_t i = 0; i < out->nattempt; i++) {
		struct attempt	*t = &out->attempt[i], *into = NULL;
		struct str	 s = STR_NONE;

		if (sort_may(r, t) && asked++ < SORT_HOSTS)
			s = sort_signature(r, t->host);
		for (size_t k = 0; k < n && into == NULL && s.n > 0; k++)
			if (str_eq(sig[k], s) &&
			    sort_same(&out->attempt[k], t, max(&r->rt->conf->mailers[t->mailer_index])))
				into = &out->attempt[k];
		if (into != NULL) {
			memcpy(&into->rcpt[into->nrcpt], t->rcpt, t->nrcpt * sizeof *t->rcpt);
			into->nrcpt += t->nrcpt;
			continue;
		}
		sig[n] = s;
		out->attempt[n++] = *t;
	}
	out->nattempt = n;
	dns_patience(0);
}
