/*
 * tls - the module that knows OpenSSL.
 *
 * It is given descriptors and gives back an opaque session with stream's io functions;
 * it shares no state with the program that loads it but the table at the end.
 * The descriptors are made non-blocking: every wait is a poll with a time limit.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/tls_int.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/rest.h"

/* Where nothing else is said: what OpenSSL calls safe workarounds, and no version before TLS 1.2. */
#define TLS_OPTIONS	((SSL_OP_ALL & ~SSL_OP_TLSEXT_PADDING) | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |\
			SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ENABLE_MIDDLEBOX_COMPAT | SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1)

/* The library's own reason, or errno's, behind our sentence. */
int
tls_err(struct err *e, enum err_class class, const char *what, const char *name)
{
	unsigned long	code = ERR_get_error();
	char		why[160] = "";

	if (code != 0)
		ERR_error_string_n(code, why, sizeof why);
	ERR_clear_error();
	return err_set(e, class, "TLS: %s%s%s%s%s", what, name != NULL ? " " : "", name != NULL ? name : "",
	    why[0] != '\0' ? ": " : "", why);
}

/*
 * Let handshakes go on with a certificate we cannot check: the rulesets decide by {verify}.  That there is no revocation list for somebody's
 * certificate is no fault, unless the rules say so (flag R).
 */
static int
tls_verify_any(int ok, X509_STORE_CTX *store)
{
	SSL			*ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session	*t = ssl == NULL ? NULL : SSL_get_app_data(ssl);
	int			 error = X509_STORE_CTX_get_error(store);

	if (ok || t == NULL)
		return 1;
	if (error == X509_V_ERR_UNABLE_TO_GET_CRL && !t->need_crl)
		X509_STORE_CTX_set_error(store, t->bad);
	else if (t->bad == X509_V_OK)
		t->bad = error;
	return 1;
}

/* One that cannot be used is told, and does not keep others from being used. */
static int
tls_load_one(struct tls_ctx *t, const struct tls_conf *c, const char *cert, const char *key, struct err *e)
{
	struct err why = ERR_INIT;

	if (tls_cert_add(t, cert, key, c->remote_keys, false, &why) == 0)
		return 0;
	if (c->refused != NULL)
		c->refused(c->refused_arg, why.text);
	if (e != NULL)
		*e = why;
	return -1;
}

/* Something that the configuration names is of no use: it is told, and done without.  What is left still encrypts. */
static void
tls_without(const struct tls_conf *c, const struct err *why, const char *but)
{
	char text[700];

	(void)snprintf(text, sizeof text, "%s; %s", why->text, but);
	if (c->refused != NULL)
		c->refused(c->refused_arg, text);
	ERR_clear_error();
}

/* Those that the rules may name for a session. */
static void
tls_load_extra(struct tls_ctx *t, const struct tls_conf *c)
{
	for (size_t i = 0; c->extra_certs != NULL && c->extra_certs[i] != NULL; i++) {
		struct err	 why = ERR_INIT;
		const char	*file = c->extra_certs[i];
		int		 rc = tls_cert_add(t, file, file, c->remote_keys, true, &why);

		for (size_t k = 0; rc == -1 && c->extra_keys != NULL && c->extra_keys[k] != NULL; k++)
			rc = tls_cert_add(t, file, c->extra_keys[k], false, true, NULL);
		if (rc == -1 && i < c->extra_told && c->refused != NULL)
			c->refused(c->refused_arg, why.text);
		ERR_clear_error();
	}
}

/* "a.pem" or "rsa.pem,ecdsa.pem": each certificate has its key at the same place of the other list.  -1: a server has none left. */
static int
tls_load_cert(struct tls_ctx *t, const struct tls_conf *c, struct err *e)
{
	struct str certs = str_c(c->cert_file), one;
	struct str keys = str_c(c->key_file != NULL ? c->key_file : c->cert_file), key;
	char cert_name[1024], key_name[1024];

	while (c->cert_file != NULL && str_split(&certs, ',', &one)) {
		if (!str_split(&keys, ',', &key)) {
			err_set(e, ERR_PERM, "TLS: no key for certificate %.*s", STR_ARG(one));
			if (c->refused != NULL)
				c->refused(c->refused_arg, e->text);
			continue;
		}
		if (str_copy(cert_name, sizeof cert_name, str_trim(one)) == -1 || str_copy(key_name, sizeof key_name, str_trim(key)) == -1)
			return err_set(e, ERR_PERM, "TLS: file name too long");
		if (cert_name[0] != '\0')
			(void)tls_load_one(t, c, cert_name, key_name, e);
	}
	if (t->server && c->cert_file != NULL && t->pairs == NULL)
		return -1;
	tls_load_extra(t, c);
	tls_cert_names(t);
	return 0;
}

/* Can files be opened in this folder? */
static int
tls_folder(const char *option, const char *dir, struct err *e)
{
	struct stat st;

	if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(e, ERR_PERM, "TLS: %s %s: no folder", option, dir);
	return access(dir, X_OK) == 0 ? 0 : err_sys(e, ERR_PERM, "TLS: %s %s", option, dir);
}

static void
tls_load_ca(struct tls_ctx *t, const struct tls_conf *c)
{
	SSL_CTX *s = t->ssl;
	struct err e = ERR_INIT;

	if (c->ca_file != NULL && SSL_CTX_load_verify_file(s, c->ca_file) != 1) {
		tls_err(&e, ERR_PERM, "CACertFile", c->ca_file);
		tls_without(c, &e, TLS_BUT_CA);
	} else if (t->server && c->ca_file != NULL && c->ask_client_cert)
		SSL_CTX_set_client_CA_list(s, SSL_load_client_CA_file(c->ca_file));
	if (c->ca_path == NULL)
		return;
	if (tls_folder("CACertPath", c->ca_path, &e) == -1)
		tls_without(c, &e, TLS_BUT_CA);
	else if (SSL_CTX_load_verify_dir(s, c->ca_path) != 1) {
		tls_err(&e, ERR_PERM, "CACertPath", c->ca_path);
		tls_without(c, &e, TLS_BUT_CA);
	} else
		tls_folder_note(t, c->ca_path, false);
}

/* Lists that were to be asked and are not there: whom they would have named nobody knows, so nobody's certificate is good; {verify} is FAIL. */
static void
tls_load_crl(struct tls_ctx *t, const struct tls_conf *c)
{
	X509_STORE *store = SSL_CTX_get_cert_store(t->ssl);
	X509_LOOKUP *l = c->crl_file == NULL ? NULL : X509_STORE_add_lookup(store, X509_LOOKUP_file());
	struct err e = ERR_INIT;

	if (c->crl_file != NULL && (l == NULL || X509_load_crl_file(l, c->crl_file, X509_FILETYPE_PEM) < 1)) {
		tls_err(&e, ERR_PERM, "CRLFile", c->crl_file);
		tls_without(c, &e, TLS_BUT_CRL);
		t->need_crl = true;
	}
	if (c->crl_path != NULL && (tls_folder("CRLPath", c->crl_path, &e) == -1 ||
	    (X509_STORE_load_path(store, c->crl_path) != 1 && tls_err(&e, ERR_PERM, "CRLPath", c->crl_path) == -1))) {
		tls_without(c, &e, TLS_BUT_CRL);
		t->need_crl = true;
	} else if (c->crl_path != NULL)
		tls_folder_note(t, c->crl_path, true);
	if (c->crl_file != NULL || c->crl_path != NULL)
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

int
tls_dh_file(SSL_CTX *s, const char *dh, struct err *e)
{
	EVP_PKEY	*p = NULL;
	BIO		*b = BIO_new_file(dh, "r");

	if (b != NULL)
		p = PEM_read_bio_Parameters(b, NULL);
	BIO_free(b);
	if (p != NULL && SSL_CTX_set0_tmp_dh_pkey(s, p) == 1)
		return 0;
	tls_err(e, ERR_PERM, "DHParameters", dh);
	EVP_PKEY_free(p);
	return -1;
}

/* DHParameters: a file, a word with n at its beginning (none), or anything else: groups by the library, as with a file that is of no use. */
static void
tls_load_dh(SSL_CTX *s, const struct tls_conf *c)
{
	struct err	 e = ERR_INIT;
	const char	*dh = c->dh_params != NULL ? c->dh_params : "";

	if (chr_lower(dh[0]) == 'n' || (dh[0] == '/' && tls_dh_file(s, dh, &e) == 0))
		return;
	if (dh[0] == '/')
		tls_without(c, &e, "groups of the library are used");
	SSL_CTX_set_dh_auto(s, 1);
}

/* For the context, or for one session.  A key that is elsewhere signs and does not decrypt: RSA's key exchange is out then. */
static int
tls_set_ciphers(struct tls_ctx *t, SSL *one, const char *list, struct err *e)
{
	char	 text[4096];
	int	 ok;

	if (list == NULL && !(t->remote && t->server))
		return 0;
	if (snprintf(text, sizeof text, "%s%s", list != NULL ? list : OSSL_default_cipher_list(), t->remote && t->server ? ":!kRSA:!RSAPSK" : "") >= (int)sizeof text)
		return err_set(e, ERR_PERM, "TLS: CipherList: too long");
	ok = one != NULL ? SSL_set_cipher_list(one, text) : SSL_CTX_set_cipher_list(t->ssl, text);
	return ok == 1 ? 0 : tls_err(e, ERR_PERM, "CipherList", list);
}

/* A word that nobody knows takes no encryption away: the others count, and where none is left, what counts without the option. */
static void
tls_words(struct tls_ctx *t, const struct tls_conf *c)
{
	SSL_CTX		*s = t->ssl;
	struct err	 e = ERR_INIT;
	uint64_t	 options = TLS_OPTIONS;

	if (c->options != NULL && tls_opt_parse(c->options, &options, &e) == -1) {
		err_prefix(&e, "TLS: %s", t->server ? "ServerSSLOptions" : "ClientSSLOptions");
		tls_without(c, &e, "the other words count");
	}
	SSL_CTX_clear_options(s, SSL_CTX_get_options(s));
	SSL_CTX_set_options(s, options);
	if ((t->md = c->fingerprint == NULL ? EVP_md5() : EVP_get_digestbyname(c->fingerprint)) == NULL) {
		tls_err(&e, ERR_PERM, "CertFingerprintAlgorithm: no digest is called", c->fingerprint);
		tls_without(c, &e, "there are no fingerprints");
	}
	if (tls_set_ciphers(t, NULL, c->ciphers, &e) == -1) {
		tls_without(c, &e, "the list is ignored");
		if (tls_set_ciphers(t, NULL, NULL, &e) == -1)
			tls_without(c, &e, "key exchange by RSA may be chosen, and fails");
	}
	if (c->ciphersuites != NULL && SSL_CTX_set_ciphersuites(s, c->ciphersuites) != 1) {
		tls_err(&e, ERR_PERM, "CipherSuites", c->ciphersuites);
		tls_without(c, &e, "the list is ignored");
	}
}

static int
tls_configure(struct tls_ctx *t, const struct tls_conf *c, struct err *e)
{
	SSL_CTX *s = t->ssl;
	struct err why = ERR_INIT;

	SSL_CTX_set_min_proto_version(s, TLS1_VERSION);
	SSL_CTX_set_mode(s, SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	tls_words(t, c);
	if (!t->server && tls_dane_ctx(s, e) == -1)
		return -1;
	if (!t->server)
		tls_resume_ctx(t);
	if (!t->server && c->public_ca != NULL && ((t->public_roots = X509_STORE_new()) == NULL ||
	    X509_STORE_load_file(t->public_roots, c->public_ca) != 1)) {
		tls_err(&why, ERR_PERM, "the system's CA certificates", c->public_ca);
		tls_without(c, &why, "no server is proved by them");
	}
	if (tls_load_cert(t, c, e) == -1)
		return -1;
	tls_load_ca(t, c);
	tls_load_crl(t, c);
	if (t->server) {
		static const unsigned char id[] = "angarium";

		SSL_CTX_set_session_id_context(s, id, sizeof id - 1);
		tls_load_dh(s, c);
		if (tls_ticket_init(t, e) == -1)
			return -1;
	}
	SSL_CTX_set_verify(s, !t->server || t->ask ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, tls_verify_any);
	return 0;
}

static void
tls_mod_ctx_free(void *ctx)
{
	struct tls_ctx *t = ctx;

	tls_resume_free(t);
	tls_cert_free(t);
	tls_folder_free(t);
	OPENSSL_cleanse(&t->ticket, sizeof t->ticket);
	SSL_CTX_free(t->ssl);
	X509_STORE_free(t->public_roots);
	free(t);
}

static void *
tls_mod_ctx_new(const struct tls_conf *c, bool server, struct err *e)
{
	struct tls_ctx *t = calloc(1, sizeof *t);

	if (server && c->warm)
		tls_mem_open();
	ERR_clear_error();
	if (t == NULL) {
		err_set(e, ERR_TEMP, "TLS: no memory");
		return NULL;
	}
	t->server = server;
	t->ask = c->ask_client_cert;
	t->remote = c->remote_keys;
	if (server && c->cert_file == NULL && !c->no_cert) {
		err_set(e, ERR_PERM, "TLS: a server needs a certificate");
		free(t);
		return NULL;
	}
	if ((t->ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method())) == NULL) {
		tls_err(e, ERR_TEMP, "no context", NULL);
		free(t);
		return NULL;
	}
	if (tls_configure(t, c, e) == -1) {
		tls_mod_ctx_free(t);
		return NULL;
	}
	if (server && c->warm)
		tls_warm(t);
	return t;
}

/* After a call that gave rc: wait for what it wants. */
static enum stream_end
tls_wait(struct tls_session *t, int rc, uint64_t end, bool forever, struct err *e)
{
	struct pollfd	p;
	int		why = SSL_get_error(t->ssl, rc), sys = errno, n;

	switch (why) {
	case SSL_ERROR_WANT_READ:
		p = (struct pollfd){ SSL_get_rfd(t->ssl), POLLIN, 0 };
		break;
	case SSL_ERROR_WANT_WRITE:
		p = (struct pollfd){ SSL_get_wfd(t->ssl), POLLOUT, 0 };
		break;
	case SSL_ERROR_ZERO_RETURN:
		err_set(e, ERR_TEMP, "TLS: the peer closed the session");
		return STREAM_EOF;
	case SSL_ERROR_SYSCALL:
		t->broken = true;
		if (ERR_peek_error() == 0) {
			if (sys == 0 || rc == 0) {
				err_set(e, ERR_TEMP, "TLS: the peer closed the connection");
				return STREAM_EOF;
			}
			errno = sys;
			err_sys(e, ERR_TEMP, "TLS");
			return STREAM_ERR;
		}
		/* fallthrough */
	default:
		t->broken = true;
		tls_err(e, ERR_TEMP, "protocol", NULL);
		return STREAM_ERR;
	}
	do {
		uint64_t now = forever ? 0 : os_now_ms();

		n = os_wait(&p, 1, forever ? -1 : end <= now ? 0 : (int)(end - now));
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		return STREAM_OK;
	t->broken = true;
	if (n == 0) {
		err_set(e, ERR_TEMP, "TLS: timeout");
		return STREAM_TIMEOUT;
	}
	err_sys(e, ERR_TEMP, "TLS: poll");
	return STREAM_ERR;
}

static void
tls_session_free(struct tls_session *t)
{
	SSL_free(t->ssl);
	free(t);
}

static int
tls_set_host(SSL *ssl, const char *host, struct err *e)
{
	if (host == NULL)
		return 0;
	if (SSL_set_tlsext_host_name(ssl, host) != 1)
		return tls_err(e, ERR_TEMP, "server name", host);
	return 0;
}

static int
tls_tune(struct tls_session *t, const struct tls_tune *tune, bool server, struct err *e)
{
	uint64_t options = SSL_get_options(t->ssl), before = options;

	if (tune->dane != NULL && !server && tls_dane_session(t, tune->dane, e) == -1)
		return -1;
	if (tune->ciphers != NULL && tls_set_ciphers(t->ctx, t->ssl, tune->ciphers, e) == -1)
		return -1;
	if (tune->cert_file != NULL && tls_cert_use(t, tune->cert_file, e) == -1)
		return -1;
	t->need_crl = t->need_crl || tune->need_crl;
	if (tune->need_crl)
		X509_VERIFY_PARAM_set_flags(SSL_get0_param(t->ssl), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	if (tune->options != NULL) {
		if (tls_opt_parse(tune->options, &options, e) == -1)
			return -1;
		SSL_clear_options(t->ssl, before);
		SSL_set_options(t->ssl, options);
	}
	if (server && tune->ask_not) {
		SSL_set_verify(t->ssl, SSL_VERIFY_NONE, NULL);
		t->asked = false;
	}
	return 0;
}

static void *
tls_mod_handshake(void *ctx, const struct tls_tune *tune, bool server, int rfd, int wfd, const char *host, int timeout_ms, struct err *e)
{
	struct tls_ctx		*c = ctx;
	struct tls_session	*t = calloc(1, sizeof *t);
	uint64_t		 end = os_now_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);

	if (t == NULL || (t->ssl = SSL_new(c->ssl)) == NULL) {
		free(t);
		tls_err(e, ERR_TEMP, "no session", NULL);
		return NULL;
	}
	t->server = server;
	t->asked = !server || c->ask;
	t->md = c->md;
	t->need_crl = c->need_crl;
	t->ctx = c;
	SSL_set_app_data(t->ssl, t);
	ERR_clear_error();
	(void)os_fd_nonblock(rfd, true);
	(void)os_fd_nonblock(wfd, true);
	if (SSL_set_rfd(t->ssl, rfd) != 1 || SSL_set_wfd(t->ssl, wfd) != 1) {
		tls_err(e, ERR_TEMP, "descriptors", NULL);
		goto bad;
	}
	if (!server && tls_set_host(t->ssl, host, e) == -1)
		goto bad;
	if (tune != NULL && tls_tune(t, tune, server, e) == -1)
		goto bad;
	if (tune != NULL && server)
		tls_resume_server(t, tune);
	else if (tune != NULL)
		tls_resume_begin(t, tune, host);
	for (;;) {
		int rc = server ? SSL_accept(t->ssl) : SSL_connect(t->ssl);

		if (rc == 1) {
			tls_resume_done(t);
			return t;
		}
		if (tls_wait(t, rc, end, timeout_ms <= 0, e) != STREAM_OK)
			break;
	}
bad:
	err_prefix(e, "%s handshake", server ? "server" : "client");
	tls_session_free(t);
	return NULL;
}

static enum stream_end
tls_io_read(void *arg, void *p, size_t n, size_t *got, int timeout_ms, struct err *e)
{
	struct tls_session	*t = arg;
	uint64_t		 end = os_now_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);

	for (;;) {
		enum stream_end	why;
		int		rc;

		ERR_clear_error();
		errno = 0;
		if ((rc = SSL_read_ex(t->ssl, p, n, got)) == 1)
			return STREAM_OK;
		if ((why = tls_wait(t, rc, end, timeout_ms <= 0, e)) != STREAM_OK)
			return why;
	}
}

static enum stream_end
tls_io_write(void *arg, const void *p, size_t n, int timeout_ms, struct err *e)
{
	struct tls_session	*t = arg;
	const char		*s = p;
	uint64_t		 end = os_now_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);	/* for all of it */

	while (n > 0) {
		enum stream_end	why;
		size_t		put = 0;
		int		rc;

		ERR_clear_error();
		errno = 0;
		if ((rc = SSL_write_ex(t->ssl, s, n, &put)) == 1) {
			s += put;
			n -= put;
		} else if ((why = tls_wait(t, rc, end, timeout_ms <= 0, e)) != STREAM_OK)
			return why == STREAM_EOF ? STREAM_ERR : why;
	}
	return STREAM_OK;
}

static bool
tls_io_pending(void *arg)
{
	struct tls_session *t = arg;

	return SSL_pending(t->ssl) > 0;
}

static void
tls_io_close(void *arg)
{
	struct tls_session *t = arg;

	ERR_clear_error();
	if (!t->broken)
		(void)SSL_shutdown(t->ssl);	/* our close_notify; we do not wait for theirs */
	tls_session_free(t);
}

static const struct stream_io tls_io = {
	.read = tls_io_read, .write = tls_io_write, .pending = tls_io_pending, .close = tls_io_close
};

static const struct tls_ops tls_ops = {
	.mod = { "tls", TLS_MODULE_VERSION },
	.ctx_new = tls_mod_ctx_new,
	.ctx_free = tls_mod_ctx_free,
	.ctx_keys = tls_mod_ctx_keys,
	.ctx_confined = tls_mod_ctx_confined,
	.handshake = tls_mod_handshake,
	.io = &tls_io,
	.info = tls_mod_info,
	.binding = tls_mod_binding,
	.chain = tls_mod_chain,
	.verified = tls_mod_verified,
	.forget = tls_mod_forget,
	.key_load = tls_mod_key_load,
	.key_free = tls_mod_key_free,
	.key_id = tls_mod_key_id,
	.key_sign = tls_mod_key_sign,
	.set_signer = tls_mod_set_signer,
	.make_cert = tls_mod_make_cert,
	.make_tlsa = tls_mod_make_tlsa,
	.check = tls_mod_check,
	.conn_new = tls_mod_conn_new,
	.conn_free = tls_io_close,
	.conn_accept = tls_mod_conn_accept,
	.conn_read = tls_mod_conn_read,
	.conn_write = tls_mod_conn_write,
	.rest = tls_mem_rest,
};

extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &tls_ops.mod;
