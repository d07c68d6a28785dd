/*
 * milter_fuzz - whatever a filter answers, in every mode of F=, the session comes to an end, every reply is a reply, and what is committed can be
 * read again and has no header that was smuggled in.
 *
 * The session begins as a parked one with its filter's connection.  The first octet chooses F=, the second to fourth what was negotiated; the
 * rest is all that the filter ever says.
 */
#include <stdio.h>

#include "milter_int.h"
#include "proc/msg.h"
#include "srv_fuzz_kit.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const modes[] = { "T", "R", "4", "", "S", "RS" };
#define MODES	(sizeof modes / sizeof modes[0])
static struct conf *confs[MODES];

static const char dialogue[] =
    "EHLO me.test\r\nWHAT\r\nMAIL FROM:<joe@here.test>\r\nRCPT TO:<joe>\r\nRCPT TO:<joe@mail.test>\r\nDATA\r\n"
    "Subject: a test\r\nX-One: first\r\nX-One: second\r\n\r\nhello\r\nworld\r\n.\r\n"
    "MAIL FROM:<>\r\nRCPT TO:<joe>\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<joe>\r\nDATA\r\n\r\n.\r\nQUIT\r\n";

/* The one filter in this mode. */
static const struct conf *
fuzz_conf(size_t i)
{
	char	more[256];

	(void)snprintf(more, sizeof more, "O InputMailFilters=one\nO Milter.LogLevel=30\nO Milter.macros.envfrom=i, {mail_addr}\n"
	    "Xone, S=local:/nowhere, F=%s, T=R:5s\nSsrv_features\nR$*\t$# F\n", modes[i]);
	return fuzz_conf_with(&confs[i], more);
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
	static bool writes = true;
	struct srv_services sv = { .arg = &writes, .user = fuzz_user, .commit = fuzz_commit, .slow = fuzz_slow };
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
