/*
 * srv_tls - STARTTLS (RFC 3207): afterwards the session knows nothing it heard in clear.
 */
#include "srv_int.h"

#include <string.h>

#include "base/log.h"
#include "maillog.h"
#include "os/near.h"
#include "tlsfeat.h"

static void
srv_tls_macros(struct srv *s)
{
	struct tls_info t;
	struct str name;

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
	(void)rule_macro_set(s->ctx, s->conf->opt.cert_fingerprint_algorithm.n > 0 ? STR("cert_fp") : STR("cert_md5"), t.cert_fp);
	while (s->conf->opt.set_cert_altnames && str_word(&t.altnames, &name))
		(void)rule_class_add(s->ctx, STR("{cert_altnames}"), name);
	log_line(8, LOG_P_INFO, NULL,
	    "STARTTLS=server, relay=%.*s, version=%.*s, verify=%.*s, cipher=%.*s, bits=%d/%d%s",
	    STR_ARG(s->client), STR_ARG(t.version), STR_ARG(t.verify), STR_ARG(t.cipher), t.bits,
	    t.alg_bits, t.resumed ? ", resumed" : "");
	maillog_certificate("server", &t);
}

static int
srv_tls_ms(const struct srv *s)
{
	int64_t t = s->conf->opt.timeout.starttls;

	return (int)(t > 0 && t < 86400 ? t * 1000 : 3600 * 1000);
}

/* tls_srv_features: what this handshake does otherwise.  False: refused, said and logged; the session goes on in clear or not at all. */
static bool
srv_tls_features(struct srv *s, struct tlsfeat *t)
{
	struct check_verdict v;
	struct str bad;

	memset(t, 0, sizeof *t);
	memset(&v, 0, sizeof v);
	t->tune.ask_not = !s->f.ask_cert;
	(void)resolve_check(s->ctx, s->conf, STR("tls_srv_features"), rule_macro_value(s->ctx, STR("client_name")),
	    rule_macro_value(s->ctx, STR("client_addr")), 0, &v);
	if (v.kind == CHECK_REJECT || v.kind == CHECK_TEMPFAIL) {
		srv_reply(s, 454, "4.3.3", "TLS not available: error in features");
		return false;
	}
	if (v.out.is_triple || v.out.ntok == 0)
		return true;
	if (tlsfeat_parse(rule_join(s->ctx, v.out.tok, v.out.ntok, '\0'), s->cmd, t, &bad) == -1) {
		log_line(1, LOG_P_ERR, NULL, "STARTTLS=server, relay=%.*s, tls_srv_features: %.*s: not possible",
		    STR_ARG(s->client), STR_ARG(bad));
		srv_close(s, "4.7.0", "%.*s TLS features cannot be set", STR_ARG(s->host));
		return false;
	}
	t->tune.ask_not = !s->f.ask_cert;
	return true;
}

/* The handshake; afterwards it is as if the client had just connected.  False: the session is over. */
static bool
srv_tls_handshake(struct srv *s, const struct tlsfeat *t)
{
	struct check_verdict v;
	struct err e = ERR_INIT;

	if (s->flags & SRV_NEAR) {		/* a handshake is work for both sides and for role keys: each is better off by itself */
		s->flags &= ~SRV_NEAR;
		s->near = OS_NEAR_UNKNOWN;
		os_anywhere();
	}
	if (stream_flush(s->io) == -1 ||
	    tls_accept_tuned(s->sv->tls, &t->tune, s->io, srv_tls_ms(s), &e) ==
		-1) {
		log_line(5, LOG_P_WARNING, NULL,
		    "STARTTLS=server, error: accept failed: %s, relay=%.*s", e.text,
		    STR_ARG(s->client));
		s->over = true;
		return false;
	}
	/* RFC 3207 4.2: as if it had just connected */
	s->tls = true;
	srv_auth_forget(s);
	s->helo = STR_NONE;
	s->esmtp = false;
	s->state = SRV_START;
	s->count[PARK_COMMANDS] = 0;
	s->count[PARK_HELOS] = 0;
	srv_tls_macros(s);
	memset(&v, 0, sizeof v);
	(void)resolve_check(s->ctx, s->conf, STR("tls_client"),
	    rule_macro_value(s->ctx, STR("verify")), STR("STARTTLS"), 0, &v);
	if (v.kind == CHECK_REJECT || v.kind == CHECK_TEMPFAIL) {
		s->refused = true;
		s->refuse_reply = arena_str(s->arena, v.reply);
	}
	return true;
}

void
srv_starttls(struct srv *s, struct str arg)
{
	struct tlsfeat t;

	if (s->tls) {
		srv_reply(s, 503, "5.5.0", "TLS already active");
		return;
	}
	if (arg.n > 0) {
		srv_reply(s, 501, "5.5.2", "Syntax error (no parameters allowed)");
		return;
	}
	if (s->daemon != NULL && conf_flag(&s->daemon->modifiers, 'S')) {
		srv_reply(s, 503, "5.5.0", "TLS not available");
		return;
	}
	if (!s->f.starttls) {
		srv_reply(s, s->sv->tls == NULL ? 454 : 502, s->sv->tls == NULL ? "4.3.3" : "5.5.1",
		    s->sv->tls == NULL ? "TLS not available after start" : "Command not implemented");
		return;
	}
	if (s->state > SRV_HELO) {
		srv_reply(s, 503, "5.5.0", "TLS not permitted during a mail transaction");
		return;
	}
	if (!srv_tls_features(s, &t))
		return;
	srv_reply(s, 220, "2.0.0", "Ready to start TLS");
	(void)srv_tls_handshake(s, &t);
}

/* RFC 8314 3: a daemon with modifier s, the handshake comes before the greeting. */
bool
srv_tls_first(struct srv *s)
{
	struct tlsfeat t;

	if (s->sv->tls == NULL) {
		log_line(1, LOG_P_ERR, NULL, "daemon %.*s: TLS is not available: connection from %.*s closed",
		    STR_ARG(s->daemon->name), STR_ARG(s->client));
		s->over = true;
		return false;
	}
	return srv_tls_features(s, &t) && srv_tls_handshake(s, &t);
}
