/*
 * tls_int - what the files of module tls share.
 */
#ifndef NET_TLS_INT_H
#define NET_TLS_INT_H

#include <openssl/ssl.h>

#include "net/net_int.h"
#include "net/tls.h"
#include "net/tls_key.h"
#include "net/tls_make.h"

#define TLS_RESUME_KEY	32
#define TLS_KEPT	16		/* sessions that a client keeps */

struct tls_session {
	SSL	*ssl;
	bool	 server, asked;
	bool	 need_crl;
	int	 bad;			/* the first error of verification that counts */
	bool	 own_cert;		/* the rules named it */
	bool	 dane;			/* usable TLSA records are known: the certificate must match one */
	struct tls_ctx *ctx;
	bool	 broken;		/* no close_notify any more */
	const EVP_MD *md;
	/* tls_resume.c */
	bool	 keep;			/* tickets are kept, ... */
	unsigned char resume[TLS_RESUME_KEY];	/* ... under this */
	bool	 dane_before;		/* the session that is resumed matched a TLSA record */
	uint64_t begun_ms, before_ms;	/* when certificates were verified: this session's, those of the one that is resumed */
};

struct tls_kept {
	unsigned char	 key[TLS_RESUME_KEY];
	SSL_SESSION	*session;	/* NULL: free */
	bool		 dane;
	uint64_t	 since;
};

struct tls_pair;

/* Secrets of session tickets: of this hour and of the one before, each with what is made of it. */
struct tls_ticket_key {
	unsigned char	 secret[32], name[32], crypt[32], sign[32];
	bool		 made;
};
struct tls_ticket {
	uint64_t	 hour;
	struct tls_ticket_key now, old;
};

struct tls_ctx {
	SSL_CTX	*ssl;
	struct tls_pair *pairs;
	struct tls_ticket ticket;	/* server */
	struct tls_kept	kept[TLS_KEPT];	/* client */
	bool	 server, ask, remote;
	bool	 need_crl;		/* a revocation list was to be read and could not be */
	struct tls_listed *listed;	/* tls_folder.c */
	bool	 anew;			/* certificates went: what the library has of them is not what counts */
	X509_STORE *public_roots;	/* or NULL */
	const EVP_MD *md;		/* of fingerprints, or NULL */
};


/* The library's own reason, or errno's, behind our sentence.  -1. */
int	tls_err(struct err *, enum err_class, const char *what, const char *name);

/* tls.c */
int	tls_dh_file(SSL_CTX *, const char *file, struct err *);

/* tls_check.c */
int	tls_mod_check(const struct tls_conf *, bool server, tls_say_fn *, void *arg, struct err *);

/* tls_conn.c */
void	*tls_mod_conn_new(void *ctx, int fd, struct err *);
int	 tls_mod_conn_accept(void *session, struct err *);
int	 tls_mod_conn_read(void *session, void *, size_t n, size_t *got);
int	 tls_mod_conn_write(void *session, const void *, size_t n, size_t *put);

/* tls_info.c */
void	 tls_mod_info(void *session, struct tls_raw *);
size_t	 tls_mod_binding(void *session, const char **name, unsigned char *, size_t max);
void	 tls_mod_chain(void *session, char *dst, size_t size);
bool	 tls_mod_verified(void *session, const char *host, char *why, size_t size);


/* tls_cert.c */
/* remote: the key is elsewhere.  extra: only for tls_cert_use. */
int	 tls_cert_add(struct tls_ctx *, const char *cert, const char *key, bool remote, bool extra, struct err *);
/* This session has the certificate of that file. */
int	 tls_cert_use(struct tls_session *, const char *file, struct err *);
/* All are there: from now on they are chosen by name. */
void	 tls_cert_names(struct tls_ctx *);
void	 tls_cert_free(struct tls_ctx *);
size_t	 tls_mod_ctx_keys(void *ctx, struct str ids, void (*refused)(void *, const char *), void *arg);

/* tls_md.c: NULL if there is none */
const EVP_MD *tls_md(const char *name);

/*
 * tls_mem.c: until this process forks, the library's small blocks lie where a worker gives those pages back, in tls_mem_rest, that are as they were then.  For a
 * master that has one thread and has not asked the library for anything yet; otherwise nothing happens.
 */
void	 tls_mem_open(void);
void	 tls_mem_rest(void);

/* tls_warm.c: what the first handshakes of a server find out is found out now */
void	 tls_warm(struct tls_ctx *);

/* tls_ticket.c */
int	 tls_ticket_init(struct tls_ctx *, struct err *);

/* tls_resume.c */
void	 tls_resume_ctx(struct tls_ctx *);
void	 tls_resume_free(struct tls_ctx *);
/* Before the handshake: resume what is kept, and keep what comes. */
void	 tls_resume_begin(struct tls_session *, const struct tls_tune *, const char *host);
void	 tls_resume_server(struct tls_session *, const struct tls_tune *);
void	 tls_resume_done(struct tls_session *);		/* behind it */
void	 tls_mod_forget(void *session);

/* tls_key.c */
EVP_PKEY *tls_key_read(const char *file, struct err *);
int	 tls_key_digest(EVP_PKEY *, unsigned char id[TLS_KEY_ID]);
void	*tls_mod_key_load(const char *file, struct err *);
void	 tls_mod_key_free(void *);
const unsigned char *tls_mod_key_id(const void *);
int	 tls_mod_key_sign(void *, const struct tls_sign *, unsigned char *sig, size_t *n, struct err *);

/* tls_make.c */
int	 tls_mod_make_cert(const struct tls_make *, bool *made_key, struct err *);
int	 tls_mod_make_tlsa(const char *cert_file, char *dst, size_t size, struct err *);

/* tls_provider.c */
void	 tls_mod_set_signer(tls_signer_fn *, void *arg);
/* The private half of this certificate's key, as far as our signer has it. */
EVP_PKEY *tls_remote_key(X509 *cert, const char *file, struct err *);

/* tls_folder.c */
#define TLS_BUT_CA	"certificates that lead there are not verified"
#define TLS_BUT_CRL	"without it no certificate counts as verified"
/* Is that how OpenSSL calls a file of CACertPath (5f0c1a2b.0) or, crl, of CRLPath (5f0c1a2b.r0)? */
bool	 tls_folder_name(const char *name, bool crl);
void	 tls_folder_note(struct tls_ctx *, const char *dir, bool crl);
void	 tls_folder_free(struct tls_ctx *);
void	 tls_mod_ctx_confined(void *ctx, void (*refused)(void *, const char *), void *arg);

/* tls_dane.c */
bool	 tls_dane_matched(const struct tls_session *);
int	 tls_dane_ctx(SSL_CTX *, struct err *);
/* Before the handshake: how many of the records can be used, or -1. */
int	 tls_dane_session(struct tls_session *, const struct tls_dane *, struct err *);

#endif
