/*
 * tls_resume - sessions that a client may resume (RFC 8446 2.2, RFC 5077): kept in the memory of the process that spoke to the server, few and not for long.
 *
 * A session stands under a digest of everything that decides what it had to be: whom the caller talks to and by what policy (tls_tune.resume), the name
 * that was asked for, ciphers, options, our certificate, revocation, TLSA records.  So what was agreed on or checked under one policy never serves
 * another.  What was verified then is the session's: its certificates and the verdict come back with it.  A handshake that fails takes its ticket with it;
 * one that is good gives it back, until the server sends another (RFC 8446 C.4 would have each used once, lest clients be known by them: a mail server is
 * known by its address).
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "net/tls_int.h"
#include "os/load.h"

#define RESUME_MS	((uint64_t)3600 * 1000)

static void
resume_free(struct tls_kept *k)
{
	SSL_SESSION_free(k->session);
	memset(k, 0, sizeof *k);
}

static struct tls_kept *
resume_find(struct tls_ctx *c, const unsigned char key[TLS_RESUME_KEY])
{
	for (size_t i = 0; i < TLS_KEPT; i++)
		if (c->kept[i].session != NULL && memcmp(c->kept[i].key, key, TLS_RESUME_KEY) == 0)
			return &c->kept[i];
	return NULL;
}

/* Each part with its length, so that no two sequences look alike. */
static bool
resume_add(EVP_MD_CTX *m, const void *p, size_t n)
{
	uint64_t len = p == NULL ? UINT64_MAX : n;

	return EVP_DigestUpdate(m, &len, sizeof len) == 1 && (p == NULL || EVP_DigestUpdate(m, p, n) == 1);
}

static bool
resume_text(EVP_MD_CTX *m, const char *s)
{
	return resume_add(m, s, s == NULL ? 0 : strlen(s));
}

static bool
resume_dane(EVP_MD_CTX *m, const struct tls_dane *d)
{
	bool ok = d != NULL || resume_add(m, NULL, 0);

	if (d == NULL)
		return ok;
	ok = resume_text(m, d->base);
	for (size_t i = 0; ok && i < d->nname; i++)
		ok = resume_text(m, d->name[i]);
	for (size_t i = 0; ok && i < d->nrr; i++) {
		const uint8_t kind[3] = { d->rr[i].usage, d->rr[i].selector, d->rr[i].match };

		ok = resume_add(m, kind, sizeof kind) && resume_add(m, d->rr[i].data.p, d->rr[i].data.n);
	}
	return ok;
}

static bool
resume_key(const struct tls_tune *t, const char *host, unsigned char key[TLS_RESUME_KEY])
{
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	bool ok = m != NULL && EVP_DigestInit_ex(m, EVP_sha256(), NULL) == 1 && resume_text(m, t->resume) && resume_text(m, host) &&
	    resume_text(m, t->ciphers) && resume_text(m, t->options) && resume_text(m, t->cert_file) && resume_text(m, t->need_crl ? "crl" : "") && resume_text(m, t->ask_not ? "none" : "") &&
	    resume_dane(m, t->dane) && EVP_DigestFinal_ex(m, key, NULL) == 1;

	EVP_MD_CTX_free(m);
	return ok;
}

static void
resume_put(struct tls_session *t, SSL_SESSION *s)
{
	struct tls_ctx	*c = t->ctx;
	struct tls_kept	*k = resume_find(c, t->resume);

	for (size_t i = 0; k == NULL && i < TLS_KEPT; i++)
		if (c->kept[i].session == NULL)
			k = &c->kept[i];
	if (k == NULL) {			/* the oldest goes */
		k = &c->kept[0];
		for (size_t i = 1; i < TLS_KEPT; i++)
			if (c->kept[i].since < k->since)
				k = &c->kept[i];
	}
	resume_free(k);
	memcpy(k->key, t->resume, sizeof k->key);
	k->session = s;
	k->dane = tls_dane_matched(t);
	/* what was verified long ago is verified again, however often it was resumed in between */
	k->since = SSL_session_reused(t->ssl) == 1 ? t->before_ms : t->begun_ms;
}

/* OpenSSL's: a server gave us a ticket.  1: the session is ours now. */
static int
resume_new(SSL *ssl, SSL_SESSION *s)
{
	struct tls_session *t = SSL_get_app_data(ssl);

	if (t == NULL || !t->keep || SSL_SESSION_is_resumable(s) != 1)
		return 0;
	resume_put(t, s);
	return 1;
}

void
tls_resume_ctx(struct tls_ctx *c)
{
	(void)SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ssl, resume_new);
}

void
tls_resume_free(struct tls_ctx *c)
{
	for (size_t i = 0; i < TLS_KEPT; i++)
		resume_free(&c->kept[i]);
}

void
tls_resume_begin(struct tls_session *t, const struct tls_tune *tune, const char *host)
{
	struct tls_kept	*k;
	uint64_t	 now = os_now_ms();

	t->begun_ms = now;
	if (tune->resume == NULL || SSL_get_options(t->ssl) & SSL_OP_NO_TICKET || !resume_key(tune, host, t->resume))
		return;
	t->keep = true;
	if ((k = resume_find(t->ctx, t->resume)) == NULL)
		return;
	if (now - k->since < RESUME_MS && SSL_SESSION_is_resumable(k->session) == 1 && SSL_set_session(t->ssl, k->session) == 1) {
		t->dane_before = k->dane;
		t->before_ms = k->since;
	}
	ERR_clear_error();
	resume_free(k);
}

/* What the rules want of this client is not what they wanted of another: a ticket counts only where the same holds. */
void
tls_resume_server(struct tls_session *t, const struct tls_tune *tune)
{
	unsigned char key[TLS_RESUME_KEY];

	if ((tune->ciphers != NULL || tune->options != NULL || tune->cert_file != NULL || tune->need_crl || tune->ask_not) && resume_key(tune, NULL, key))
		(void)SSL_set_session_id_context(t->ssl, key, sizeof key);
}

void
tls_resume_done(struct tls_session *t)
{
	SSL_SESSION *s;

	if (!t->keep || SSL_session_reused(t->ssl) != 1)
		return;
	if ((s = SSL_get1_session(t->ssl)) != NULL)
		resume_put(t, s);
}

void
tls_mod_forget(void *session)
{
	struct tls_session	*t = session;
	struct tls_kept		*k = t->keep ? resume_find(t->ctx, t->resume) : NULL;

	t->keep = false;
	if (k != NULL)
		resume_free(k);
}
