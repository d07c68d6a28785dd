/*
 * alias_trace - what -d27 tells of recipients that are expanded, in sendmail's lines.
 */
#include "alias_trace.h"

#include <stdio.h>

#include "base/trace.h"

/* Bits as sendmail prints them; those that its rules and operators look at are kept. */
static const struct {
	unsigned	 bit;
	const char	*name;
} trace_flags[] = {
	{ 0x1, "QGOODUID" }, { 0x2, "QPRIMARY" }, { 0x40, "QPINGONSUCCESS" }, { 0x80, "QPINGONFAILURE" }, { 0x100, "QPINGONDELAY" },
	{ 0x200, "QHASNOTIFY" }, { 0x4000, "QALIAS" }, { 0x100000, "QSECURE" },
};

static unsigned
trace_bits(const struct alias_rcpt *x)
{
	unsigned	bits = 0x100000;

	if (x->q.flags & QR_PRIMARY)
		bits |= 0x2;
	if (x->q.flags & QR_NOTIFY)
		bits |= 0x200 | (x->q.flags & QR_SUCCESS ? 0x40 : 0) | (x->q.flags & QR_FAILURE ? 0x80 : 0) | (x->q.flags & QR_DELAY ? 0x100 : 0);
	else
		bits |= 0x180;
	if (x->one_user || x->q.ctl_user.n > 0)
		bits |= 0x1;
	return bits;
}

/* The number by which =M lists a mailer. */
static int
trace_mailer(const struct conf *c, int mailer)
{
	int	n = 0;

	for (int i = 0; i < mailer; i++)
		n += c->mailers[i].kind != MAILER_DISCARD && c->mailers[i].kind != MAILER_ERROR;
	return n;
}

/* "rfc822; joe@mail.test": the recipient of the envelope that this one came from. */
static void
trace_final(struct rule_ctx *r, const struct alias_rcpt *x)
{
	struct str	host;

	while (x->parent != NULL)
		x = x->parent;
	if (x->q.final.n > 0)
		trace_printf("\tfinalrcpt=\"%.*s\"\n", STR_ARG(x->q.final));
	else if (str_chr(x->q.addr, '@') != SIZE_MAX)
		trace_printf("\tfinalrcpt=\"rfc822; %.*s\"\n", STR_ARG(x->q.addr));
	else {
		host = rule_macro_value(r, STR("j"));
		trace_printf("\tfinalrcpt=\"rfc822; %.*s@%.*s\"\n", STR_ARG(x->q.addr), STR_ARG(host));
	}
}

/* All of a recipient, as sendmail lists them. */
static void
trace_rcpt(const struct alias_set *s, const char *what, const struct alias_rcpt *x)
{
	const struct conf	*c = s->conf;
	unsigned	 bits = trace_bits(x);
	char		 before = '<';

	trace_printf("%s %p=%.*s:\n", what, (const void *)x, STR_ARG(x->q.addr));
	trace_printf("\tmailer %d (%.*s), host `%.*s'\n", trace_mailer(c, x->mailer), STR_ARG(c->mailers[x->mailer].name), STR_ARG(x->host));
	trace_printf("\tuser `%.*s', ruser `%.*s'\n", STR_ARG(x->user), STR_ARG(x->login.n > 0 ? x->login : STR("<null>")));
	trace_printf("\tstate=OK, next=0x0, alias ");
	if (x->parent == NULL)
		trace_printf("0x0");
	else
		trace_printf("%p", (const void *)x->parent);
	trace_printf(", uid %ld, gid %ld\n\tflags=%x", (long)x->q.ctl_uid, (long)x->q.ctl_gid, bits);
	for (size_t i = 0; i < sizeof trace_flags / sizeof *trace_flags; i++)
		if (bits & trace_flags[i].bit) {
			trace_printf("%c%s", before, trace_flags[i].name);
			before = ',';
		}
	trace_printf(">\n\towner=%.*s, home=\"%.*s\", fullname=\"(none)\"\n", STR_ARG(x->owner.n > 0 ? x->owner : STR("(none)")),
	    STR_ARG(x->home.n > 0 ? x->home : STR("(none)")));
	trace_printf("\torcpt=\"%.*s\", statmta=(none), status=(none)\n", STR_ARG(x->q.orcpt.n > 0 ? x->q.orcpt : STR("(none)")));
	trace_final(s->rules, x);
	trace_printf("\trstatus=\"(none)\"\n\tstatdate=(none)\n");
}

void
alias_trace_name(const char *what, struct str name)
{
	if (trace_on(27, 1))
		trace_printf("%s(%.*s)\n", what, STR_ARG(name));
}

void
alias_trace_found(const struct alias_set *s, const struct alias_rcpt *x, struct str value)
{
	if (trace_on(27, 1))
		trace_printf("%.*s (%.*s, %.*s) aliased to %.*s\n", STR_ARG(x->q.addr), STR_ARG(x->host), STR_ARG(x->user), STR_ARG(value));
	if (trace_on(27, 5))
		trace_rcpt(s, "alias: QS_EXPANDED", x);
}

void
alias_trace_item(const struct alias_set *s, const struct alias_rcpt *x, const struct alias_rcpt *item)
{
	const char	*quote = item != NULL && item->quoted ? "\"" : "";
	struct os_user	 u;
	struct err	 e = ERR_INIT;

	if (item == NULL || !trace_on(27, 1))
		return;
	trace_printf("self_reference(%s%.*s%s)\n", quote, STR_ARG(item->q.addr), quote);
	while (x != NULL && !str_caseeq(item->q.addr, x->user))
		x = x->parent;
	if (x == NULL)
		trace_printf("\t... no self ref\n");
	else if (s->ops->user != NULL && s->ops->user(s->ops->arg, x->user, s->m, &u, &e) == 1)
		trace_printf("\t... getpwnam(%.*s)... found\n", STR_ARG(x->user));
	else
		trace_printf("\t... cannot break loop for \"%.*s\"\n", STR_ARG(x->user));
}

void
alias_trace_file(bool forward, struct str path)
{
	if (forward && trace_on(27, 3))
		trace_printf("forward: trying %.*s\n", STR_ARG(path));
	if (trace_on(27, 2))
		trace_printf("include(%.*s)\n", STR_ARG(path));
}
