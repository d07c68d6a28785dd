/*
 * clt_tls - STARTTLS towards a server: used when it is offered and the rules do not mind; what was heard in clear is forgotten (RFC 3207 4.2).
 *
 * Whatever came of it has a word, {verify}, and with it the rules are asked whether the session may go on (tls_server): also when the
 * server offered nothing, or the handshake failed.
 */
#include "clt_int.h"

#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "maillog.h"
#include "tlsfeat.h"

static int
clt_tune_bad(struct clt *c, struct str what, struct arena *a, struct clt_fail *f)
{
	log_line(1, LOG_P_ERR, NULL, "STARTTLS=client, relay=%.*s, tls_clt_features: %.*s", STR_ARG(c->name), STR_ARG(what));
	c->verify = "CONFIG";
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_DEFERRED;
	f->ex = EXIT_CONFIG;
	f->status = STR("4.3.5");
	f->text = arena_fmt(a, "Deferred: tls_clt_features: %.*s", STR_ARG(what));
	return -1;
}

static int
clt_tune(struct clt *c, struct arena *a, struct tlsfeat *t, struct clt_fail *f)
{
	struct policy_answer ans;
	struct str host = c->c.host, bad;

	memset(t, 0, sizeof *t);
	if (clt_policy(c, POLICY_TLS_CLT_FEATURES, &host, 1, clt_server_addr(c), a, &ans, f) == -1)
		return -1;
	if (ans.n == 0)
		return 0;
	if (ans.v[0].refused) {
		clt_policy_fail(&ans.v[0], a, f);
		return -1;
	}
	if (tlsfeat_parse(ans.v[0].result, a, t, &bad) == -1)
		return clt_tune_bad(c, arena_fmt(a, "%.*s: not possible", STR_ARG(bad)), a, f);
	return 0;
}

/* 1: the handshake is done; 0: go on in clear; -1: *f. */
static int
clt_handshake(struct clt *c, struct arena *a, struct clt_fail *f)
{
	struct smtp_reply r;
	struct tlsfeat t;
	struct err e = ERR_INIT;
	struct str sni = c->c.host;

	if (clt_tune(c, a, &t, f) == -1)
		return -1;
	if (t.no_dane)
		c->need.dane.state = DANE_OFF;
	if (c->need.dane.state == DANE_RECORDS) {
		t.tune.dane = &c->need.dane.tls;
		sni = str_c(c->need.dane.tls.base);	/* RFC 7672 8.1 */
	}
	t.tune.resume = arena_fmt(a, "%.*s %.*s %.*s %s%s", STR_ARG(c->c.mailer->name), STR_ARG(c->c.host), STR_ARG(c->c.addr),
	    c->need.sts ? c->need.sts_enforce ? "enforce" : "testing" : "", c->need.proven ? " proven" : "").p;
	if (t.fallback_set)
		c->fallback = t.fallback;
	if (clt_ask(c, CLT_STARTTLS, STR(""), a, &r, f) == -1)
		return -1;
	if (r.code != 220) {		/* it changed its mind */
		c->offer.what &= ~SMTP_OFFER_STARTTLS;
		c->verify = smtp_reply_class(&r) == 4 ? "TEMP" : "PROTOCOL";
		return c->state == CLT_DEAD ? (clt_refused(CLT_STARTTLS, &r, a, f), -1) : 0;
	}
	if (tls_connect_tuned(c->c.tls, &t.tune, c->io, sni.n == 0 || sni.p[0] == '[' ? NULL : arena_cstr(a, sni),
		clt_timeout(c, CLT_STARTTLS), &e) == 0)
		return 1;
	c->state = CLT_DEAD;
	if (e.class == ERR_PERM)	/* nothing that the server did: clear text is no way out (TLSFallbacktoClear) */
		return clt_tune_bad(c, str_c(e.text), a, f);
	log_line(5, LOG_P_WARNING, NULL, "STARTTLS=client, error: connect failed: %s, relay=%.*s", e.text, STR_ARG(c->name));
	c->verify = "SOFTWARE";
	clt_secure_broken(c, str_c(e.text));
	if (!clt_policy_server(c, a, f)) {
		f->tls = true;
		return -1;
	}
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_DEFERRED;
	f->ex = EXIT_TEMPFAIL;
	f->status = clt_secure_must(c) ? STR("4.7.5") : STR("4.7.0");
	f->text = arena_fmt(a, "Deferred: 403 4.7.0 TLS handshake failed with %.*s", STR_ARG(c->c.host));
	f->tls = true;
	return -1;
}

/* Is STARTTLS to be said?  1, 0; -1: *f. */
static int
clt_try_tls(struct clt *c, struct arena *a, struct clt_fail *f)
{
	struct policy_answer ans;
	struct str host = c->c.host;

	if (c->c.tls == NULL || (c->offer.what & SMTP_OFFER_STARTTLS) == 0 || c->tls)
		return 0;
	if (clt_policy(c, POLICY_TRY_TLS, &host, 1, STR_NONE, a, &ans, f) == -1)
		return -1;
	return ans.n == 0 || !ans.v[0].refused;
}

int
clt_starttls(struct clt *c, struct arena *a, struct clt_fail *f)
{
	int rc = clt_try_tls(c, a, f);

	if (rc == 1)
		rc = clt_handshake(c, a, f);
	if (rc == -1)
		return -1;
	if (c->verify == NULL)
		c->verify = c->c.clear ? "CLEAR" : "NONE";
	if (rc == 1) {
		c->tls = true;
		memset(&c->info, 0, sizeof c->info);
		c->verify = "NO";
		if (tls_info(c->io, c->arena, &c->info) == 0) {
			c->verify = arena_cstr(c->arena, c->info.verify);
			log_line(8, LOG_P_INFO, NULL,
			    "STARTTLS=client, relay=%.*s, version=%.*s, verify=%.*s, cipher=%.*s, bits=%d/%d%s",
			    STR_ARG(c->name), STR_ARG(c->info.version), STR_ARG(c->info.verify), STR_ARG(c->info.cipher),
			    c->info.bits, c->info.alg_bits, c->info.resumed ? ", resumed" : "");
			maillog_certificate("client", &c->info);
		}
	}
	if (clt_secure_check(c, a, f) == -1)
		return -1;
	if (clt_policy_server(c, a, f))
		return 0;
	clt_log_policy(c, "tls_server", str_c(c->verify), f);
	return -1;
}
