/*
 * smtp_cmd_fuzz - what the parsers accept survives print and parse; a refusal is one clean line.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "wire/smtp_cmd.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fuzz_clean(const struct smtp_bad *bad)
{
	must(bad->code >= 500 && bad->code < 600 && bad->dsn[0] == '5');
	for (const char *p = bad->text; *p != '\0'; p++)
		must((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void
fuzz_mail(struct arena *m, struct str in)
{
	struct smtp_mail a, b;
	struct smtp_bad bad;
	struct buf out;

	if (smtp_mail_parse(m, in, SMTP_EXT_ALL, &a, &bad) == -1) {
		fuzz_clean(&bad);
		return;
	}
	must(str_find(a.path.given, a.path.addr) != (size_t)-1 || a.path.addr.n == 0);
	if (!smtp_addr_sendable(a.path.addr))
		return;
	buf_init(&out, 0);
	smtp_mail_print(&out, &a);
	must(smtp_mail_parse(m, buf_str(&out), SMTP_EXT_ALL, &b, &bad) == 0);
	must(str_eq(a.path.addr, b.path.addr) && a.has_size == b.has_size && a.size == b.size &&
	     a.body == b.body && a.ret == b.ret && str_eq(a.envid, b.envid) &&
	     str_eq(a.auth, b.auth) && a.has_by == b.has_by && a.by == b.by &&
	     a.by_mode == b.by_mode && a.by_trace == b.by_trace && a.utf8 == b.utf8 &&
	     a.require_tls == b.require_tls && a.has_priority == b.has_priority && a.priority == b.priority &&
	     a.hold_for == b.hold_for && a.hold_until == b.hold_until);
	buf_done(&out);
}

static void
fuzz_rcpt(struct arena *m, struct str in, unsigned ext)
{
	struct smtp_rcpt a, b;
	struct smtp_bad bad;
	struct buf out;

	if (smtp_rcpt_parse(m, in, ext, &a, &bad) == -1) {
		fuzz_clean(&bad);
		return;
	}
	if (!smtp_addr_sendable(a.path.addr))
		return;
	buf_init(&out, 0);
	smtp_rcpt_print(&out, &a, (ext & SMTP_EXT_UTF8_NOW) != 0);
	must(smtp_rcpt_parse(m, buf_str(&out), ext, &b, &bad) == 0);
	must(str_eq(a.path.addr, b.path.addr) && a.notify == b.notify && str_eq(a.orcpt, b.orcpt));
	buf_done(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *m = arena_new(ARENA_FUZZ);
	struct str line = str_mem(p, n), verb, arg;

	if (smtp_cmd_split(line, &verb, &arg)) {
		must(verb.n > 0);
		fuzz_mail(m, arg);
		fuzz_rcpt(m, arg, SMTP_EXT_ALL & ~SMTP_EXT_UTF8);
		fuzz_rcpt(m, arg, SMTP_EXT_ALL | SMTP_EXT_UTF8_NOW);
		(void)smtp_helo_valid(arg);
	}
	arena_free(&m);
	return 0;
}
