/*
 * signask - see the header.
 */
#include "signask.h"

#include <string.h>

#include "base/log.h"
#include "net/tls_key.h"
#include "req.h"

static int
sign_remote(void *arg, const struct tls_sign *q, unsigned char sig[TLS_SIGN_MAX], size_t *n)
{
	struct role_ctx *ctx = arg;
	struct frame f;
	struct buf b;
	struct err e = ERR_INIT;
	int rc;

	buf_init(&b, 0);
	tls_sign_put(&b, q);
	rc = req_ask(ctx, R_KEYS, Q_SIGN, buf_str(&b), -1, &f, &e);
	buf_done(&b);
	if (rc == -1) {
		log_line(1, LOG_P_ERR, NULL, "TLS: %s", e.text);
		return -1;
	}
	if (f.body.n == 0 || f.body.n > TLS_SIGN_MAX)
		return -1;
	memcpy(sig, f.body.p, f.body.n);
	*n = f.body.n;
	return 0;
}

static void
sign_refused(void *arg, const char *why)
{
	log_line(1, LOG_P_ERR, NULL, "STARTTLS=%s, error: %s", (const char *)arg, why);
}

void
sign_begin(struct role_ctx *ctx, struct tls_ctx **tls, bool certs, bool must, const char *who)
{
	struct frame f = { .body = STR_INIT("") };
	struct err e = ERR_INIT;

	if (*tls == NULL || !certs)
		return;
	tls_set_signer(sign_remote, ctx);
	/* a worker to which nobody answers ends soon: the next one may be luckier */
	if (req_ask(ctx, R_KEYS, Q_KEYS, STR(""), -1, &f, &e) == -1) {
		log_line(1, LOG_P_ERR, NULL, "STARTTLS=%s, error: %s", who, e.text);
		f.body = STR("");
	}
	if (tls_ctx_keys(*tls, f.body, sign_refused, (void *)(uintptr_t)who) == 0 && must) {
		log_line(1, LOG_P_ERR, NULL, "STARTTLS=%s, error: not offered: no certificate with a key", who);
		tls_ctx_free(tls);
	}
}
