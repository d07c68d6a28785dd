/*
 * clt_fuzz - whatever a server answers, each recipient gets a result, and what we say has no bare
 * CR or LF in it.
 *
 * The input up to the first NUL is all the server ever says; the rest is the content of the message
 * and, its first line, a recipient.
 */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "clt.h"
#include "os/fd.h"
#include "srv_test_cf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct conf *conf;

static void
fuzz_conf(void)
{
	struct conf_loader loader = { cf_ask, NULL };
	struct err_list errors;

	err_list_init(&errors);
	conf = conf_load_text(str_c(cf_text), STR("test.cf"), &loader, &errors);
	must(conf != NULL && errors.nerrors == 0);
	err_list_done(&errors);
}

static void
fuzz_said(int sock)
{
	struct buf b;

	buf_init(&b, 0);
	must(os_read_file(sock, &b) == 0);
	for (size_t i = 0; i < b.n; i++) {
		must(b.p[i] != '\r' || (i + 1 < b.n && b.p[i + 1] == '\n'));
		must(b.p[i] != '\n' || (i > 0 && b.p[i - 1] == '\r'));
	}
	buf_done(&b);
}

static void
fuzz_results(const struct attempt *a, const struct attempt_result *r)
{
	must(r->nrcpt == a->nrcpt);
	for (size_t i = 0; i < r->nrcpt; i++) {
		must(r->rcpt[i].outcome >= OUTCOME_SENT && r->rcpt[i].outcome <= OUTCOME_FAILED &&
		     r->rcpt[i].index == a->rcpt[i].index);
		must(r->rcpt[i].status.n >= 5 && r->rcpt[i].text.n > 0);
		for (size_t k = 0; k < r->rcpt[i].text.n; k++)
			must((unsigned char)r->rcpt[i].text.p[k] >= ' ');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = str_mem(p, n), says = in, content = STR("x\n");
	struct attempt_rcpt rcpt[3];
	struct attempt a;
	struct attempt_result res;
	struct clt_fail f;
	struct clt_conf c;
	struct arena *m;
	struct clt *s;
	int sock[2];

	if (n > 16384)
		return 0;
	if (conf == NULL)
		fuzz_conf();
	log_set_level(-1);
	if (str_chr(in, '\0') != SIZE_MAX) {
		says = str_first(in, str_chr(in, '\0'));
		content = str_from(in, says.n + 1);
	}
	memset(&a, 0, sizeof a);
	memset(rcpt, 0, sizeof rcpt);
	rcpt[0].addr = STR("a@b.test");
	rcpt[1].addr = str_first(
	    content, str_chr(content, '\n') == SIZE_MAX ? content.n : str_chr(content, '\n'));
	rcpt[2].addr = STR("\"c d\"@e.test");
	for (uint32_t i = 0; i < 3; i++)
		rcpt[i].index = 10 + i;
	a.id = STR("id");
	a.sender = STR("s@t.test");
	a.header = STR("Subject: x\n");
	a.content = content;
	a.size = content.n;
	a.rcpt = rcpt;
	a.nrcpt = 3;
	m = arena_new(ARENA_FUZZ);
	must(os_socketpair(sock) == 0 && os_write_all(sock[0], says) == 0 && shutdown(sock[0], SHUT_WR) == 0);
	memset(&c, 0, sizeof c);
	c.conf = conf;
	c.mailer = conf_mailer_find(conf, STR("smtp"));
	c.host = STR("mx.test");
	c.helo = STR("mail.test");
	c.lmtp = n > 0 && p[0] & 1;
	s = clt_new(&c, stream_new(sock[1], sock[1]));
	memset(&res, 0, sizeof res);
	if (clt_open(s, &a, m, &f) == -1 || clt_send(s, &a, -1, m, &res, &f) == -1)
		clt_fail_result(&a, m, &f, &res);
	fuzz_results(&a, &res);
	clt_end(&s);
	fuzz_said(sock[0]);
	close(sock[0]);
	arena_free(&m);
	return 0;
}
