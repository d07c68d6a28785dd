/*
 * mbox_scan - the messages in an mbox's text; see mbox_scan.h.
 */
#include "base/num.h"
#include "store/mbox_scan.h"

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static const struct { const char *name; int what; } hidden[] = {
	{ "Status:", 1 }, { "X-Status:", 2 }, { "X-Keywords:", 3 }, { "X-UID:", 3 }, { "X-IMAP:", 3 }, { "X-IMAPbase:", 3 },
};

static int
word_in(struct str w, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (str_eq_c(w, list[i]))
			return i;
	return -1;
}

/* hh:mm or hh:mm:ss */
static bool
scan_clock(struct str w, struct tm *tm)
{
	struct str	h, m, s = w;

	tm->tm_sec = 0;
	if (!str_split(&s, ':', &h) || !str_split(&s, ':', &m) || num_int(h, 0, 23, &tm->tm_hour) == -1 || num_int(m, 0, 59, &tm->tm_min) == -1)
		return false;
	return str_is_none(s) || num_int(s, 0, 60, &tm->tm_sec) == 0;
}

/* What stands behind a weekday: month, day, time, perhaps a zone, year. */
static bool
scan_date(struct str rest, struct tm *tm)
{
	struct str	w;
	int		year;

	if (!str_word(&rest, &w) || (tm->tm_mon = word_in(w, months, 12)) == -1 || !str_word(&rest, &w) || num_int(w, 1, 31, &tm->tm_mday) == -1 ||
	    !str_word(&rest, &w) || !scan_clock(w, tm))
		return false;
	for (int i = 0; i < 3 && str_word(&rest, &w); i++)
		if (w.n == 4 && num_int(w, 1900, 9999, &year) == 0) {
			tm->tm_year = year - 1900;
			return true;
		}
	return false;
}

/* "From sender Sun Nov 22 03:02:36 2026": the date, or false. */
static bool
mbox_from_line(struct str s, struct tm *tm)
{
	struct str	w;

	if (!str_starts(s, STR("From ")))
		return false;
	s = str_from(s, 5);
	while (str_word(&s, &w)) {
		memset(tm, 0, sizeof *tm);
		tm->tm_isdst = -1;
		if (w.n == 3 && (tm->tm_wday = word_in(w, days, 7)) != -1 && scan_date(s, tm))
			return true;
	}
	return false;
}

int
mbox_hidden(struct str line)
{
	if (line.n == 0 || (chr_lower(line.p[0]) != 's' && chr_lower(line.p[0]) != 'x'))
		return 0;
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (str_casestarts(line, str_c(hidden[i].name)))
			return hidden[i].what;
	return 0;
}

void
mbox_scan_init(struct mbox_scan *s, uint64_t at, int (*found)(void *, const struct mbox_msg *), void *arg)
{
	memset(s, 0, sizeof *s);
	s->found = found;
	s->arg = arg;
	s->at = s->line_at = at;
	s->was_empty = true;
}

static void
scan_digest(struct mbox_scan *s, struct str x)
{
	uint64_t	h = s->m.digest;

	for (size_t i = 0; i < x.n; i++)
		h = (h ^ (unsigned char)x.p[i]) * UINT64_C(0x100000001b3);
	s->m.digest = h;
}

/* The message ends at `end`; what follows begins at `next`. */
static int
scan_finish(struct mbox_scan *s, uint64_t next)
{
	struct mbox_msg	*m = &s->m;

	if (!s->in_msg)
		return 0;
	s->in_msg = false;
	m->place.next = next;
	m->place.end = next;
	if (s->was_empty) {			/* the separating line */
		m->place.end = s->empty_at;
		if (m->wire >= 2)
			m->wire -= 2;
	}
	if (s->in_head || m->place.body > m->place.end)
		m->place.body = m->place.end;
	for (uint64_t w = m->wire; w != 0; w >>= 8) {
		char	c = (char)(w & 0xff);

		scan_digest(s, str_mem(&c, 1));
	}
	if (s->found(s->arg, m) == -1) {
		s->stopped = true;
		return -1;
	}
	return 0;
}

static void
scan_start(struct mbox_scan *s, const struct tm *tm)
{
	memset(&s->m, 0, sizeof s->m);
	s->m.tm = *tm;
	s->m.digest = UINT64_C(0xcbf29ce484222325);
	s->m.place.from = s->line_at;
	s->m.place.head = s->line_at + s->len;
	s->in_msg = s->in_head = true;
	s->hidden = s->was_empty = false;
	s->nhidden = 0;
}

static void
scan_status(struct mbox_scan *s, struct str line, int what)
{
	static const struct { char c; uint32_t flag; } letters[2][5] = {
		{ { 'R', STORE_SEEN } },
		{ { 'A', STORE_ANSWERED }, { 'F', STORE_FLAGGED }, { 'D', STORE_DELETED }, { 'T', STORE_DRAFT } },
	};
	struct mbox_place	*p = &s->m.place;
	size_t			 colon = str_chr(line, ':') + 1;
	struct str		 value = str_from(line, colon);
	uint64_t		 at = s->line_at + colon, *off = what == 1 ? &p->status : &p->xstatus;

	while (value.n > 0 && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
		value.n--;
	for (size_t i = 0; i < value.n; i++)
		for (size_t k = 0; k < 5; k++)
			if (letters[what - 1][k].c == value.p[i] && value.p[i] != '\0')
				s->m.flags |= letters[what - 1][k].flag;
	if (*off != 0 || value.n > 255 || value.n == 0 || value.p[0] != ' ') {
		p->odd = true;
		return;
	}
	*off = at + 1;
	*(what == 1 ? &p->status_len : &p->xstatus_len) = (uint16_t)(value.n - 1);
}

static void
scan_head_line(struct mbox_scan *s, struct str line, bool empty)
{
	int	what = 0;

	if (empty) {
		s->in_head = s->hidden = false;
		s->m.place.body = s->line_at + s->len;
		return;
	}
	if (line.n > 0 && chr_is_blank(line.p[0])) {
		if (s->hidden)
			s->m.place.odd = true;
		return;
	}
	s->hidden = false;
	if ((what = mbox_hidden(line)) != 0 && s->nhidden < MBOX_HIDDEN_MAX) {
		s->hidden = true;
		s->nhidden++;
		if (str_casestarts(line, STR("X-IMAP:")))
			s->m.internal = s->m.place.from == 0;
		if (what < 3)
			scan_status(s, line, what);
	}
}

/* A whole line is known: its place, length and first bytes. */
static int
scan_line(struct mbox_scan *s, bool complete)
{
	struct str	line = str_mem(s->line, s->have);
	bool		empty = complete && (s->len == 1 || (s->len == 2 && s->line[0] == '\r'));
	struct tm	tm;

	if (s->was_empty && s->have > 5 && mbox_from_line(str_rtrim(str_first(line, str_chr(line, '\n'))), &tm)) {	/* CRLF: it was brought from elsewhere */
		if (scan_finish(s, s->line_at) == -1)
			return -1;
		scan_start(s, &tm);
		return 0;
	}
	if (!s->in_msg) {
		if (empty)
			return 0;		/* empty lines before the first message */
		s->bad = true;
		return -1;
	}
	if (s->in_head)
		scan_head_line(s, line, empty);
	if (s->in_head && !s->hidden)
		scan_digest(s, line);
	if (!s->hidden)
		s->m.wire += s->len + (complete && s->last != '\r');
	s->was_empty = empty;
	if (empty)
		s->empty_at = s->line_at;
	return 0;
}

int
mbox_scan_feed(struct mbox_scan *s, const char *p, size_t n)
{
	while (n > 0) {
		const char	*nl = memchr(p, '\n', n);
		size_t		 k = nl == NULL ? n : (size_t)(nl - p) + 1, keep = MBOX_LINE - s->have;

		if (s->stopped || s->bad)
			return -1;
		if (keep > k)
			keep = k;
		memcpy(s->line + s->have, p, keep);
		s->have += keep;
		s->len += k;
		if (nl != NULL) {
			if (k >= 2)
				s->last = nl[-1];
			if (s->len == 1)
				s->last = '\0';
			if (scan_line(s, true) == -1)
				return -1;
			s->line_at = s->at + k;
			s->have = 0;
			s->len = 0;
			s->last = '\0';
		} else
			s->last = p[n - 1];
		s->at += k;
		p += k;
		n -= k;
	}
	return 0;
}

int
mbox_scan_end(struct mbox_scan *s)
{
	if (s->stopped || s->bad)
		return -1;
	if (s->len > 0) {
		s->last = '\r';			/* no newline: nothing is added for it */
		if (scan_line(s, false) == -1)
			return -1;
		s->was_empty = false;
		s->len = 0;
	}
	return scan_finish(s, s->at);
}
