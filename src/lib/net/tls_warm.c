/*
 * tls_warm - the first handshakes of a master, with itself, before its workers are forked.
 *
 * The library finds out much of what a handshake needs when it is first wanted, and keeps it: algorithms of each name, and where to find them next time.  Found out in
 * each worker it costs each of them the time and, scattered over pages that were the master's until then, two hundred kilobytes of its own.
 *
 * The certificate is made for this and goes with it; the key never leaves the process.  What goes wrong here shows in the first session, if it matters.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "net/tls_int.h"

#define WARM_STEPS	20		/* turns of both sides; a handshake takes three */
#define WARM_PIPE	((size_t)32 << 10)

struct warm {
	EVP_PKEY	*key;
	X509		*cert;
};

/* What clients choose: their version, their cipher suites and their groups. */
static const struct warm_client {
	int		 version;
	const char	*suites, *ciphers, *groups;
} warm_clients[] = {
	{ TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", NULL, "X25519" },
	{ TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", NULL, "P-256" },
	{ TLS1_2_VERSION, NULL, "ECDHE-ECDSA-AES256-GCM-SHA384", "X25519" },
};

static bool
warm_make(struct warm *w)
{
	w->key = EVP_EC_gen("P-256");
	w->cert = X509_new();
	return w->key != NULL && w->cert != NULL && X509_set_version(w->cert, X509_VERSION_3) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(w->cert), -60) != NULL && X509_gmtime_adj(X509_getm_notAfter(w->cert), 60) != NULL &&
	    X509_set_pubkey(w->cert, w->key) == 1 && X509_sign(w->cert, w->key, EVP_sha256()) > 0;
}

static void
warm_done(struct warm *w)
{
	EVP_PKEY_free(w->key);
	X509_free(w->cert);
}

/* Both sides in turns, until each has read something: the tickets of TLS 1.3 come behind the handshake. */
static void
warm_talk(SSL *server, SSL *client)
{
	bool	seen = false, heard = false;
	char	c;

	for (int i = 0; i < WARM_STEPS && !(seen && heard); i++) {
		if (SSL_do_handshake(client) == 1 && SSL_write(client, "?", 1) == 1)
			heard = heard || SSL_read(client, &c, 1) == 1;
		if (SSL_do_handshake(server) == 1 && SSL_read(server, &c, 1) == 1)
			seen = SSL_write(server, "!", 1) == 1;
	}
}

static void
warm_one(SSL_CTX *ctx, SSL_CTX *peer, const struct warm *w, const struct warm_client *how)
{
	SSL	*server = SSL_new(ctx), *client = SSL_new(peer);
	BIO	*a = NULL, *b = NULL;

	if (server != NULL && client != NULL && BIO_new_bio_pair(&a, WARM_PIPE, &b, WARM_PIPE) == 1) {
		SSL_set_bio(server, a, a);
		SSL_set_bio(client, b, b);
		SSL_set_accept_state(server);
		SSL_set_connect_state(client);
		SSL_set_verify(server, SSL_VERIFY_NONE, NULL);
		SSL_set_cert_cb(server, NULL, NULL);
		if (SSL_use_cert_and_key(server, w->cert, w->key, NULL, 1) == 1 && SSL_set_max_proto_version(client, how->version) == 1 &&
		    SSL_set_min_proto_version(client, how->version) == 1 && SSL_set1_groups_list(client, how->groups) == 1 &&
		    (how->suites == NULL || SSL_set_ciphersuites(client, how->suites) == 1) &&
		    (how->ciphers == NULL || SSL_set_cipher_list(client, how->ciphers) == 1))
			warm_talk(server, client);
	}
	SSL_free(server);
	SSL_free(client);
}

void
tls_warm(struct tls_ctx *t)
{
	SSL_CTX		*peer = SSL_CTX_new(TLS_client_method());
	struct warm	 w;

	if (warm_make(&w) && peer != NULL)
		for (size_t i = 0; i < sizeof warm_clients / sizeof warm_clients[0]; i++)
			warm_one(t->ssl, peer, &w, &warm_clients[i]);
	warm_done(&w);
	SSL_CTX_free(peer);
	ERR_clear_error();
}
