/*
 * resolve_trace - what -d12, -d20, -d24, -d33 and -d48 say while an address is taken apart.
 *
 * The lines are sendmail's; fields that it keeps in an address and we do not are as in a fresh address of its.
 */
#include "base/trace.h"
#include "resolve_int.h"

static int
trace_mailer(const struct conf *c, int mailer)
{
	int	shown = 0;

	for (int i = 0; i < mailer; i++)
		shown += c->mailers[i].kind != MAILER_DISCARD && c->mailers[i].kind != MAILER_ERROR;
	return shown;
}

static void
trace_address(const char *what, const struct conf *c, const struct resolved *r, struct str paddr, bool done)
{
	static const char	rest[] = "\towner=(none), home=\"(none)\", fullname=\"(none)\"\n\torcpt=\"(none)\", statmta=(none), status=(none)\n"
				    "\tfinalrcpt=\"(none)\"\n\trstatus=\"(none)\"\n\tstatdate=(none)\n";
	struct str		name = c->mailers[r->mailer].name, host = r->host;

	if (!done && host.n == 0)
		host = STR("<null>");
	trace_printf("%s%p=%.*s:\n\tmailer %d (%.*s), host `%.*s'\n\tuser `%.*s', ruser `<null>'\n", what, (const void *)r, STR_ARG(paddr),
	    trace_mailer(c, r->mailer), STR_ARG(name), STR_ARG(host), STR_ARG(r->user));
	trace_printf("\tstate=OK, next=0x0, alias 0x0, uid 0, gid 0\n\tflags=%x<%sQPINGONFAILURE,QPINGONDELAY%s>\n%s",
	    0x180u | (r->no_local ? 4u : 0u) | (done ? 0x100000u : 0u), r->no_local ? "QNOTREMOTE," : "", done ? ",QSECURE" : "", rest);
}

void
resolve_trace_begin(struct str addr)
{
	if (trace_on(20, 1))
		trace_printf("\n--parseaddr(%.*s)\n", STR_ARG(addr));
}

void
resolve_trace_build(const struct rule_tok *tok, size_t n, unsigned flags)
{
	struct buf	b;

	if (!trace_on(24, 5))
		return;
	buf_init(&b, 0);
	buf_addf(&b, "buildaddr, flags=%x, tv=", flags & (RESOLVE_SENDER | RESOLVE_HEADER));
	rule_print(tok, n, &b);
	buf_addch(&b, '\n');
	trace_write(buf_str(&b));
	buf_done(&b);
}

void
resolve_trace_built(const struct conf *c, const struct resolved *r)
{
	if (trace_on(24, 6))
		trace_address("buildaddr => ", c, r, STR("<null>"), false);
}

void
resolve_trace_alloc(struct str addr, unsigned flags)
{
	if (trace_on(24, 4))
		trace_printf("allocaddr(flags=%x, paddr=%.*s, ad=1)\n", flags & (RESOLVE_SENDER | RESOLVE_HEADER), STR_ARG(addr));
}

void
resolve_trace_done(const struct conf *c, const struct resolved *r)
{
	if (trace_on(20, 1))
		trace_address("parseaddr-->", c, r, r->addr, true);
}

void
resolve_trace_failed(const char *why)
{
	if (trace_on(20, 1))
		trace_printf("parseaddr-->%s\n", why);
}

void
resolve_trace_group(struct str user)
{
	if (trace_on(48, 2))
		trace_printf("rscap(queuegroup, %.*s, (NULL))\n", STR_ARG(user));
}

void
resolve_trace_crack(struct str addr, struct str template)
{
	if (trace_on(33, 1))
		trace_printf("crackaddr(%.*s)\ncrackaddr=>`%.*s'\n", STR_ARG(addr), STR_ARG(template));
}

void
resolve_trace_rewrite(struct str addr, bool done, int status)
{
	if (!trace_on(12, 1))
		return;
	if (done)
		trace_printf("remotename => `%.*s', stat=%d\n", STR_ARG(addr), status);
	else
		trace_printf("remotename(%.*s)\n", STR_ARG(addr));
}
