/*
 * tls_make - see the header.  Part of module tls.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/tls_int.h"
#include "os/file.h"

#define MAKE_RSA	3072
#define MAKE_CN_MAX	64	/* of a common name: RFC 5280, A.1 */

/* What PEM_write_ left in memory goes to a file as a whole. */
static int
make_file(BIO *b, int written, const char *file, mode_t mode, struct err *e)
{
	char	*p = NULL;
	long	 n = written == 1 ? BIO_get_mem_data(b, &p) : 0;
	int	 rc = n > 0 ? os_replace(file, str_mem(p, (size_t)n), mode, e) : tls_err(e, ERR_TEMP, "write", file);

	BIO_free(b);
	return rc;
}

static EVP_PKEY *
make_key(const struct tls_make *m, bool *made, struct err *e)
{
	EVP_PKEY	*key;
	BIO		*b;

	*made = access(m->key_file, F_OK) == -1;
	if (!*made)
		return tls_key_read(m->key_file, e);
	key = m->rsa ? EVP_RSA_gen(MAKE_RSA) : EVP_EC_gen("P-256");
	if (key == NULL || (b = BIO_new(BIO_s_secmem())) == NULL) {
		tls_err(e, ERR_TEMP, "make a key", NULL);
		EVP_PKEY_free(key);
		return NULL;
	}
	if (make_file(b, PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL), m->key_file, 0600, e) == -1) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

/* The first name that fits, or NULL: longer ones are alternative names only. */
static const char *
make_common(const struct tls_make *m)
{
	for (size_t i = 0; i < m->nnames; i++)
		if (strlen(m->names[i]) <= MAKE_CN_MAX)
			return m->names[i];
	return NULL;
}

static bool
make_subject(X509_NAME *subject, const struct tls_make *m)
{
	const char *cn = make_common(m);

	return cn == NULL || X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1;
}

/* What a CA made is worth more than what we can make: it costs, or is limited, and others trust it. */
static int
make_not_over(const char *file, struct err *e)
{
	BIO	*b;
	X509	*x;
	int	 rc = 0;

	if (access(file, F_OK) == -1)
		return 0;
	b = BIO_new_file(file, "r");
	x = b == NULL ? NULL : PEM_read_bio_X509(b, NULL, NULL, NULL);
	if (x != NULL && X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) != 0)
		rc = err_set(e, ERR_PERM, "%s: made by a CA, not replaced: move it away first", file);
	ERR_clear_error();
	BIO_free(b);
	X509_free(x);
	return rc;
}

static STACK_OF(X509_EXTENSION) *
make_extensions(const struct tls_make *m)
{
	STACK_OF(X509_EXTENSION)	*list = sk_X509_EXTENSION_new_null();
	char				 alt[4096] = "";
	const char			*first = make_common(m) == NULL ? "critical," : "";	/* RFC 5280 4.1.2.6: where there is no subject */
	const struct { int nid; const char *value; } v[] = {
		{ NID_subject_alt_name, alt }, { NID_key_usage, "critical,digitalSignature" }, { NID_ext_key_usage, "serverAuth,clientAuth" }
	};
	size_t				 at = 0;

	for (size_t i = 0; i < m->nnames && at < sizeof alt; i++)
		at += (size_t)snprintf(alt + at, sizeof alt - at, "%sDNS:%s", i > 0 ? "," : first, m->names[i]);
	for (size_t i = 0; list != NULL && i < sizeof v / sizeof v[0]; i++) {
		X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, NULL, v[i].nid, v[i].value);

		if (x == NULL || sk_X509_EXTENSION_push(list, x) <= 0) {
			X509_EXTENSION_free(x);
			sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
			return NULL;
		}
	}
	return list;
}

static int
make_request(const struct tls_make *m, EVP_PKEY *key, STACK_OF(X509_EXTENSION) *ext, struct err *e)
{
	X509_REQ	*r = X509_REQ_new();
	BIO		*b;
	int		 rc = -1;

	if (r == NULL || !make_subject(X509_REQ_get_subject_name(r), m) ||
	    X509_REQ_set_pubkey(r, key) != 1 || X509_REQ_add_extensions(r, ext) != 1 || X509_REQ_sign(r, key, EVP_sha256()) <= 0 ||
	    (b = BIO_new(BIO_s_mem())) == NULL)
		tls_err(e, ERR_TEMP, "make a request for", m->names[0]);
	else
		rc = make_file(b, PEM_write_bio_X509_REQ(b, r), m->req_file, 0644, e);
	X509_REQ_free(r);
	return rc;
}

static int
make_self_signed(const struct tls_make *m, EVP_PKEY *key, STACK_OF(X509_EXTENSION) *ext, struct err *e)
{
	X509		*x = X509_new();
	unsigned char	 serial[16];
	BIGNUM		*bn = NULL;
	BIO		*b = NULL;
	bool		 good;

	good = x != NULL && RAND_bytes(serial, sizeof serial) == 1;
	serial[0] &= 0x7f;
	good = good && (bn = BN_bin2bn(serial, sizeof serial, NULL)) != NULL && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) != NULL &&
	    X509_set_version(x, X509_VERSION_3) == 1 && X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(x), m->days, 0, NULL) != NULL &&
	    make_subject(X509_get_subject_name(x), m) &&
	    X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 && X509_set_pubkey(x, key) == 1;
	for (int i = 0; good && i < sk_X509_EXTENSION_num(ext); i++)
		good = X509_add_ext(x, sk_X509_EXTENSION_value(ext, i), -1) == 1;
	good = good && X509_sign(x, key, EVP_sha256()) > 0 && (b = BIO_new(BIO_s_mem())) != NULL;
	BN_free(bn);
	if (good)
		good = make_file(b, PEM_write_bio_X509(b, x), m->cert_file, 0644, e) == 0;
	else
		tls_err(e, ERR_TEMP, "make a certificate for", m->names[0]);
	X509_free(x);
	return good ? 0 : -1;
}

int
tls_mod_make_cert(const struct tls_make *m, bool *made, struct err *e)
{
	STACK_OF(X509_EXTENSION)	*ext;
	EVP_PKEY			*key;
	int				 rc = -1;

	ERR_clear_error();
	if (make_not_over(m->cert_file, e) == -1 || (key = make_key(m, made, e)) == NULL)
		return -1;
	if ((ext = make_extensions(m)) == NULL)
		tls_err(e, ERR_PERM, "not a name for a certificate:", m->names[0]);
	else if (make_request(m, key, ext, e) == 0)
		rc = make_self_signed(m, key, ext, e);
	sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
	EVP_PKEY_free(key);
	return rc;
}

int
tls_mod_make_tlsa(const char *file, char *dst, size_t size, struct err *e)
{
	BIO		*b = BIO_new_file(file, "r");
	X509		*x = b == NULL ? NULL : PEM_read_bio_X509(b, NULL, NULL, NULL);
	unsigned char	 id[TLS_KEY_ID];
	size_t		 at = (size_t)snprintf(dst, size, "3 1 1 ");
	int		 rc = x == NULL || tls_key_digest(X509_get0_pubkey(x), id) == -1 ? tls_err(e, ERR_PERM, "certificate", file) : 0;

	for (size_t i = 0; rc == 0 && i < sizeof id && at + 3 < size; i++)
		at += (size_t)snprintf(dst + at, size - at, "%02x", id[i]);
	BIO_free(b);
	X509_free(x);
	return rc;
}
