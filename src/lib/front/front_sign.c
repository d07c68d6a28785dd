/*
 * front_sign - a front's signatures of TLS come from role keys.
 *
 * A handshake waits for it as it would wait for the processor: one question over a socketpair to a process that does nothing else.
 */
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "front/front_int.h"
#include "net/tls.h"
#include "net/tls_key.h"

#define SIGN_WAIT	5000		/* ms */

static int
front_sign(void *arg, const struct tls_sign *q, unsigned char sig[TLS_SIGN_MAX], size_t *n)
{
	struct front	*f = arg;
	struct frame	 fr;
	struct err	 e = ERR_INIT;
	struct buf	 b;
	int		 rc;

	buf_init(&b, 0);
	tls_sign_put(&b, q);
	rc = chan_ask(f->keys, FM_SIGN, buf_str(&b), -1, &fr, SIGN_WAIT, &e);
	buf_done(&b);
	if (rc == -1) {
		log_line(1, LOG_P_ERR, NULL, "TLS: role keys: %s", e.text);
		return -1;
	}
	if (fr.fd != -1)
		close(fr.fd);
	if (fr.body.n == 0 || fr.body.n > TLS_SIGN_MAX)
		return -1;
	memcpy(sig, fr.body.p, fr.body.n);
	*n = fr.body.n;
	return 0;
}

static void
front_cert_refused(void *arg, const char *why)
{
	(void)arg;
	log_line(1, LOG_P_ERR, NULL, "front: %s", why);
}

/* The parent's KEYS: our channel to that role. */
static int
front_keys(struct front *f, struct err *e)
{
	struct frame fr;

	if (chan_recv(f->role->parent, &fr, FRONT_AUTH_WAIT, e) == -1)
		return -1;
	if (fr.type != FM_KEYS || fr.fd == -1 || (f->keys = chan_new(fr.fd)) == NULL)
		return err_set(e, ERR_BUG, "no channel to keys");
	return 0;
}

int
front_tls(struct front *f, struct err *e)
{
	const struct mbconf	*c = &f->role->conf;
	struct tls_conf		 t = { .cert_file = c->cert_file, .ca_file = c->ca_file, .remote_keys = true, .refused = front_cert_refused };
	struct frame		 fr;

	if (c->cert_file == NULL)
		return 0;
	if (front_keys(f, e) == -1 || (f->tls = tls_server_new(&t, e)) == NULL || chan_ask(f->keys, FM_KEYS, STR(""), -1, &fr, FRONT_AUTH_WAIT, e) == -1)
		return -1;
	if (fr.fd != -1)
		close(fr.fd);
	if (tls_ctx_keys(f->tls, fr.body, front_cert_refused, NULL) == 0)
		return err_set(e, ERR_PERM, "no certificate with a key");
	tls_set_signer(front_sign, f);
	return 0;
}
