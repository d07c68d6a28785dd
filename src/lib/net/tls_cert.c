/*
 * tls_cert - certificates of a context: several at once, chosen by kind of key and by the name that a client asks for (SNI).  Part of module tls.
 *
 * The first of each kind of key (RSA, ECDSA, ...) is for whoever asks for no name, or one that none of them has.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_int.h"

struct tls_pair {
	struct tls_pair	*next;
	X509		*cert;
	STACK_OF(X509)	*chain;
	EVP_PKEY	*key;
	bool		 extra;		/* only when it is asked for by its file's name */
	bool		 has_id;
	unsigned char	 id[TLS_KEY_ID];	/* made once, by who reads the file: it costs each worker a hundred KiB that it shared until then */
	char		 file[];
};

static void
tls_pair_free(struct tls_pair *p)
{
	X509_free(p->cert);
	sk_X509_pop_free(p->chain, X509_free);
	EVP_PKEY_free(p->key);
	free(p);
}

void
tls_cert_free(struct tls_ctx *t)
{
	struct tls_pair *p;

	while ((p = t->pairs) != NULL) {
		t->pairs = p->next;
		tls_pair_free(p);
	}
}

/* The certificate first, then those that lead to a root. */
static int
tls_pair_read(struct tls_pair *p, struct err *e)
{
	BIO	*b = BIO_new_file(p->file, "r");
	X509	*x;

	if (b == NULL)
		return tls_err(e, ERR_PERM, "certificate", p->file);
	p->cert = PEM_read_bio_X509_AUX(b, NULL, NULL, NULL);
	p->chain = sk_X509_new_null();
	while (p->cert != NULL && p->chain != NULL && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(p->chain, x) <= 0)
			X509_free(x);
	BIO_free(b);
	if (p->cert == NULL || p->chain == NULL)
		return tls_err(e, ERR_PERM, "certificate", p->file);
	ERR_clear_error();			/* the end of the file is one */
	return 0;
}

static bool
tls_too_weak(unsigned long code)
{
	int r = ERR_GET_REASON(code);

	return ERR_GET_LIB(code) == ERR_LIB_SSL && (r == SSL_R_EE_KEY_TOO_SMALL || r == SSL_R_CA_KEY_TOO_SMALL || r == SSL_R_CA_MD_TOO_WEAK);
}

/* What the library would not have, and what to do about it: STARTTLS that is gone without a word is a riddle. */
static int
tls_pair_refused(const struct tls_pair *p, struct err *e)
{
	unsigned long	 code = ERR_peek_error();
	EVP_PKEY	*pub = X509_get0_pubkey(p->cert);
	const char	*why = ERR_reason_error_string(code);

	ERR_clear_error();
	if (!tls_too_weak(code))
		return err_set(e, ERR_PERM, "TLS: certificate %s: %s", p->file, why != NULL ? why : "cannot be used");
	return err_set(e, ERR_PERM,
	    "TLS: certificate %s: %s (%s, %d bits): below the security level of OpenSSL; make a stronger key, or put @SECLEVEL=0 into CipherList",
	    p->file, why, pub != NULL ? EVP_PKEY_get0_type_name(pub) : "unknown", pub != NULL ? EVP_PKEY_get_bits(pub) : 0);
}

/* Is there one of this kind of key already for everybody? */
static bool
tls_pair_have(const struct tls_ctx *t, const struct tls_pair *like)
{
	for (const struct tls_pair *p = t->pairs; p != NULL; p = p->next)
		if (!p->extra && EVP_PKEY_get_base_id(X509_get0_pubkey(p->cert)) == EVP_PKEY_get_base_id(X509_get0_pubkey(like->cert)))
			return true;
	return false;
}

int
tls_cert_add(struct tls_ctx *t, const char *cert, const char *key, bool remote, bool extra, struct err *e)
{
	size_t		 n = strlen(cert) + 1;
	struct tls_pair	*p = calloc(1, sizeof *p + n), **at;

	if (p == NULL)
		return err_set(e, ERR_TEMP, "TLS: no memory");
	memcpy(p->file, cert, n);
	p->extra = extra;
	if (tls_pair_read(p, e) == -1 || (p->key = remote ? tls_remote_key(p->cert, cert, e) : tls_key_read(key, e)) == NULL)
		goto bad;
	if (!remote && X509_check_private_key(p->cert, p->key) != 1) {
		tls_err(e, ERR_PERM, "the key does not belong to the certificate:", key);
		goto bad;
	}
	p->has_id = remote && tls_key_digest(X509_get0_pubkey(p->cert), p->id) == 0;
	if (!extra && !tls_pair_have(t, p) && SSL_CTX_use_cert_and_key(t->ssl, p->cert, p->key, p->chain, 1) != 1) {
		tls_pair_refused(p, e);
		goto bad;
	}
	for (at = &t->pairs; *at != NULL; at = &(*at)->next)
		;
	*at = p;
	return 0;
bad:
	tls_pair_free(p);
	return -1;
}

int
tls_cert_use(struct tls_session *t, const char *file, struct err *e)
{
	for (const struct tls_pair *p = t->ctx->pairs; p != NULL; p = p->next)
		if (strcmp(p->file, file) == 0) {
			SSL_certs_clear(t->ssl);
			if (SSL_use_cert_and_key(t->ssl, p->cert, p->key, p->chain, 1) != 1)
				return tls_pair_refused(p, e);
			t->own_cert = true;
			return 0;
		}
	return err_set(e, ERR_PERM, "TLS: certificate %s was not there, or could not be used, when the daemon read its files", file);
}

/* ---- by name ---- */

static int
tls_cert_named(SSL *ssl, void *arg)
{
	struct tls_ctx		*t = arg;
	struct tls_session	*s = SSL_get_app_data(ssl);
	const char		*name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	bool			 cleared = false;

	if (s != NULL && s->own_cert)
		return 1;
	if (t->anew) {
		SSL_certs_clear(ssl);
		for (const struct tls_pair *p = t->pairs; p != NULL; p = p->next)
			if (!p->extra && SSL_use_cert_and_key(ssl, p->cert, p->key, p->chain, 0) != 1)
				ERR_clear_error();
	}
	if (name == NULL)
		return 1;
	for (const struct tls_pair *p = t->pairs; p != NULL; p = p->next) {
		if (p->extra || X509_check_host(p->cert, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) != 1)
			continue;
		if (!cleared)
			SSL_certs_clear(ssl);
		cleared = true;
		if (SSL_use_cert_and_key(ssl, p->cert, p->key, p->chain, 0) != 1)
			ERR_clear_error();	/* the first of a kind counts */
	}
	return 1;
}

static int
tls_cert_heard(SSL *ssl, int *alert, void *arg)
{
	(void)ssl, (void)alert, (void)arg;
	return SSL_TLSEXT_ERR_OK;
}

void
tls_cert_names(struct tls_ctx *t)
{
	if (t->pairs == NULL || t->pairs->next == NULL)
		return;
	(void)SSL_CTX_set_tlsext_servername_callback(t->ssl, tls_cert_heard);
	SSL_CTX_set_cert_cb(t->ssl, tls_cert_named, t);
}

size_t
tls_mod_ctx_keys(void *ctx, struct str ids, void (*refused)(void *, const char *), void *arg)
{
	struct tls_ctx	*t = ctx;
	struct tls_pair	**at = &t->pairs, *p;
	size_t		 left = 0;

	while (t->remote && (p = *at) != NULL) {
		bool	found = false;
		char	why[1200];

		for (size_t i = 0; p->has_id && i + TLS_KEY_ID <= ids.n; i += TLS_KEY_ID)
			found = found || memcmp(ids.p + i, p->id, TLS_KEY_ID) == 0;
		if (found) {
			left += !p->extra;
			at = &p->next;
			continue;
		}
		if (!p->extra) {
			(void)snprintf(why, sizeof why, "TLS: certificate %s: there is no private key that belongs to it", p->file);
			refused(arg, why);
			t->anew = true;
		}
		*at = p->next;
		tls_pair_free(p);
	}
	if (t->anew)		/* also where none is left: a client then has none to show */
		SSL_CTX_set_cert_cb(t->ssl, tls_cert_named, t);
	return left;
}
