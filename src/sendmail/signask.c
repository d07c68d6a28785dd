/*
 * signask - see the header.
 */
#include "signask.h"

#include <string.h>

#include "base/log.h"
#include "proc/msg.h"
#include "req.h"

void
sign_ask_put(struct buf *b, const struct tls_sign *q)
{
	msg_put_str(b, str_mem((const char *)q->key, sizeof q->key));
	msg_put_str(b, str_c(q->md));
	msg_put_u8(b, (uint8_t)q->pad);
	msg_put_u32(b, (uint32_t)q->salt);
	msg_put_str(b, str_mem((const char *)q->data, q->ndata));
}

int
sign_ask_get(struct str body, struct tls_sign *q)
{
	struct msg_in in = msg_in(body);
	struct str key, md, data;

	memset(q, 0, sizeof *q);
	key = msg_str(&in, sizeof q->key);
	md = msg_str(&in, sizeof q->md - 1);
	q->pad = msg_u8(&in);
	q->salt = (int)msg_u32(&in);
	data = msg_str(&in, sizeof q->data);
	if (!msg_end(&in) || str_chr(md, '\0') != SIZE_MAX || key.n != sizeof q->key || str_copy(q->md, sizeof q->md, md) == -1)
		return -1;
	memcpy(q->key, key.p, key.n);
	memcpy(q->data, data.p, data.n);
	q->ndata = data.n;
	return 0;
}

static int
sign_remote(void *arg, const struct tls_sign *q, unsigned char sig[TLS_SIGN_MAX], size_t *n)
{
	struct role_ctx *ctx = arg;
	struct frame f;
	struct buf b;
	struct err e = ERR_INIT;
	int rc;

	buf_init(&b, 0);
	sign_ask_put(&b, q);
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
