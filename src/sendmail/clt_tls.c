/*
 * clt_tls - STARTTLS towards a server: used when it is offered; what was heard in clear is
 * forgotten (RFC 3207 4.2).
 */
#include "clt_int.h"

#include "base/log.h"
#include "base/status.h"

int
clt_starttls(struct clt *c, struct arena *a, struct clt_fail *f)
{
	struct smtp_reply r;
	struct tls_info t;
	struct err e = ERR_INIT;
	struct str sni = c->c.host;

	if (c->c.tls == NULL || (c->offer.what & SMTP_OFFER_STARTTLS) == 0 || c->tls)
		return 0;
	if (clt_ask(c, CLT_STARTTLS, STR(""), a, &r, f) == -1)
		return -1;
	if (r.code != 220) {		/* it changed its mind: go on in clear */
		c->offer.what &= ~SMTP_OFFER_STARTTLS;
		return c->state == CLT_DEAD ? (clt_refused(c, &r, a, f), -1) : 0;
	}
	if (tls_connect(c->c.tls, c->io, sni.n == 0 || sni.p[0] == '[' ? NULL : arena_cstr(a, sni),
		clt_timeout(c, CLT_STARTTLS), &e) == -1) {
		log_line(5, LOG_P_WARNING, NULL,
		    "STARTTLS=client, error: connect failed: %s, relay=%.*s", e.text,
		    STR_ARG(c->c.host));
		c->state = CLT_DEAD;
		memset(f, 0, sizeof *f);
		f->outcome = OUTCOME_DEFERRED;
		f->ex = EXIT_TEMPFAIL;
		f->status = STR("4.7.0");
		f->text = arena_fmt(
		    a, "Deferred: 403 4.7.0 TLS handshake failed with %.*s", STR_ARG(c->c.host));
		f->tls = true;
		return -1;
	}
	c->tls = true;
	memset(&t, 0, sizeof t);
	if (tls_info(c->io, a, &t) == 0)
		log_line(8, LOG_P_INFO, NULL,
		    "STARTTLS=client, relay=%.*s, version=%.*s, verify=%.*s, cipher=%.*s, "
		    "bits=%d/%d",
		    STR_ARG(c->c.host), STR_ARG(t.version), STR_ARG(t.verify), STR_ARG(t.cipher),
		    t.bits, t.alg_bits);
	return 0;
}
