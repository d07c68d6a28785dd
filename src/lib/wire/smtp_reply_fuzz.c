/*
 * smtp_reply_fuzz - a server's lines: bounded, clean, and what we write ourselves reads back as one
 * reply.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/smtp_reply.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fuzz_clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		must((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static enum smtp_reply_rc
fuzz_read(struct smtp_reply *r, struct arena *m, struct str in, struct str *rest)
{
	enum smtp_reply_rc rc = SMTP_REPLY_MORE;
	struct str line;

	smtp_reply_init(r, m);
	while (rc == SMTP_REPLY_MORE && str_split(&in, '\n', &line))
		rc = smtp_reply_line(r, line);
	*rest = in;
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *m = arena_new(ARENA_FUZZ);
	struct str in = str_mem(p, n), rest;
	struct smtp_offer offer;
	struct smtp_reply r;
	struct buf b;

	if (fuzz_read(&r, m, in, &rest) == SMTP_REPLY_DONE) {
		must(r.code >= 200 && r.code <= 599 && r.nlines > 0 && r.nlines <= SMTP_REPLY_LINES);
		fuzz_clean(r.line);
		fuzz_clean(r.text);
		fuzz_clean(r.dsn);
		smtp_offer_parse(&r, &offer);
	}
	buf_init(&b, 0);
	smtp_reply_put(&b, 550, n % 2 ? "5.1.1" : NULL, str_first(in, 3000));
	must(fuzz_read(&r, m, buf_str(&b), &rest) == SMTP_REPLY_DONE || n > 1000);
	must(r.code == 550);
	buf_done(&b);
	arena_free(&m);
	return 0;
}
