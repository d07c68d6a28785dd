/*
 * milter_change - what a filter wants changed at the end of a message, done to the envelope.
 *
 * Header fields are counted as sendmail counts them.  For insertions: the configuration's H lines in their order, Return-Path: apart and those
 * that this message has not included, then the message's own.  For changes: fields of that name which the client or a filter put there;
 * deleted ones keep their number.  A value cannot smuggle in a field of another name: its line breaks are folded.
 */
#include "milter_int.h"

#include <unistd.h>

#include "base/log.h"
#include "resolve.h"
#include "wire/smtp_cmd.h"
#include "wire/smtp_reply.h"

#define MILTER_CHANGES_MAX	((size_t)4 << 20)	/* octets of headers, recipients and so on that all filters of a message may ask for */

/* ---- the header as a list with places for what is not there ---- */

static struct milter_hdr *
milter_hdr_insert(struct milter_work *w, size_t at)
{
	if (w->n == w->size) {
		size_t size = w->size == 0 ? 32 : w->size * 2;
		struct milter_hdr *v = ARENA_ARRAY(w->e->arena, struct milter_hdr, size);

		if (w->n > 0)
			memcpy(v, w->v, w->n * sizeof *v);
		w->v = v;
		w->size = size;
	}
	if (at > w->n)
		at = w->n;
	memmove(w->v + at + 1, w->v + at, (w->n - at) * sizeof *w->v);
	w->n++;
	memset(&w->v[at], 0, sizeof w->v[at]);
	return &w->v[at];
}

static bool
milter_is(const struct milter_hdr *h, struct str name)
{
	return str_caseeq(h->h.name, name);
}

/* The fields in front that are ours stand in the order of the configuration: each of its rows gets a place. */
void
milter_work_begin(struct milter_work *w, struct env *e)
{
	size_t made = e->hdr_made, next = 0;
	struct milter_hdr *h;

	memset(w, 0, sizeof *w);
	w->e = e;
	for (size_t i = 0; i < e->conf->nheaders; i++) {
		const struct conf_header *c = &e->conf->headers[i];

		if (c->is_default || str_is_none(c->template))
			continue;
		h = milter_hdr_insert(w, w->n);
		h->made = true;
		h->gone = !(next < made && str_caseeq(e->qf.hdr[next].name, c->name));
		if (h->gone) {
			h->h.name = c->name;
			h->h.flags = env_hdr_flags(e, c);
		} else
			h->h = e->qf.hdr[next++];
	}
	for (; next < e->qf.nhdr; next++) {
		h = milter_hdr_insert(w, w->n);
		h->h = e->qf.hdr[next];
		h->made = next < made;
	}
}

void
milter_work_end(struct milter_work *w)
{
	struct env *e = w->e;

	if (!w->changed)
		return;
	e->qf.hdr = NULL;
	e->qf.nhdr = 0;
	for (size_t i = 0; i < w->n; i++)
		if (!w->v[i].gone)
			*qf_add_hdr(&e->qf, e->arena) = w->v[i].h;
}

/* ---- header fields ---- */

static bool
milter_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == ':')
			return false;
	return name.n > 0 && name.n < 1000;
}

/* A value for the envelope: CR and other control bytes go, a line break that is no fold becomes one; a blank in front unless the filter sees to it. */
static struct str
milter_value(const struct milter *m, struct arena *a, struct str s)
{
	char *p = arena_bytes(a, 2 * s.n + 2);
	size_t n = 0;

	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	if ((m->steps & MILTER_P_HDR_LEADSPC) == 0)
		p[n++] = ' ';
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\n') {
			p[n++] = '\n';
			if (i + 1 == s.n || !chr_is_blank(s.p[i + 1]))
				p[n++] = '\t';
		} else if (c == '\t' || (c >= ' ' && c != 0x7f))
			p[n++] = (char)c;
	}
	p[n] = '\0';
	return str_mem(p, n);
}

static void
milter_hdr_fill(const struct milter *m, struct milter_work *w, struct milter_hdr *h, const struct milter_pkt *k)
{
	h->h.name = arena_str(w->e->arena, k->s[0]);
	h->h.value = milter_value(m, w->e->arena, k->s[1]);
	w->changed = true;
}

/* In front of the first of its name, or at the end. */
static void
milter_hdr_add(const struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	size_t at = 0;

	while (at < w->n && (!milter_is(&w->v[at], k->s[0]) || (w->v[at].made && w->v[at].gone)))
		at++;
	milter_hdr_fill(m, w, milter_hdr_insert(w, at), k);
}

static bool
milter_change_add(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	/* one that the configuration adds for want of another is this one then, and stays one of its kind */
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].made && !str_is_none(w->v[i].h.flags) && milter_is(&w->v[i], k->s[0])) {
			milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) change: default header %.*s value with %.*s", STR_ARG(m->f->name), STR_ARG(k->s[0]),
			    STR_ARG(k->s[1]));
			w->v[i].h.value = milter_value(m, w->e->arena, k->s[1]);
			w->v[i].gone = false;
			w->changed = true;
			return true;
		}
	milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) add: header: %.*s: %.*s", STR_ARG(m->f->name), STR_ARG(k->s[0]), STR_ARG(k->s[1]));
	milter_hdr_add(m, w, k);
	return true;
}

static bool
milter_change_insert(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	size_t at = 0, n = k->n[0];

	milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) insert (%u): header: %.*s: %.*s", STR_ARG(m->f->name), k->n[0], STR_ARG(k->s[0]), STR_ARG(k->s[1]));
	if (w->n > 0 && w->v[0].made && milter_is(&w->v[0], STR("Return-Path")))
		at = 1;
	milter_hdr_fill(m, w, milter_hdr_insert(w, n < w->n - at ? at + n : w->n), k);
	return true;
}

/* The field that a change means: the index-th of the name that is not ours; without any, ours, but for Received:. */
static struct milter_hdr *
milter_hdr_find(struct milter_work *w, struct str name, uint32_t index)
{
	struct milter_hdr *own = NULL;
	uint32_t seen = 0;

	if (index == 0)
		index = 1;
	for (size_t i = 0; i < w->n; i++) {
		struct milter_hdr *h = &w->v[i];

		if (!milter_is(h, name))
			continue;
		if (!h->made) {
			if (++seen == index)
				return h;
		} else if (!h->gone && !str_caseeq(name, STR("Received")))
			own = h;
	}
	return seen == 0 && index == 1 ? own : NULL;
}

static bool
milter_change_header(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	struct milter_hdr *h = milter_hdr_find(w, k->s[0], k->n[0]);
	struct str name = k->s[0], who = m->f->name;

	if (h == NULL && k->s[1].n == 0)
		milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) delete (noop): header: %.*s", STR_ARG(who), STR_ARG(name));
	else if (h == NULL) {
		milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) change (add): header: %.*s: %.*s", STR_ARG(who), STR_ARG(name), STR_ARG(k->s[1]));
		milter_hdr_add(m, w, k);
	} else if (k->s[1].n == 0) {
		milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) delete: header%s %.*s:%.*s", STR_ARG(who), h->made ? " (default header)" : "", STR_ARG(name),
		    STR_ARG(h->gone ? STR("<NULL>") : h->h.value));
		h->gone = w->changed = true;
	} else {
		milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) change: header%s %.*s: from %.*s to %.*s", STR_ARG(who), h->made ? " (default header)" : "",
		    STR_ARG(name), STR_ARG(h->h.value), STR_ARG(k->s[1]));
		h->h.value = milter_value(m, w->e->arena, k->s[1]);
		h->gone = false;
		w->changed = true;
	}
	return true;
}

/* ---- sender and recipients ---- */

static struct str
milter_bare(struct str addr)
{
	addr = str_trim(addr);
	if (addr.n >= 2 && addr.p[0] == '<' && addr.p[addr.n - 1] == '>')
		addr = str_sub(addr, 1, addr.n - 1);
	return addr;
}

static bool
milter_change_rcpt_add(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	struct smtp_rcpt r;
	struct smtp_bad bad;
	struct resolved to;
	struct str arg, given = str_trim(k->s[0]), addr = milter_bare(given);
	unsigned notify = 0;

	if (addr.n == 0)
		return true;
	milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) add: rcpt: %.*s", STR_ARG(m->f->name), STR_ARG(given));
	arg = arena_fmt(w->e->arena, "TO:<%.*s> %.*s", STR_ARG(addr), STR_ARG(str_is_none(k->s[1]) ? STR("") : k->s[1]));
	if (smtp_rcpt_parse(w->e->arena, arg, SMTP_EXT_ALL, &r, &bad) == -1) {
		milter_log(l, 5, LOG_P_NOTICE, "Milter (%.*s) add: rcpt: %.*s: %d %s %s", STR_ARG(m->f->name), STR_ARG(given), bad.code, bad.dsn, bad.text);
		return true;
	}
	if (resolve_addr(w->e->ctx, w->e->conf, r.path.addr, RESOLVE_RCPT, &to) == -1 || (to.kind == RES_ERROR && to.ex != 75)) {
		milter_log(l, 5, LOG_P_NOTICE, "Milter (%.*s) add: rcpt: %.*s: %.*s", STR_ARG(m->f->name), STR_ARG(given), STR_ARG(to.text));
		return true;
	}
	if (r.notify & SMTP_NOTIFY_GIVEN)
		notify = QR_NOTIFY | (r.notify & SMTP_NOTIFY_SUCCESS ? QR_SUCCESS : 0u) | (r.notify & SMTP_NOTIFY_FAILURE ? QR_FAILURE : 0u) |
			 (r.notify & SMTP_NOTIFY_DELAY ? QR_DELAY : 0u);
	if (to.kind == RES_MAILER && to.user.n == 0) {
		milter_log(l, 5, LOG_P_NOTICE, "Milter (%.*s) add: rcpt: %.*s: no address", STR_ARG(m->f->name), STR_ARG(given));
		return true;
	}
	if (to.kind != RES_DISCARD && env_add_rcpt(w->e, r.path.addr, STR_NONE, notify, r.orcpt) == ENV_RCPT_FULL) {
		milter_log(l, 0, LOG_P_ERR, "Milter (%.*s) add: rcpt: %.*s: too many recipients", STR_ARG(m->f->name), STR_ARG(given));
		return false;
	}
	return true;
}

static bool
milter_change_rcpt_delete(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	size_t n = env_del_rcpt(w->e, milter_bare(k->s[0]));

	milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) delete: rcpt %.*s, naddrs=%zu", STR_ARG(m->f->name), STR_ARG(k->s[0]), n);
	return true;
}

static bool
milter_change_sender(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	struct str given = str_trim(k->s[0]), addr = milter_bare(given), arg;
	struct env *e = w->e;
	struct resolved r;
	struct smtp_mail p;
	struct smtp_bad bad;

	if (given.n == 0)
		return true;
	milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) chgfrom: %.*s", STR_ARG(m->f->name), STR_ARG(given));
	if (resolve_addr(e->ctx, e->conf, addr.n > 0 ? addr : STR("<>"), RESOLVE_SENDER, &r) == -1 || (r.kind == RES_ERROR && r.ex != 75)) {
		milter_log(l, 5, LOG_P_NOTICE, "Milter (%.*s) chgfrom: %.*s: %.*s", STR_ARG(m->f->name), STR_ARG(given), STR_ARG(r.text));
		return true;
	}
	if (addr.n > 0 && r.kind == RES_MAILER && r.user.n == 0) {
		milter_log(l, 5, LOG_P_NOTICE, "Milter (%.*s) chgfrom: %.*s: no address", STR_ARG(m->f->name), STR_ARG(given));
		return true;
	}
	env_set_sender(e, addr, r.kind == RES_MAILER ? &r : NULL);
	if (str_is_none(k->s[1]))
		return true;
	arg = arena_fmt(w->e->arena, "FROM:<%.*s> %.*s", STR_ARG(addr), STR_ARG(k->s[1]));
	if (smtp_mail_parse(w->e->arena, arg, SMTP_EXT_ALL, &p, &bad) == -1) {
		milter_log(l, 5, LOG_P_NOTICE, "Milter (%.*s) chgfrom: %.*s: %d %s %s", STR_ARG(m->f->name), STR_ARG(given), bad.code, bad.dsn, bad.text);
		return true;
	}
	if (p.ret != SMTP_RET_NONE) {
		e->qf.flags &= ~(unsigned)QF_NO_BODY_RET;
		e->qf.flags |= QF_RET_HDRS | (p.ret == SMTP_RET_HDRS ? QF_NO_BODY_RET : 0u);
	}
	if (!str_is_none(p.envid) && p.envid.n > 0)
		e->qf.envid = arena_str(e->arena, p.envid);
	return true;
}

/* ---- body, quarantine ---- */

static bool
milter_change_body(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	struct body *b = &w->e->body;
	struct str s = k->rest;

	if (!w->replacing) {
		w->replacing = w->torn = true;
		body_reset(b);
		milter_log(l, 9, LOG_P_INFO, "Milter (%.*s) message: body replaced", STR_ARG(m->f->name));
	}
	if (str_eq_c(w->e->qf.body, "BINARYMIME")) {	/* kept octet for octet */
		body_add(b, s);
		s = STR("");
	}
	for (size_t i = 0, from = 0; i <= s.n; i++) {
		if (i < s.n && (unsigned char)s.p[i] >= 0x80)
			w->e->qf.flags |= QF_HAS8BIT;
		if (w->cr && i < s.n) {		/* a CR that waited: a line end, or itself */
			if (s.p[i] != '\n')
				body_add(b, STR("\r"));
			w->cr = false;
		}
		if (i == s.n || s.p[i] == '\r') {
			body_add(b, str_sub(s, from, i));
			from = i + 1;
			w->cr = i < s.n;
		}
	}
	if (!b->failed)
		return true;
	milter_log(l, 0, LOG_P_ERR, "Milter (%.*s): the new body cannot be written: %s", STR_ARG(m->f->name), b->err.text);
	return false;
}

void
milter_change_end(struct milter_work *w)
{
	if (!w->replacing)
		return;
	if (w->cr)
		body_add(&w->e->body, STR("\r"));
	(void)body_finish(&w->e->body, NULL);
	w->torn = w->cr = false;
}

static bool
milter_change_quarantine(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	milter_log(l, 4, LOG_P_INFO, "milter=%.*s, quarantine=%.*s", STR_ARG(m->f->name), STR_ARG(k->s[0]));
	w->e->qf.quarantine = smtp_clean(w->e->arena, k->s[0].n > 0 ? str_first(k->s[0], 500) : STR("filter"));
	(void)rule_macro_set(w->e->ctx, STR("quarantine"), w->e->qf.quarantine);
	m->n[MILTER_N_QUARANTINE]++;
	return true;
}

static const struct milter_change {
	char		 letter;
	bool		 named;		/* s[0] is the name of a header */
	uint32_t	 right;
	const char	*lie;
	bool		(*run)(struct milters *, struct milter *, struct milter_work *, const struct milter_pkt *);
} changes[] = {
	{ 'h', true, MILTER_A_ADDHDRS, ": lied about adding headers", milter_change_add },
	{ 'i', true, MILTER_A_ADDHDRS, ": lied about adding headers", milter_change_insert },
	{ 'm', true, MILTER_A_CHGHDRS, ": lied about changing headers", milter_change_header },
	{ '+', false, MILTER_A_ADDRCPT, " lied about adding recipients", milter_change_rcpt_add },
	{ '2', false, MILTER_A_ADDRCPT_PAR, " lied about adding recipients with parameters", milter_change_rcpt_add },
	{ '-', false, MILTER_A_DELRCPT, ": lied about removing recipients", milter_change_rcpt_delete },
	{ 'e', false, MILTER_A_CHGFROM, " lied about changing sender", milter_change_sender },
	{ 'b', false, MILTER_A_CHGBODY, ": lied about replacing body", milter_change_body },
	{ 'q', false, MILTER_A_QUARANTINE, ": lied about quarantining", milter_change_quarantine },
};

bool
milter_change(struct milters *l, struct milter *m, struct milter_work *w, const struct milter_pkt *k)
{
	const struct milter_change *c = changes;

	while (c->letter != k->letter)
		if (++c == changes + sizeof changes / sizeof changes[0])
			return false;
	w->octets += k->s[0].n + k->s[1].n + 128;
	if (w->octets > MILTER_CHANGES_MAX && k->letter != 'b') {
		milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): too many changes", STR_ARG(m->f->name));
		return false;
	}
	m->n[MILTER_N_CHANGES] += !(m->state == MILTER_INMSG && k->letter == 'b' && w->replacing);
	if (m->shadow) {
		milter_log(l, 8, LOG_P_INFO, "milter=%.*s, action=eom, shadow, change %c: %.*s", STR_ARG(m->f->name), k->letter, STR_ARG(str_first(k->s[0], 200)));
		return true;
	}
	if ((m->actions & c->right) == 0) {
		milter_log(l, c->letter == 'b' ? 1 : 10, LOG_P_WARNING, "milter_data(%.*s)%s, %s", STR_ARG(m->f->name), c->lie,
		    c->letter == 'b' ? "rejecting request and tempfailing message" : "honoring request anyway");
		if (c->letter == 'b')
			return m->lied = true;
	}
	if (c->named && !milter_name_ok(k->s[0])) {
		milter_log(l, 0, LOG_P_ERR, "Milter (%.*s): \"%.*s\" is no name of a header", STR_ARG(m->f->name), STR_ARG(str_first(k->s[0], 100)));
		return true;
	}
	return c->run(l, m, w, k);
}
