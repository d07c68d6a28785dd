/*
 * tls_key - private keys away from those who use them: one process signs, others hold certificates.
 *
 * Who signs (role keys) loads keys and answers tls_key_sign.  Who talks TLS sets tls_conf.remote_keys and a signer: its sessions ask that
 * for each signature, through an OpenSSL provider of ours.  RSA, RSA-PSS, ECDSA, Ed25519 and Ed448; no decryption: cipher suites whose key exchange
 * is RSA's are not offered then.
 */
#ifndef NET_TLS_KEY_H
#define NET_TLS_KEY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define TLS_KEY_ID	32			/* SHA-256 of the public key as a certificate has it */
#define TLS_SIGN_DATA	((size_t)128 << 10)	/* longest: Ed25519 signs the text itself, as a client of TLS 1.2 all messages so far; others a digest */
#define TLS_SIGN_MAX	2048			/* longest signature: RSA of 16384 bits */

struct tls_sign {
	unsigned char	 key[TLS_KEY_ID];
	char		 md[16];		/* digest: "SHA2-256", or "" */
	int		 pad;			/* RSA: 1 PKCS #1, 6 PSS; 0 others */
	int		 salt;			/* PSS */
	const unsigned char *data;		/* borrowed */
	size_t		 ndata;
};

/* The question as bytes; what was got borrows them.  -1: malformed, to its last byte. */
void		 tls_sign_put(struct buf *, const struct tls_sign *);
int		 tls_sign_get(struct str, struct tls_sign *);

struct tls_key;
struct tls_key	*tls_key_load(const char *file, struct err *);	/* NULL: the sentence names the file and why */
void		 tls_key_free(struct tls_key **);
const unsigned char *tls_key_id(const struct tls_key *);
/* -1: this key does not sign so. */
int		 tls_key_sign(struct tls_key *, const struct tls_sign *, unsigned char sig[TLS_SIGN_MAX], size_t *n, struct err *);

/* How this process has something signed; -1: nobody does. */
typedef int tls_signer_fn(void *arg, const struct tls_sign *, unsigned char sig[TLS_SIGN_MAX], size_t *n);
void		 tls_set_signer(tls_signer_fn *, void *arg);

#endif
