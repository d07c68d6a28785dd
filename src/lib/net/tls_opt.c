/*
 * tls_opt - lists of SSL_OP_ names as ServerSSLOptions, ClientSSLOptions and Options= of tls_*_features write them.
 *
 * A name stands with or without its prefix; a minus sign takes the option away; a number is taken as it is.  Part of module tls.
 */
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "net/net_int.h"

static const struct {
	const char	*name;
	uint64_t	 bits;
} tls_options[] = {
#define OPT(n)	{ #n, SSL_OP_##n }
	OPT(ALL), OPT(ALLOW_CLIENT_RENEGOTIATION), OPT(ALLOW_NO_DHE_KEX), OPT(ALLOW_UNSAFE_LEGACY_RENEGOTIATION),
	OPT(CIPHER_SERVER_PREFERENCE), OPT(CISCO_ANYCONNECT), OPT(COOKIE_EXCHANGE), OPT(CRYPTOPRO_TLSEXT_BUG),
	OPT(DISABLE_TLSEXT_CA_NAMES), OPT(DONT_INSERT_EMPTY_FRAGMENTS), OPT(ENABLE_MIDDLEBOX_COMPAT), OPT(LEGACY_SERVER_CONNECT),
	OPT(NO_ANTI_REPLAY), OPT(NO_COMPRESSION), OPT(NO_ENCRYPT_THEN_MAC), OPT(NO_EXTENDED_MASTER_SECRET), OPT(NO_QUERY_MTU),
	OPT(NO_RENEGOTIATION), OPT(NO_SESSION_RESUMPTION_ON_RENEGOTIATION), OPT(NO_SSLv3), OPT(NO_TICKET), OPT(NO_TLSv1),
	OPT(NO_TLSv1_1), OPT(NO_TLSv1_2), OPT(NO_TLSv1_3), OPT(PRIORITIZE_CHACHA), OPT(TLSEXT_PADDING), OPT(TLS_ROLLBACK_BUG),
#undef OPT
	/* of older libraries, where they had an effect; today they have none */
	{ "NO_SSLv2", 0 }, { "SINGLE_DH_USE", 0 }, { "SINGLE_ECDH_USE", 0 }, { "EPHEMERAL_RSA", 0 }, { "MICROSOFT_SESS_ID_BUG", 0 },
	{ "NETSCAPE_CHALLENGE_BUG", 0 }, { "NETSCAPE_REUSE_CIPHER_CHANGE_BUG", 0 }, { "SSLREF2_REUSE_CERT_TYPE_BUG", 0 },
	{ "MICROSOFT_BIG_SSLV3_BUFFER", 0 }, { "MSIE_SSLV2_RSA_PADDING", 0 }, { "SSLEAY_080_CLIENT_DH_BUG", 0 }, { "TLS_D5_BUG", 0 },
	{ "TLS_BLOCK_PADDING_BUG", 0 }, { "SAFARI_ECDHE_ECDSA_BUG", 0 },
};

static int
tls_opt_one(struct str word, uint64_t *bits)
{
	uint64_t n;

	if (word.n == 0)	/* a sign by itself */
		return -1;
	if (word.n > 2 && word.p[0] == '0' && (word.p[1] == 'x' || word.p[1] == 'X')) {
		*bits = 0;
		for (size_t i = 2; i < word.n; i++) {
			const char *at = strchr("0123456789abcdef", chr_lower(word.p[i]));

			if (at == NULL || word.n > 18)
				return -1;
			*bits = *bits << 4 | (uint64_t)(at - "0123456789abcdef");
		}
		return 0;
	}
	if (num_u64(word, 0, UINT64_MAX, &n) == 0) {
		*bits = n;
		return 0;
	}
	if (str_casestarts(word, STR("SSL_OP_")))
		word = str_from(word, 7);
	for (size_t i = 0; i < sizeof tls_options / sizeof tls_options[0]; i++)
		if (str_caseeq_c(word, tls_options[i].name)) {
			*bits = tls_options[i].bits;
			return 0;
		}
	return -1;
}

int
tls_opt_parse(const char *text, uint64_t *options, struct err *e)
{
	struct str rest = str_c(text), word;
	char unknown[200] = "";
	uint64_t bits;

	while (rest.n > 0) {
		size_t n = 0;
		bool off;

		while (n < rest.n && !chr_is_blank(rest.p[n]) && rest.p[n] != ',')
			n++;
		word = str_first(rest, n);
		rest = str_from(rest, n < rest.n ? n + 1 : n);
		if (word.n == 0)
			continue;
		off = word.p[0] == '-';
		if (off || word.p[0] == '+')
			word = str_from(word, 1);
		if (tls_opt_one(word, &bits) == -1) {
			n = strlen(unknown);
			(void)snprintf(unknown + n, sizeof unknown - n, "%s%.*s", n > 0 ? ", " : "", STR_ARG(word.n > 0 ? str_first(word, 60) : STR("+ or -")));
			continue;
		}
		*options = off ? *options & ~bits : *options | bits;
	}
	return unknown[0] == '\0' ? 0 : err_set(e, ERR_PERM, "unknown option %s", unknown);
}
