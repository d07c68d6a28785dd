/*
 * tls_ticket - session tickets (RFC 5077, RFC 8446 4.6.1) that every worker of a master can open, under keys that are replaced every hour.
 *
 * The secret is made before workers are forked; whoever looks at a clock makes the next hour's secret of it by a hash, and forgets the old one but
 * for the hour after it: a ticket lives for at most two hours, and a secret that is taken opens no session of before.
 * What is made of a secret is kept as long as the secret.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "net/tls_int.h"

#define TICKET_LIFE	3600

/* out = SHA-256(label, secret). */
static void
ticket_derive(const unsigned char secret[32], const char *label, unsigned char out[32])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (c == NULL || EVP_DigestInit_ex(c, tls_md("SHA2-256"), NULL) != 1 || EVP_DigestUpdate(c, label, strlen(label)) != 1 ||
	    EVP_DigestUpdate(c, secret, 32) != 1 || EVP_DigestFinal_ex(c, out, NULL) != 1)
		(void)RAND_bytes(out, 32);	/* no ticket will open, which is no harm */
	EVP_MD_CTX_free(c);
}

static void
ticket_advance(struct tls_ticket *k, uint64_t now)
{
	unsigned char next[32];

	for (int i = 0; k->hour < now && i < 48; i++, k->hour++) {
		k->old = k->now;
		ticket_derive(k->now.secret, "next", next);
		memcpy(k->now.secret, next, sizeof next);
		k->now.made = false;
	}
	k->hour = now;
	OPENSSL_cleanse(next, sizeof next);
}

/* What is made of its secret; once. */
static void
ticket_make(struct tls_ticket_key *k)
{
	if (k->made)
		return;
	ticket_derive(k->secret, "name", k->name);
	ticket_derive(k->secret, "encrypt", k->crypt);
	ticket_derive(k->secret, "mac", k->sign);
	k->made = true;
}

static int
ticket_use(struct tls_ticket_key *k, unsigned char *iv, EVP_CIPHER_CTX *c, EVP_MAC_CTX *mac, int enc)
{
	char		digest[] = "SHA256";
	OSSL_PARAM	params[3];

	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k->sign, sizeof k->sign);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
	params[2] = OSSL_PARAM_construct_end();
	return EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, k->crypt, iv, enc) == 1 && EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int
ticket_key(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *c, EVP_MAC_CTX *mac, int enc)
{
	struct tls_ctx		*t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct tls_ticket	*k = &t->ticket;

	ticket_advance(k, (uint64_t)time(NULL) / TICKET_LIFE);
	ticket_make(&k->now);
	if (enc) {
		memcpy(name, k->now.name, 16);
		return RAND_bytes(iv, 16) == 1 && ticket_use(&k->now, iv, c, mac, 1) ? 1 : -1;
	}
	if (memcmp(name, k->now.name, 16) == 0)
		return !ticket_use(&k->now, iv, c, mac, 0) ? -1 : SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;	/* 2: and give a new one */
	ticket_make(&k->old);
	if (memcmp(name, k->old.name, 16) != 0)
		return 0;
	return ticket_use(&k->old, iv, c, mac, 0) ? 2 : -1;
}

int
tls_ticket_init(struct tls_ctx *t, struct err *e)
{
	if (RAND_bytes(t->ticket.now.secret, sizeof t->ticket.now.secret) != 1 || RAND_bytes(t->ticket.old.secret, sizeof t->ticket.old.secret) != 1)
		return tls_err(e, ERR_TEMP, "tickets", NULL);
	t->ticket.hour = (uint64_t)time(NULL) / TICKET_LIFE;
	SSL_CTX_set_app_data(t->ssl, t);
	(void)SSL_CTX_set_timeout(t->ssl, TICKET_LIFE);
	(void)SSL_CTX_set_num_tickets(t->ssl, 1);	/* a mail client does not come twice at a time with one session */
	(void)SSL_CTX_set_session_cache_mode(t->ssl, SSL_SESS_CACHE_OFF);	/* the client holds it all */
	return SSL_CTX_set_tlsext_ticket_key_evp_cb(t->ssl, ticket_key) == 1 ? 0 : tls_err(e, ERR_TEMP, "tickets", NULL);
}
