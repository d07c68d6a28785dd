/*
 * tls_dane - a server's certificate compared with TLSA records (RFC 6698, RFC 7672).  Part of module tls.
 *
 * The records come from DNS and were validated; here they decide.  Usages 2 (DANE-TA) and 3 (DANE-EE) count, others are not for SMTP
 * (RFC 7672 3.1.3).
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_int.h"

bool
tls_dane_matched(const struct tls_session *t)
{
	if (!t->dane || SSL_get_verify_result(t->ssl) != X509_V_OK)
		return false;
	/* one that is resumed was compared when it was new: with the same records (tls_resume.c) */
	return SSL_session_reused(t->ssl) == 1 ? t->dane_before : SSL_get0_dane_authority(t->ssl, NULL, NULL) >= 0;
}

int
tls_dane_ctx(SSL_CTX *s, struct err *e)
{
	if (SSL_CTX_dane_enable(s) <= 0)
		return tls_err(e, ERR_TEMP, "DANE", NULL);
	(void)SSL_CTX_dane_set_flags(s, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	return 0;
}

int
tls_dane_session(struct tls_session *t, const struct tls_dane *d, struct err *e)
{
	int usable = 0;

	if (SSL_dane_enable(t->ssl, d->base) <= 0)
		return tls_err(e, ERR_TEMP, "DANE for", d->base);
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (size_t i = 0; i < d->nname; i++)
		if (SSL_add1_host(t->ssl, d->name[i]) != 1)
			return tls_err(e, ERR_TEMP, "DANE for", d->name[i]);
	for (size_t i = 0; i < d->nrr; i++) {
		const struct tls_tlsa *r = &d->rr[i];

		if (r->usage != 2 && r->usage != 3)
			continue;
		/* 0: this record cannot be used; others may */
		if (SSL_dane_tlsa_add(t->ssl, r->usage, r->selector, r->match, (const unsigned char *)r->data.p, r->data.n) > 0)
			usable++;
	}
	ERR_clear_error();
	t->dane = usable > 0;
	return usable;
}
