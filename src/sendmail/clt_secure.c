/*
 * clt_secure - what DNS and the domain's own policy want of a session: DANE (RFC 7672), MTA-STS (RFC 8461).
 *
 * They speak before the rules do, and the rules cannot take back what they want; only an administrator's flags for this server can (clt_features
 * D and M, tls_clt_features Flags=d).  DANE is stronger: where it speaks, MTA-STS is not asked (RFC 8461 2).
 */
#include "clt_int.h"

#include <string.h>

#include "base/log.h"
#include "base/status.h"

/* clt_features' answer: letters, D no DANE, M no MTA-STS. */
void
clt_secure_features(struct clt *c, const struct policy_answer *ans)
{
	struct str rest, word;

	if (ans->n == 0 || ans->v[0].refused)
		return;
	rest = ans->v[0].said;
	while (str_word(&rest, &word)) {
		word = str_trim(word);
		if (str_eq_c(word, "D"))
			c->need.dane.state = DANE_OFF;
		else if (str_eq_c(word, "M"))
			c->need.sts = c->need.sts_enforce = false;
	}
}

bool
clt_secure_must(const struct clt *c)
{
	return c->need.dane.state == DANE_RECORDS || (c->need.sts_enforce && c->need.dane.state != DANE_RECORDS);
}

static int
clt_secure_fail(struct clt *c, const char *type, struct str why, struct arena *a, struct clt_fail *f)
{
	const char *by = c->need.dane.state == DANE_RECORDS ? "DANE" : "MTA-STS";

	c->report = type;
	c->report_why = arena_str(c->arena, why);
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_DEFERRED;
	f->ex = EXIT_TEMPFAIL;
	f->status = STR("4.7.5");
	f->text = arena_fmt(a, "Deferred: 450 4.7.5 %s: %.*s: %.*s", by, STR_ARG(c->c.host), STR_ARG(why));
	f->tls = true;
	log_line(5, LOG_P_NOTICE, c->now != NULL ? arena_cstr(a, c->now->id) : NULL, "STARTTLS=client, relay=%.*s, %s: %.*s",
	    STR_ARG(c->name), by, STR_ARG(why));
	c->fallback = false;
	return -1;
}

/* RFC 8460 4.3: the kind of failure, from the library's words. */
static const char *
clt_secure_type(struct str why)
{
	return str_casefind(why, STR("expired")) != SIZE_MAX ? "certificate-expired" :
	    str_casefind(why, STR("this host")) != SIZE_MAX || str_casefind(why, STR("ostname mismatch")) != SIZE_MAX ? "certificate-host-mismatch" :
	    "certificate-not-trusted";
}

int
clt_secure_check(struct clt *c, struct arena *a, struct clt_fail *f)
{
	struct str why = STR("");

	if (!c->tls) {
		if (c->need.dane.state == DANE_RECORDS || c->need.sts || (c->offer.what & SMTP_OFFER_STARTTLS) == 0)	/* else we did not want to */
			c->report = "starttls-not-supported";
		return clt_secure_must(c) ? clt_secure_fail(c, "starttls-not-supported", STR("STARTTLS is not to be had"), a, f) : 0;
	}
	if (c->need.dane.state == DANE_RECORDS) {
		if (!c->need.dane.usable || c->info.dane)	/* RFC 7672 2.2: encryption alone, when no record can be used */
			return 0;
		return clt_secure_fail(c, "validation-failure", arena_fmt(a, "the certificate matches no TLSA record (%.*s)",
		    STR_ARG(c->info.verify_why)), a, f);
	}
	if (!c->need.sts || tls_session_verified(c->io, arena_cstr(a, c->c.host), a, &why))
		return 0;
	if (c->need.sts_enforce)
		return clt_secure_fail(c, clt_secure_type(why), why, a, f);
	c->report = clt_secure_type(why);
	c->report_why = arena_str(c->arena, why);
	log_line(8, LOG_P_INFO, NULL, "STARTTLS=client, relay=%.*s, MTA-STS (testing): %.*s", STR_ARG(c->name), STR_ARG(why));
	return 0;
}

/* The handshake itself failed: it is not tried again in clear. */
void
clt_secure_broken(struct clt *c, struct str why)
{
	c->report = str_casefind(why, STR("certificate")) != SIZE_MAX ? clt_secure_type(why) : "validation-failure";
	c->report_why = arena_str(c->arena, why);
	if (clt_secure_must(c))
		c->fallback = false;
}

bool
clt_verified(struct clt *c, struct arena *a, struct str *why)
{
	if (!c->tls) {
		*why = STR("the session is not encrypted");
		return false;
	}
	if (c->info.dane)
		return true;
	if (!c->need.proven && !(c->need.sts_enforce && c->need.sts_mx)) {
		*why = STR("the name of the server is not proved: no DNSSEC, no MTA-STS");
		return false;
	}
	return tls_session_verified(c->io, arena_cstr(a, c->c.host), a, why);
}

bool
clt_report(const struct clt *c, const char **type, struct str *why)
{
	*type = c->report;
	*why = c->report_why;
	return c->tls || c->report != NULL;
}
