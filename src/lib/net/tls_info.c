/*
 * tls_info - what a session became: names and fingerprints for macros, and whether the peer is who it should be.  Part of module tls.
 *
 * Everything in a certificate is a stranger's: names are escaped, and one with a NUL inside is none.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/tls_int.h"

#define TLS_CN_MAX	254	/* bytes of a common name, as sendmail has it */
#define TLS_TOKEN_MAX	254	/* more in a row without a delimiter makes no token that rules could hold */

static const char tls_name_long[] = "BadCertificateTooLong";

/* A name for macros: what a ruleset or a log would trip over becomes +XX (as sendmail writes it).  One that is cut off might be another's: none is. */
static void
tls_name_text(const char *in, char *dst, size_t size)
{
	size_t n = 0, run = 0;

	for (; *in != '\0'; in++) {
		unsigned char	c = (unsigned char)*in;
		bool		odd = c < 0x21 || c > 0x7e || strchr("<>()\"+\\", c) != NULL;

		run = odd || strchr(".:%@!^/[]", c) != NULL ? 0 : run + 1;
		if (n + (odd ? 3 : 1) >= size || run > TLS_TOKEN_MAX) {
			(void)snprintf(dst, size, "%s", tls_name_long);
			return;
		}
		if (odd)
			n += (size_t)snprintf(dst + n, size - n, "+%02X", c);
		else
			dst[n++] = (char)c;
	}
	dst[n] = '\0';
}

/* Words for what is no name are sendmail's (operations guide, {cn_subject}); a NUL inside is a forgery. */
static void
tls_name_cn(X509_NAME *name, char *cn, size_t ncn)
{
	int		 i = X509_NAME_get_index_by_NID(name, NID_commonName, -1), n;
	unsigned char	*u = NULL;

	if (i < 0 || (n = ASN1_STRING_to_UTF8(&u, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)))) < 0)
		(void)snprintf(cn, ncn, "BadCertificateUnknown");
	else if (strlen((char *)u) != (size_t)n)
		(void)snprintf(cn, ncn, "BadCertificateContainsNUL");
	else if (n > TLS_CN_MAX)
		(void)snprintf(cn, ncn, "%s", tls_name_long);
	else
		tls_name_text((char *)u, cn, ncn);
	OPENSSL_free(u);
}

static void
tls_name(X509_NAME *name, char *whole, size_t nwhole, char *cn, size_t ncn)
{
	char *line = X509_NAME_oneline(name, NULL, 0);

	if (line != NULL)
		tls_name_text(line, whole, nwhole);
	OPENSSL_free(line);
	tls_name_cn(name, cn, ncn);
}

static void
tls_fingerprint(X509 *x, const EVP_MD *digest, char *dst, size_t size)
{
	unsigned char	md[EVP_MAX_MD_SIZE];
	unsigned	n = 0;
	size_t		at = 0;

	if (X509_digest(x, digest, md, &n) != 1)
		return;
	for (unsigned i = 0; i < n && at + 4 < size; i++)
		at += (size_t)snprintf(dst + at, size - at, "%s%02X", i ? ":" : "", md[i]);
}

/* DNS names of the certificate, separated by blanks; one that could be taken for two is left out. */
static void
tls_altnames(X509 *x, char *dst, size_t size)
{
	GENERAL_NAMES	*names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	size_t		 at = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME	*g = sk_GENERAL_NAME_value(names, i);
		const unsigned char	*p;
		size_t			 n;
		bool			 odd = false;

		if (g->type != GEN_DNS || (n = (size_t)ASN1_STRING_length(g->d.dNSName)) == 0 || at + n + 2 > size)
			continue;
		p = ASN1_STRING_get0_data(g->d.dNSName);
		for (size_t k = 0; k < n; k++)
			odd = odd || p[k] < 0x21 || p[k] > 0x7e || strchr("<>()\"", p[k]) != NULL;
		if (odd)
			continue;
		if (at > 0)
			dst[at++] = ' ';
		memcpy(dst + at, p, n);
		at += n;
	}
	dst[at] = '\0';
	GENERAL_NAMES_free(names);
}

void
tls_mod_info(void *session, struct tls_raw *r)
{
	struct tls_session	*t = session;
	const SSL_CIPHER	*c = SSL_get_current_cipher(t->ssl);
	X509			*x = SSL_get1_peer_certificate(t->ssl);
	const char		*verify = "NO";

	(void)snprintf(r->version, sizeof r->version, "%s", SSL_get_version(t->ssl));
	if (c != NULL) {
		(void)snprintf(r->cipher, sizeof r->cipher, "%s", SSL_CIPHER_get_name(c));
		r->bits = SSL_CIPHER_get_bits(c, &r->alg_bits);
	}
	if (x != NULL) {
		r->dane = tls_dane_matched(t);
		verify = r->dane ? "TRUSTED" : SSL_get_verify_result(t->ssl) == X509_V_OK ? "OK" : "FAIL";
		tls_name(X509_get_subject_name(x), r->cert_subject, sizeof r->cert_subject,
		    r->cn_subject, sizeof r->cn_subject);
		tls_name(X509_get_issuer_name(x), r->cert_issuer, sizeof r->cert_issuer,
		    r->cn_issuer, sizeof r->cn_issuer);
		tls_altnames(x, r->altnames, sizeof r->altnames);
		if (t->md != NULL)
			tls_fingerprint(x, t->md, r->fp, sizeof r->fp);
		X509_free(x);
	} else if (!t->asked)
		verify = "NOT";
	r->resumed = SSL_session_reused(t->ssl) == 1;
	(void)snprintf(r->verify, sizeof r->verify, "%s", verify);
	if (SSL_get_verify_result(t->ssl) != X509_V_OK)
		(void)snprintf(r->verify_why, sizeof r->verify_why, "%s", X509_verify_cert_error_string(SSL_get_verify_result(t->ssl)));
}

/* Is that all that can be said: nobody knows who made it? */
static bool
tls_unknown(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	    error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

/* What this site's revocation lists say, or could not say, of a certificate, no root of others makes good. */
static bool
tls_revocation(long error)
{
	return error == X509_V_ERR_CERT_REVOKED || error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER ||
	    error == X509_V_ERR_CRL_SIGNATURE_FAILURE || error == X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE || error == X509_V_ERR_CRL_NOT_YET_VALID ||
	    error == X509_V_ERR_CRL_HAS_EXPIRED || error == X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD || error == X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD ||
	    error == X509_V_ERR_KEYUSAGE_NO_CRL_SIGN || error == X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION || error == X509_V_ERR_CRL_PATH_VALIDATION_ERROR;
}

/* With the roots that everybody trusts (tls_conf.public_ca): what the site's own CACertFile cannot say about a stranger. */
static bool
tls_public_chain(const struct tls_session *t, X509 *x, char *why, size_t size)
{
	X509_STORE_CTX	*v;
	bool		 good;

	if (t->ctx->public_roots == NULL || tls_revocation(SSL_get_verify_result(t->ssl)) || (v = X509_STORE_CTX_new()) == NULL)
		return false;
	good = X509_STORE_CTX_init(v, t->ctx->public_roots, x, SSL_get_peer_cert_chain(t->ssl)) == 1 &&
	    X509_STORE_CTX_set_default(v, "ssl_server") == 1 && X509_verify_cert(v) == 1;
	/* whom this site knows may have said more than "unknown": that its time is over, say */
	if (!good && (why[0] == '\0' || !tls_unknown(X509_STORE_CTX_get_error(v))))
		(void)snprintf(why, size, "%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(v)));
	X509_STORE_CTX_free(v);
	ERR_clear_error();
	return good;
}

/* RFC 6125 6.4, without its partial wildcards; only names of the certificate that are DNS names, never its common name (RFC 8461 4.2). */
bool
tls_mod_verified(void *session, const char *host, char *why, size_t size)
{
	struct tls_session	*t = session;
	X509			*x;
	bool			 good = false;

	why[0] = '\0';
	if (tls_dane_matched(t))
		return true;
	if ((x = SSL_get1_peer_certificate(t->ssl)) == NULL) {
		(void)snprintf(why, size, "no certificate");
		return false;
	}
	if (SSL_get_verify_result(t->ssl) != X509_V_OK)
		(void)snprintf(why, size, "%s", X509_verify_cert_error_string(SSL_get_verify_result(t->ssl)));
	if (SSL_get_verify_result(t->ssl) == X509_V_OK || tls_public_chain(t, x, why, size)) {
		good = host == NULL || X509_check_host(x, host, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
		(void)snprintf(why, size, "%s", good ? "" : "the certificate is not for this host");
	}
	X509_free(x);
	return good;
}


/* RFC 9266 for TLS 1.3, RFC 5929 3 before: what both ends know and nobody between them can bring about in two sessions at once. */
size_t
tls_mod_binding(void *session, const char **name, unsigned char *p, size_t max)
{
	static const char	 label[] = "EXPORTER-Channel-Binding";
	struct tls_session	*t = session;

	if (SSL_version(t->ssl) >= TLS1_3_VERSION) {
		*name = "tls-exporter";
		return max >= 32 && SSL_export_keying_material(t->ssl, p, 32, label, sizeof label - 1, (const unsigned char *)"", 0, 1) == 1 ? 32 : 0;
	}
	*name = "tls-unique";
	if (!SSL_get_extms_support(t->ssl))	/* without RFC 7627 it is not unique */
		return 0;
	/* the first Finished: the client's, but in a resumed session */
	return t->server == (bool)SSL_session_reused(t->ssl) ? SSL_get_finished(t->ssl, p, max) : SSL_get_peer_finished(t->ssl, p, max);
}

void
tls_mod_chain(void *session, char *dst, size_t size)
{
	struct tls_session	*t = session;
	STACK_OF(X509)		*chain = SSL_get_peer_cert_chain(t->ssl);
	size_t			 at = 0;

	for (int i = 0; i < sk_X509_num(chain) && at + 1300 < size; i++) {
		char		 subject[512] = "", issuer[512] = "", cn[256], until[64] = "";
		X509		*x = sk_X509_value(chain, i);
		struct tm	 tm;

		tls_name(X509_get_subject_name(x), subject, sizeof subject, cn, sizeof cn);
		tls_name(X509_get_issuer_name(x), issuer, sizeof issuer, cn, sizeof cn);
		if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1)
			(void)strftime(until, sizeof until, "%Y-%m-%d %H:%M UTC", &tm);
		at += (size_t)snprintf(dst + at, size - at, "%s, by %s, until %s\n", subject, issuer, until);
	}
}
