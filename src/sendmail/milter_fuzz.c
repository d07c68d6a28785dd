/*
 * milter_fuzz - whatever a filter answers, in every mode of F=, the session comes to an end, every reply is a reply, and what is committed can be
 * read again and has no header that was smuggled in.
 *
 * The session begins as a parked one with its filter's connection.  The first octet chooses F=, the second to fourth what was negotiated; the
 * rest is all that the filter ever says.
 */
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "milter_int.h"
#include "os/fd.h"
#include "proc/msg.h"
#include "queue/qfile.h"
#include "srv.h"
#include "srv_test_cf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const modes[] = { "T", "R", "4", "", "S", "RS" };
#define MODES	(sizeof modes / sizeof modes[0])
static struct conf *confs[MODES];

static const char dialogue[] =
    "EHLO me.test\r\nWHAT\r\nMAIL FROM:<joe@here.test>\r\nRCPT TO:<joe>\r\nRCPT TO:<joe@mail.test>\r\nDATA\r\n"
    "Subject: a test\r\nX-One: first\r\nX-One: second\r\n\r\nhello\r\nworld\r\n.\r\n"
    "MAIL FROM:<>\r\nRCPT TO:<joe>\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<joe>\r\nDATA\r\n\r\n.\r\nQUIT\r\n";

static const struct conf *
fuzz_conf(size_t i)
{
	struct conf_loader loader = { cf_ask, NULL };
	struct err_list errors;
	struct buf text;

	if (confs[i] != NULL)
		return confs[i];
	log_set_sink(cf_log, NULL);
	buf_init(&text, 0);
	(void)buf_addf(&text, "%sO InputMailFilters=one\nO Milter.LogLevel=30\nO Milter.macros.envfrom=i, {mail_addr}\nXone, S=local:/nowhere, F=%s, T=R:5s\nSsrv_features\nR$*\t$# F\n", cf_text, modes[i]);
	err_list_init(&errors);
	confs[i] = conf_load_text(buf_str(&text), STR("test.cf"), &loader, &errors);
	must(confs[i] != NULL && errors.nerrors == 0);
	err_list_done(&errors);
	buf_done(&text);
	return confs[i];
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

static int
fuzz_commit(void *arg, const struct commit *c, struct err *e)
{
	struct arena *a = arena_new(ARENA_FUZZ);
	struct qf q;

	(void)arg;
	must(qfile_parse(c->qf, a, &q, e) == 0);
	must(q.nrcpt > 0 && !c->in_df && c->content.n == c->size);
	for (size_t i = 0; i < q.nhdr; i++) {
		struct str v = q.hdr[i].value;

		must(!str_has_nul(v) && q.hdr[i].name.n > 0 && str_chr(v, '\r') == SIZE_MAX);
		for (size_t k = 0; k < v.n; k++)
			must(v.p[k] != '\n' || (k + 1 < v.n && chr_is_blank(v.p[k + 1])));
	}
	arena_free(&a);
	return 0;
}

static void
fuzz_slow(void *arg, unsigned seconds)
{
	(void)arg;
	(void)seconds;
}

static void
fuzz_replies(int sock)
{
	struct str rest, line;
	struct buf b;

	buf_init(&b, 0);
	must(os_read_file(sock, &b) == 0);
	rest = buf_str(&b);
	while (str_split(&rest, '\n', &line)) {
		if (line.n == 0 && (str_is_none(rest) || rest.n == 0))
			break;
		must(line.n >= 4 && line.p[line.n - 1] == '\r');
		must(chr_is_digit(line.p[0]) && chr_is_digit(line.p[1]) && chr_is_digit(line.p[2]) && (line.p[3] == ' ' || line.p[3] == '-'));
		for (size_t i = 4; i + 1 < line.n; i++)
			must((unsigned char)line.p[i] >= ' ' || line.p[i] == '\t');
	}
	buf_done(&b);
}

/* What a parked session with this filter carries. */
static struct str
fuzz_parked(struct arena *a, const uint8_t *p)
{
	struct buf b, f;
	struct str s;

	buf_init(&b, 0);
	buf_init(&f, 0);
	msg_put_str(&f, STR("one"));
	msg_put_u8(&f, MILTER_OPEN);
	msg_put_bool(&f, true);
	msg_put_u32(&f, 2 + p[0] % 5u);
	msg_put_u32(&f, p[0] & 0x80 ? MILTER_A_ALL : p[1]);
	msg_put_u32(&f, (uint32_t)p[1] << 13 | (uint32_t)p[2]);
	for (int s_ = 0; s_ < MILTER_STAGES; s_++)
		msg_put_str(&f, s_ == MILTER_ENVRCPT ? STR("{rcpt_addr} i") : STR_NONE);
	msg_put_bool(&b, false);
	msg_put_bool(&b, false);
	msg_put_bool(&b, false);
	msg_put_str(&b, STR_NONE);
	msg_put_str(&b, buf_str(&f));
	s = arena_str(a, buf_str(&b));
	buf_done(&b);
	buf_done(&f);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct srv_services sv = { .user = fuzz_user, .commit = fuzz_commit, .slow = fuzz_slow };
	const struct conf *conf;
	struct arena *a;
	struct stream *io;
	struct park in, out;
	int client[2], filter[2];

	if (n < 4 || n > 16384)
		return 0;
	conf = fuzz_conf(p[0] % MODES);
	must(os_socketpair(client) == 0 && os_write_all(client[0], STR(dialogue)) == 0 && shutdown(client[0], SHUT_WR) == 0);
	must(os_socketpair(filter) == 0 && os_write_all(filter[0], str_mem(p + 4, n - 4)) == 0 && shutdown(filter[0], SHUT_WR) == 0);
	a = arena_new(ARENA_FUZZ);
	io = stream_new(client[1], client[1]);
	srv_local_park(&sv, conf, STR("tester"), a, &in);
	in.greeted = in.parked = true;
	in.extra = fuzz_parked(a, p + 1);
	in.filters = &filter[1];
	in.nfilters = 1;
	must(srv_run(&sv, conf, io, &in, 0, a, &out) == SRV_DONE);
	stream_free(&io);
	fuzz_replies(client[0]);
	close(client[0]);
	close(filter[0]);
	arena_free(&a);
	return 0;
}
