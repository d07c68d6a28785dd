/*
 * cmd_fetch - FETCH: answering, message by message.
 *
 * Bytes go from the store to the connection in pieces; only headers and the tree of parts are kept, for the time of one message.
 */
#include <inttypes.h>

#include "fetch.h"
#include "message.h"
#include "mime/date.h"
#include "mime/hdr.h"
#include "mime/part.h"

struct span {
	size_t		start, len;
	struct str	text;		/* or these bytes */
	bool		in_memory;
	bool		none;		/* no such part: NIL */
};

static bool
fields_has(const struct fetch_item *it, struct str name)
{
	for (size_t i = 0; i < it->nfield; i++)
		if (str_caseeq(it->field[i], name))
			return true;
	return false;
}

/* The wanted fields of a header, and the empty line. */
static struct str
fields_of(struct imap *im, const struct fetch_item *it, struct str header)
{
	struct hdr_field	f;
	struct buf		b;
	struct str		out;
	int			rc;

	buf_init(&b, PART_HEAD_MAX + 2);
	while ((rc = hdr_next(&header, &f)) != 0)
		if (rc == 1 && fields_has(it, f.name) == (it->what == SECTION_FIELDS))
			buf_add(&b, f.whole);
	buf_addc(&b, "\r\n");
	out = arena_str(im->a, buf_str(&b));
	buf_done(&b);
	return out;
}

static struct span
span_of(const struct part_span *p)
{
	return (struct span){ .start = p->start, .len = p->len };
}

/* The message's own header, or fields of it: the rest of the message is not looked at. */
static struct span
section_header(struct imap *im, struct message *m, const struct fetch_item *it)
{
	struct str	head = message_header(m);

	if (m->gone)
		return (struct span){ .none = true };
	return (struct span){ .text = it->what == SECTION_HEADER ? head : fields_of(im, it, head), .in_memory = true };
}

/* Which bytes are that section? */
static struct span
section_find(struct imap *im, struct message *m, const struct fetch_item *it)
{
	struct span	none = { .none = true };
	struct part	*root, *p;

	if (it->part.n == 0 && it->what == SECTION_ALL)
		return (struct span){ .start = 0, .len = (size_t)m->rec.size };
	if (it->part.n == 0 && it->what != SECTION_TEXT && (message_header(m).n < PART_HEAD_MAX || m->gone))
		return section_header(im, m, it);
	if ((root = message_root(m)) == NULL || (p = part_find(root, it->part)) == NULL)
		return none;
	if (it->what == SECTION_ALL)
		return span_of(&p->body);
	if (it->what == SECTION_MIME)
		return span_of(&p->header);
	if (it->part.n > 0) {		/* only of a part that is a message (RFC 3501 6.4.5) */
		if (!p->message || p->child == NULL)
			return none;
		p = p->child;
	}
	switch (it->what) {
	case SECTION_HEADER:
		return span_of(&p->header);
	case SECTION_TEXT:
		return span_of(&p->body);
	default:
		return (struct span){ .text = fields_of(im, it, p->head), .in_memory = true };
	}
}

static void
section_name(struct imap *im, const struct fetch_item *it)
{
	static const char *const	names[] = { "", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME" };

	if (it->old != NULL) {
		imap_putf(im, "%s ", it->old);
		return;
	}
	imap_putf(im, "BODY[%.*s%s%s", STR_ARG(it->part), it->part.n > 0 && it->what != SECTION_ALL ? "." : "", names[it->what]);
	for (size_t i = 0; i < it->nfield; i++) {
		imap_put(im, i == 0 ? STR(" (") : STR(" "));
		if (imap_is_atom(it->field[i]))
			imap_put(im, it->field[i]);
		else
			imap_put_string(im, it->field[i]);
	}
	imap_put(im, it->nfield > 0 ? STR(")]") : STR("]"));
	if (it->partial)
		imap_putf(im, "<%" PRIu32 ">", it->from);
	imap_put(im, STR(" "));
}

/*
 * The literal.  Its begin is read before it is announced: another session may have expunged the message, and then NIL stands for it.  false: it was cut
 * short by a message that cannot be read to its end, so the connection cannot go on.
 */
static bool
section_bytes(struct imap *im, struct message *m, struct span s)
{
	struct buf	chunk;
	size_t		done = 0;
	bool		ok = true;

	buf_init(&chunk, STORE_CHUNK + 1);
	do {
		size_t	n = s.len - done < STORE_CHUNK ? s.len - done : STORE_CHUNK;

		buf_clear(&chunk);
		ok = n == 0 || (store_read_part(im->view, m->rec.uid, s.start + done, n, &chunk) == STORE_OK && chunk.n > 0);
		if (done == 0 && !ok) {
			imap_put(im, STR("NIL"));
			m->gone = ok = true;
			break;
		}
		if (done == 0)
			imap_putf(im, "{%zu}\r\n", s.len);
		imap_put(im, str_first(buf_str(&chunk), n));
		done += chunk.n;
	} while (ok && done < s.len);
	buf_done(&chunk);
	return ok;
}

static bool
fetch_section(struct imap *im, struct message *m, const struct fetch_item *it)
{
	struct span	s = section_find(im, m, it);

	section_name(im, it);
	if (s.none) {
		imap_put(im, m->gone ? STR("NIL") : STR("\"\""));
		return true;
	}
	if (s.in_memory)
		s.len = s.text.n;
	if (it->partial) {
		size_t	from = it->from < s.len ? it->from : s.len, len = s.len - from < it->count ? s.len - from : it->count;

		s.start += from;
		s.len = len;
		if (s.in_memory)
			s.text = str_sub(s.text, from, from + len);
	}
	if (!s.in_memory)
		return section_bytes(im, m, s);
	imap_putf(im, "{%zu}\r\n", s.text.n);
	imap_put(im, s.text);
	return true;
}

static void
fetch_date(struct imap *im, const struct message *m)
{
	char		text[DATE_MAX];
	struct date	d;

	date_from_time(m->rec.date, date_local_zone(m->rec.date), &d);
	date_print_imap(text, &d);
	imap_putf(im, "INTERNALDATE \"%s\"", text);
}

static bool
fetch_item(struct imap *im, struct message *m, const struct fetch_item *it)
{
	struct part	*root;

	switch (it->kind) {
	case FETCH_UID:
		imap_putf(im, "UID %" PRIu32, m->rec.uid);
		return true;
	case FETCH_FLAGS:
		imap_put_flags(im, &m->rec);
		im->told[m->number - 1] = m->rec.modseq;
		return true;
	case FETCH_DATE:
		fetch_date(im, m);
		return true;
	case FETCH_SIZE:
		imap_putf(im, "RFC822.SIZE %" PRIu64, m->rec.size);
		return true;
	case FETCH_ENVELOPE:
		imap_put(im, STR("ENVELOPE "));
		envelope_put(im, message_header(m));
		return true;
	case FETCH_BODY:
	case FETCH_STRUCTURE:
		imap_put(im, it->kind == FETCH_BODY ? STR("BODY ") : STR("BODYSTRUCTURE "));
		if ((root = message_root(m)) == NULL)
			imap_put(im, STR("(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)"));
		else
			structure_put(im, m, root, it->kind == FETCH_STRUCTURE);
		return true;
	default:
		return fetch_section(im, m, it);
	}
}

/* Is more asked for than the index knows? */
static bool
fetch_reads(const struct fetch_item *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind >= FETCH_ENVELOPE)
			return true;
	return false;
}

/* One message.  false: the connection is of no use any more. */
static bool
fetch_message(struct imap *im, uint32_t number, const struct fetch_item *v, size_t n, bool *missing)
{
	const struct store_rec	*r = store_view_rec(im->view, im->uid[number - 1]);
	struct arena_mark	 mark = arena_mark(im->a);
	struct message		 m;
	bool			 ok = true;

	if (r == NULL)
		return true;
	message_init(&m, im, number, r);
	if (fetch_reads(v, n) && !message_there(&m)) {	/* another session took it away (RFC 2180 4.1.2): clients choke on a NIL for it */
		*missing = true;
		return true;
	}
	imap_putf(im, "* %" PRIu32 " FETCH (", number);
	for (size_t i = 0; ok && i < n; i++) {
		if (i > 0)
			imap_put(im, STR(" "));
		ok = fetch_item(im, &m, &v[i]);
	}
	imap_put(im, STR(")\r\n"));
	if (m.gone)
		*missing = true;
	arena_release(im->a, mark);
	return ok && stream_err(im->s)->class == ERR_NONE;
}

/* Sections that are not peeked at make their messages seen; their flags are then told with the answer. */
static void
fetch_seen(struct imap *im, const uint32_t *uids, size_t n, struct fetch_item *v, size_t *nitem)
{
	struct store_flagset	 seen = { STORE_SEEN, NULL, 0 };
	uint32_t		*fresh = ARENA_ARRAY(im->a, uint32_t, n + 1);
	size_t			 k = 0, nfailed = 0;
	uint64_t		 modseq;
	bool			 wanted = false, flags = false;

	for (size_t i = 0; i < *nitem; i++) {
		wanted = wanted || (v[i].kind == FETCH_SECTION && !v[i].peek);
		flags = flags || v[i].kind == FETCH_FLAGS;
	}
	if (!wanted || !im->rw)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct store_rec	*r = store_view_rec(im->view, uids[i]);

		if (r != NULL && !(r->flags & STORE_SEEN))
			fresh[k++] = uids[i];
	}
	/* If it does not work the messages can be read all the same. */
	if (k > 0 && store_set_flags(im->view, fresh, k, STORE_ADD, &seen, 0, &modseq, NULL, &nfailed) == STORE_OK && !flags)
		v[(*nitem)++] = (struct fetch_item){ .kind = FETCH_FLAGS };
}

enum imap_rc
cmd_fetch(struct imap *im)
{
	struct fetch_item	*v = ARENA_ARRAY(im->a, struct fetch_item, FETCH_ITEMS + 2);
	uint32_t		*uids;
	size_t			 n, nitem;
	bool			 missing = false, uid = false;

	if (!imap_sp(&im->in) || !imap_take_uids(im, &uids, &n) || !imap_sp(&im->in) || !fetch_parse(&im->in, v, &nitem) || !imap_end(&im->in))
		return IMAP_BAD;
	for (size_t i = 0; i < nitem; i++)
		uid = uid || v[i].kind == FETCH_UID;
	if (im->by_uid && !uid)
		v[nitem++] = (struct fetch_item){ .kind = FETCH_UID };
	fetch_seen(im, uids, n, v, &nitem);
	for (size_t i = 0; i < n; i++)
		if (!fetch_message(im, imap_number_of(im, uids[i]), v, nitem, &missing))
			return IMAP_DEAD;
	if (missing) {
		imap_say(im, "[EXPUNGEISSUED] some messages could not be read");
		return IMAP_NO;
	}
	return IMAP_OK;
}
