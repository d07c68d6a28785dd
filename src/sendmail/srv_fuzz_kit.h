/*
 * srv_fuzz_kit - for fuzz targets of whole SMTP sessions: a configuration, services that check what they are given, and a look at what was said.
 */
#ifndef SENDMAIL_SRV_FUZZ_KIT_H
#define SENDMAIL_SRV_FUZZ_KIT_H

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "os/fd.h"
#include "queue/qfile.h"
#include "srv.h"
#include "srv_test_cf.h"

/* srv_test_cf.h's configuration with these lines behind it, read once and kept in *slot. */
static const struct conf *
fuzz_conf_with(struct conf **slot, const char *more)
{
	struct conf_loader	loader = { cf_ask, NULL };
	struct err_list		errors;
	struct buf		text;

	if (*slot != NULL)
		return *slot;
	log_set_sink(cf_log, NULL);
	buf_init(&text, 0);
	(void)buf_addc(&text, cf_text);
	(void)buf_addc(&text, more);
	err_list_init(&errors);
	*slot = conf_load_text(buf_str(&text), STR("test.cf"), &loader, &errors);
	must(*slot != NULL && errors.nerrors == 0);
	err_list_done(&errors);
	buf_done(&text);
	return *slot;
}

static int
fuzz_user(void *arg, struct str name, bool gecos, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	(void)gecos;
	(void)e;
	memset(u, 0, sizeof *u);
	u->name = arena_str(a, name);
	u->gecos = STR("Joe");
	return str_eq_c(name, "joe");
}

static void
fuzz_slow(void *arg, unsigned seconds)
{
	(void)arg;
	(void)seconds;
}

/* What is committed can be read again.  With an arg (a filter may write fields) each of them is one field: no line end in it but of a fold. */
static int
fuzz_commit(void *arg, const struct commit *c, struct err *e)
{
	struct arena	*a = arena_new(ARENA_FUZZ);
	struct qf	 q;

	must(qfile_parse(c->qf, a, &q, e) == 0);
	must(q.nrcpt > 0 && !c->in_df && c->content.n == c->size);
	for (size_t i = 0; i < q.nhdr; i++) {
		struct str v = q.hdr[i].value;

		must(!str_has_nul(v) && q.hdr[i].name.n > 0);
		must(arg == NULL || str_chr(v, '\r') == SIZE_MAX);
		for (size_t k = 0; arg != NULL && k < v.n; k++)
			must(v.p[k] != '\n' || (k + 1 < v.n && chr_is_blank(v.p[k + 1])));
	}
	arena_free(&a);
	return 0;
}

/* "250-text CR LF": nothing else is ever said. */
static void
fuzz_replies(int sock)
{
	struct str rest, line;
	struct buf b;

	buf_init(&b, 0);
	must(os_read_file(sock, &b) == 0);
	rest = buf_str(&b);
	while (rest.n > 0) {
		size_t nl = str_chr(rest, '\n');

		must(nl != SIZE_MAX && nl >= 4 && rest.p[nl - 1] == '\r');
		line = str_first(rest, nl - 1);
		must(chr_is_digit(line.p[0]) && chr_is_digit(line.p[1]) && chr_is_digit(line.p[2]) &&
		    (line.n == 3 || line.p[3] == ' ' || line.p[3] == '-'));
		for (size_t i = 4; i < line.n; i++)
			must((unsigned char)line.p[i] >= ' ' || line.p[i] == '\t');
		rest = str_from(rest, nl + 1);
	}
	buf_done(&b);
}

#endif
