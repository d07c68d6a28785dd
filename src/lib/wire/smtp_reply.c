/*
 * smtp_reply - see the header.
 */
#include "wire/smtp_reply.h"

#include "base/num.h"
#include "base/status.h"

struct str
smtp_clean(struct arena *a, struct str s)
{
	char *p = arena_bytes(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? ' ' : s.p[i];
	p[s.n] = '\0';
	return str_mem(p, s.n);
}

void
smtp_reply_init(struct smtp_reply *r, struct arena *a)
{
	memset(r, 0, sizeof *r);
	r->arena = a;
}

static void
smtp_reply_keep(struct smtp_reply *r, struct str text)
{
	struct str *grown;

	if (r->nlines == SMTP_REPLY_LINES)
		return;
	if (r->nlines == r->size) {
		r->size = r->size == 0 ? 8 : r->size * 2;
		grown = ARENA_ARRAY(r->arena, struct str, r->size);
		if (r->nlines > 0)
			memcpy(grown, r->lines, r->nlines * sizeof *grown);
		r->lines = grown;
	}
	r->lines[r->nlines++] = text;
}

enum smtp_reply_rc
smtp_reply_line(struct smtp_reply *r, struct str line)
{
	struct str rest;
	size_t n;
	int code;

	line = str_rtrim(line);
	if (++r->seen > SMTP_REPLY_LINES_MAX || line.n < 3 || line.n > SMTP_REPLY_LINE)
		return SMTP_REPLY_BAD;
	if (num_int(str_first(line, 3), 200, 599, &code) == -1 || (r->code != 0 && r->code != code))
		return SMTP_REPLY_BAD;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return SMTP_REPLY_BAD;
	r->code = code;
	line = smtp_clean(r->arena, line);
	rest = str_from(line, 4);
	n = status_dsn_len(rest);
	if (n > 0 && (rest.p[0] != line.p[0] || (n != rest.n && rest.p[n] != ' ')))
		n = 0;
	if (n > 0)
		r->dsn = str_first(rest, n);
	if (r->nlines == 0) {
		r->line = line.n > 4 ? arena_fmt(r->arena, "%d %.*s", code, STR_ARG(rest)) : str_first(line, 3);
		r->text = str_ltrim(str_from(rest, n));
	}
	smtp_reply_keep(r, rest);
	return line.n > 3 && line.p[3] == '-' ? SMTP_REPLY_MORE : SMTP_REPLY_DONE;
}

static const struct {
	const char	*name;
	unsigned	 bit;
} offers[] = {
	{ "PIPELINING",	SMTP_OFFER_PIPELINING },	/* RFC 2920 */
	{ "8BITMIME",	SMTP_OFFER_8BITMIME },		/* RFC 6152 */
	{ "SIZE",	SMTP_OFFER_SIZE },		/* RFC 1870 */
	{ "DSN",	SMTP_OFFER_DSN },		/* RFC 3461 */
	{ "ENHANCEDSTATUSCODES", SMTP_OFFER_ENHANCED },	/* RFC 2034 */
	{ "STARTTLS",	SMTP_OFFER_STARTTLS },		/* RFC 3207 */
	{ "DELIVERBY",	SMTP_OFFER_DELIVERBY },		/* RFC 2852 */
	{ "AUTH",	SMTP_OFFER_AUTH },		/* RFC 4954 */
	{ "CHUNKING",	SMTP_OFFER_CHUNKING },		/* RFC 3030 */
	{ "SMTPUTF8",	SMTP_OFFER_SMTPUTF8 },		/* RFC 6531 */
	{ "VERB",	SMTP_OFFER_VERB },
	{ "EXPN",	SMTP_OFFER_EXPN },
	{ "ETRN",	SMTP_OFFER_ETRN },		/* RFC 1985 */
	{ "HELP",	SMTP_OFFER_HELP },
	{ "XTOKEN",	SMTP_OFFER_XTOKEN },
	{ "BINARYMIME",	SMTP_OFFER_BINARYMIME },	/* RFC 3030 */
	{ "REQUIRETLS",	SMTP_OFFER_REQUIRETLS },	/* RFC 8689 */
	{ "MT-PRIORITY", SMTP_OFFER_MTPRIORITY },	/* RFC 6710 */
	{ "LIMITS",	SMTP_OFFER_LIMITS },		/* RFC 9422 */
	{ "FUTURERELEASE", SMTP_OFFER_FUTURERELEASE },	/* RFC 4865 */
};

/* RFC 9422 3: "RCPTMAX=100 MAILMAX=20"; a limit with an odd value is none. */
static void
smtp_limits(struct str rest, struct smtp_offer *o)
{
	struct str word;

	while (str_word(&rest, &word)) {
		if (str_casestarts(word, STR("MAILMAX=")))
			(void)num_u64(str_from(word, 8), 1, 999999, &o->mail_max);
		else if (str_casestarts(word, STR("RCPTMAX=")))
			(void)num_u64(str_from(word, 8), 1, 999999, &o->rcpt_max);
	}
}

void
smtp_offer_parse(const struct smtp_reply *r, struct smtp_offer *o)
{
	memset(o, 0, sizeof *o);
	for (size_t i = 0; i < r->nlines; i++) {
		struct str rest = r->lines[i], word;

		if (!str_word(&rest, &word))
			continue;
		rest = str_trim(rest);
		if (i == 0) {
			o->name = word;
			continue;
		}
		for (size_t k = 0; k < sizeof offers / sizeof offers[0]; k++) {
			if (!str_caseeq_c(word, offers[k].name))
				continue;
			o->what |= offers[k].bit;
			if (offers[k].bit == SMTP_OFFER_SIZE)
				(void)num_u64(rest, 0, INT64_MAX, &o->size);
			else if (offers[k].bit == SMTP_OFFER_DELIVERBY)
				(void)num_i64(str_first(rest, str_chr(rest, ',')), 0, 999999999, &o->by_min);
			else if (offers[k].bit == SMTP_OFFER_AUTH)
				o->auth = rest;
			else if (offers[k].bit == SMTP_OFFER_LIMITS)
				smtp_limits(rest, o);
		}
		if (str_casestarts(word, STR("AUTH=")) && str_is_none(o->auth)) {	/* before RFC 2554 */
			o->what |= SMTP_OFFER_AUTH;
			o->auth = str_from(r->lines[i], 5);
		}
	}
}

void
smtp_reply_put(struct buf *b, int code, const char *dsn, struct str text)
{
	struct str line;
	bool more = true;
	char *to;

	if (str_is_none(text))
		text = STR("");
	while (more) {
		size_t nl = str_chr(text, '\n');

		more = nl != (size_t)-1;
		line = str_first(more ? str_first(text, nl) : text, 500);
		text = str_from(text, nl + 1);
		(void)buf_reserve(b, line.n + 16);
		(void)buf_addf(b, "%03d%c", code, more ? '-' : ' ');
		if (dsn != NULL && *dsn != '\0')
			(void)buf_addf(b, "%s ", dsn);
		if ((to = buf_reserve(b, line.n + 2)) == NULL)
			return;
		for (size_t i = 0; i < line.n; i++)
			to[i] = ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 0x7f ? ' ' : line.p[i];
		buf_commit(b, line.n);
		(void)buf_addc(b, "\r\n");
	}
}
