/*
 * qfile - read and write queue control (qf) files.
 *
 * A qf file is the only record that we owe someone a message, so it is never edited in place: spool.c installs a new image whole.
 * Format: doc/spool.md.  Input is ours or a sendmail's, but may be torn or tampered with: a line we cannot read makes the whole file bad, and a
 * bad file is kept and reported, never repaired by guessing.
 */
#include "queue/qfile.h"

#include <string.h>
#include <time.h>

#include "base/enc.h"
#include "base/num.h"
#include "mime/addr.h"
#include "queue/queue_int.h"

const struct qf_letter qf_env_letters[] = {
	{ '8', QF_HAS8BIT }, { 'b', QF_DELBCC }, { 'd', QF_RET_HDRS }, { 'n', QF_NO_BODY_RET },
	{ 'r', QF_RESPONSE }, { 's', QF_SPLIT }, { 'w', QF_WARNING }, { 'e', QF_UTF8 }, { 0, 0 }
};
const struct qf_letter qf_rcpt_letters[] = {
	{ 'P', QR_PRIMARY }, { 'N', QR_NOTIFY }, { 'S', QR_SUCCESS }, { 'F', QR_FAILURE }, { 'D', QR_DELAY },
	{ 'A', QR_ALIAS }, { 0, 0 }
};

struct qf_reader {
	struct arena	*m;
	struct qf	*q;
	struct err	*e;
	unsigned	 line;
	bool		 sender, end, by;
	int64_t		 by_after;	/* deliver-by counts from T, which may stand behind it */
	/* what belongs to the next R line */
	struct str	 text, orcpt, final;
	struct str	 why;
	struct str	 ctl_user, ctl_alias;
	uid_t		 ctl_uid;
	gid_t		 ctl_gid;
	size_t		 rcpt_room, hdr_room, macro_room;
};

void
qf_init(struct qf *q)
{
	*q = (struct qf){ .version = QF_VERSION, .created = (int64_t)time(NULL) };
}

/* Room for one more: arrays in an arena double. */
static void *
qf_grow(struct arena *m, void *old, size_t n, size_t size)
{
	void	*p;

	if (n != 0 && (n & (n - 1)) != 0)
		return old;
	if ((p = arena_array(m, n == 0 ? 1 : 2 * n, size)) == NULL)
		return NULL;
	if (n != 0)
		memcpy(p, old, n * size);
	return p;
}

struct qf_rcpt *
qf_add_rcpt(struct qf *q, struct arena *m)
{
	struct qf_rcpt *r = qf_grow(m, q->rcpt, q->nrcpt, sizeof *r);

	if (r == NULL)
		return NULL;
	q->rcpt = r;
	r[q->nrcpt] = (struct qf_rcpt){ 0 };
	return &r[q->nrcpt++];
}

struct qf_hdr *
qf_add_hdr(struct qf *q, struct arena *m)
{
	struct qf_hdr *h = qf_grow(m, q->hdr, q->nhdr, sizeof *h);

	if (h == NULL)
		return NULL;
	q->hdr = h;
	h[q->nhdr] = (struct qf_hdr){ 0 };
	return &h[q->nhdr++];
}

struct qf_macro *
qf_set_macro(struct qf *q, struct arena *m, struct str name, struct str value)
{
	struct qf_macro *a;

	for (size_t i = 0; i < q->nmacro; i++)
		if (str_eq(q->macro[i].name, name)) {
			q->macro[i].value = value;
			return &q->macro[i];
		}
	if ((a = qf_grow(m, q->macro, q->nmacro, sizeof *a)) == NULL)
		return NULL;
	q->macro = a;
	a[q->nmacro] = (struct qf_macro){ name, value };
	return &a[q->nmacro++];
}

struct str
qf_macro(const struct qf *q, struct str name)
{
	for (size_t i = 0; i < q->nmacro; i++)
		if (str_eq(q->macro[i].name, name))
			return q->macro[i].value;
	return STR_NONE;
}

/* ---- reading ---- */

static int
qf_bad(struct qf_reader *r, const char *what)
{
	return err_set(r->e, ERR_PERM, "line %u: %s", r->line, what);
}

static int
qf_num(struct qf_reader *r, struct str v, int64_t min, int64_t *out)
{
	if (num_i64(str_trim(v), min, INT64_MAX / 4, out) == -1)
		return qf_bad(r, "not a number");
	return 0;
}

static struct str
qf_unxtext(struct arena *m, struct str v)
{
	struct buf b;
	struct str out = v;

	buf_init(&b, v.n + 1);
	if (dec_xtext(&b, v) == 0 && buf_ok(&b) && !str_has_nul(buf_str(&b)) && str_chr(buf_str(&b), '\n') == SIZE_MAX)
		out = arena_str(m, buf_str(&b));
	buf_done(&b);
	return out;
}

#define QF_GIVEN_MAX	((size_t)256)

struct str
qf_given(struct arena *m, struct str given, struct str addr)
{
	size_t i = 0;

	if (given.n == addr.n + 2 && given.p[0] == '<' && str_eq(str_sub(given, 1, given.n - 1), addr))
		return STR_NONE;
	if (given.n == 0 || given.n > QF_GIVEN_MAX || str_has_nul(given) || str_chr(given, '\n') != SIZE_MAX)
		return STR_NONE;
	while (i < given.n && (chr_is_blank(given.p[i]) || strchr("\"\\(<", given.p[i]) != NULL))
		i++;
	if (i == given.n || strchr("|/:", given.p[i]) != NULL)
		return STR_NONE;
	return str_eq(addr_only(m, given), addr) ? given : STR_NONE;
}

bool
qf_is_bcc(const struct qf_hdr *h)
{
	return str_caseeq_c(h->name, "Bcc") || str_caseeq_c(h->name, "Resent-Bcc");
}

void
qf_show(struct buf *b, struct str given, struct str addr)
{
	if (given.n > 0 && str_find(given, addr) != SIZE_MAX)
		buf_add(b, given);
	else if (addr.n > 0 && addr.p[0] == '|')	/* as it stands in an alias file */
		buf_addf(b, "\"%.*s\"", STR_ARG(addr));
	else if (addr.n > 0 && addr.p[0] == '/')
		buf_add(b, addr);
	else
		buf_addf(b, "<%.*s>", STR_ARG(addr));
}

/* "<a@b>", or another form, which is *given then. */
static struct str
qf_address(struct arena *m, struct str v, struct str *given)
{
	struct str a;

	v = str_trim(v);
	*given = STR_NONE;
	if (v.n >= 2 && v.p[0] == '<' && v.p[v.n - 1] == '>')
		return str_sub(v, 1, v.n - 1);
	a = addr_only(m, v);
	*given = qf_given(m, v, a);
	return given->n > 0 ? a : v;
}

/* "|prog args", "/file", ":include:/file" under a C line: the quotes go, \x is x. */
static struct str
qf_unquote(struct arena *m, struct str v)
{
	char	*p;
	size_t	 n = 0;

	if (v.n < 3 || v.p[0] != '"' || v.p[v.n - 1] != '"' || strchr("|/:\\", v.p[1]) == NULL)
		return v;
	if ((p = arena_bytes(m, v.n)) == NULL)
		return v;
	for (size_t i = 1; i < v.n - 1; i++) {
		if (v.p[i] == '\\' && i + 1 < v.n - 1)
			i++;
		p[n++] = v.p[i];
	}
	return str_mem(p, n);
}

static int
qf_version(struct qf_reader *r, struct str v)
{
	int64_t	n;

	if (r->line != 1)
		return qf_bad(r, "V must be the first line");
	if (qf_num(r, v, 0, &n) == -1)
		return -1;
	if (n > QF_VERSION)
		return qf_bad(r, "a version of the queue file format that is not known");
	r->q->version = (int)n;
	return 0;
}

/* Letters that are not known are other programs' business. */
static unsigned
qf_letters(const struct qf_letter *t, struct str v)
{
	unsigned	flags = 0;

	for (; t->letter != 0; t++)
		if (str_chr(v, t->letter) != SIZE_MAX)
			flags |= t->flag;
	return flags;
}

static int
qf_flags(struct qf_reader *r, struct str v)
{

	r->q->flags |= qf_letters(qf_env_letters, v);
	return 0;
}

/* user:uid:gid:alias, or user:alias, or nothing: no one any more */
static int
qf_control(struct qf_reader *r, struct str v)
{
	struct str	rest = v, user, uid, gid;
	int64_t		u, g;

	r->ctl_user = r->ctl_alias = STR_NONE;
	r->ctl_uid = 0;
	r->ctl_gid = 0;
	if (v.n == 0)
		return 0;
	str_split(&rest, ':', &user);
	r->ctl_user = user.n == 0 ? STR_NONE : user;
	r->ctl_alias = rest.p == NULL ? user : rest;
	if (user.n != 0 && str_split(&rest, ':', &uid) && str_split(&rest, ':', &gid) && rest.p != NULL &&
	    num_i64(uid, 0, UINT32_MAX - 1, &u) == 0 && num_i64(gid, 0, UINT32_MAX - 1, &g) == 0) {
		r->ctl_uid = (uid_t)u;
		r->ctl_gid = (gid_t)g;
		r->ctl_alias = rest;
	}
	if (r->ctl_alias.n == 0)
		return qf_bad(r, "a controlling user without an alias");
	return 0;
}

static int
qf_rcpt_line(struct qf_reader *r, struct str v)
{
	struct qf_rcpt	*c = qf_add_rcpt(r->q, r->m);
	size_t		 i = 0;

	if (c == NULL)
		return err_set(r->e, ERR_TEMP, "out of memory");
	if (r->q->version > 0) {
		while (i < v.n && chr_is_alpha(v.p[i]))
			i++;
		if (i == v.n || v.p[i] != ':')
			return qf_bad(r, "a recipient without flags");
		c->flags = qf_letters(qf_rcpt_letters, str_first(v, i));
		v = str_from(v, i + 1);
	} else
		c->flags = QR_PRIMARY | QR_FAILURE | QR_DELAY;
	if (r->ctl_alias.n != 0 && v.n > 0 && strchr("\"/|:", str_trim(v).n > 0 ? str_trim(v).p[0] : ' ') != NULL)
		c->addr = str_trim(v);
	else
		c->addr = qf_address(r->m, v, &c->given);
	if (c->addr.n == 0)
		return qf_bad(r, "an empty recipient");
	if (r->ctl_alias.n != 0)
		c->addr = qf_unquote(r->m, c->addr);
	if (c->addr.n == 0)
		return qf_bad(r, "an empty recipient");
	c->orcpt = r->orcpt;
	c->final = r->final;
	c->text = r->text;
	c->why = r->why;
	c->ctl_user = r->ctl_user;
	c->ctl_uid = r->ctl_uid;
	c->ctl_gid = r->ctl_gid;
	c->ctl_alias = r->ctl_alias;
	r->orcpt = r->final = r->text = STR_NONE;
	return 0;
}

static int
qf_macro_line(struct qf_reader *r, struct str v)
{
	struct str	name = str_first(v, 1), value = str_from(v, 1);

	if (v.n == 0)
		return qf_bad(r, "a macro without a name");
	if (v.p[0] == '{') {
		size_t end = str_chr(v, '}');

		if (end == SIZE_MAX || end < 2)
			return qf_bad(r, "a macro without a name");
		name = str_sub(v, 1, end);
		value = str_from(v, end + 1);
	}
	if (str_eq_c(name, QF_WHY)) {
		r->why = value.n == 0 ? STR_NONE : str_first(value, value.n < QF_WHY_MAX ? value.n : QF_WHY_MAX);
		return 0;
	}
	if (qf_set_macro(r->q, r->m, name, value) == NULL)
		return err_set(r->e, ERR_TEMP, "out of memory");
	return 0;
}

/* Literal bytes lose their escape; \201x stays, and the field is marked. */
static struct str
qf_unmeta(struct arena *m, struct str v, bool *macros)
{
	char	*p;
	size_t	 n = 0;

	if (str_chr(v, QF_META) == SIZE_MAX && str_chr(v, QF_MACRO) == SIZE_MAX)
		return v;
	if ((p = arena_bytes(m, v.n + 1)) == NULL)
		return v;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == QF_META && i + 1 < v.n)
			i++;
		else if (v.p[i] == QF_MACRO)
			*macros = true;
		p[n++] = v.p[i];
	}
	return str_mem(p, n);
}

static int
qf_header_line(struct qf_reader *r, struct str v)
{
	struct qf_hdr	*h;
	struct str	 flags = STR_NONE;
	size_t		 i;

	if (v.n != 0 && v.p[0] == '?') {
		size_t end = str_chr(str_from(v, 1), '?');

		if (end == SIZE_MAX)
			return qf_bad(r, "header flags without an end");
		flags = str_sub(v, 1, end + 1);
		v = str_from(v, end + 2);
	}
	for (i = 0; i < v.n && v.p[i] != ':'; i++)
		if ((unsigned char)v.p[i] <= ' ' || (unsigned char)v.p[i] >= 0x7f)
			return qf_bad(r, "a header field without a name");
	if (i == 0 || i == v.n)
		return qf_bad(r, "a header field without a name");
	if ((h = qf_add_hdr(r->q, r->m)) == NULL)
		return err_set(r->e, ERR_TEMP, "out of memory");
	h->flags = flags.n == 0 ? STR_NONE : flags;
	h->name = str_first(v, i);
	h->value = qf_unmeta(r->m, str_from(v, i + 1), &h->macros);
	return 0;
}

static int
qf_inode(struct qf_reader *r, struct str v)
{
	struct str	a, b;

	if (!str_split(&v, '/', &a) || !str_split(&v, '/', &b) || v.p == NULL ||
	    num_u64(a, 0, UINT64_MAX, &r->q->dev_major) == -1 || num_u64(b, 0, UINT64_MAX, &r->q->dev_minor) == -1 ||
	    num_u64(v, 0, UINT64_MAX, &r->q->ino) == -1)
		return qf_bad(r, "an inode number that cannot be read");
	return 0;
}

/* flag byte (1 notify, 2 return, 16 trace), blank, seconds after T */
static int
qf_deliver_by(struct qf_reader *r, struct str v)
{
	int64_t	s;

	if (v.n < 3 || v.p[1] != ' ' || num_i64(str_from(v, 2), -1000000000, 1000000000, &s) == -1 || (v.p[0] & 3) == 0)
		return qf_bad(r, "a deliver-by time that cannot be read");
	r->q->by_mode = v.p[0] & 2 ? 'R' : 'N';
	r->q->by_trace = (v.p[0] & 16) != 0;
	r->by = true;
	r->by_after = s;
	return 0;
}

static int
qf_sender_line(struct qf_reader *r, struct str v)
{
	if (r->sender)
		return qf_bad(r, "a second sender");
	r->sender = true;
	r->q->sender = qf_address(r->m, v, &r->q->sender_given);
	return 0;
}

/* Texts for people: a folded one becomes one line. */
static struct str
qf_text(struct arena *m, struct str v)
{
	char	*p;

	if (str_chr(v, '\n') == SIZE_MAX || (p = arena_bytes(m, v.n)) == NULL)
		return v;
	for (size_t i = 0; i < v.n; i++)
		p[i] = v.p[i] == '\n' ? ' ' : v.p[i];
	return str_mem(p, v.n);
}

static int
qf_line(struct qf_reader *r, char letter, struct str v)
{
	struct qf	*q = r->q;
	int64_t		 n;

	if (v.n > QF_VALUE_MAX && letter != 'H' && letter != 'M' && letter != 'q')
		return qf_bad(r, "a value that is too long");
	if (letter == 'M' || letter == 'q')
		v = qf_text(r->m, v);
	else if (letter != 'H' && str_chr(v, '\n') != SIZE_MAX)
		return qf_bad(r, "a line that goes on where it may not");
	switch (letter) {
	case 'V':	return qf_version(r, v);
	case 'T':	return qf_num(r, v, 0, &q->created);
	case 'K':	return qf_num(r, v, 0, &q->last_try);
	case 'N':	if (qf_num(r, v, 0, &n) == -1)
				return -1;
			q->tries = (int)(n > 1000000 ? 1000000 : n);
			return 0;
	case 'P':	return qf_num(r, v, -INT64_MAX / 4, &q->priority);
	case 'I':	return qf_inode(r, v);
	case 'F':	return qf_flags(r, v);
	case 'B':	q->body = v; return 0;
	case 'Z':	q->envid = qf_unxtext(r->m, v); return 0;
	case 'A':	q->auth = v; return 0;
	case 'X':	q->charset = v; return 0;
	case 'G':	q->group = v; return 0;
	case 'd':	q->df_dir = v; return 0;
	case 'q':	q->quarantine = v; return 0;
	case 'M':	*(r->sender ? &r->text : &q->reason) = v; return 0;
	case 'Q':	r->orcpt = qf_unxtext(r->m, v); return 0;
	case 'r':	r->final = v; return 0;
	case 'S':	return qf_sender_line(r, v);
	case 'C':	return qf_control(r, v);
	case 'R':	return qf_rcpt_line(r, v);
	case 'H':	return qf_header_line(r, v);
	case '$':	return qf_macro_line(r, v);
	case '!':	return qf_deliver_by(r, v);
	case 'E':			/* error address of old versions; long without meaning */
	case 'D':			/* name of the df, version 0 */
	case 'L':	return 0;	/* content length, other systems */
	case '.':
		if (v.n != 0)
			return qf_bad(r, "something behind the final dot");
		r->end = true;
		return 0;
	}
	return qf_bad(r, "a line of an unknown kind");
}

/* The next line with its continuations (lines that start with a blank), without the final LF. */
static bool
qf_next(struct str *rest, struct str *line, unsigned *lines)
{
	size_t	end = 0;

	if (rest->n == 0)
		return false;
	*lines = 0;
	for (;;) {
		size_t nl = str_chr(str_from(*rest, end), '\n');

		++*lines;
		end = nl == SIZE_MAX ? rest->n : end + nl;
		if (end + 1 >= rest->n || !chr_is_blank(rest->p[end + 1]))
			break;
		end++;
	}
	*line = str_first(*rest, end);
	*rest = str_from(*rest, end + 1);
	return true;
}

int
qfile_parse(struct str text, struct arena *m, struct qf *q, struct err *e)
{
	struct qf_reader r = { .m = m, .q = q, .e = e, .line = 1 };
	struct str	 rest = text, line;
	unsigned	 lines;

	*q = (struct qf){ 0 };
	if (text.n > QF_TEXT_MAX)
		return err_set(e, ERR_PERM, "the file is too long");
	if (str_has_nul(text))
		return err_set(e, ERR_PERM, "the file holds a NUL");
	while (!r.end && qf_next(&rest, &line, &lines)) {
		if (line.n == 0)
			return qf_bad(&r, "an empty line");
		if (qf_line(&r, line.p[0], str_from(line, 1)) == -1)
			return -1;
		r.line += lines;
	}
	if (!r.end)
		return err_set(e, ERR_PERM, "the file is cut off: no final dot");
	if (rest.n != 0)
		return qf_bad(&r, "something behind the final dot");
	if (!r.sender)
		return err_set(e, ERR_PERM, "no sender");
	if (q->nrcpt == 0)
		return err_set(e, ERR_PERM, "no recipient");
	/* A sendmail writes its reports down as from MAILER-DAEMON ($n), and sends them without a sender. */
	if (q->flags & QF_RESPONSE && str_chr(q->sender, '@') == SIZE_MAX) {
		q->sender = STR("");
		q->sender_given = STR_NONE;
	}
	if (r.by)
		q->deliver_by = q->created + r.by_after;
	return 0;
}
