/*
 * xclient - see the header.  Pure.
 */
#include "wire/xclient.h"

#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"

static bool
xclient_word_ok(struct str v)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] < 0x21 || (unsigned char)v.p[i] > 0x7e)
			return false;
	return v.n > 0;
}

/* What could be a name in a rule, a log line, a header field, and nothing else there. */
static bool
xclient_name_ok(struct str v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!chr_is_alnum(v.p[i]) && (i == 0 || (v.p[i] != '-' && v.p[i] != '.' && v.p[i] != '_')))
			return false;
	return v.n > 0;
}

static bool
xclient_helo_ok(struct str v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!chr_is_alnum(v.p[i]) && strchr("-._:[]", v.p[i]) == NULL)
			return false;
	return v.n > 0;
}

static bool
xclient_port_ok(struct str v)
{
	uint64_t n;

	return num_u64(v, 0, 65535, &n) == 0;
}

static bool
xclient_proto_ok(struct str v)
{
	return str_caseeq_c(v, "SMTP") || str_caseeq_c(v, "ESMTP");
}

static const struct {
	const char	*name;
	bool		(*ok)(struct str);
	bool		 addr;
} attrs[XCLIENT_ATTRS] = {
	[XCLIENT_NAME] =	{ "NAME",	xclient_name_ok,	false },
	[XCLIENT_ADDR] =	{ "ADDR",	xclient_word_ok,	true },
	[XCLIENT_PORT] =	{ "PORT",	xclient_port_ok,	false },
	[XCLIENT_PROTO] =	{ "PROTO",	xclient_proto_ok,	false },
	[XCLIENT_HELO] =	{ "HELO",	xclient_helo_ok,	false },
	[XCLIENT_LOGIN] =	{ "LOGIN",	xclient_word_ok,	false },
	[XCLIENT_DESTADDR] =	{ "DESTADDR",	xclient_word_ok,	true },
	[XCLIENT_DESTPORT] =	{ "DESTPORT",	xclient_port_ok,	false },
};

static int
xclient_bad(struct smtp_bad *bad, const char *what, struct str word)
{
	size_t n;

	bad->code = 501;
	(void)snprintf(bad->dsn, sizeof bad->dsn, "5.5.4");
	(void)snprintf(bad->text, sizeof bad->text, "%s: ", what);
	n = strlen(bad->text);
	for (size_t i = 0; i < word.n && i < 60; i++)
		bad->text[n++] = (unsigned char)word.p[i] < 0x21 || (unsigned char)word.p[i] > 0x7e ? '?' : word.p[i];
	bad->text[n] = '\0';
	return -1;
}

static int
xclient_value(struct arena *a, enum xclient_id id, struct str text, struct xclient *x, struct str word, struct smtp_bad *bad)
{
	struct str v;
	struct buf b;
	int rc;

	x->v[id].value = STR("");
	if (str_caseeq_c(text, "[UNAVAILABLE]") || str_caseeq_c(text, "[TEMPUNAVAIL]")) {
		x->v[id].state = text.p[1] == 'T' || text.p[1] == 't' ? XCLIENT_TEMPUNAVAIL : XCLIENT_UNAVAILABLE;
		return 0;
	}
	buf_init(&b, 4 * XCLIENT_VALUE_MAX);
	rc = text.n > 3 * XCLIENT_VALUE_MAX ? -1 : dec_xtext(&b, text);
	v = arena_str(a, buf_str(&b));
	buf_done(&b);
	if (rc == 0 && attrs[id].addr && v.n > 5 && str_caseeq_c(str_first(v, 5), "IPV6:"))
		v = str_from(v, 5);
	if (rc == -1 || v.n > XCLIENT_VALUE_MAX || !attrs[id].ok(v))
		return xclient_bad(bad, "Bad value", word);
	x->v[id].state = XCLIENT_GIVEN;
	x->v[id].value = v;
	return 0;
}

int
xclient_parse(struct arena *a, struct str arg, struct xclient *x, struct smtp_bad *bad)
{
	struct str word;
	size_t n = 0;

	memset(x, 0, sizeof *x);
	for (; str_word(&arg, &word); n++) {
		size_t eq = str_chr(word, '='), i = 0;

		if (eq == SIZE_MAX)
			return xclient_bad(bad, "No value", word);
		while (i < XCLIENT_ATTRS && !str_caseeq_c(str_first(word, eq), attrs[i].name))
			i++;
		if (i == XCLIENT_ATTRS)
			return xclient_bad(bad, "Unknown attribute", word);
		if (xclient_value(a, (enum xclient_id)i, str_from(word, eq + 1), x, word, bad) == -1)
			return -1;
	}
	return n > 0 ? 0 : xclient_bad(bad, "Attributes", STR("none"));
}
