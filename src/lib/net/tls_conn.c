/*
 * tls_conn - sessions that never wait, for event-driven processes.  Part of module tls.
 */
#include <openssl/err.h>
#include <stdlib.h>

#include "net/tls_int.h"

void *
tls_mod_conn_new(void *ctx, int fd, struct err *e)
{
	struct tls_ctx		*c = ctx;
	struct tls_session	*t = calloc(1, sizeof *t);

	ERR_clear_error();
	if (t == NULL || (t->ssl = SSL_new(c->ssl)) == NULL || SSL_set_fd(t->ssl, fd) != 1) {
		tls_err(e, ERR_TEMP, "no session", NULL);
		if (t != NULL && t->ssl != NULL)
			SSL_free(t->ssl);
		free(t);
		return NULL;
	}
	SSL_set_accept_state(t->ssl);
	t->server = true;
	t->asked = c->ask;
	t->md = c->md;
	t->need_crl = c->need_crl;
	t->ctx = c;
	SSL_set_app_data(t->ssl, t);
	return t;
}

static int
tls_mod_step(struct tls_session *t, int rc, struct err *e)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		t->broken = true;
		return ERR_peek_error() == 0 ? TLS_CLOSED : TLS_BROKEN;
	default:
		t->broken = true;
		tls_err(e, ERR_TEMP, "protocol", NULL);
		return TLS_BROKEN;
	}
}

int
tls_mod_conn_accept(void *session, struct err *e)
{
	struct tls_session	*t = session;
	int			 rc;

	ERR_clear_error();
	return (rc = SSL_accept(t->ssl)) == 1 ? TLS_DONE : tls_mod_step(t, rc, e);
}

int
tls_mod_conn_read(void *session, void *p, size_t n, size_t *got)
{
	struct tls_session	*t = session;
	int			 rc;

	ERR_clear_error();
	return (rc = SSL_read_ex(t->ssl, p, n, got)) == 1 ? TLS_DONE : tls_mod_step(t, rc, NULL);
}

int
tls_mod_conn_write(void *session, const void *p, size_t n, size_t *put)
{
	struct tls_session	*t = session;
	int			 rc;

	ERR_clear_error();
	return (rc = SSL_write_ex(t->ssl, p, n, put)) == 1 ? TLS_DONE : tls_mod_step(t, rc, NULL);
}

