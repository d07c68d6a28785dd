/*
 * tls_key - keys that sign for other processes (role keys).  Part of module tls.
 *
 * What is to be signed comes from processes that talk to strangers: the digest is one of a few, and data has its length.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_int.h"

struct tls_key {
	EVP_PKEY	*key;
	unsigned char	 id[TLS_KEY_ID];
	EVP_PKEY_CTX	*ready;		/* for such signatures as the last one, or NULL */
	struct tls_sign	 as;		/* that one */
};

/* No terminal is asked for a pass phrase. */
static int
tls_no_phrase(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return 0;
}

/* The digest of a public key: what certificate and key have in common. */
int
tls_key_digest(EVP_PKEY *key, unsigned char id[TLS_KEY_ID])
{
	unsigned char	*der = NULL;
	int		 n = i2d_PUBKEY(key, &der), rc;
	unsigned	 size = 0;

	if (n <= 0)
		return -1;
	rc = EVP_Digest(der, (size_t)n, id, &size, EVP_sha256(), NULL) == 1 && size == TLS_KEY_ID ? 0 : -1;
	OPENSSL_free(der);
	return rc;
}

EVP_PKEY *
tls_key_read(const char *file, struct err *e)
{
	BIO		*b = BIO_new_file(file, "r");
	EVP_PKEY	*key = b == NULL ? NULL : PEM_read_bio_PrivateKey(b, NULL, tls_no_phrase, NULL);

	BIO_free(b);
	if (key == NULL)
		tls_err(e, ERR_PERM, "private key", file);
	return key;
}

void *
tls_mod_key_load(const char *file, struct err *e)
{
	struct tls_key	*k = calloc(1, sizeof *k);

	ERR_clear_error();
	if (k != NULL && (k->key = tls_key_read(file, e)) != NULL && tls_key_digest(k->key, k->id) == 0)
		return k;
	if (k == NULL || k->key != NULL)
		tls_err(e, ERR_TEMP, "private key", file);
	tls_mod_key_free(k);
	return NULL;
}

void
tls_mod_key_free(void *key)
{
	struct tls_key *k = key;

	if (k != NULL) {
		EVP_PKEY_CTX_free(k->ready);
		EVP_PKEY_free(k->key);
	}
	free(k);
}

const unsigned char *
tls_mod_key_id(const void *key)
{
	return ((const struct tls_key *)key)->id;
}

static const struct tls_md {
	const char	*name;
	size_t		 n;
} tls_mds[] = {
	{ "SHA2-256", 32 }, { "SHA2-384", 48 }, { "SHA2-512", 64 }, { "SHA2-224", 28 }, { "SHA1", 20 }, { "MD5-SHA1", 36 },
};

static int
tls_sign_whole(EVP_PKEY *key, const struct tls_sign *q, unsigned char *sig, size_t *n)
{
	EVP_MD_CTX	*c = EVP_MD_CTX_new();
	int		 rc = -1;

	if (c != NULL && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(c, sig, n, q->data, q->ndata) == 1)
		rc = 0;
	EVP_MD_CTX_free(c);
	return rc;
}

/* Ready for this kind of signature: most are of the kind of the one before. */
static bool
tls_sign_ready(struct tls_key *k, const struct tls_sign *q, bool rsa)
{
	EVP_PKEY_CTX *c;

	if (k->ready != NULL && strcmp(k->as.md, q->md) == 0 && k->as.pad == q->pad && k->as.salt == q->salt)
		return true;
	EVP_PKEY_CTX_free(k->ready);
	if ((k->ready = c = EVP_PKEY_CTX_new(k->key, NULL)) == NULL)
		return false;
	k->as = *q;
	k->as.data = NULL;
	if (EVP_PKEY_sign_init(c) == 1 && (!rsa || EVP_PKEY_CTX_set_rsa_padding(c, q->pad) == 1) &&
	    EVP_PKEY_CTX_set_signature_md(c, tls_md(q->md)) == 1 &&
	    (q->pad != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(c, q->salt) == 1))
		return true;
	EVP_PKEY_CTX_free(c);
	k->ready = NULL;
	return false;
}

static int
tls_sign_digest(struct tls_key *k, const struct tls_sign *q, unsigned char *sig, size_t *n)
{
	bool rsa = EVP_PKEY_is_a(k->key, "RSA") || EVP_PKEY_is_a(k->key, "RSA-PSS"), known = false;

	for (size_t i = 0; i < sizeof tls_mds / sizeof tls_mds[0]; i++)
		known = known || (strcmp(q->md, tls_mds[i].name) == 0 && q->ndata == tls_mds[i].n);
	if (!known || (rsa ? q->pad != RSA_PKCS1_PADDING && q->pad != RSA_PKCS1_PSS_PADDING : q->pad != 0))
		return -1;
	if (!tls_sign_ready(k, q, rsa))
		return -1;
	if (EVP_PKEY_sign(k->ready, sig, n, q->data, q->ndata) == 1)
		return 0;
	EVP_PKEY_CTX_free(k->ready);
	k->ready = NULL;
	return -1;
}

int
tls_mod_key_sign(void *key, const struct tls_sign *q, unsigned char *sig, size_t *n, struct err *e)
{
	struct tls_key	*k = key;
	int		 rc;

	ERR_clear_error();
	*n = TLS_SIGN_MAX;
	if (EVP_PKEY_get_size(k->key) > TLS_SIGN_MAX || q->ndata > TLS_SIGN_DATA)
		return err_set(e, ERR_PERM, "TLS: sign: too large");
	if (EVP_PKEY_is_a(k->key, "ED25519") || EVP_PKEY_is_a(k->key, "ED448"))
		rc = q->md[0] != '\0' || q->pad != 0 ? -1 : tls_sign_whole(k->key, q, sig, n);
	else
		rc = tls_sign_digest(k, q, sig, n);
	return rc == 0 ? 0 : tls_err(e, ERR_PERM, "sign", NULL);
}
