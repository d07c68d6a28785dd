/*
 * tls_door - tls.h's functions: thin doors to the module that knows the TLS library.
 *
 * The module is opened at the first call, so that a program which never speaks TLS
 * does not pay for it.
 */
#include <string.h>

#include "net/net_int.h"
#include "net/tls.h"
#include "net/tls_key.h"
#include "net/tls_make.h"

static const struct tls_ops *tls_module;

static const struct tls_ops *
tls_open(struct err *e)
{
	if (tls_module == NULL)
		tls_module = (const struct tls_ops *)(const void *)os_module_open("tls", TLS_MODULE_VERSION, e);
	return tls_module;
}

void
tls_rest(void)
{
	if (tls_module != NULL)
		tls_module->rest();
}

static struct tls_ctx *
tls_new(const struct tls_conf *c, bool server, struct err *e)
{
	const struct tls_ops *t = tls_open(e);

	return t == NULL ? NULL : t->ctx_new(c, server, e);
}

struct tls_ctx *
tls_server_new(const struct tls_conf *c, struct err *e)
{
	return tls_new(c, true, e);
}

struct tls_ctx *
tls_client_new(const struct tls_conf *c, struct err *e)
{
	return tls_new(c, false, e);
}

int
tls_check(const struct tls_conf *c, bool server, tls_say_fn *say, void *arg, struct err *e)
{
	const struct tls_ops *t = tls_open(e);

	return t == NULL ? -1 : t->check(c, server, say, arg, e);
}

void
tls_ctx_free(struct tls_ctx **ctx)
{
	if (*ctx != NULL)
		tls_module->ctx_free(*ctx);
	*ctx = NULL;
}

size_t
tls_ctx_keys(struct tls_ctx *ctx, struct str ids, void (*refused)(void *, const char *), void *arg)
{
	return tls_module->ctx_keys(ctx, ids, refused, arg);
}

void
tls_ctx_confined(struct tls_ctx *ctx, void (*refused)(void *, const char *), void *arg)
{
	if (ctx != NULL)
		tls_module->ctx_confined(ctx, refused, arg);
}

static int
tls_handshake(struct tls_ctx *ctx, const struct tls_tune *tune, bool server, struct stream *s, const char *host, int timeout_ms, struct err *e)
{
	void	*session;
	int	 rfd, wfd;

	/* What came before the handshake was not protected and must not be read after it. */
	stream_drop_input(s);
	stream_fds(s, &rfd, &wfd);
	if ((session = tls_module->handshake(ctx, tune, server, rfd, wfd, host, timeout_ms, e)) == NULL)
		return -1;
	stream_set_io(s, tls_module->io, session);
	return 0;
}

int
tls_accept(struct tls_ctx *ctx, struct stream *s, int timeout_ms, struct err *e)
{
	return tls_handshake(ctx, NULL, true, s, NULL, timeout_ms, e);
}

int
tls_connect(struct tls_ctx *ctx, struct stream *s, const char *host, int timeout_ms, struct err *e)
{
	return tls_handshake(ctx, NULL, false, s, host, timeout_ms, e);
}

int
tls_accept_tuned(struct tls_ctx *ctx, const struct tls_tune *tune, struct stream *s, int timeout_ms, struct err *e)
{
	return tls_handshake(ctx, tune, true, s, NULL, timeout_ms, e);
}

int
tls_connect_tuned(struct tls_ctx *ctx, const struct tls_tune *tune, struct stream *s, const char *host, int timeout_ms, struct err *e)
{
	return tls_handshake(ctx, tune, false, s, host, timeout_ms, e);
}

bool
tls_is_on(const struct stream *s)
{
	return tls_module != NULL && stream_io_arg(s, tls_module->io) != NULL;
}

int
tls_info(struct stream *s, struct arena *a, struct tls_info *out)
{
	struct tls_raw	 r;
	void		*session = tls_module == NULL ? NULL : stream_io_arg(s, tls_module->io);

	memset(out, 0, sizeof *out);
	if (session == NULL)
		return -1;
	memset(&r, 0, sizeof r);
	tls_module->info(session, &r);
	out->version = arena_str(a, str_c(r.version));
	out->cipher = arena_str(a, str_c(r.cipher));
	out->verify = arena_str(a, str_c(r.verify));
	out->cert_fp = arena_str(a, str_c(r.fp));
	out->cert_subject = arena_str(a, str_c(r.cert_subject));
	out->cert_issuer = arena_str(a, str_c(r.cert_issuer));
	out->cn_subject = arena_str(a, str_c(r.cn_subject));
	out->cn_issuer = arena_str(a, str_c(r.cn_issuer));
	out->altnames = arena_str(a, str_c(r.altnames));
	out->verify_why = arena_str(a, str_c(r.verify_why));
	out->dane = r.dane;
	out->resumed = r.resumed;
	out->bits = r.bits;
	out->alg_bits = r.alg_bits;
	return 0;
}

void
tls_session_forget(struct stream *s)
{
	void	*session = tls_module == NULL ? NULL : stream_io_arg(s, tls_module->io);

	if (session != NULL)
		tls_module->forget(session);
}

int
tls_binding(struct stream *s, struct arena *a, struct str *name, struct str *data)
{
	void		*session = tls_module == NULL ? NULL : stream_io_arg(s, tls_module->io);
	unsigned char	 b[128];
	const char	*type = "";
	size_t		 n = session == NULL ? 0 : tls_module->binding(session, &type, b, sizeof b);

	*name = str_c(type);
	*data = arena_str(a, str_mem((const char *)b, n));
	return n > 0 && n <= sizeof b ? 0 : -1;
}

struct tls_key *
tls_key_load(const char *file, struct err *e)
{
	const struct tls_ops *t = tls_open(e);

	return t == NULL ? NULL : t->key_load(file, e);
}

void
tls_key_free(struct tls_key **k)
{
	if (*k != NULL)
		tls_module->key_free(*k);
	*k = NULL;
}

const unsigned char *
tls_key_id(const struct tls_key *k)
{
	return tls_module->key_id(k);
}

int
tls_key_sign(struct tls_key *k, const struct tls_sign *q, unsigned char sig[TLS_SIGN_MAX], size_t *n, struct err *e)
{
	return tls_module->key_sign(k, q, sig, n, e);
}

void
tls_set_signer(tls_signer_fn *fn, void *arg)
{
	const struct tls_ops *t = tls_open(NULL);

	if (t != NULL)
		t->set_signer(fn, arg);
}

int
tls_make_cert(const struct tls_make *m, bool *made, struct err *e)
{
	const struct tls_ops *t = tls_open(e);

	return t == NULL ? -1 : t->make_cert(m, made, e);
}

int
tls_make_tlsa(const char *file, char *dst, size_t size, struct err *e)
{
	const struct tls_ops *t = tls_open(e);

	return t == NULL ? -1 : t->make_tlsa(file, dst, size, e);
}

struct str
tls_chain(struct stream *s, struct arena *a)
{
	void	*session = tls_module == NULL ? NULL : stream_io_arg(s, tls_module->io);
	char	 text[8192] = "";

	if (session != NULL)
		tls_module->chain(session, text, sizeof text);
	return arena_str(a, str_c(text));
}

bool
tls_session_verified(struct stream *s, const char *host, struct arena *a, struct str *why)
{
	void	*session = tls_module == NULL ? NULL : stream_io_arg(s, tls_module->io);
	char	 text[160] = "not encrypted";
	bool	 good = session != NULL && tls_module->verified(session, host, text, sizeof text);

	if (why != NULL)
		*why = arena_str(a, str_c(good ? "" : text));
	return good;
}

struct tls_conn *
tls_conn_new(struct tls_ctx *ctx, int fd, struct err *e)
{
	return tls_module->conn_new(ctx, fd, e);
}

void
tls_conn_free(struct tls_conn **c)
{
	if (*c != NULL)
		tls_module->conn_free(*c);
	*c = NULL;
}

enum tls_step
tls_conn_accept(struct tls_conn *c, struct err *e)
{
	return (enum tls_step)tls_module->conn_accept(c, e);
}

enum tls_step
tls_conn_read(struct tls_conn *c, void *p, size_t n, size_t *got)
{
	return (enum tls_step)tls_module->conn_read(c, p, n, got);
}

enum tls_step
tls_conn_write(struct tls_conn *c, const void *p, size_t n, size_t *put)
{
	return (enum tls_step)tls_module->conn_write(c, p, n, put);
}
