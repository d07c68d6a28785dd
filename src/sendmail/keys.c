/*
 * keys - the role that has private keys, and gives signatures.
 *
 * They are read before rights are given up; afterwards it opens nothing, starts nothing and connects to nobody.  A taken-over smtpd can have signed
 * what it likes with a server's key while it is there; it cannot take the key away, nor use a client's.  After a reload another process takes over;
 * this one stays as long as sessions that began with it.
 */
#include <string.h>

#include "base/log.h"
#include "net/tls_key.h"
#include "req.h"
#include "roles.h"
#include "tlsfiles.h"

#define KEYS_MAX	(4 * TLSFILES_MAX)

struct keys {
	struct { struct tls_key *key; unsigned from; } v[KEYS_MAX];
	size_t	 n;
	bool	 leaving;
};

static int
keys_find(const struct keys *k, const unsigned char id[TLS_KEY_ID])
{
	for (size_t i = 0; i < k->n; i++)
		if (memcmp(tls_key_id(k->v[i].key), id, TLS_KEY_ID) == 0)
			return (int)i;
	return -1;
}

static void
keys_load(struct role_ctx *ctx, struct keys *k, const struct tlsfiles *files, bool named, bool server)
{
	unsigned from = ROLE_BIT(server ? R_SMTPD : R_CLIENT);
	struct err e;

	for (size_t i = 0; i < files->n; i++) {
		struct tls_key *key = NULL;
		int at;

		err_clear(&e);
		if (tlsfiles_key_safe(ctx->conf, files->v[i], &e) == -1 || (key = tls_key_load(files->v[i], &e)) == NULL) {
			if (named)
				log_line(1, LOG_P_ERR, NULL, "STARTTLS=%s, error: %s", server ? "server" : "client", e.text);
			continue;
		}
		if ((at = keys_find(k, tls_key_id(key))) >= 0) {
			k->v[at].from |= from;
			tls_key_free(&key);
		} else if (k->n < KEYS_MAX) {
			k->v[k->n].key = key;
			k->v[k->n++].from = from;
		} else
			tls_key_free(&key);
	}
}

int
keys_prepare(struct role_ctx *ctx, struct err *e)
{
	static struct keys k;
	struct tlsfiles files;

	(void)e;
	ctx->state = &k;
	for (int server = 0; server < 2; server++) {
		tlsfiles_named(ctx->conf, server, true, ctx->arena, &files);
		keys_load(ctx, &k, &files, true, server);
		tlsfiles_extra(ctx->conf, ctx->cf_text, server, true, ctx->arena, &files);
		keys_load(ctx, &k, &files, false, server);
	}
	return 0;
}

static int
keys_list(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct keys *k = ctx->state;
	struct buf b;
	int rc;

	if (f->body.n != 0)
		return -1;
	buf_init(&b, 0);
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].from & ROLE_BIT(p->role))
			buf_addmem(&b, tls_key_id(k->v[i].key), TLS_KEY_ID);
	rc = req_answer(p, f, buf_str(&b), -1);
	buf_done(&b);
	(void)rc;
	return 0;
}

static int
keys_sign(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct keys *k = ctx->state;
	unsigned char sig[TLS_SIGN_MAX];
	struct tls_sign q;
	struct err e = ERR_INIT;
	size_t n;
	int at;

	if (tls_sign_get(f->body, &q) == -1)
		return -1;
	if ((at = keys_find(k, q.key)) == -1 || !(k->v[at].from & ROLE_BIT(p->role)))
		(void)req_refuse(p, f, ERR_PERM, "no such key");
	else if (tls_key_sign(k->v[at].key, &q, sig, &n, &e) == -1)
		(void)req_answer_err(p, f, &e);
	else
		(void)req_answer(p, f, str_mem((const char *)sig, n), -1);
	return 0;
}

const struct answer keys_answers[] = { { Q_SIGN, keys_sign }, { Q_KEYS, keys_list }, { 0, NULL } };

/* Sessions that began with us end with us. */
static void
keys_maybe_end(struct role_ctx *ctx)
{
	const struct keys *k = ctx->state;

	if (!k->leaving)
		return;
	LIST_EACH(it, &ctx->peers)
		if (LIST_OF(it, struct peer, link)->role != R_PARENT)
			return;
	loop_stop(ctx->loop);
}

static void
keys_peer_gone(struct role_ctx *ctx, struct peer *p)
{
	(void)p;
	keys_maybe_end(ctx);
}

static void
keys_finish(struct role_ctx *ctx)
{
	struct keys *k = ctx->state;

	k->leaving = true;
	keys_maybe_end(ctx);
}

int
keys_run(struct role_ctx *ctx)
{
	const struct keys *k = ctx->state;

	ctx->peer_gone = keys_peer_gone;
	ctx->finish = keys_finish;
	role_title(ctx, "%zu key%s", k->n, k->n == 1 ? "" : "s");
	return role_loop(ctx);
}
