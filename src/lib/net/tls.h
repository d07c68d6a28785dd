/*
 * tls - the only file that knows the TLS library; loaded as module `tls`.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/stream.h"

struct tls_ctx;

struct tls_conf {
	const char	*cert_file, *key_file;		/* NULL: none; or several (RSA and ECDSA), separated by commas */
	const char	*ca_file, *ca_path;
	const char	*crl_file, *crl_path;
	const char	*ciphers;			/* up to TLS 1.2 */
	const char	*ciphersuites;			/* TLS 1.3 */
	const char	*dh_params;			/* "/file", "none", or anything else: groups by the library */
	const char	*options;			/* names of SSL_OP_ as ServerSSLOptions has them; NULL: the defaults */
	const char	*fingerprint;			/* digest for cert_fp; NULL: MD5, as {cert_md5} */
	const char	*public_ca;			/* client: roots that everybody trusts, for tls_session_verified; NULL: none */
	const char *const *extra_certs;			/* files that tls_tune.cert_file may name, ended by NULL; or NULL */
	size_t		 extra_told;			/* of the first so many `refused' is told; what else lies there need not be certificates */
	const char *const *extra_keys;			/* where keys are here: any of these may be the key of any of those */
	bool		 remote_keys;			/* private keys are elsewhere: see tls_key.h; key_file does not matter then */
	void		(*refused)(void *arg, const char *why);	/* told of each certificate, or DH file, that cannot be used; the others are */
	void		*refused_arg;
	bool		 no_cert;			/* a server may be without one (TLSSrvOptions=C) */
	bool		 ask_client_cert;
	bool		 warm;				/* a server whose sessions are in processes that are forked later: see tls_warm.c */
};

/* What a session became, for the macros {tls_version} {cipher} {cipher_bits} {alg_bits} {verify} {cert_subject} {cert_issuer} {cn_subject} {cn_issuer}. */
struct tls_info {
	struct str	version, cipher, verify, cert_subject, cert_issuer, cn_subject, cn_issuer, cert_fp;
	struct str	altnames;			/* DNS names of the certificate, blank separated: class {cert_altnames} */
	struct str	verify_why;			/* why {verify} is FAIL, in words */
	int		bits, alg_bits;
	bool		dane;				/* a TLSA record matched; {verify} is TRUSTED then */
	bool		resumed;
};

/* One TLSA record, validated (RFC 6698 2.1). */
struct tls_tlsa {
	uint8_t		 usage, selector, match;
	struct str	 data;
};

/* What DNS says of a server's certificate: one of the records must match. */
struct tls_dane {
	const char	*base;				/* the name that they stand under: the server's */
	const char	*name[2];			/* other names that a certificate of usage 2 may have (the domain of the mail) */
	size_t		 nname;
	const struct tls_tlsa *rr;
	size_t		 nrr;
};

/* What one session does otherwise (tls_srv_features, tls_clt_features, srv_features V); NULL and false: nothing. */
struct tls_tune {
	const char	*ciphers, *options;
	const char	*cert_file;			/* another certificate, one of the context's */
	bool		 need_crl;			/* a certificate without a revocation list of its issuer is not good */
	bool		 ask_not;			/* no client certificate is asked for */
	const struct tls_dane *dane;			/* client: TLSA records of the server */
	const char	*resume;			/* client: whom we talk to, and by what policy: sessions are resumed within this; NULL: none is */
};

/* Loads the module at its first call.  -1: module, certificate or key is unusable: the sentence names which and why. */
struct tls_ctx	*tls_server_new(const struct tls_conf *, struct err *);
struct tls_ctx	*tls_client_new(const struct tls_conf *, struct err *);
void		 tls_ctx_free(struct tls_ctx **);
/* For os_rest_also, in a process that was forked after a server with `warm` was made. */
void		 tls_rest(void);
/*
 * What is wrong with a configuration's files and words, each told with the name of its option (as sendmail.cf has it); files that this user may not read are passed
 * over.  -1: no module.
 */
typedef void	 tls_say_fn(void *arg, bool warning, const char *option, const char *text);
int		 tls_check(const struct tls_conf *, bool server, tls_say_fn *, void *arg, struct err *);
/*
 * Keys that are elsewhere: `ids' are those that somebody has (TLS_KEY_ID bytes each).  Certificates of which that is not true are told to `refused'
 * and not used any more.  How many are left.
 */
size_t		 tls_ctx_keys(struct tls_ctx *, struct str ids, void (*refused)(void *arg, const char *why), void *arg);
/*
 * To be called when a process has given up the rights it had at tls_*_new: files of ca_path and crl_path that it may not open any more are told to `refused'; without a
 * revocation list that is there no certificate is good.
 */
void		 tls_ctx_confined(struct tls_ctx *, void (*refused)(void *arg, const char *why), void *arg);
/* Handshake on a blocking stream; buffered clear input is dropped first.  host (client): SNI, may be NULL.  ERR_PERM: what `tune' wants cannot be had; else ERR_TEMP. */
int		 tls_accept(struct tls_ctx *, struct stream *, int timeout_ms, struct err *);
int		 tls_connect(struct tls_ctx *, struct stream *, const char *host, int timeout_ms, struct err *);
int		 tls_accept_tuned(struct tls_ctx *, const struct tls_tune *, struct stream *, int timeout_ms, struct err *);
int		 tls_connect_tuned(struct tls_ctx *, const struct tls_tune *, struct stream *, const char *host, int timeout_ms, struct err *);
/* Has a handshake succeeded on this stream? */
bool		 tls_is_on(const struct stream *);
int		 tls_info(struct stream *, struct arena *, struct tls_info *);
/* Client: what became of this session is not what was wanted; it is not resumed. */
void		 tls_session_forget(struct stream *);
/* What binds an authentication to this session (RFC 5056): its type, "tls-exporter" or "tls-unique", and its bytes.  -1: there is none. */
int		 tls_binding(struct stream *, struct arena *, struct str *name, struct str *data);
/* The certificates that the peer sent, a line each: "subject, by issuer, until date". */
struct str	 tls_chain(struct stream *, struct arena *);
/*
 * Is the peer proved to be `host` (NULL: whoever its certificate names): a TLSA record matched, or its certificate leads to a root that we
 * trust (CACertFile, CACertPath, public_ca) and names it as a DNS name (RFC 6125, RFC 8461 4.2)?  False in clear, too; *why then says why not, if why is not NULL.
 */
bool		 tls_session_verified(struct stream *, const char *host, struct arena *, struct str *why);

/*
 * For event-driven processes: a server's session on a non-blocking descriptor that never waits.  It does not own the descriptor.  After
 * TLS_WANT_* call again with the same arguments when the descriptor is ready for that.
 */
struct tls_conn;
enum tls_step {
	TLS_DONE,		/* read and write: at least one byte */
	TLS_WANT_READ, TLS_WANT_WRITE,
	TLS_CLOSED,		/* the peer ended it */
	TLS_BROKEN		/* reason in *err, where one is given */
};
struct tls_conn	*tls_conn_new(struct tls_ctx *, int fd, struct err *);
void		 tls_conn_free(struct tls_conn **);	/* sends a close_notify if it can */
enum tls_step	 tls_conn_accept(struct tls_conn *, struct err *);
enum tls_step	 tls_conn_read(struct tls_conn *, void *, size_t n, size_t *got);
enum tls_step	 tls_conn_write(struct tls_conn *, const void *, size_t n, size_t *put);

#endif
