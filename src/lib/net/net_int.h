/*
 * net_int - what files of this room share.
 */
#ifndef NET_INT_H
#define NET_INT_H

#include "net/stream.h"
#include "os/module.h"

#define TLS_MODULE_VERSION	13

struct tls_conf;
struct tls_sign;
struct tls_make;
struct tls_tune;

/* The arg of stream_set_io, or NULL if these are not the stream's functions. */
void	*stream_io_arg(const struct stream *, const struct stream_io *);
/* tls_opt.c: names of options, each with an optional "-", into the bits of *options.  -1: *e names those that nobody knows; the others count. */
int	 tls_opt_parse(const char *text, uint64_t *options, struct err *);
int	 stream_fds(const struct stream *, int *rfd, int *wfd);

/* What a session became, in plain text: the module has no arena of ours. */
struct tls_raw {
	char	version[32], cipher[64], verify[16], fp[200];
	char	cert_subject[512], cert_issuer[512], cn_subject[256], cn_issuer[256];
	char	altnames[8192];		/* blank separated */
	char	verify_why[128];	/* when it is not OK */
	int	bits, alg_bits;
	bool	dane, resumed;
};

/* The table that the module `tls` exports. */
struct tls_ops {
	struct os_module	 mod;
	void			*(*ctx_new)(const struct tls_conf *, bool server, struct err *);
	void			 (*ctx_free)(void *ctx);
	size_t			 (*ctx_keys)(void *ctx, struct str ids, void (*refused)(void *, const char *), void *arg);
	void			 (*ctx_confined)(void *ctx, void (*refused)(void *, const char *), void *arg);
	void			*(*handshake)(void *ctx, const struct tls_tune *, bool server, int rfd, int wfd,
				    const char *host, int timeout_ms, struct err *);
	const struct stream_io	*io;
	void			 (*info)(void *session, struct tls_raw *);
	/* channel binding: bytes written, 0 none */
	size_t			 (*binding)(void *session, const char **name, unsigned char *, size_t max);
	void			 (*chain)(void *session, char *dst, size_t size);
	bool			 (*verified)(void *session, const char *host, char *why, size_t size);
	void			 (*forget)(void *session);
	/* tls_key.h */
	void			*(*key_load)(const char *file, struct err *);
	void			 (*key_free)(void *key);
	const unsigned char	*(*key_id)(const void *key);
	int			 (*key_sign)(void *key, const struct tls_sign *, unsigned char *sig, size_t *n, struct err *);
	void			 (*set_signer)(int (*)(void *, const struct tls_sign *, unsigned char *, size_t *), void *arg);
	/* tls_make.h */
	int			 (*make_cert)(const struct tls_make *, bool *made_key, struct err *);
	int			 (*make_tlsa)(const char *cert_file, char *dst, size_t size, struct err *);
	int			 (*check)(const struct tls_conf *, bool server, void (*)(void *, bool, const char *, const char *), void *arg, struct err *);
	/* one step of a session that never waits: enum tls_step */
	void			*(*conn_new)(void *ctx, int fd, struct err *);
	void			 (*conn_free)(void *session);
	int			 (*conn_accept)(void *session, struct err *);
	int			 (*conn_read)(void *session, void *, size_t n, size_t *got);
	int			 (*conn_write)(void *session, const void *, size_t n, size_t *put);
	void			 (*rest)(void);
};

#endif
