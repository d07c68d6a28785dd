/*
 * smtp_cmd - see the header: lines, verbs and paths; smtp_param.c reads what stands behind a path.
 */
#include "wire/smtp_cmd.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/enc.h"
#include "base/utf8.h"
#include "wire/wire_int.h"

int
smtp_bad_set(struct smtp_bad *bad, int code, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	bad->code = code;
	(void)snprintf(bad->dsn, sizeof bad->dsn, "%s", dsn);
	va_start(ap, fmt);
	(void)vsnprintf(bad->text, sizeof bad->text, fmt, ap);
	va_end(ap);
	for (char *p = bad->text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > 0x7e)
			*p = '?';
	return -1;
}

struct str
smtp_show(struct str s)
{
	return str_first(s, 80);
}

bool
smtp_cmd_split(struct str line, struct str *verb, struct str *arg)
{
	*arg = str_trim(line);
	if (!str_word(arg, verb))
		return false;
	*arg = str_ltrim(*arg);
	if (str_is_none(*arg))
		*arg = STR("");
	return true;
}

bool
smtp_helo_valid(struct str s)
{
	if (s.n == 0 || s.n > 255)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!chr_is_alnum(s.p[i]) && memchr(".-_:[]#", s.p[i], 7) == NULL)
			return false;
	return true;
}

/*
 * Take a path off the front of *s.  Quoted strings (RFC 5321 4.1.2) may hold anything but control
 * bytes; outside of them a blank ends an
 * address without brackets and is refused in one with them.
 */
static int
smtp_path_take(struct str *s, struct smtp_path *out, struct smtp_bad *bad)
{
	bool quoted = false, open = false, closed = false;
	size_t i;

	for (i = 0; i < s->n && !closed; i++) {
		unsigned char c = (unsigned char)s->p[i];

		if (c < ' ' || c == 0x7f)
			return smtp_bad_set(bad, 553, "5.1.3", "Invalid character in address");
		if (c == '\\' && i + 1 < s->n && (unsigned char)s->p[i + 1] >= ' ' && s->p[i + 1] != 0x7f)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '<') {
			if (i != 0)
				return smtp_bad_set(bad, 553, "5.0.0", "%.*s... Unbalanced '<'",
				    STR_ARG(smtp_show(*s)));
			open = true;
		} else if (c == '>') {
			if (!open)
				return smtp_bad_set(bad, 553, "5.0.0", "%.*s... Unbalanced '>'",
				    STR_ARG(smtp_show(*s)));
			closed = true;
		} else if (c == ' ' && !open)
			break;
	}
	out->given = str_first(*s, i);
	if (quoted)
		return smtp_bad_set(
		    bad, 553, "5.0.0", "%.*s... Unbalanced '\"'", STR_ARG(smtp_show(out->given)));
	if (open && !closed)
		return smtp_bad_set(
		    bad, 553, "5.0.0", "%.*s... Unbalanced '<'", STR_ARG(smtp_show(out->given)));
	if (i + (open ? 0 : 2) > SMTP_PATH_MAX)		/* brackets count, given or not */
		return smtp_bad_set(bad, 553, "5.1.3", "Path too long (%d characters at most)", SMTP_PATH_MAX);
	out->addr = str_trim(open ? str_sub(out->given, 1, i - 1) : out->given);
	if (out->addr.n == 0)
		out->addr = STR("");
	*s = out->params = str_from(*s, i);
	if (s->n != 0 && s->p[0] != ' ')	/* <a@b>SIZE=1 */
		return smtp_bad_set(bad, 501, "5.5.4", "Syntax error behind address %.*s",
		    STR_ARG(smtp_show(out->given)));
	return 0;
}

/* "FROM:" or "TO:", blanks allowed around the colon; then the path. */
static int
smtp_arg_open(struct str *s, const char *word, struct smtp_path *path, struct smtp_bad *bad)
{
	size_t colon = str_chr(*s, ':');
	struct str key = str_trim(colon == (size_t)-1 ? *s : str_first(*s, colon));

	if (colon == (size_t)-1 || !str_caseeq_c(key, word) || str_trim(str_from(*s, colon + 1)).n == 0)
		return smtp_bad_set(bad, 501, "5.5.2",
		    "Syntax error in parameters scanning \"%.*s\"", STR_ARG(smtp_show(key)));
	*s = str_trim(str_from(*s, colon + 1));
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i] == '\0')
			return smtp_bad_set(bad, 501, "5.5.2", "NUL byte in command");
	return smtp_path_take(s, path, bad);
}

/* RFC 6531 3.3: with the extension an address beyond ASCII is UTF-8, and said to be. */
static int
smtp_path_utf8(struct str addr, unsigned ext, bool now, struct smtp_bad *bad)
{
	if ((ext & SMTP_EXT_UTF8) == 0 || str_is_ascii(addr))
		return 0;
	if (!now)
		return smtp_bad_set(bad, 553, "5.6.7", "Address needs SMTPUTF8");
	if (!utf8_valid(addr))
		return smtp_bad_set(bad, 553, "5.6.7", "Address is not UTF-8");
	return 0;
}

int
smtp_mail_parse(struct arena *a, struct str arg, unsigned ext, struct smtp_mail *out, struct smtp_bad *bad)
{
	struct smtp_mail m;

	memset(&m, 0, sizeof m);
	if (smtp_arg_open(&arg, "FROM", &m.path, bad) == -1 ||
	    smtp_mail_params(a, arg, ext, &m, bad) == -1 || smtp_path_utf8(m.path.addr, ext, m.utf8, bad) == -1)
		return -1;
	if (m.body == SMTP_BODY_BINARYMIME && (ext & SMTP_EXT_BINARYMIME) == 0)
		return smtp_bad_set(bad, 501, "5.5.4", "Unknown BODY type BINARYMIME");
	*out = m;
	return 0;
}

int
smtp_rcpt_parse(struct arena *a, struct str arg, unsigned ext, struct smtp_rcpt *out, struct smtp_bad *bad)
{
	struct smtp_rcpt r;

	memset(&r, 0, sizeof r);
	if (smtp_arg_open(&arg, "TO", &r.path, bad) == -1 ||
	    smtp_rcpt_params(a, arg, ext, &r, bad) == -1 ||
	    smtp_path_utf8(r.path.addr, ext, (ext & SMTP_EXT_UTF8_NOW) != 0, bad) == -1)
		return -1;
	if (r.path.addr.n == 0)		/* RFC 5321 4.1.1.3: only a reverse-path may be null */
		return smtp_bad_set(bad, 553, "5.0.0", "%.*s... User address required", STR_ARG(r.path.given));
	*out = r;
	return 0;
}

/* ---- printing ---- */

void
smtp_mail_print(struct buf *b, const struct smtp_mail *m)
{
	(void)buf_addf(b, "From:<%.*s>", STR_ARG(m->path.addr));
	if (m->has_size)
		(void)buf_addf(b, " SIZE=%llu", (unsigned long long)m->size);
	if (m->body != SMTP_BODY_NONE)
		(void)buf_addf(b, " BODY=%s", m->body == SMTP_BODY_7BIT ? "7BIT" : m->body == SMTP_BODY_8BITMIME ? "8BITMIME" : "BINARYMIME");
	if (m->ret != SMTP_RET_NONE)
		(void)buf_addc(b, m->ret == SMTP_RET_FULL ? " RET=FULL" : " RET=HDRS");
	if (!str_is_none(m->envid)) {
		(void)buf_addc(b, " ENVID=");
		(void)enc_xtext(b, m->envid);
	}
	if (!str_is_none(m->auth)) {
		(void)buf_addc(b, " AUTH=");
		(void)enc_xtext(b, m->auth);
	}
	if (m->has_by)
		(void)buf_addf(b, " BY=%lld;%c%s", (long long)m->by, m->by_mode, m->by_trace ? "T" : "");
	if (m->utf8)
		(void)buf_addc(b, " SMTPUTF8");
	if (m->require_tls)
		(void)buf_addc(b, " REQUIRETLS");
	if (m->has_priority)
		(void)buf_addf(b, " MT-PRIORITY=%d", m->priority);
	if (m->hold_for != 0)
		(void)buf_addf(b, " HOLDFOR=%lld", (long long)m->hold_for);
	else if (m->hold_until != 0)
		smtp_date_time_print(b, m->hold_until);
}

void
smtp_rcpt_print(struct buf *b, const struct smtp_rcpt *r, bool utf8)
{
	(void)buf_addf(b, "To:<%.*s>", STR_ARG(r->path.addr));
	if (r->notify == SMTP_NOTIFY_GIVEN)
		(void)buf_addc(b, " NOTIFY=NEVER");
	else if (r->notify != 0) {
		const char *sep = " NOTIFY=";

		if (r->notify & SMTP_NOTIFY_SUCCESS) {
			(void)buf_addf(b, "%sSUCCESS", sep);
			sep = ",";
		}
		if (r->notify & SMTP_NOTIFY_FAILURE) {
			(void)buf_addf(b, "%sFAILURE", sep);
			sep = ",";
		}
		if (r->notify & SMTP_NOTIFY_DELAY)
			(void)buf_addf(b, "%sDELAY", sep);
	}
	if (!str_is_none(r->orcpt)) {
		size_t semi = str_chr(r->orcpt, ';');

		if (semi != (size_t)-1) {
			struct str type = str_first(r->orcpt, semi), text = str_from(r->orcpt, semi + 1);

			(void)buf_addf(b, " ORCPT=%.*s;", STR_ARG(type));
			if (str_caseeq_c(type, "utf-8"))
				smtp_utf8_addr_print(b, text, utf8);
			else
				(void)enc_xtext(b, text);
		}
	}
}

bool
smtp_addr_sendable(struct str s)
{
	bool quoted = false;

	if (s.n + 2 > SMTP_PATH_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f)
			return false;
		if (c == '\\' && i + 1 < s.n && (unsigned char)s.p[i + 1] >= ' ' && s.p[i + 1] != 0x7f)
			i++;
		else if (c == '\\')
			return false;	/* it would take the bracket that follows */
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == ' ' || c == '<' || c == '>'))
			return false;
	}
	return !quoted;
}
