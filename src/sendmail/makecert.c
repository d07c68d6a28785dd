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

/*
 * A name as certificates have it: labels of letters, digits, - and _; a * may stand for the first one, not in the name that the files are called by.  An
 * address would be looked for among a certificate's addresses, never among its names, and nothing here makes those.
 */
static bool
makecert_name_ok(struct str name, bool first)
{
	bool number = false;		/* the last label is: no domain ends so */

	if (!first && str_starts(name, STR("*.")))
		name = str_from(name, 2);
	for (size_t i = 0; i < name.n; i++) {
		if (!chr_is_alnum(name.p[i]) && name.p[i] != '_' && name.p[i] != '.' && (name.p[i] != '-' || i == 0))
			return false;
		number = (number || i == 0 || name.p[i - 1] == '.') && chr_is_digit(name.p[i]);
	}
	return dns_name_ok(name) && !number;
}

/* The names without the dot that DNS writes at their end. */
static bool
makecert_names(struct cmd *c, struct tls_make *m)
{
	const char **names = arena_alloc(c->arena, m->nnames * sizeof *names);

	for (size_t i = 0; i < m->nnames; i++) {
		struct str name = str_c(m->names[i]);

		if (name.n > 1 && name.p[name.n - 1] == '.')
			name.n--;
		if (!makecert_name_ok(name, i == 0)) {
			(void)fprintf(stderr, "%s: %s: not a host name\n", c->opts->name, m->names[i]);
			return false;
		}
		names[i] = arena_cstr(c->arena, name);
	}
	m->names = names;
	return true;
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
	if (!makecert_names(c, &m))
		return EXIT_USAGE;
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
