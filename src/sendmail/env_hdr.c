/*
 * env_hdr - the header of a message: take fields apart, add what the H lines of the configuration
 * want.
 *
 * The text is a stranger's.  Nothing is thrown away for being long: the limit on the whole header
 * is the caller's, and checks see each field whole.
 */
#include "env.h"

#include "crack.h"

bool
env_hdr_split(struct str line, struct str *name, struct str *value)
{
	size_t i = 0, end;

	while (i < line.n && (unsigned char)line.p[i] > ' ' && (unsigned char)line.p[i] < 0x7f && line.p[i] != ':')	/* RFC 5322 2.2 */
		i++;
	end = i;
	while (i < line.n && chr_is_blank(line.p[i]))	/* obsolete: RFC 5322 4.5 */
		i++;
	if (end == 0 || i == line.n || line.p[i] != ':')
		return false;
	*name = str_first(line, end);
	*value = str_from(line, i + 1);
	return true;
}

struct qf_hdr *
env_hdr_find(const struct env *e, struct str name)
{
	for (size_t i = 0; i < e->qf.nhdr; i++)
		if (str_caseeq(e->qf.hdr[i].name, name))
			return &e->qf.hdr[i];
	return NULL;
}

/* ---- what is read from certain fields ---- */

static void
env_note_hop(struct env *e, struct str value)
{
	(void)value;
	e->hops++;
}

static void
env_note_msgid(struct env *e, struct str value)
{
	e->msgid = str_trim(value);
	(void)rule_macro_set(e->ctx, STR("msg_id"), e->msgid);
}

static void
env_note_date(struct env *e, struct str value)
{
	e->date = str_trim(value);
	if (e->date.n > 0)
		(void)rule_macro_set(e->ctx, STR("a"), e->date);
}

static void
env_note_precedence(struct env *e, struct str value)
{
	e->precedence_text = str_trim(value);
	e->precedence = conf_precedence(e->conf, e->precedence_text);
}

static void
env_note_to(struct env *e, struct str value)
{
	(void)value;
	e->qf.flags |= QF_DELBCC;	/* somebody else is named: Bcc: need not stay */
}

/* The sender's name in words: $x, for From: */
static void
env_note_full_name(struct env *e, struct str value)
{
	struct buf	b;

	buf_init(&b, ENV_HDR_MAX);
	crack_name(str_trim(value), e->conf->opt.must_quote_chars, &b);
	if (buf_ok(&b))
		(void)rule_macro_set(e->ctx, STR("x"), buf_str(&b));
	buf_done(&b);
}

static const struct {
	const char	*name;
	void		(*note)(struct env *, struct str);
	bool		 drop;		/* the field goes: others count on what is wrong by now */
} notes[] = {
	{ "Received",		env_note_hop,	false },
	{ "X400-Received",	env_note_hop,	false },
	{ "Via",		env_note_hop,	false },
	{ "Mail-From",		env_note_hop,	false },
	{ "Message-Id",		env_note_msgid,	false },
	{ "Date",		env_note_date,	false },
	{ "Precedence",		env_note_precedence,	false },
	{ "To",			env_note_to,	false },
	{ "Cc",			env_note_to,	false },
	{ "Apparently-To",	env_note_to,	false },
	{ "Resent-To",		env_note_to,	false },
	{ "Resent-Cc",		env_note_to,	false },
	{ "Full-Name",		env_note_full_name,	true },
	{ "Content-Length",	NULL,			true },
};

static void
env_hdr_add(struct env *e, struct str name, struct str value)
{
	struct qf_hdr *h;

	for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
		if (!str_caseeq_c(name, notes[i].name))
			continue;
		if (notes[i].note != NULL)
			notes[i].note(e, value);
		if (notes[i].drop)
			return;
	}
	h = qf_add_hdr(&e->qf, e->arena);
	h->name = name;
	h->value = value;
}

/* A copy without NULs and CRs: the one ends a text for many who read it, the other a line for some. */
static struct str
env_hdr_clean(struct env *e, struct str s)
{
	char *p = arena_bytes(e->arena, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c != '\0' && c != '\r')
			p[n++] = s.p[i];
	}
	p[n] = '\0';
	return str_mem(p, n);
}

void
env_hdr_parse(struct env *e, struct str text)
{
	struct str name, value;
	bool first = true;

	text = env_hdr_clean(e, text);
	e->hdr_octets += text.n;
	while (text.n > 0) {
		size_t end = str_chr(text, '\n');
		struct str field;

		/* the field goes on as long as lines begin with a blank */
		while (end != (size_t)-1 && end + 1 < text.n && chr_is_blank(text.p[end + 1])) {
			size_t more = str_chr(str_from(text, end + 1), '\n');

			end = more == (size_t)-1 ? more : end + 1 + more;
		}
		field = end == (size_t)-1 ? text : str_first(text, end);
		text = end == (size_t)-1 ? STR("") : str_from(text, end + 1);
		if (env_hdr_split(field, &name, &value))
			env_hdr_add(e, name, value);
		else if (first && str_starts(field, STR("From ")) && e->conf->opt.save_from_line)
			(void)rule_macro_set(e->ctx, STR("l"), field);
		first = false;
	}
}

/* ---- what is added ---- */

struct str
env_hdr_flags(struct env *e, const struct conf_header *h)
{
	char flags[128];
	size_t n = 0;

	if (!h->has_flags)
		return STR_NONE;
	for (int c = '!'; c < 0x7f; c++)
		if (conf_flag(&h->flags, (char)c))
			flags[n++] = (char)c;
	return arena_str(e->arena, str_mem(flags, n));
}

/*
 * Return-Path: is different for each mailer: $g stays in it, in the form in which a qf file has it
 * (\201g).
 */
static struct str
env_hdr_late(struct env *e, struct str template, struct buf *b)
{
	static const char mark[] = "\002";
	struct str out, was = arena_str(e->arena, rule_macro_value(e->ctx, STR("g")));

	(void)rule_macro_set_c(e->ctx, "g", mark);
	if (rule_expand(e->ctx, template, b) == -1)
		buf_clear(b);
	(void)rule_macro_set(e->ctx, STR("g"), was);
	out = arena_str(e->arena, buf_str(b));
	buf_clear(b);
	for (size_t i = 0; i < out.n; i++)
		(void)buf_addc(b, out.p[i] == mark[0] ? "\201g" : (const char[]){ out.p[i], '\0' });
	return buf_str(b);
}

static bool
env_hdr_wanted(const struct env *e, const struct conf_header *h, bool resent)
{
	if (h->is_default || str_is_none(h->template) || h->template.n == 0)
		return false;
	if (str_casestarts(h->name, STR("Resent-")) && !resent)
		return false;
	if (h->macro.n > 0) {
		struct str v = rule_macro_get(e->ctx, h->macro);

		if (v.n == 0)
			return false;
	}
	return str_caseeq(h->name, STR("Received")) || env_hdr_find(e, h->name) == NULL;
}

/* RFC 6710 6: the priority that was asked for by MT-PRIORITY is a clause of Received:, the last one before the date.  The template need not know of it. */
static struct str
env_hdr_priority(struct env *e, struct str text)
{
	struct str p = rule_macro_get(e->ctx, STR("mt_priority"));
	size_t at = str_rchr(text, ';');

	if (p.n == 0 || at == SIZE_MAX)
		return text;
	return arena_fmt(e->arena, "%.*s PRIORITY %.*s%.*s", STR_ARG(str_first(text, at)), STR_ARG(p), STR_ARG(str_from(text, at)));
}

static void
env_hdr_default(struct env *e, const struct conf_header *h)
{
	bool late = str_caseeq(h->name, STR("Return-Path"));
	struct str text;
	struct qf_hdr *q;
	struct buf b;

	buf_init(&b, ENV_HDR_MAX);
	if (late)
		text = env_hdr_late(e, h->template, &b);
	else
		text = rule_expand(e->ctx, h->template, &b) == 0 ? buf_str(&b) : STR("");
	text = str_trim(text);
	if (str_caseeq(h->name, STR("Received")))
		text = env_hdr_priority(e, text);
	if (text.n > 0) {
		q = qf_add_hdr(&e->qf, e->arena);
		q->flags = env_hdr_flags(e, h);
		q->name = h->name;
		q->value = arena_cat(e->arena, STR(" "), text);
		q->macros = late;
		if (str_caseeq(h->name, STR("Message-Id")))
			env_note_msgid(e, q->value);
	}
	buf_done(&b);
}

/* NoRecipientAction: the message names nobody. */
static void
env_hdr_no_rcpt(struct env *e, char action)
{
	struct buf b;

	if ((e->qf.flags & QF_DELBCC) || env_hdr_find(e, STR("Bcc")) != NULL ||
	    env_hdr_find(e, STR("Resent-Bcc")) != NULL)
		return;
	buf_init(&b, ENV_HDR_MAX);
	if (action == 't' || action == 'a') {
		for (size_t i = 0; i < e->qf.nrcpt; i++)
			(void)buf_addf(&b, "%s%.*s", i == 0 ? " " : ",\n\t", STR_ARG(e->qf.rcpt[i].addr));
		if (buf_ok(&b))
			env_hdr_add(e, action == 't' ? STR("To") : STR("Apparently-To"),
			    arena_str(e->arena, buf_str(&b)));
	} else if (action == 'b')
		env_hdr_add(e, STR("Bcc"), STR(""));
	else if (action == 'u')
		env_hdr_add(e, STR("To"), STR(" undisclosed-recipients:;"));
	buf_done(&b);
}

/* RrtImpliesDsn: Return-Receipt-To: asks for a success report where NOTIFY said nothing. */
static void
env_hdr_receipt(struct env *e)
{
	if (!e->conf->opt.rrt_implies_dsn || env_hdr_find(e, STR("Return-Receipt-To")) == NULL)
		return;
	for (size_t i = 0; i < e->qf.nrcpt; i++)
		if ((e->qf.rcpt[i].flags & QR_NOTIFY) == 0)
			e->qf.rcpt[i].flags |= QR_NOTIFY | QR_SUCCESS;
}

/* SingleLineFromHeader: some mail systems stumble over a From: of several lines. */
static void
env_hdr_unwrap(struct env *e, struct qf_hdr *h)
{
	char	*p = arena_bytes(e->arena, h->value.n + 1);

	for (size_t i = 0; i < h->value.n; i++)
		p[i] = h->value.p[i] == '\n' ? ' ' : h->value.p[i];
	h->value = str_mem(p, h->value.n);
}

void
env_hdr_msgid(struct env *e)
{
	struct buf b;

	for (size_t i = 0; e->msgid.n == 0 && i < e->conf->nheaders; i++) {
		const struct conf_header *h = &e->conf->headers[i];

		if (!str_caseeq(h->name, STR("Message-Id")))
			continue;
		buf_init(&b, ENV_HDR_MAX);
		if (rule_expand(e->ctx, h->template, &b) == 0)
			(void)rule_macro_set(e->ctx, STR("msg_id"), str_trim(buf_str(&b)));
		buf_done(&b);
		return;
	}
}

static bool
env_hdr_has_default(const struct env *e, struct str name)
{
	for (size_t i = 0; i < e->conf->nheaders; i++) {
		const struct conf_header *h = &e->conf->headers[i];

		if (!h->is_default && h->template.n > 0 && str_caseeq(h->name, name))
			return true;
	}
	return false;
}

/* Fields that say nothing are as good as missing where the configuration knows what to say: an empty From: is of no use to anybody. */
static void
env_hdr_drop_empty(struct env *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->qf.nhdr; i++) {
		struct qf_hdr h = e->qf.hdr[i];

		if (str_trim(h.value).n > 0 || str_caseeq_c(h.name, "Received") || !env_hdr_has_default(e, h.name))
			e->qf.hdr[n++] = h;
	}
	e->qf.nhdr = n;
}

/* $a is the date of what is sent now, not of what is sent again. */
static void
env_hdr_resent_date(struct env *e)
{
	struct qf_hdr *h = env_hdr_find(e, STR("Resent-Date"));

	(void)rule_macro_set(e->ctx, STR("a"), arena_str(e->arena, h != NULL ? str_trim(h->value) : rule_macro_value(e->ctx, STR("b"))));
}

void
env_hdr_complete(struct env *e)
{
	struct qf_hdr *own = e->qf.hdr;
	struct qf_hdr *all;
	size_t nown, nall;
	bool resent = false, path = false;

	for (size_t i = 0; i < e->qf.nhdr && !resent; i++)
		resent = str_casestarts(own[i].name, STR("Resent-"));
	env_hdr_drop_empty(e);
	nown = e->qf.nhdr;
	if (resent)
		env_hdr_resent_date(e);
	(void)rule_macro_set(e->ctx, STR("u"), e->qf.nrcpt == 1 && e->only.n > 0 ? e->only : STR_NONE);
	env_hdr_receipt(e);
	for (size_t i = 0; e->conf->opt.single_line_from_header && i < nown; i++)
		if (str_caseeq_c(own[i].name, "From") && str_chr(own[i].value, '\n') != SIZE_MAX)
			env_hdr_unwrap(e, &own[i]);
	if (e->conf->opt.no_recipient_action != 'n' && e->conf->opt.no_recipient_action != '\0') {
		env_hdr_no_rcpt(e, e->conf->opt.no_recipient_action);
		nown = e->qf.nhdr;
	}
	for (size_t i = 0; i < e->conf->nheaders; i++)
		path = path || str_caseeq(e->conf->headers[i].name, STR("Return-Path"));
	/* the defaults are appended, then everything is put in its order: defaults first */
	for (size_t i = 0; i < e->conf->nheaders; i++)
		if (env_hdr_wanted(e, &e->conf->headers[i], resent) ||
		    (path && str_caseeq(e->conf->headers[i].name, STR("Return-Path"))))
			env_hdr_default(e, &e->conf->headers[i]);
	all = e->qf.hdr;
	nall = e->qf.nhdr;
	e->qf.hdr = NULL;
	e->qf.nhdr = 0;
	e->hdr_made = nall - nown;
	for (size_t i = nown; i < nall; i++)
		*qf_add_hdr(&e->qf, e->arena) = all[i];
	for (size_t i = 0; i < nown; i++)
		if (!path || !str_caseeq(all[i].name, STR("Return-Path")))	/* ours replaces an older one (RFC 5321 4.4) */
			*qf_add_hdr(&e->qf, e->arena) = all[i];
}
