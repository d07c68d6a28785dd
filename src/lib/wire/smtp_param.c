/*
 * smtp_param - the parameters of MAIL and RCPT: one table each says in which session they are known, and how they are read.
 *
 * A stranger's words.  Each reader checks its value whole before it stores it; what is said twice is refused where its RFC says so.
 */
#include "base/enc.h"
#include "base/num.h"
#include "base/utf8.h"
#include "wire/smtp_cmd.h"
#include "wire/wire_int.h"

#define BY_MAX	999999999	/* RFC 2852 4: nine digits */

/* RFC 5321 4.1.2: esmtp-value has no blanks, controls or '='; '=' inside is tolerated as base64 ends in it.  RFC 6531 3.3: or UTF-8. */
static bool
smtp_value_ok(struct str v, bool utf8)
{
	for (size_t i = 0; i < v.n; i++)
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == 0x7f || (!utf8 && (unsigned char)v.p[i] > 0x7f))
			return false;
	return !utf8 || utf8_valid(v);
}

static bool
smtp_key_ok(struct str k)
{
	if (k.n == 0 || !chr_is_alnum(k.p[0]))
		return false;
	for (size_t i = 1; i < k.n; i++)
		if (!chr_is_alnum(k.p[i]) && k.p[i] != '-')
			return false;
	return true;
}

/* xtext into the arena; no control bytes may come out of it (RFC 3461 4.2, 4.4: printable ASCII). */
static int
smtp_xtext(struct arena *a, struct str v, size_t max, struct str *out)
{
	struct buf b;
	int rc = -1;

	buf_init(&b, SMTP_LINE_MAX);
	if (dec_xtext(&b, v) == 0 && b.n <= max) {
		rc = 0;
		for (size_t i = 0; i < b.n; i++)
			if ((unsigned char)b.p[i] < ' ' || (unsigned char)b.p[i] >= 0x7f)
				rc = -1;
		if (rc == 0)
			*out = arena_str(a, buf_str(&b));
	}
	buf_done(&b);
	return rc;
}

struct smtp_param {
	const char	*name;
	unsigned	 ext;		/* known only with this extension */
	bool		 value;		/* must have one */
	int		(*read)(struct arena *, struct str v, void *out, struct smtp_bad *);
};

static int
smtp_read_size(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	(void)a;
	if (v.n > 1 && v.p[0] == '-' && chr_is_digit(v.p[1]))
		return smtp_bad_set(bad, 552, "5.2.3", "Message size invalid");
	for (size_t i = 0; i < v.n; i++)
		if (!chr_is_digit(v.p[i]))
			return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in SIZE parameter value");
	if (v.n == 0)
		return smtp_bad_set(bad, 501, "5.5.2", "SIZE requires a value");
	if (num_u64(v, 0, INT64_MAX, &m->size) == -1)
		return smtp_bad_set(bad, 552, "5.2.3", "Message size exceeds maximum value");
	m->has_size = true;
	return 0;
}

static int
smtp_read_body(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	(void)a;
	if (str_caseeq(v, STR("7BIT")))
		m->body = SMTP_BODY_7BIT;
	else if (str_caseeq(v, STR("8BITMIME")))
		m->body = SMTP_BODY_8BITMIME;
	else if (str_caseeq(v, STR("BINARYMIME")))
		m->body = SMTP_BODY_BINARYMIME;
	else
		return smtp_bad_set(bad, 501, "5.5.4", "Unknown BODY type %.*s", STR_ARG(smtp_show(v)));
	return 0;
}

static int
smtp_read_ret(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	(void)a;
	if (m->ret != SMTP_RET_NONE)
		return smtp_bad_set(bad, 501, "5.5.0", "Duplicate RET parameter");
	if (str_caseeq(v, STR("FULL")))
		m->ret = SMTP_RET_FULL;
	else if (str_caseeq(v, STR("HDRS")))
		m->ret = SMTP_RET_HDRS;
	else
		return smtp_bad_set(bad, 501, "5.5.2", "Bad argument \"%.*s\" to RET", STR_ARG(smtp_show(v)));
	return 0;
}

static int
smtp_read_envid(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	if (!str_is_none(m->envid))
		return smtp_bad_set(bad, 501, "5.5.0", "Duplicate ENVID parameter");
	if (smtp_xtext(a, v, SMTP_ENVID_MAX, &m->envid) == -1)
		return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in ENVID parameter value");
	return 0;
}

static int
smtp_read_auth(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	if (!str_is_none(m->auth))
		return smtp_bad_set(bad, 501, "5.5.0", "Duplicate AUTH parameter");
	if (smtp_xtext(a, v, SMTP_PATH_MAX, &m->auth) == -1)
		return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in AUTH parameter value");
	return 0;
}

/* RFC 2852 4: "by-time ; by-mode [by-trace]" */
static int
smtp_read_by(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;
	size_t semi = str_chr(v, ';');
	struct str mode = str_from(v, semi + 1);
	int64_t by;
	char how;

	(void)a;
	if (semi == (size_t)-1)
		return smtp_bad_set(bad, 501, "5.5.2", "BY= missing ';'");
	if (num_i64(str_first(v, semi), INT64_MIN / 2, INT64_MAX / 2, &by) == -1 || by > BY_MAX || by < -BY_MAX)
		return smtp_bad_set(bad, 501, "5.5.2", "BY=%.*s out of range", STR_ARG(smtp_show(v)));
	how = mode.n == 0 ? ' ' : chr_upper(mode.p[0]);
	if (how != 'R' && how != 'N')
		return smtp_bad_set(bad, 501, "5.5.2", "illegal by-mode '%c'", how);
	if (mode.n > 2 || (mode.n == 2 && chr_upper(mode.p[1]) != 'T'))
		return smtp_bad_set(bad, 501, "5.5.2", "illegal by-trace '%.*s'",
		    STR_ARG(smtp_show(str_from(mode, 1))));
	if (how == 'R' && by <= 0)
		return smtp_bad_set(bad, 501, "5.5.4", "mode R requires BY time > 0");
	m->has_by = true;
	m->by = by;
	m->by_mode = how;
	m->by_trace = mode.n == 2;
	return 0;
}

static int
smtp_read_notify(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	static const struct { const char *name; unsigned bit; } words[] = {
		{ "SUCCESS", SMTP_NOTIFY_SUCCESS }, { "FAILURE", SMTP_NOTIFY_FAILURE }, { "DELAY", SMTP_NOTIFY_DELAY }
	};
	struct smtp_rcpt *r = out;
	unsigned got = SMTP_NOTIFY_GIVEN;
	struct str rest = v, word;

	(void)a;
	if (r->notify != 0)
		return smtp_bad_set(bad, 501, "5.5.0", "Duplicate NOTIFY parameter");
	if (!str_caseeq(v, STR("NEVER"))) {
		while (str_split(&rest, ',', &word)) {
			size_t i;

			for (i = 0; i < 3 && !str_caseeq_c(word, words[i].name); i++)
				;
			if (i == 3)
				return smtp_bad_set(bad, 501, "5.5.4",
				    "Bad argument \"%.*s\"  to NOTIFY", STR_ARG(smtp_show(word)));
			got |= words[i].bit;
		}
		if (got == SMTP_NOTIFY_GIVEN)
			return smtp_bad_set(bad, 501, "5.5.4", "Bad argument \"\"  to NOTIFY");
	}
	r->notify = got;
	r->notify_text = v;
	return 0;
}

/* RFC 3461 4.2: "addr-type ; xtext"; RFC 6533 3: "utf-8 ; utf-8-addr" */
static int
smtp_read_orcpt(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_rcpt *r = out;
	size_t semi = str_chr(v, ';');
	struct str type, text;
	int rc;

	if (!str_is_none(r->orcpt))
		return smtp_bad_set(bad, 501, "5.5.0", "Duplicate ORCPT parameter");
	type = semi == (size_t)-1 ? STR("") : str_first(v, semi);
	if (!smtp_key_ok(type) || semi + 1 == v.n)
		return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in ORCPT parameter value");
	v = str_from(v, semi + 1);
	rc = str_caseeq_c(type, "utf-8") ? smtp_utf8_addr_read(a, v, SMTP_ORCPT_MAX, &text) : smtp_xtext(a, v, SMTP_ORCPT_MAX, &text);
	if (rc == -1)
		return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in ORCPT parameter value");
	r->orcpt = arena_fmt(a, "%.*s;%.*s", STR_ARG(type), STR_ARG(text));
	return 0;
}

static int
smtp_read_utf8(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	(void)a;
	if (!str_is_none(v))
		return smtp_bad_set(bad, 501, "5.5.4", "SMTPUTF8 takes no value");
	m->utf8 = true;
	return 0;
}

static int
smtp_read_requiretls(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	(void)a;
	if (!str_is_none(v))
		return smtp_bad_set(bad, 501, "5.5.4", "REQUIRETLS takes no value");
	m->require_tls = true;
	return 0;
}

static int
smtp_read_priority(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;
	bool minus = v.n == 2 && v.p[0] == '-';

	(void)a;
	if (m->has_priority)
		return smtp_bad_set(bad, 501, "5.5.4", "Duplicate MT-PRIORITY parameter");
	if (v.n != (minus ? 2u : 1u) || !chr_is_digit(v.p[minus]))	/* RFC 6710 6 */
		return smtp_bad_set(bad, 501, "5.5.2", "Syntax error in MT-PRIORITY parameter value");
	m->has_priority = true;
	m->priority = (v.p[minus] - '0') * (minus ? -1 : 1);
	return 0;
}

static int
smtp_read_holdfor(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	(void)a;
	if (m->hold_for != 0 || m->hold_until != 0)	/* RFC 4865 5: one of them, once */
		return smtp_bad_set(bad, 501, "5.5.4", "Duplicate HOLD parameter");
	if (v.n > 9 || num_i64(v, 1, 999999999, &m->hold_for) == -1)
		return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in HOLDFOR parameter value");
	return 0;
}

static int
smtp_read_holduntil(struct arena *a, struct str v, void *out, struct smtp_bad *bad)
{
	struct smtp_mail *m = out;

	(void)a;
	if (m->hold_for != 0 || m->hold_until != 0)
		return smtp_bad_set(bad, 501, "5.5.4", "Duplicate HOLD parameter");
	if (smtp_date_time(v, &m->hold_until) == -1 || m->hold_until <= 0) {
		m->hold_until = 0;
		return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in HOLDUNTIL parameter value");
	}
	return 0;
}

static const struct smtp_param mail_params[] = {
	{ "SIZE",	SMTP_EXT_SIZE,		true,	smtp_read_size },
	{ "BODY",	SMTP_EXT_8BITMIME,	true,	smtp_read_body },
	{ "RET",	SMTP_EXT_DSN,		true,	smtp_read_ret },
	{ "ENVID",	SMTP_EXT_DSN,		true,	smtp_read_envid },
	{ "BY",		SMTP_EXT_DELIVERBY,	true,	smtp_read_by },
	{ "AUTH",	SMTP_EXT_AUTH,		true,	smtp_read_auth },
	{ "SMTPUTF8",	SMTP_EXT_UTF8,		false,	smtp_read_utf8 },
	{ "REQUIRETLS",	SMTP_EXT_REQUIRETLS,	false,	smtp_read_requiretls },
	{ "MT-PRIORITY", SMTP_EXT_MTPRIORITY,	true,	smtp_read_priority },
	{ "HOLDFOR",	SMTP_EXT_FUTURERELEASE,	true,	smtp_read_holdfor },
	{ "HOLDUNTIL",	SMTP_EXT_FUTURERELEASE,	true,	smtp_read_holduntil },
	{ NULL, 0, false, NULL }
};

static const struct smtp_param rcpt_params[] = {
	{ "NOTIFY",	SMTP_EXT_DSN,		true,	smtp_read_notify },
	{ "ORCPT",	SMTP_EXT_DSN,		true,	smtp_read_orcpt },
	{ NULL, 0, false, NULL }
};

static int
smtp_params(struct arena *a, struct str s, unsigned ext, const struct smtp_param *table, void *out,
    struct smtp_bad *bad)
{
	struct str word;

	while (str_word(&s, &word)) {
		size_t eq = str_chr(word, '=');
		struct str key = eq == (size_t)-1 ? word : str_first(word, eq);
		struct str value = eq == (size_t)-1 ? STR_NONE : str_from(word, eq + 1);
		const struct smtp_param *p;

		for (p = table; p->name != NULL && !str_caseeq_c(key, p->name); p++)
			;
		if (p->name != NULL && (p->ext & ext) == 0 && p->ext == SMTP_EXT_DSN)
			return smtp_bad_set(bad, 504, "5.7.0", "Sorry, %s not supported, we do not allow DSN", p->name);
		if (p->name == NULL || (p->ext & ext) == 0)
			return smtp_bad_set(bad, 555, "5.5.4", "%.*s parameter unrecognized",
			    STR_ARG(smtp_key_ok(key) ? smtp_show(key) : STR("")));
		if (p->value && str_is_none(value))
			return smtp_bad_set(bad, 501, "5.5.2", "%s requires a value", p->name);
		if (!smtp_value_ok(value, (ext & SMTP_EXT_UTF8_NOW) != 0))
			return smtp_bad_set(bad, 501, "5.5.4", "Syntax error in %s parameter value", p->name);
		if (p->read(a, value, out, bad) == -1)
			return -1;
	}
	return 0;
}

int
smtp_mail_params(struct arena *a, struct str s, unsigned ext, struct smtp_mail *m, struct smtp_bad *bad)
{
	return smtp_params(a, s, ext, mail_params, m, bad);
}

int
smtp_rcpt_params(struct arena *a, struct str s, unsigned ext, struct smtp_rcpt *r, struct smtp_bad *bad)
{
	return smtp_params(a, s, ext, rcpt_params, r, bad);
}
