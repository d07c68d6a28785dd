/*
 * client_secure - what DNS and the policy of a domain want of a delivery (secure.h), as role client asks for it.
 */
#include "client_int.h"

#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "net/conn.h"
#include "req.h"

static int
client_sts(void *arg, struct str domain, struct arena *a, struct sts_answer *out, struct err *e)
{
	struct role_ctx *ctx = arg;
	struct frame f;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	sts_ask_put(&b, domain);
	rc = req_ask(ctx, R_STS, Q_STS, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == 0 && sts_answer_get(arena_str(a, f.body), a, out) == -1)
		rc = err_set(e, ERR_BUG, "sts: malformed answer");
	return rc;
}

void
client_report(struct try *t, struct str host, struct str addr, int sock, const char *result, struct str why)
{
	struct tlsrpt_note n;
	char text[IP_TEXT];
	struct ip own;
	struct buf b;

	if (t->lmtp || t->ctx->ask[R_STS] == NULL || !secure_note(&t->secure, &t->need, host, addr, result, why, t->arena, &n))
		return;
	if (sock != -1 && n.result.n > 0 && net_local(sock, &own) == 0)
		n.sender_ip = str_c(ip_print(&own, true, text));
	buf_init(&b, 0);
	tlsrpt_note_put(&b, &n);
	(void)req_tell(t->ctx, R_STS, Q_TLSRPT, buf_str(&b), -1);
	buf_done(&b);
}

bool
client_secure(struct try *t, const struct mx_host *h)
{
	struct str why;

	if (t->a->flags & ATTEMPT_ANYTLS) {	/* RFC 8689 4.3: what the receiving domain says of TLS is not asked for */
		memset(&t->need, 0, sizeof t->need);
		t->need.proven = h->secure;
		return true;
	}
	/* M=S of ClientPortOptions is the administrator's word that TLS is not for here */
	if (t->lmtp || (t->row != NULL && conf_flag(&t->row->modifiers, 'S')) || secure_host(&t->secure, h, t->port, t->arena, &t->need, &why))
		return true;
	client_fail(t, true, EXIT_TEMPFAIL, "4.7.5", arena_fmt(t->arena, "450 4.7.5 %.*s", STR_ARG(why)));
	log_line(5, LOG_P_NOTICE, arena_cstr(t->arena, t->a->id), "relay=%.*s: not tried: %.*s", STR_ARG(h->name), STR_ARG(why));
	client_report(t, h->name, STR(""), -1, t->need.dane.state == DANE_BROKEN ? "dnssec-invalid" : "validation-failure", why);
	return false;
}

void
client_secure_begin(struct try *t)
{
	t->secure.conf = t->ctx->conf;
	t->secure.sts = t->ctx->ask[R_STS] != NULL && secure_sts(t->ctx->conf) ? client_sts : NULL;
	t->secure.sts_arg = t->ctx;
}
