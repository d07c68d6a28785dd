/*
 * tls_check - what is wrong with the files and words of a configuration, before a session needs them (sendmail -bC).  Part of module tls.
 *
 * Files that this user may not read are passed over: whoever may read them is told.
 */
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/tls_int.h"

#define CHECK_DAYS	14		/* a certificate that ends sooner should have been renewed */

struct tls_checking {
	const struct tls_conf *c;
	bool		 server;
	SSL_CTX		*ssl;		/* where things are tried */
	X509_STORE	*known;		/* CACertFile and the system's roots ... */
	bool		 knows;		/* ... all of them */
	tls_say_fn	*say;
	void		*arg;
};

static void tls_check_say(struct tls_checking *k, bool warning, const char *option, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
tls_check_say(struct tls_checking *k, bool warning, const char *option, const char *fmt, ...)
{
	char	text[1400];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	k->say(k->arg, warning, option, text);
	ERR_clear_error();
}

static const char *
tls_check_why(void)
{
	const char *why = ERR_reason_error_string(ERR_peek_error());

	return why != NULL ? why : "not what it should be";
}

/* May this user look?  What is not there is told. */
static bool
tls_check_readable(struct tls_checking *k, const char *option, const char *file, int how)
{
	if (access(file, how) == 0)
		return true;
	if (errno != EACCES && errno != EPERM)
		tls_check_say(k, false, option, "%s: %s", file, strerror(errno));
	return false;
}

static const char *
tls_check_date(const ASN1_TIME *t, char *dst, size_t size)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1 || strftime(dst, size, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(dst, size, "a date that cannot be read");
	return dst;
}

static void
tls_check_dates(struct tls_checking *k, const char *option, const char *file, int n, const X509 *x)
{
	char	date[40], which[40] = "the certificate";
	time_t	soon = time(NULL) + CHECK_DAYS * 86400;

	if (n > 0)
		(void)snprintf(which, sizeof which, "certificate %d of it", n + 1);
	if (X509_cmp_current_time(X509_get0_notAfter(x)) <= 0)
		tls_check_say(k, false, option, "%s: %s has expired, on %s", file, which, tls_check_date(X509_get0_notAfter(x), date, sizeof date));
	else if (X509_cmp_time(X509_get0_notAfter(x), &soon) < 0)
		tls_check_say(k, true, option, "%s: %s expires soon, on %s", file, which, tls_check_date(X509_get0_notAfter(x), date, sizeof date));
	if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
		tls_check_say(k, true, option, "%s: %s is good from %s on only", file, which, tls_check_date(X509_get0_notBefore(x), date, sizeof date));
}

/* ---- certificates ---- */

static X509 *
tls_check_issuer(struct tls_checking *k, X509 *x)
{
	X509_STORE_CTX	*v = X509_STORE_CTX_new();
	X509		*issuer = NULL;

	if (v != NULL && X509_STORE_CTX_init(v, k->known, x, NULL) == 1 && X509_STORE_CTX_get1_issuer(&issuer, v, x) <= 0)
		issuer = NULL;
	X509_STORE_CTX_free(v);
	ERR_clear_error();
	return issuer;
}

/* The certificates of a file: each is made by the one behind it, and the last by somebody who is known. */
static void
tls_check_chain(struct tls_checking *k, const char *option, const char *file, STACK_OF(X509) *all)
{
	int	 n = sk_X509_num(all);
	X509	*last = sk_X509_value(all, n - 1), *issuer;

	for (int i = 0; i < n; i++)
		tls_check_dates(k, option, file, i, sk_X509_value(all, i));
	for (int i = 0; i + 1 < n; i++)
		if (X509_check_issued(sk_X509_value(all, i + 1), sk_X509_value(all, i)) != X509_V_OK) {
			tls_check_say(k, true, option, "%s: certificate %d of it did not make the one before it: the order is the certificate, then who made it", file, i + 2);
			return;
		}
	if (!k->server || !k->knows || X509_check_issued(last, last) == X509_V_OK)
		return;
	if ((issuer = tls_check_issuer(k, last)) == NULL)
		tls_check_say(k, true, option, "%s: who made %s is neither in it nor known here: programs of users may not trust it (put the CA's intermediate certificate behind it)", file,
		    n == 1 ? "the certificate" : "its last certificate");
	X509_free(issuer);
}

static STACK_OF(X509) *
tls_check_read(const char *file)
{
	BIO		*b = BIO_new_file(file, "r");
	STACK_OF(X509)	*all = sk_X509_new_null();
	X509		*x;

	while (b != NULL && all != NULL && (x = PEM_read_bio_X509_AUX(b, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(all, x) <= 0)
			X509_free(x);
	BIO_free(b);
	return all;
}

static void
tls_check_pair(struct tls_checking *k, const char *file, const char *key_file)
{
	const char	*option = k->server ? "ServerCertFile" : "ClientCertFile", *key_option = k->server ? "ServerKeyFile" : "ClientKeyFile";
	STACK_OF(X509)	*all;
	X509		*x;
	EVP_PKEY	*key = NULL;
	struct err	 e = ERR_INIT;

	if (!tls_check_readable(k, option, file, R_OK))
		return;
	if ((all = tls_check_read(file)) == NULL || (x = sk_X509_value(all, 0)) == NULL) {
		tls_check_say(k, false, option, "%s: no certificate in it: %s", file, tls_check_why());
		sk_X509_free(all);
		return;
	}
	ERR_clear_error();
	tls_check_chain(k, option, file, all);
	if (SSL_CTX_use_certificate(k->ssl, x) != 1)
		tls_check_say(k, false, option, "%s: below the security level of OpenSSL: %s", file, tls_check_why());
	if (tls_check_readable(k, key_option, key_file, R_OK)) {
		if ((key = tls_key_read(key_file, &e)) == NULL)
			tls_check_say(k, false, key_option, "%s: no private key in it that can be read without a pass phrase", key_file);
		else if (X509_check_private_key(x, key) != 1)
			tls_check_say(k, false, key_option, "%s: this key does not belong to certificate %s", key_file, file);
	}
	EVP_PKEY_free(key);
	sk_X509_pop_free(all, X509_free);
}

static void
tls_check_pairs(struct tls_checking *k)
{
	struct str certs = str_c(k->c->cert_file), keys = str_c(k->c->key_file), cert, key;
	char name[1024], key_name[1024];

	while (k->c->cert_file != NULL && str_split(&certs, ',', &cert)) {
		bool has = k->c->key_file != NULL && str_split(&keys, ',', &key);

		if (!has)
			tls_check_say(k, false, k->server ? "ServerKeyFile" : "ClientKeyFile", "no key for certificate %.*s", STR_ARG(cert));
		else if (str_copy(name, sizeof name, str_trim(cert)) == 0 && str_copy(key_name, sizeof key_name, str_trim(key)) == 0 && name[0] != '\0')
			tls_check_pair(k, name, key_name);
	}
}

/* ---- CAs and revocation lists ---- */

/* A file of revocation lists: CRLFile, or one in CRLPath. */
static void
tls_check_crls(struct tls_checking *k, const char *option, const char *file, const char *but)
{
	BIO		*b;
	X509_CRL	*l;
	char		 date[40];
	int		 n = 0;

	if (!tls_check_readable(k, option, file, R_OK) || (b = BIO_new_file(file, "r")) == NULL)
		return;
	for (; (l = PEM_read_bio_X509_CRL(b, NULL, NULL, NULL)) != NULL; n++) {
		char	name[300] = "";

		(void)X509_NAME_oneline(X509_CRL_get_issuer(l), name, sizeof name);
		if (X509_CRL_get0_nextUpdate(l) != NULL && X509_cmp_current_time(X509_CRL_get0_nextUpdate(l)) <= 0)
			tls_check_say(k, false, option, "%s: the list of %s has expired, on %s: no certificate that it made counts as verified", file, name,
			    tls_check_date(X509_CRL_get0_nextUpdate(l), date, sizeof date));
		X509_CRL_free(l);
	}
	if (n == 0)
		tls_check_say(k, false, option, "%s: no revocation list in it: %s", file, but);
	BIO_free(b);
	ERR_clear_error();
}

/* What is root's alone the processes that need it cannot open: they have given up root. */
static void
tls_check_roots(struct tls_checking *k, const char *option, const char *file, const char *verb, mode_t others)
{
	struct stat st;

	if (stat(file, &st) == 0 && st.st_uid == 0 && (st.st_mode & others) == 0)
		tls_check_say(k, false, option, "%s: only root may %s it, and the processes that need it are not root: %s", file, verb,
		    strcmp(option, "CRLPath") == 0 ? "no certificate counts as verified" : "certificates that lead there are not verified");
}

static void
tls_check_listed(struct tls_checking *k, const char *option, const char *dir, const char *name, bool list)
{
	char	file[1024];

	if (snprintf(file, sizeof file, "%s/%s", dir, name) >= (int)sizeof file)
		return;
	tls_check_roots(k, option, file, "read", S_IRGRP | S_IROTH);
	if (list)
		tls_check_crls(k, option, file, "it is as if it were not there");
}

/* Files there are found by names like 5f0c1a2b.0, for lists 5f0c1a2b.r0. */
static void
tls_check_hashed(struct tls_checking *k, const char *option, const char *dir, bool lists)
{
	DIR		*d;
	struct dirent	*ent;
	bool		 found = false;
	struct stat	 st;

	if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode)) {
		tls_check_say(k, false, option, "%s: no folder", dir);
		return;
	}
	if (!tls_check_readable(k, option, dir, R_OK | X_OK) || (d = opendir(dir)) == NULL)
		return;
	tls_check_roots(k, option, dir, "enter", S_IXGRP | S_IXOTH);
	while ((ent = readdir(d)) != NULL)
		if (tls_folder_name(ent->d_name, lists)) {
			tls_check_listed(k, option, dir, ent->d_name, lists);
			found = true;
		}
	(void)closedir(d);
	if (!found)
		tls_check_say(k, true, option, "%s: no file in it has the name that OpenSSL looks for: run openssl rehash %s", dir, dir);
}

static void
tls_check_trust(struct tls_checking *k)
{
	const struct tls_conf *c = k->c;

	k->knows = c->ca_file == NULL;
	if (c->ca_file != NULL && tls_check_readable(k, "CACertFile", c->ca_file, R_OK)) {
		if (X509_STORE_load_file(k->known, c->ca_file) != 1)
			tls_check_say(k, false, "CACertFile", "%s: no certificate in it: %s", c->ca_file, tls_check_why());
		else
			k->knows = true;
	}
	if (c->ca_path != NULL)
		tls_check_hashed(k, "CACertPath", c->ca_path, false);
	if (c->ca_path != NULL && access(c->ca_path, R_OK | X_OK) == 0)
		(void)X509_STORE_load_path(k->known, c->ca_path);
	else
		k->knows = k->knows && c->ca_path == NULL;
	if (c->crl_path != NULL)
		tls_check_hashed(k, "CRLPath", c->crl_path, true);
	if (c->crl_file != NULL)
		tls_check_crls(k, "CRLFile", c->crl_file, "no certificate counts as verified");
	ERR_clear_error();
}

/* ---- words ---- */

/* Each word that adds ciphers; "!x" and "-x" of what is long gone do no harm. */
static void
tls_check_ciphers(struct tls_checking *k)
{
	struct str list = str_c(k->c->ciphers), word;
	char one[200];

	if (k->c->ciphers == NULL)
		return;
	if (SSL_CTX_set_cipher_list(k->ssl, k->c->ciphers) != 1) {
		tls_check_say(k, false, "CipherList", "%s: %s: the list is ignored", k->c->ciphers, tls_check_why());
		return;
	}
	for (size_t i = 0; list.n > 0; i = 0) {
		while (i < list.n && strchr(":, ;", list.p[i]) == NULL)
			i++;
		word = str_first(list, i);
		list = str_from(list, i < list.n ? i + 1 : i);
		if (word.n == 0 || strchr("!-+@", word.p[0]) != NULL || word.n + 12 > sizeof one)
			continue;
		(void)snprintf(one, sizeof one, "%.*s:@SECLEVEL=0", STR_ARG(word));
		if (str_starts(word, STR("TLS_")))
			tls_check_say(k, true, "CipherList", "%.*s is a cipher of TLS 1.3: it belongs into CipherSuites", STR_ARG(word));
		else if (SSL_CTX_set_cipher_list(k->ssl, one) != 1)
			tls_check_say(k, true, "CipherList", "OpenSSL knows no cipher %.*s", STR_ARG(word));
	}
	(void)SSL_CTX_set_cipher_list(k->ssl, k->c->ciphers);
}

static void
tls_check_suites(struct tls_checking *k)
{
	struct str list = str_c(k->c->ciphersuites), word;
	char one[200];

	while (k->c->ciphersuites != NULL && str_split(&list, ':', &word))
		if (word.n > 0 && (str_copy(one, sizeof one, word) == -1 || SSL_CTX_set_ciphersuites(k->ssl, one) != 1))
			tls_check_say(k, false, "CipherSuites", "TLS 1.3 has no cipher suite %.*s: names are like TLS_AES_256_GCM_SHA384", STR_ARG(word));
}

static void
tls_check_dh(struct tls_checking *k)
{
	const char	*dh = k->c->dh_params;
	struct err	 e = ERR_INIT;

	if (dh == NULL)
		return;
	if (dh[0] == '/') {
		if (tls_check_readable(k, "DHParameters", dh, R_OK) && tls_dh_file(k->ssl, dh, &e) == -1)
			tls_check_say(k, true, "DHParameters", "%s: not used, groups of the library are", e.text + (strncmp(e.text, "TLS: DHParameters ", 18) == 0 ? 18 : 0));
	} else if (strcmp(dh, "none") != 0 && (strchr("125i", dh[0]) == NULL || dh[1] != '\0'))
		tls_check_say(k, true, "DHParameters", "%s: neither a file's whole name nor none: groups of the library are used", dh);
}

static void
tls_check_words(struct tls_checking *k)
{
	uint64_t	 bits = 0;
	struct err	 e = ERR_INIT;

	if (k->c->options != NULL && tls_opt_parse(k->c->options, &bits, &e) == -1)
		tls_check_say(k, false, k->server ? "ServerSSLOptions" : "ClientSSLOptions", "%s", e.text);
	if (k->c->fingerprint != NULL && EVP_get_digestbyname(k->c->fingerprint) == NULL)
		tls_check_say(k, false, "CertFingerprintAlgorithm", "no digest is called %s", k->c->fingerprint);
	tls_check_ciphers(k);
	tls_check_suites(k);
	tls_check_dh(k);
}

int
tls_mod_check(const struct tls_conf *c, bool server, tls_say_fn *say, void *arg, struct err *e)
{
	struct tls_checking k = { .c = c, .server = server, .say = say, .arg = arg };
	int rc = -1;

	ERR_clear_error();
	if ((k.ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) != NULL && (k.known = X509_STORE_new()) != NULL) {
		(void)X509_STORE_set_default_paths(k.known);
		tls_check_words(&k);
		tls_check_trust(&k);
		tls_check_pairs(&k);
		rc = 0;
	} else
		tls_err(e, ERR_TEMP, "no context", NULL);
	X509_STORE_free(k.known);
	SSL_CTX_free(k.ssl);
	ERR_clear_error();
	return rc;
}
