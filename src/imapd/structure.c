/*
 * structure - ENVELOPE and BODYSTRUCTURE (RFC 3501 7.4.2, RFC 9051 7.5.2).
 */
#include "message.h"
#include "mime/addr.h"
#include "mime/hdr.h"
#include "mime/part.h"

/* A field's value in one line, or none. */
static struct str
envelope_field(struct imap *im, struct str header, const char *name)
{
	struct hdr_field	f;

	if (!hdr_find(header, str_c(name), 0, &f))
		return STR_NONE;
	return hdr_unfold(im->a, f.value);
}

static void
envelope_put_addr(struct imap *im, const struct addr *a)
{
	imap_put(im, STR("("));
	if (a->kind == ADDR_MAILBOX) {
		imap_put_string(im, !str_is_none(a->name) ? a->name : a->comment);
		imap_put(im, STR(" "));
		imap_put_string(im, a->route);
		imap_put(im, STR(" "));
		imap_put_string(im, a->local);
		imap_put(im, STR(" "));
		imap_put_string(im, str_is_none(a->domain) ? STR("") : a->domain);
	} else {
		imap_put(im, STR("NIL NIL "));
		imap_put_string(im, a->kind == ADDR_GROUP ? a->name : STR_NONE);
		imap_put(im, STR(" NIL"));
	}
	imap_put(im, STR(")"));
}

static void
envelope_put_list(struct imap *im, struct str value)
{
	struct addr_list	list;

	if (str_is_none(value) || (addr_parse(im->a, value, &list) == -1 && list.n == 0) || list.n == 0) {
		imap_put(im, STR("NIL"));
		return;
	}
	imap_put(im, STR("("));
	for (size_t i = 0; i < list.n; i++)
		envelope_put_addr(im, &list.v[i]);
	imap_put(im, STR(")"));
}

void
envelope_put(struct imap *im, struct str header)
{
	struct str	from = envelope_field(im, header, "From"), sender = envelope_field(im, header, "Sender"),
			reply = envelope_field(im, header, "Reply-To");
	struct str	lists[6] = {
		from, sender.n > 0 ? sender : from, reply.n > 0 ? reply : from, envelope_field(im, header, "To"),
		envelope_field(im, header, "Cc"), envelope_field(im, header, "Bcc"),
	};

	imap_put(im, STR("("));
	imap_put_string(im, envelope_field(im, header, "Date"));
	imap_put(im, STR(" "));
	imap_put_string(im, envelope_field(im, header, "Subject"));
	for (size_t i = 0; i < 6; i++) {
		imap_put(im, STR(" "));
		envelope_put_list(im, lists[i]);
	}
	imap_put(im, STR(" "));
	imap_put_string(im, envelope_field(im, header, "In-Reply-To"));
	imap_put(im, STR(" "));
	imap_put_string(im, envelope_field(im, header, "Message-ID"));
	imap_put(im, STR(")"));
}

/* ---- BODYSTRUCTURE ---- */

static void
structure_put_params(struct imap *im, const struct ctype *c)
{
	struct ctype_param	*v;
	size_t			 n;

	if (c->nparam == 0 || ctype_join(c, im->a, &v, &n) == -1) {
		imap_put(im, STR("NIL"));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		imap_put(im, i == 0 ? STR("(") : STR(" "));
		imap_put_string(im, v[i].name);
		imap_put(im, STR(" "));
		imap_put_string(im, v[i].value);
	}
	imap_put(im, STR(")"));
}

/* What a part is to clients: a multipart without parts is text to look at, a message that could not be taken apart is just bytes. */
static void
structure_type(const struct part *p, struct str *type, struct str *subtype)
{
	*type = part_type(p);
	*subtype = part_subtype(p);
	if (str_caseeq_c(*type, "multipart")) {
		*type = STR("text");
		*subtype = STR("plain");
	} else if (str_caseeq_c(*type, "message") && str_caseeq_c(*subtype, "rfc822") && !(p->message && p->child != NULL)) {
		*type = STR("application");
		*subtype = STR("octet-stream");
	}
}

/* RFC 2045 5.2: text without a charset is us-ascii; clients expect to be told. */
static void
structure_put_type(struct imap *im, const struct part *p)
{
	static struct ctype_param	ascii[] = { { STR_INIT("charset"), STR_INIT("us-ascii") } };
	struct ctype			c = p->ctype;
	struct str			type, subtype;

	structure_type(p, &type, &subtype);
	if (str_is_none(c.type) && !p->digest) {
		c.param = ascii;
		c.nparam = 1;
	}
	imap_put_string(im, type);
	imap_put(im, STR(" "));
	imap_put_string(im, subtype);
	imap_put(im, STR(" "));
	structure_put_params(im, &c);
}

static void
structure_put_disposition(struct imap *im, const struct part *p)
{
	if (str_is_none(p->disposition.type)) {
		imap_put(im, STR("NIL"));
		return;
	}
	imap_put(im, STR("("));
	imap_put_string(im, p->disposition.type);
	imap_put(im, STR(" "));
	structure_put_params(im, &p->disposition);
	imap_put(im, STR(")"));
}

/* "en, de" is a list of two. */
static void
structure_put_language(struct imap *im, struct str value)
{
	struct str	one;
	bool		first = true;

	while (str_split(&value, ',', &one)) {
		if ((one = str_trim(one)).n == 0)
			continue;
		imap_put(im, first ? STR("(") : STR(" "));
		imap_put_string(im, one);
		first = false;
	}
	imap_put(im, first ? STR("NIL") : STR(")"));
}

static void
structure_put_tail(struct imap *im, const struct part *p)
{
	imap_put(im, STR(" "));
	structure_put_disposition(im, p);
	imap_put(im, STR(" "));
	structure_put_language(im, p->language);
	imap_put(im, STR(" "));
	imap_put_string(im, p->location);
}

static void
structure_put_leaf(struct imap *im, struct message *m, const struct part *p, bool extended)
{
	struct str	type, subtype;

	structure_type(p, &type, &subtype);
	structure_put_type(im, p);
	imap_put(im, STR(" "));
	imap_put_string(im, p->id);
	imap_put(im, STR(" "));
	imap_put_string(im, p->description);
	imap_put(im, STR(" "));
	imap_put_string(im, p->encoding.n > 0 ? p->encoding : STR("7bit"));
	imap_putf(im, " %zu", p->body.len + p->body.lf);
	if (p->message && p->child != NULL) {
		imap_put(im, STR(" "));
		envelope_put(im, p->child->head);
		imap_put(im, STR(" "));
		structure_put(im, m, p->child, extended);
		imap_putf(im, " %zu", p->body.lines);
	} else if (str_caseeq_c(type, "text"))
		imap_putf(im, " %zu", p->body.lines);
	if (extended) {
		imap_put(im, STR(" "));
		imap_put_string(im, p->md5);
		structure_put_tail(im, p);
	}
}

void
structure_put(struct imap *im, struct message *m, const struct part *p, bool extended)
{
	imap_put(im, STR("("));
	if (p->multipart && p->child != NULL) {
		for (const struct part *c = p->child; c != NULL; c = c->next)
			structure_put(im, m, c, extended);
		imap_put(im, STR(" "));
		imap_put_string(im, part_subtype(p));
		if (extended) {
			imap_put(im, STR(" "));
			structure_put_params(im, &p->ctype);
			structure_put_tail(im, p);
		}
	} else
		structure_put_leaf(im, m, p, extended);
	imap_put(im, STR(")"));
}
