/*
 * secure - see the header.
 */
#include "secure.h"

#include <string.h>

#include "base/log.h"

bool
secure_dane(const struct conf *c)
{
	return c->opt.dane.n > 0 && strchr("tTyY1aA", c->opt.dane.p[0]) != NULL;
}

bool
secure_sts(const struct conf *c)
{
	if (!c->opt.strict_transport_security)
		return false;
	for (size_t i = 0; i < c->nmaps; i++)
		if (str_eq_c(c->maps[i].name, "sts"))
			return false;
	return true;
}

/* Once for each domain of a delivery.  False: it cannot be told now; what is not known might have forbidden to go on. */
static bool
secure_ask(struct secure *s, struct str domain, struct arena *a)
{
	struct err e = ERR_INIT;

	if (str_is_none(domain) || (!str_is_none(s->domain) && str_caseeq(s->domain, domain)))
		return true;
	s->domain = arena_str(a, domain);
	memset(&s->policy, 0, sizeof s->policy);
	s->policy.problem = s->policy.why = s->policy.id = STR("");
	if (s->sts == NULL || !sts_domain_ok(domain) || s->sts(s->sts_arg, domain, a, &s->policy, &e) == 0)
		return true;
	log_line(5, LOG_P_WARNING, NULL, "MTA-STS policy of %.*s: %s", STR_ARG(domain), e.text);
	s->domain = STR_NONE;
	return false;
}

bool
secure_host(struct secure *s, const struct mx_host *h, uint16_t port, struct arena *a, struct clt_need *need, struct str *why)
{
	const struct sts_policy *p = &s->policy.policy;

	memset(need, 0, sizeof *need);
	*why = STR("");
	need->proven = h->secure;
	if (secure_dane(s->conf))
		dane_lookup(h->name, port, h->secure, h->domain, a, &need->dane);
	if (need->dane.state == DANE_BROKEN) {
		*why = arena_fmt(a, "DANE: %.*s cannot be looked up or validated", STR_ARG(need->dane.owner));
		return false;
	}
	if (!secure_ask(s, h->domain, a)) {
		*why = arena_fmt(a, "MTA-STS: the policy of %.*s is not known now", STR_ARG(h->domain));
		return false;
	}
	if (need->dane.state == DANE_RECORDS || str_is_none(h->domain) || !s->policy.found || p->mode == STS_NONE)
		return true;
	need->sts = true;
	need->sts_enforce = p->mode == STS_ENFORCE;
	need->sts_mx = sts_policy_names(p, h->name);
	if (!need->sts_mx) {
		*why = arena_fmt(a, "MTA-STS: the policy of %.*s does not name %.*s", STR_ARG(h->domain), STR_ARG(h->name));
		if (need->sts_enforce)
			return false;
		log_line(8, LOG_P_INFO, NULL, "%.*s (testing)", STR_ARG(*why));
	}
	return true;
}

static struct str
secure_policy_text(const struct secure *s, const struct clt_need *need, struct arena *a)
{
	const struct sts_policy *p = &s->policy.policy;
	struct str out;
	struct buf b;

	buf_init(&b, (size_t)64 << 10);
	if (need->dane.state == DANE_RECORDS) {
		for (size_t i = 0; i < need->dane.tls.nrr; i++) {
			const struct tls_tlsa *r = &need->dane.tls.rr[i];

			(void)buf_addf(&b, "%s%u %u %u ", i > 0 ? "\n" : "", r->usage, r->selector, r->match);
			for (size_t k = 0; k < r->data.n && k < 64; k++)
				(void)buf_addf(&b, "%02x", (unsigned char)r->data.p[k]);
		}
	} else if (need->sts) {
		(void)buf_addf(&b, "version: STSv1\nmode: %s\nmax_age: %u", sts_mode_name(p->mode), (unsigned)p->max_age);
		for (size_t i = 0; i < p->nmx; i++)
			(void)buf_addf(&b, "\nmx: %.*s", STR_ARG(p->mx[i]));
	}
	out = arena_str(a, buf_str(&b));
	buf_done(&b);
	return out;
}

bool
secure_note(const struct secure *s, const struct clt_need *need, struct str host, struct str ip, const char *result, struct str why,
    struct arena *a, struct tlsrpt_note *n)
{
	bool dane = need->dane.state == DANE_RECORDS || need->dane.state == DANE_BROKEN;

	memset(n, 0, sizeof *n);
	/* none was found where none was looked for */
	if (str_is_none(s->domain) || !sts_domain_ok(s->domain) || (!secure_dane(s->conf) && !secure_sts(s->conf)))
		return false;
	n->domain = s->domain;
	n->type = dane ? STR("tlsa") : need->sts ? STR("sts") : STR("no-policy-found");
	n->policy = secure_policy_text(s, need, a);
	n->mx = host;
	n->ip = ip;
	n->sender_ip = STR("");
	n->result = str_c(result != NULL ? result : "");
	n->why = why;
	if ((result == NULL || (!dane && !need->sts)) && s->policy.problem.n > 0) {	/* whatever the session was: the policy was not to be had */
		n->result = s->policy.problem;
		n->why = s->policy.why;
	}
	if (n->result.n == 0)		/* of good sessions the number is told, not where they went: one line for all of a domain's */
		n->mx = n->ip = STR("");
	return true;
}
