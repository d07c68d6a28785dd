/*
 * check_tls - certificates, keys, CAs, revocation lists, DH parameters and ciphers that a configuration names (net/tls.h looks at what is in them).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "net/tls.h"
#include "tlsfiles.h"

static void
check_tls_say(void *arg, bool warning, const char *option, const char *text)
{
	struct check *c = arg;

	check_say(c, warning, conf_option_place(c->conf, option), "%s: %s", option, text);
}

static const char *
check_tls_c(struct check *c, struct str s)
{
	return s.n == 0 ? NULL : arena_cstr(c->arena, s);
}

/* What role keys would refuse; that there is none the other check says. */
static void
check_tls_keys(struct check *c, bool server)
{
	const char	*option = server ? "ServerKeyFile" : "ClientKeyFile";
	struct tlsfiles	 keys;
	struct stat	 st;
	struct err	 e;

	tlsfiles_named(c->conf, server, true, c->arena, &keys);
	for (size_t i = 0; i < keys.n; i++) {
		err_clear(&e);
		if (stat(keys.v[i], &st) == 0 && tlsfiles_key_safe(c->conf, keys.v[i], &e) == -1)
			check_say(c, false, conf_option_place(c->conf, option), "%s: %s: it is not used", option, e.text);
	}
}

/* One of the two alone is no TLS, and as a client no certificate. */
static void
check_tls_half(struct check *c, struct str cert, struct str key, const char *cert_option, const char *key_option)
{
	if ((cert.n > 0) != (key.n > 0))
		check_say(c, false, conf_option_place(c->conf, cert.n > 0 ? cert_option : key_option), "%s without %s%s",
		    cert.n > 0 ? cert_option : key_option, cert.n > 0 ? key_option : cert_option, cert_option[0] == 'S' ? ": STARTTLS is not offered" : "");
}

void
check_tls(struct check *c)
{
	const struct conf_opts *o = &c->conf->opt;
	struct tls_conf server = {
		.cert_file = check_tls_c(c, o->server_cert_file), .key_file = check_tls_c(c, o->server_key_file),
		.ca_file = check_tls_c(c, o->ca_cert_file), .ca_path = check_tls_c(c, o->ca_cert_path), .crl_file = check_tls_c(c, o->crl_file),
		.crl_path = check_tls_c(c, o->crl_path), .ciphers = check_tls_c(c, o->cipher_list), .ciphersuites = check_tls_c(c, o->cipher_suites),
		.dh_params = check_tls_c(c, o->dh_parameters), .options = check_tls_c(c, o->server_ssl_options),
		.fingerprint = check_tls_c(c, o->cert_fingerprint_algorithm)
	}, client = {		/* what both have in common is looked at once */
		.cert_file = check_tls_c(c, o->client_cert_file), .key_file = check_tls_c(c, o->client_key_file),
		.options = check_tls_c(c, o->client_ssl_options)
	};
	struct err e = ERR_INIT;

	check_tls_half(c, o->server_cert_file, o->server_key_file, "ServerCertFile", "ServerKeyFile");
	check_tls_keys(c, true);
	check_tls_keys(c, false);
	if (server.key_file == NULL)
		server.cert_file = NULL;
	if (client.key_file == NULL)
		client.key_file = client.cert_file;
	if (tls_check(&server, true, check_tls_say, c, &e) == -1 || tls_check(&client, false, check_tls_say, c, &e) == -1)
		check_say(c, true, NULL, "TLS cannot be checked: %s", e.text);
}
