/*
 * srv_tls - STARTTLS (RFC 3207): afterwards the session knows nothing it heard in clear.
 */
#include "srv_int.h"

#include "base/log.h"

static void
srv_tls_macros(struct srv *s)
{
	struct tls_info t;

	memset(&t, 0, sizeof t);
	if (tls_info(s->io, s->cmd, &t) == -1)
		return;
	(void)rule_macro_set(s->ctx, STR("tls_version"), t.version);
	(void)rule_macro_set(s->ctx, STR("cipher"), t.cipher);
	(void)rule_macro_setf(s->ctx, "cipher_bits", "%d", t.bits);
	(void)rule_macro_setf(s->ctx, "alg_bits", "%d", t.alg_bits);
	(void)rule_macro_set(s->ctx, STR("verify"), t.verify);
	(void)rule_macro_set(s->ctx, STR("cert_subject"), t.cert_subject);
	(void)rule_macro_set(s->ctx, STR("cert_issuer"), t.cert_issuer);
	(void)rule_macro_set(s->ctx, STR("cn_subject"), t.cn_subject);
	(void)rule_macro_set(s->ctx, STR("cn_issuer"), t.cn_issuer);
	(void)rule_macro_set(s->ctx, STR("cert_fp"), t.cert_fp);
	log_line(8, LOG_P_INFO, NULL,
	    "STARTTLS=server, relay=%.*s, version=%.*s, verify=%.*s, cipher=%.*s, bits=%d/%d",
	    STR_ARG(s->client), STR_ARG(t.version), STR_ARG(t.verify), STR_ARG(t.cipher), t.bits,
	    t.alg_bits);
}

void
srv_starttls(struct srv *s, struct str arg)
{
	int64_t t = s->conf->opt.timeout.starttls;
	struct err e = ERR_INIT;
	struct check_verdict v;

	if (s->tls) {
		srv_reply(s, 503, "5.5.0", "TLS already active");
		return;
	}
	if (!s->f.starttls) {
		srv_reply(s, s->sv->tls == NULL ? 454 : 502, s->sv->tls == NULL ? "4.3.3" : "5.5.1",
		    s->sv->tls == NULL ? "TLS not available after start" : "Command not implemented");
		return;
	}
	if (arg.n > 0) {
		srv_reply(s, 501, "5.5.2", "Syntax error (no parameters allowed)");
		return;
	}
	if (s->state > SRV_HELO) {
		srv_reply(s, 503, "5.5.0", "TLS not permitted during a mail transaction");
		return;
	}
	srv_reply(s, 220, "2.0.0", "Ready to start TLS");
	if (stream_flush(s->io) == -1 ||
	    tls_accept(s->sv->tls, s->io, (int)(t > 0 && t < 86400 ? t * 1000 : 3600 * 1000), &e) ==
		-1) {
		log_line(5, LOG_P_WARNING, NULL,
		    "STARTTLS=server, error: accept failed: %s, relay=%.*s", e.text,
		    STR_ARG(s->client));
		s->over = true;
		return;
	}
	/* RFC 3207 4.2: as if it had just connected */
	s->tls = true;
	s->helo = STR_NONE;
	s->esmtp = false;
	s->state = SRV_START;
	s->count[PARK_COMMANDS] = 0;
	srv_tls_macros(s);
	memset(&v, 0, sizeof v);
	(void)resolve_check(s->ctx, s->conf, STR("tls_client"),
	    rule_macro_value(s->ctx, STR("verify")), STR("STARTTLS"), 0, &v);
	if (v.kind == CHECK_REJECT || v.kind == CHECK_TEMPFAIL) {
		s->refused = true;
		s->refuse_reply = arena_str(s->arena, v.reply);
	}
}
