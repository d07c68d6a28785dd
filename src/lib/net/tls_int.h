/*
 * tls_int - what the files of module tls share.
 */
#ifndef NET_TLS_INT_H
#define NET_TLS_INT_H

#include <openssl/ssl.h>

#include "net/net_int.h"
#include "net/tls.h"

struct tls_session {
	SSL	*ssl;
	bool	 server, asked;
	bool	 dane;			/* usable TLSA records are known: the certificate must match one */
	struct tls_ctx *ctx;
	bool	 broken;		/* no close_notify any more */
	const EVP_MD *md;
};

struct tls_ctx {
	SSL_CTX	*ssl;
	bool	 server, ask;
	X509_STORE *public_roots;	/* or NULL */
	const EVP_MD *md;		/* of fingerprints */
};


/* The library's own reason, or errno's, behind our sentence.  -1. */
int	tls_err(struct err *, enum err_class, const char *what, const char *name);
void	tls_io_close(void *session);

/* tls_conn.c */
void	*tls_mod_conn_new(void *ctx, int fd, struct err *);
int	 tls_mod_conn_accept(void *session, struct err *);
int	 tls_mod_conn_read(void *session, void *, size_t n, size_t *got);
int	 tls_mod_conn_write(void *session, const void *, size_t n, size_t *put);

/* tls_info.c */
void	 tls_mod_info(void *session, struct tls_raw *);
size_t	 tls_mod_binding(void *session, const char **name, unsigned char *, size_t max);
bool	 tls_mod_verified(void *session, const char *host, char *why, size_t size);


/* tls_dane.c */
bool	 tls_dane_matched(const struct tls_session *);
int	 tls_dane_ctx(SSL_CTX *, struct err *);
/* Before the handshake: how many of the records can be used, or -1. */
int	 tls_dane_session(struct tls_session *, const struct tls_dane *, struct err *);

#endif
