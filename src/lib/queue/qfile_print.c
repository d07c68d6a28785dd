/*
 * qfile_print - write queue control (qf) files, in the order of lines that sendmail uses.
 *
 * What cannot be written so that it reads back the same (a line break in an address, say) is refused: better no file than a wrong one.
 */
#include "base/enc.h"
#include "queue/qfile.h"
#include "queue/queue_int.h"

struct qf_writer {
	struct buf	*b;
	struct err	*e;
	bool		 bad;
	struct str	 why;		/* the last that was written */
	size_t		 why_room, text_room;
	bool		 finals;	/* final recipients, too */
};

static bool
qf_refuse(struct qf_writer *w, const char *what, struct str name, const char *why)
{
	if (!w->bad)
		err_set(w->e, ERR_PERM, "%s%s%.*s %s", what, name.n == 0 ? "" : " ", (int)(name.n < 60 ? name.n : 60), name.n == 0 ? "" : name.p, why);
	w->bad = true;
	return false;
}

/* The line that is being written, its letter not counted, is one that can be read again. */
static bool
qf_fits(struct qf_writer *w, size_t begin, const char *what, struct str name)
{
	if (w->b->n - begin <= QF_VALUE_MAX + 1)
		return true;
	return qf_refuse(w, what, name, "is too long for the queue");
}

static bool
qf_plain(struct qf_writer *w, const char *what, struct str v)
{
	if (str_chr(v, '\n') == SIZE_MAX && !str_has_nul(v))
		return true;
	return qf_refuse(w, what, STR_NONE, "holds a line break or NUL");
}

/* One line, unless there is nothing to say. */
static void
qf_put(struct qf_writer *w, char letter, const char *what, struct str v)
{
	size_t begin = w->b->n;

	if (v.n == 0 || !qf_plain(w, what, v))
		return;
	buf_addch(w->b, letter);
	buf_add(w->b, v);
	(void)qf_fits(w, begin, what, STR_NONE);
	buf_addch(w->b, '\n');
}

static void
qf_put_text(struct qf_writer *w, char letter, struct str v)
{
	v = str_first(v, v.n < w->text_room ? v.n : w->text_room);
	if (v.n == 0)
		return;
	w->text_room -= v.n;
	buf_addch(w->b, letter);
	for (size_t i = 0; i < v.n; i++)
		buf_addch(w->b, v.p[i] == '\n' || v.p[i] == '\0' ? ' ' : v.p[i]);
	buf_addch(w->b, '\n');
}

static void
qf_put_xtext(struct qf_writer *w, char letter, const char *what, struct str v)
{
	size_t begin = w->b->n;

	if (v.n == 0 || !qf_plain(w, what, v))
		return;
	buf_addch(w->b, letter);
	enc_xtext(w->b, v);
	(void)qf_fits(w, begin, what, STR_NONE);
	buf_addch(w->b, '\n');
}

static void
qf_put_letters(struct qf_writer *w, const struct qf_letter *t, unsigned flags)
{
	for (; t->letter != 0; t++)
		if (flags & t->flag)
			buf_addch(w->b, t->letter);
}

static void
qf_put_flags(struct qf_writer *w, unsigned f)
{
	if (f == 0)
		return;
	buf_addch(w->b, 'F');
	qf_put_letters(w, qf_env_letters, f);
	buf_addch(w->b, '\n');
}

static void
qf_put_macro(struct qf_writer *w, const struct qf_macro *m)
{
	size_t begin = w->b->n;

	if (!qf_plain(w, "a macro's name", m->name) || !qf_plain(w, "a macro", m->value))
		return;
	if (m->name.n == 0 || str_chr(m->name, '}') != SIZE_MAX)
		return;
	if (m->name.n == 1 && m->name.p[0] != '{')
		buf_addf(w->b, "$%c", m->name.p[0]);
	else
		buf_addf(w->b, "${%.*s}", STR_ARG(m->name));
	buf_add(w->b, m->value);
	(void)qf_fits(w, begin, "the macro", m->name);
	buf_addch(w->b, '\n');
}

static void
qf_put_quoted(struct buf *b, struct str v)
{
	buf_addch(b, '"');
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] == '"' || v.p[i] == '\\')
			buf_addch(b, '\\');
		buf_addch(b, v.p[i]);
	}
	buf_addch(b, '"');
}

/* Does this address under a C line need quotes? */
static bool
qf_needs_quotes(struct str v)
{
	if (v.p[0] == '|' || v.p[0] == ':')
		return true;
	if (v.p[0] == '"')
		return v.n > 1 && strchr("|/:\\", v.p[1]) != NULL;
	if (v.p[0] != '/')
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!chr_is_alnum(v.p[i]) && strchr("/._-+=@%", v.p[i]) == NULL)
			return true;
	return false;
}

/* What is shown must be what is meant. */
static void
qf_put_address(struct qf_writer *w, struct str given, struct str addr)
{
	if (given.n > 0 && str_find(given, addr) != SIZE_MAX && qf_plain(w, "an address", given))
		buf_add(w->b, given);
	else
		buf_addf(w->b, "<%.*s>", STR_ARG(addr));
}

static bool
qf_same_control(const struct qf_rcpt *a, const struct qf_rcpt *b)
{
	if (a == NULL)
		return b->ctl_alias.n == 0;
	return str_eq(a->ctl_alias, b->ctl_alias) && str_eq(a->ctl_user, b->ctl_user) &&
	    a->ctl_uid == b->ctl_uid && a->ctl_gid == b->ctl_gid;
}

static void
qf_put_control(struct qf_writer *w, const struct qf_rcpt *r)
{
	size_t begin = w->b->n;

	if (r->ctl_alias.n == 0) {
		buf_addc(w->b, "C\n");
		return;
	}
	if (!qf_plain(w, "a controlling user", r->ctl_user) || !qf_plain(w, "an alias", r->ctl_alias))
		return;
	if (r->ctl_user.n == 0)
		buf_addf(w->b, "C:%.*s\n", STR_ARG(r->ctl_alias));
	else
		buf_addf(w->b, "C%.*s:%lu:%lu:%.*s\n", STR_ARG(r->ctl_user), (unsigned long)r->ctl_uid,
		    (unsigned long)r->ctl_gid, STR_ARG(r->ctl_alias));
	(void)qf_fits(w, begin, "an alias", STR_NONE);
}

/* The decision about this recipient and those behind it, where it is another one. */
static void
qf_put_why(struct qf_writer *w, struct str v)
{
	v = str_first(v, v.n < QF_WHY_MAX ? v.n : QF_WHY_MAX);
	if (v.n > w->why_room)
		v = STR_NONE;
	if (str_eq(v, w->why))
		return;
	w->why = v;
	w->why_room -= v.n;
	buf_addc(w->b, "${" QF_WHY "}");
	for (size_t i = 0; i < v.n; i++)
		buf_addch(w->b, v.p[i] == '\n' || v.p[i] == '\0' ? ' ' : v.p[i]);
	buf_addch(w->b, '\n');
}

static void
qf_put_rcpt(struct qf_writer *w, const struct qf_rcpt *r, const struct qf_rcpt *before)
{
	size_t begin;

	if (r->addr.n == 0) {
		(void)qf_refuse(w, "a recipient", STR_NONE, "is empty");
		return;
	}
	if (!qf_plain(w, "a recipient", r->addr))
		return;
	if (!qf_same_control(before, r))
		qf_put_control(w, r);
	qf_put_why(w, r->why);
	qf_put_text(w, 'M', r->text);
	qf_put_xtext(w, 'Q', "ORCPT=", r->orcpt);
	if (w->finals)
		qf_put(w, 'r', "a final recipient", r->final);
	begin = w->b->n;
	buf_addch(w->b, 'R');
	qf_put_letters(w, qf_rcpt_letters, r->flags);
	buf_addch(w->b, ':');
	if (r->ctl_alias.n == 0 || !(r->addr.p[0] == '/' || qf_needs_quotes(r->addr)))
		qf_put_address(w, r->given, r->addr);
	else if (qf_needs_quotes(r->addr))
		qf_put_quoted(w->b, r->addr);
	else
		buf_add(w->b, r->addr);
	(void)qf_fits(w, begin, "a recipient", STR_NONE);
	buf_addch(w->b, '\n');
}

/* As a reader takes it. */
static bool
qf_is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || (unsigned char)name.p[i] >= 0x7f || name.p[i] == ':')
			return false;
	return name.n > 0;
}

/* A value that breaks lines only where a blank follows. */
static bool
qf_folded(struct str v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '\0' || (v.p[i] == '\n' && (i + 1 == v.n || !chr_is_blank(v.p[i + 1]))))
			return false;
	return true;
}

static void
qf_put_header(struct qf_writer *w, const struct qf_hdr *h)
{
	if (!qf_folded(h->value) || !qf_is_name(h->name) || !qf_plain(w, "a header's flags", h->flags) || str_chr(h->flags, '?') != SIZE_MAX) {
		(void)qf_refuse(w, "a header field", STR_NONE, "that cannot be written");
		return;
	}
	buf_addf(w->b, "H?%.*s?%.*s:", STR_ARG(h->flags), STR_ARG(h->name));
	for (size_t i = 0, plain = 0; i <= h->value.n; i++) {
		unsigned char c = i < h->value.n ? (unsigned char)h->value.p[i] : 0xff;

		if (c != 0xff && (c < 0x80 || c > 0x9f || (h->macros && c == 0x81)))
			continue;
		buf_add(w->b, str_sub(h->value, plain, i));
		if (i < h->value.n)
			buf_addch(w->b, QF_META);
		plain = i;
	}
	buf_addch(w->b, '\n');
}

/* With that much of texts for people, and perhaps without what reports would call those of whom they tell. */
static int
qf_print(const struct qf *q, struct buf *b, size_t texts, bool finals, struct err *e)
{
	struct qf_writer	 w = { .b = b, .e = e, .why_room = texts < QF_WHY_ALL ? texts : QF_WHY_ALL, .text_room = texts, .finals = finals };
	const struct qf_rcpt	*before = NULL;

	buf_addf(b, "V8\nT%lld\nK%lld\nN%d\nP%lld\n", (long long)q->created, (long long)q->last_try, q->tries, (long long)q->priority);
	if (q->ino != 0)
		buf_addf(b, "I%llu/%llu/%llu\n", (unsigned long long)q->dev_major, (unsigned long long)q->dev_minor,
		    (unsigned long long)q->ino);
	qf_put(&w, 'B', "the body type", q->body);
	qf_put_text(&w, 'M', q->reason);
	qf_put_flags(&w, q->flags);
	for (size_t i = 0; i < q->nmacro; i++)
		qf_put_macro(&w, &q->macro[i]);
	qf_put(&w, 'G', "the queue group", q->group);
	qf_put(&w, 'd', "the df folder", q->df_dir);
	qf_put(&w, 'X', "the character set", q->charset);
	qf_put_text(&w, 'q', q->quarantine);
	if (qf_plain(&w, "the sender", q->sender)) {
		size_t begin = b->n;

		buf_addch(b, 'S');
		qf_put_address(&w, q->sender_given, q->sender);
		(void)qf_fits(&w, begin, "the sender", STR_NONE);
		buf_addch(b, '\n');
	}
	qf_put_xtext(&w, 'Z', "ENVID=", q->envid);
	qf_put(&w, 'A', "AUTH=", q->auth);
	if (q->deliver_by != 0)
		buf_addf(b, "!%c %lld\n", (q->by_mode == 'R' ? 2 : 1) | (q->by_trace ? 16 : 0), (long long)(q->deliver_by - q->created));
	for (size_t i = 0; i < q->nrcpt; i++) {
		qf_put_rcpt(&w, &q->rcpt[i], before);
		before = &q->rcpt[i];
	}
	for (size_t i = 0; i < q->nhdr; i++)
		qf_put_header(&w, &q->hdr[i]);
	buf_addc(b, ".\n");
	if (q->nrcpt == 0 && !w.bad) {
		err_set(e, ERR_BUG, "no recipient");
		w.bad = true;
	}
	if (!w.bad && (!buf_ok(b) || b->n > QF_TEXT_MAX)) {
		err_set(e, ERR_TEMP, "the queue file would be too long");
		return 1;
	}
	return w.bad ? -1 : 0;
}

int
qfile_print(const struct qf *q, struct buf *b, struct err *e)
{
	size_t	begin = b->n;
	int	rc = qf_print(q, b, QF_TEXT_ALL, true, e);

	/* What others say of thousands of recipients must not keep us from writing down who is still owed the message, nor what reports would call them. */
	for (int finals = 1; rc == 1 && begin == 0 && finals >= 0; finals--) {
		buf_clear(b);
		if (e != NULL)
			err_clear(e);
		rc = qf_print(q, b, 0, finals == 1, e);
	}
	return rc == 0 ? 0 : -1;
}
