/*
 * makecert - see the header.
 *
 * A key that is there is used again, so that TLSA records stay true; a certificate is replaced.
 */
#include "makecert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/status.h"
#include "mode.h"
#include "net/dns.h"
#include "net/tls_make.h"
#include "os_conf.h"
#include "rule/rule.h"

#define MAKECERT_DIR	CONF_ETCDIR "/certs"
#define MAKECERT_DAYS	3650

static void
makecert_tell(const struct tls_make *m, const char *tlsa, bool made)
{
	(void)printf("%s\t%s\n%s\trequest, for a certificate by a CA\n%s\tcertificate, signed with its own key, for %d days\n\n", m->key_file,
	    made ? "private key: keep it, and keep it secret" : "private key: was there, used again", m->req_file, m->cert_file, m->days);
	(void)printf("In sendmail.mc (a certificate that a CA made of the request goes to the same place, followed by the CA's own):\n\n"
	    "define(`confSERVER_CERT', `%s')dnl\n"
	    "define(`confSERVER_KEY', `%s')dnl\n"
	    "define(`confCLIENT_CERT', `%s')dnl\n"
	    "define(`confCLIENT_KEY', `%s')dnl\n\n", m->cert_file, m->key_file, m->cert_file, m->key_file);
	(void)printf("In the zone of the domain, if it is signed (DNSSEC), so that senders know the key (DANE):\n\n"
	    "_25._tcp.%s. IN TLSA %s\n", m->names[0], tlsa);
}

int
makecert_run(struct cmd *c)
{
	const struct opts *o = c->opts;
	struct tls_make m = { .names = (const char *const *)(const void *)o->rcpt, .nnames = o->nrcpt, .days = o->make_days > 0 ? o->make_days : MAKECERT_DAYS,
		.rsa = o->make_rsa };
	const char *dir = o->make_dir != NULL ? o->make_dir : MAKECERT_DIR;
	struct err e = ERR_INIT;
	char tlsa[200];
	const char *j;
	char *whole;
	bool made;
	int rc;

	if (m.nnames == 0) {		/* ours: the only thing that the configuration has to say */
		struct rule_ctx *r;

		if ((rc = mode_load(c)) != EXIT_OK)
			return rc;
		r = rule_ctx_new(c->conf->rules, NULL, NULL, NULL);
		j = arena_cstr(c->arena, rule_macro_value(r, STR("j")));
		rule_ctx_free(&r);
		m.names = &j;
		m.nnames = 1;
	}
	for (size_t i = 0; i < m.nnames; i++)
		if (!dns_name_ok(str_c(m.names[i])) || strpbrk(m.names[i], ",:/ ") != NULL) {
			(void)fprintf(stderr, "%s: %s: not a host name\n", o->name, m.names[i]);
			return EXIT_USAGE;
		}
	if (mkdir(dir, 0755) == -1 && errno != EEXIST) {
		(void)fprintf(stderr, "%s: %s: %s\n", o->name, dir, strerror(errno));
		return EXIT_CANTCREAT;
	}
	if ((whole = realpath(dir, NULL)) == NULL) {	/* sendmail.cf is to name it, and its reader is elsewhere */
		(void)fprintf(stderr, "%s: %s: %s\n", o->name, dir, strerror(errno));
		return EXIT_CANTCREAT;
	}
	dir = arena_cstr(c->arena, str_c(whole));
	free(whole);
	m.key_file = arena_cstr(c->arena, arena_fmt(c->arena, "%s/%s.key", dir, m.names[0]));
	m.req_file = arena_cstr(c->arena, arena_fmt(c->arena, "%s/%s.csr", dir, m.names[0]));
	m.cert_file = arena_cstr(c->arena, arena_fmt(c->arena, "%s/%s.crt", dir, m.names[0]));
	if (tls_make_cert(&m, &made, &e) == -1 || tls_make_tlsa(m.cert_file, tlsa, sizeof tlsa, &e) == -1) {
		(void)fprintf(stderr, "%s: %s\n", o->name, e.text);
		return EXIT_CANTCREAT;
	}
	makecert_tell(&m, tlsa, made);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_IOERR;
}
