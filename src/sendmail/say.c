/*
 * say - see the header.
 */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "attempt.h"
#include "os/fd.h"

#define SAY_MAX	2000

void
say(const char *fmt, ...)
{
	char	line[SAY_MAX + 1];
	va_list	ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(line, SAY_MAX, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n >= SAY_MAX)
		n = SAY_MAX - 1;
	for (int i = 0; i < n; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			line[i] = '?';
	line[n] = '\n';
	(void)os_write_all(STDOUT_FILENO, str_mem(line, (size_t)n + 1));
}

void
say_connecting(const struct attempt *a, struct str host, unsigned port)
{
	struct buf b;

	buf_init(&b, SAY_MAX);
	for (size_t i = 0; i < a->nrcpt && b.n < SAY_MAX / 2; i++)
		buf_addf(&b, "%s%.*s", i > 0 ? "," : "", STR_ARG(a->rcpt[i].addr));
	if (host.n == 0)
		say("%.*s... Connecting to %.*s...", STR_ARG(buf_str(&b)), STR_ARG(a->mailer));
	else if (port == 0 || port == 25)
		say("%.*s... Connecting to %.*s via %.*s...", STR_ARG(buf_str(&b)), STR_ARG(host), STR_ARG(a->mailer));
	else
		say("%.*s... Connecting to %.*s port %u via %.*s...", STR_ARG(buf_str(&b)), STR_ARG(host), port,
		    STR_ARG(a->mailer));
	buf_done(&b);
}

void
say_results(const struct attempt *a, const struct attempt_result *r)
{
	for (size_t i = 0; i < r->nrcpt; i++)
		for (size_t k = 0; k < a->nrcpt; k++)
			if (a->rcpt[k].index == r->rcpt[i].index)
				say("%.*s... %.*s", STR_ARG(a->rcpt[k].addr), STR_ARG(r->rcpt[i].text));
}

void
say_alias(void *arg, struct str addr, const char *how, struct str text)
{
	(void)arg;
	say("%.*s... %s %.*s", STR_ARG(addr), how, STR_ARG(text));
}
