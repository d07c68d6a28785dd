/*
 * route_header - the header of a message as one mailer gets it.
 *
 * Fields with flags (H?P?Return-Path) go to mailers that have one of them; addresses are rewritten by the rules of the mailer.  A field in which
 * the rules change nothing stays byte for byte what it was: signatures over it stay good.
 */
#include "mime/addr.h"
#include "mime_limit.h"
#include "resolve.h"
#include "route.h"

#define LINE_MAX_LEN	78
#define MACRO		'\201'

static const struct {
	const char	*name;
	bool		 sender;
} address_fields[] = {
	{ "From", true }, { "Sender", true }, { "Reply-To", true }, { "Errors-To", true },
	{ "Disposition-Notification-To", true },
	{ "Resent-From", true }, { "Resent-Sender", true }, { "Resent-Reply-To", true },
	{ "To", false }, { "Cc", false }, { "Bcc", false }, { "Apparently-To", false },
	{ "Resent-To", false }, { "Resent-Cc", false }, { "Resent-Bcc", false },
};

/* -1 no address field, 0 recipients, 1 senders */
static int
header_kind(struct str name)
{
	for (size_t i = 0; i < sizeof address_fields / sizeof *address_fields; i++)
		if (str_caseeq_c(name, address_fields[i].name))
			return address_fields[i].sender;
	return -1;
}

/* Does this mailer get the field? */
static bool
header_wanted(const struct qf *q, const struct qf_hdr *h, const struct mailer *ml)
{
	if (q->flags & QF_DELBCC && qf_is_bcc(h))
		return false;
	/* A sendmail's qf has the sender's own as it came, and leaves it out here. */
	if (h->flags.n == 0)
		return mailer_has(ml, 'P') || !str_caseeq_c(h->name, "Return-Path");
	for (size_t i = 0; i < h->flags.n; i++)
		if (mailer_has(ml, h->flags.p[i]))
			return true;
	return false;
}

/* \201x is $x. */
static void
header_macros(struct routing *r, struct str v, struct buf *b)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == MACRO && i + 1 < v.n)
			buf_add(b, rule_macro_value(r->rules, str_mem(&v.p[++i], 1)));
		else
			buf_addch(b, v.p[i]);
	}
}

/* May recipients stand in this header with blanks between them? */
static bool
header_is_old(const struct routing *r)
{
	if (!r->rt->conf->opt.old_style_headers)
		return false;
	for (size_t i = 0; i < r->qf.nhdr; i++)
		if (header_kind(r->qf.hdr[i].name) == 0 && addr_is_new_style(r->qf.hdr[i].value))
			return false;
	return true;
}

/* True when the list, rewritten, is in b.  old: it may be one of old style. */
static bool
header_rewrite(struct routing *r, const struct qf_hdr *h, int mailer, bool sender, bool old, struct str domain, struct buf *b)
{
	const struct conf	*c = r->rt->conf;
	unsigned		 flags = RESOLVE_HEADER | (sender ? RESOLVE_SENDER : RESOLVE_RCPT) | (!sender && domain.n > 0 ? RESOLVE_ADDDOM : 0);
	struct addr_list	 l;
	size_t			 col = h->name.n;
	struct str		 list = !sender && old ? addr_old_style(r->m, h->value) : h->value;
	bool			 changed = list.p != h->value.p;

	if (addr_parse_colon(r->m, list, c->opt.colon_ok_in_addr, &l) == -1 || l.n == 0)
		return false;
	for (size_t i = 0; i < l.n; i++) {
		struct str	out = l.v[i].raw;
		int		ex;

		if (l.v[i].kind == ADDR_GROUP_END) {
			buf_add(b, l.v[i].raw);
			continue;
		}
		if (l.v[i].kind == ADDR_MAILBOX) {
			struct str name = sender ? l.v[i].raw : route_header_name(r, &c->mailers[mailer], l.v[i].raw);

			rule_reset(r->rules);
			resolve_rewrite_domain(r->rules, c, name, mailer, flags, domain, &out, &ex);
			changed |= !str_eq(out, l.v[i].raw);
			if (out.n == 0)			/* what is no address goes */
				continue;
		}
		if (b->n > 0 && l.v[i - 1].kind != ADDR_GROUP)
			buf_addc(b, ",");
		if (b->n > 0 && col + 2 + out.n > LINE_MAX_LEN) {
			buf_addc(b, "\n        ");
			col = 8;
		} else if (i == 0 || l.v[i - 1].kind != ADDR_GROUP || l.v[i].raw.p[-1] != ':') {	/* "group:member" stays so */
			buf_addc(b, " ");
			col += 2;
		}
		buf_add(b, out);
		if (l.v[i].kind == ADDR_GROUP)
			buf_addc(b, ":");
		col += out.n;
	}
	/* Nothing the rules say may break the header. */
	return changed && str_find(buf_str(b), STR("\n\n")) == SIZE_MAX && str_chr(buf_str(b), '\r') == SIZE_MAX;
}

struct str
route_header(struct routing *r, int mailer)
{
	const struct mailer	*ml = &r->rt->conf->mailers[mailer];
	const struct conf_opts	*o = &r->rt->conf->opt;
	struct buf		 all, one;
	struct str		 g, domain;
	int			 ex, kind;
	bool			 old;

	if (r->header[mailer].p != NULL)
		return r->header[mailer];
	old = header_is_old(r);
	domain = route_from_domain(r);
	g = route_from_shown(r, ml, route_sender(r, mailer, &ex));
	if (g.n == 0 && ml->kind != MAILER_IPC)		/* on this host nobody is "": what is returned is MAILER-DAEMON's */
		g = route_from_daemon(r, mailer);
	rule_macro_set(r->rules, STR("g"), g);
	buf_init(&all, 0);
	buf_init(&one, 0);
	for (size_t i = 0; i < r->qf.nhdr; i++) {
		const struct qf_hdr *h = &r->qf.hdr[i];

		if (!header_wanted(&r->qf, h, ml))
			continue;
		buf_add(&all, h->name);
		buf_addch(&all, ':');
		buf_clear(&one);
		if (qf_is_bcc(h)) {		/* nobody else is named: an empty field stays (RFC 822 4.1) */
			buf_addch(&all, '\n');
			continue;
		}
		if (h->macros)
			header_macros(r, h->value, &all);
		else if ((kind = header_kind(h->name)) != -1 && header_rewrite(r, h, mailer, kind == 1, old, domain, &one))
			buf_add(&all, buf_str(&one));
		else
			buf_add(&all, mime_limit(r->m, h->name, h->value, o->max_mime_header_length, o->max_mime_param_length));
		buf_addch(&all, '\n');
	}
	r->header[mailer] = all.n == 0 ? STR("") : arena_str(r->m, buf_str(&all));
	buf_done(&all);
	buf_done(&one);
	return r->header[mailer];
}
