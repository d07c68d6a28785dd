/*
 * report - what became of each recipient, and what the sender must hear of it.
 *
 * Counting and deciding is done here; the text of a report is made by the route role (dsn.c) and comes back as a message to commit.  Only when
 * that is durable, or when it is clear that nobody wants a report, is a recipient taken out of the qf.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/num.h"
#include "base/status.h"
#include "hand.h"
#include "lease.h"
#include "maillog.h"

#define DAY	((int64_t)86400)

/* SoftBounce: what failed for good is tried again. */
static void
report_soften(const struct hand *w, struct result_rcpt *r)
{
	r->outcome = OUTCOME_DEFERRED;
	r->ex = EXIT_TEMPFAIL;
	if (r->status.n > 0 && r->status.p[0] == '5')
		r->status = arena_fmt(w->arena, "4%.*s", STR_ARG(str_from(r->status, 1)));
	r->text = arena_fmt(w->arena, "Deferred: %.*s", STR_ARG(r->text));
}

static void
report_note(struct hand *w, const struct attempt *a, const struct result_rcpt *r, struct str mta)
{
	struct rcpt_state	*st = &w->state[r->index];
	struct qf_rcpt		*q = &w->qf.rcpt[r->index];

	*st = (struct rcpt_state){
		.outcome = r->outcome, .status = r->status, .text = r->text, .reply = r->reply, .mta = r->mta.n > 0 ? r->mta : mta, .mailer = a == NULL ? STR_NONE : a->mailer,
		.relayed_dsn = r->relayed_dsn, .by = r->by,
		.local = a != NULL && a->mailer_index < w->s->conf->nmailers && mailer_has(&w->s->conf->mailers[a->mailer_index], 'l')
	};
	if (r->outcome == OUTCOME_DEFERRED) {
		q->text = r->text;
		w->qf.reason = r->text;
	} else if (r->outcome == OUTCOME_FAILED)
		w->s->failed_ex = r->ex >= EXIT_USAGE && r->ex <= EXIT_CONFIG ? r->ex : EXIT_UNAVAILABLE;
}

/* Whom an attempt's answer may speak of; without an attempt, of all. */
static void
report_asked(struct hand *w, const struct attempt *a, bool asked)
{
	for (size_t i = 0; a == NULL && i < w->qf.nrcpt; i++)
		w->state[i].asked = asked;
	for (size_t i = 0; a != NULL && i < a->nrcpt; i++)
		if (a->rcpt[i].index < w->qf.nrcpt)
			w->state[a->rcpt[i].index].asked = asked;
}

void
hand_results(struct hand *w, const struct attempt *a, const struct result_rcpt *r, size_t n, struct str relay, struct str mta, int64_t xdelay_ms)
{
	struct maillog_rcpt	*v = ARENA_ARRAY(w->arena, struct maillog_rcpt, n + 1);
	struct result_rcpt	*said = ARENA_ARRAY(w->arena, struct result_rcpt, n + 1);
	struct str		 mailer = a == NULL ? STR_NONE : a->mailer;
	size_t			 k = 0;

	/* An answer speaks of those it was asked for, each once, whatever it says. */
	report_asked(w, a, true);
	for (size_t i = 0; i < n; i++) {
		if (r[i].index >= w->qf.nrcpt || !w->state[r[i].index].asked)
			continue;
		said[i] = r[i];
		if (w->s->conf->opt.soft_bounce && r[i].outcome == OUTCOME_FAILED)
			report_soften(w, &said[i]);
		report_note(w, a, &said[i], mta);
		if (!str_eq_c(r[i].text, ROUTE_EXPANDED) && !str_eq_c(r[i].text, ROUTE_LISTED))	/* its members are told of */
			v[k++] = (struct maillog_rcpt){ &w->qf.rcpt[r[i].index], &said[i], false };
	}
	maillog_to(w->s->conf, &w->qf, v, k, mailer, relay, xdelay_ms);
	/* Nothing said about some of them: not delivered. */
	for (size_t i = 0; a != NULL && i < a->nrcpt; i++)
		if (a->rcpt[i].index < w->qf.nrcpt && w->state[a->rcpt[i].index].outcome == 0)
			w->state[a->rcpt[i].index].outcome = OUTCOME_DEFERRED;
	report_asked(w, a, false);
}

/* ---- time limits ---- */

enum conf_class_time
report_time_class(const struct qf *q)
{
	if ((q->flags & QF_RESPONSE) || q->sender.n == 0)
		return TO_DSN;
	switch (order_class(q)) {
	case ORDER_URGENT:	return TO_URGENT;
	case ORDER_NONURGENT:	return TO_NONURGENT;
	case ORDER_NORMAL:	break;
	}
	return TO_NORMAL;
}

/* "5 days", "4 hours", "30 minutes" */
static struct str
report_span(struct arena *m, int64_t s)
{
	if (s >= DAY && s % DAY == 0)
		return arena_fmt(m, "%" PRId64 " day%s", s / DAY, s == DAY ? "" : "s");
	if (s >= 3600)
		return arena_fmt(m, "%" PRId64 " hour%s", s / 3600, s / 3600 == 1 ? "" : "s");
	if (s >= 60)
		return arena_fmt(m, "%" PRId64 " minute%s", s / 60, s / 60 == 1 ? "" : "s");
	return arena_fmt(m, "%" PRId64 " second%s", s, s == 1 ? "" : "s");
}

bool
hand_late(const struct hand *w, int64_t now)
{
	return w->qf.deliver_by != 0 && w->qf.by_mode == 'R' && now > w->qf.deliver_by;
}

int64_t
hand_by(const struct hand *w, int64_t due)
{
	int64_t	by = w->qf.deliver_by + 1;

	return w->qf.deliver_by != 0 && by > spoold_now() && by < due ? by : due;
}

int64_t
hand_held(const struct qf *q)
{
	int64_t until;

	return num_i64(qf_macro(q, STR("hold_until")), 0, INT64_MAX / 2, &until) == 0 ? until : 0;
}

/* From when on its time in the queue counts. */
static int64_t
report_since(const struct hand *w)
{
	int64_t	held = hand_held(&w->qf);

	return held > w->qf.created ? held : w->qf.created;
}

/* "now" is for mail that waits in the queue already: what is new, as the report about it, is tried. */
bool
hand_gives_up(const struct hand *w)
{
	return !w->m->fresh && w->s->conf->opt.timeout.queuereturn[report_time_class(&w->qf)] == CONF_NOW;
}

/* Recipients that have waited too long have failed. */
static void
report_give_up(struct hand *w, int64_t now)
{
	const struct conf_timeouts *t = &w->s->conf->opt.timeout;
	int64_t		limit = t->queuereturn[report_time_class(&w->qf)];
	bool		late = hand_late(w, now);
	struct str	text;

	if (!late && !hand_gives_up(w) && (limit < 0 || now - report_since(w) < limit))
		return;
	text = late ? STR("delivery time expired") : limit == CONF_NOW ? STR("Message could not be delivered for too long") :
	    arena_fmt(w->arena, "Message could not be delivered for %.*s", STR_ARG(report_span(w->arena, limit)));
	for (size_t i = 0; i < w->qf.nrcpt; i++) {
		struct rcpt_state	*st = &w->state[i];
		struct result_rcpt	 r = { .index = (uint32_t)i, .outcome = OUTCOME_FAILED, .ex = 75, .status = STR("5.4.7"), .text = text };
		struct maillog_rcpt	 v = { &w->qf.rcpt[i], &r, false };

		if (st->outcome != OUTCOME_DEFERRED)
			continue;
		st->outcome = OUTCOME_FAILED;
		st->status = late ? STR("5.4.7") : STR("4.4.7");
		if (st->reply.n == 0)
			st->reply = st->text;	/* what held it up */
		st->text = text;
		r.status = st->status;
		maillog_to(w->s->conf, &w->qf, &v, 1, STR_NONE, STR_NONE, 0);
	}
}

/* Is it time to say that it takes long? */
static bool
report_warn_due(const struct hand *w, int64_t now)
{
	int64_t	limit = w->s->conf->opt.timeout.queuewarn[report_time_class(&w->qf)];

	if (w->qf.flags & QF_WARNING)
		return false;
	if (w->qf.deliver_by != 0 && w->qf.by_mode == 'N' && now > w->qf.deliver_by)
		return true;
	return limit > 0 && now - report_since(w) >= limit && maillog_class(w->s->conf, &w->qf) >= 0;
}

/* ---- reports ---- */

static bool
report_one(const struct hand *w, size_t i, bool warn, struct report_rcpt *r)
{
	const struct rcpt_state	*st = &w->state[i];
	unsigned		 f = w->qf.rcpt[i].flags;

	*r = (struct report_rcpt){ .index = (uint32_t)i, .status = st->status, .text = st->text, .reply = st->reply, .mta = st->mta, .mailer = st->mailer };
	switch (st->outcome) {
	case OUTCOME_FAILED:
		r->kind = REPORT_FAILED;
		return (f & QR_FAILURE) || !(f & QR_NOTIFY);
	case OUTCOME_DEFERRED:
		r->kind = REPORT_DELAYED;
		return warn && ((f & QR_DELAY) || !(f & QR_NOTIFY));
	case OUTCOME_SENT:
		r->kind = REPORT_SENT;
		r->action = str_eq_c(st->text, ROUTE_EXPANDED) ? STR("expanded") : str_eq_c(st->text, ROUTE_LISTED) ? STR("listed") : st->local ? STR("delivered") : STR("relayed");
		if (w->s->conf->opt.privacy & PRIV_NORECEIPTS)
			return false;
		if ((f & QR_SUCCESS) && !st->relayed_dsn)
			return true;
		/* RFC 2852 4.1.4: whoever set a time is told that a host took the message which knows nothing of it; or, if he asked for it, that one did */
		r->action = st->by == 'N' ? STR("by-notify") : STR("by-trace");
		return st->by != 0 && (!(f & QR_NOTIFY) || (f & (QR_SUCCESS | QR_FAILURE | QR_DELAY)) != 0);
	}
	return false;
}

static void	report_ask(struct hand *, int64_t now);
static void	hand_keep_unreported(struct hand *w);

/* These are told of; now the next, whom a report had no room for. */
static void
report_told(struct hand *w)
{
	w->told = w->telling;
	w->copying = w->copy_due = false;
	if (w->told < w->nreport)
		report_ask(w, spoold_now());
	else
		hand_settle(w);
}

/* Those who failed stay in the queue; but for a copy nobody is reported to twice. */
static void
report_failed(struct hand *w)
{
	if (w->copying)
		report_told(w);
	else
		hand_keep_unreported(w);
}

static void
report_committed(void *arg, const struct err *e)
{
	struct hand *w = arg;

	if (e != NULL) {
		log_line(0, LOG_P_ERR, w->m->id, "cannot save the report: %s", e->text);
		report_failed(w);
	} else if (w->copy_due) {
		w->copy_due = false;
		w->copying = true;
		report_ask(w, spoold_now());
	} else
		report_told(w);
}

/* Neither its sender nor a postmaster can be told: DeadLetterDrop, or a Qf file as sendmail makes one. */
static void
report_lost(struct hand *w)
{
	for (size_t i = 0; i < w->qf.nrcpt; i++)
		if (w->state[i].outcome == OUTCOME_DEFERRED) {
			hand_keep_unreported(w);
			return;
		}
	if (w->s->conf->opt.dead_letter_drop.n == 0)
		hand_lose(w, "a report that nobody takes");
	else if (dead_letter(w) == 0)
		hand_settle(w);
	else
		hand_keep_unreported(w);
}

static void
report_made(void *arg, struct frame *f)
{
	struct hand	*w = arg;
	struct reported	 r;
	struct err	 e = ERR_INIT;

	if (chan_frame_err(f, &e) == -1 || reported_get(f->body, &r) == -1) {
		log_line(0, LOG_P_ERR, w->m->id, "no report could be made: %s", e.text[0] != '\0' ? e.text : "an answer that cannot be read");
		report_failed(w);
		return;
	}
	if (!r.some) {
		if (r.note.n != 0)
			log_line(6, LOG_P_INFO, w->m->id, "%.*s", STR_ARG(r.note));
		if (r.lost)
			report_lost(w);
		else
			report_told(w);
		return;
	}
	w->copy_due = r.copy && !w->copying;
	log_line(6, LOG_P_INFO, w->m->id, "%.*s: %.*s", STR_ARG(r.commit.id), STR_ARG(r.note));
	if (spoold_commit(w->s, &r.commit, f->fd, STR_NONE, report_committed, w, &e) == -1) {
		log_line(0, LOG_P_ERR, w->m->id, "cannot save the report: %s", e.text);
		report_failed(w);
	}
}

/* How many of those who are not told of yet have room in one report: what it says of each is in it twice, for people and for programs. */
static size_t
report_room(const struct hand *w)
{
	size_t	n = w->told, octets = 0;

	for (; n < w->nreport; n++) {
		const struct report_rcpt	*r = &w->report[n];
		const struct qf_rcpt		*q = &w->qf.rcpt[r->index];

		octets += 256 + r->text.n + r->reply.n + r->mta.n + q->addr.n + q->given.n + q->orcpt.n + q->final.n;
		if (octets > REPORT_OCTETS && n > w->told)
			break;
	}
	return n;
}

static void
report_ask(struct hand *w, int64_t now)
{
	struct buf	b, text;
	struct err	e = ERR_INIT;
	int64_t		limit = w->s->conf->opt.timeout.queuereturn[report_time_class(&w->qf)];
	int		fd = -1;

	buf_init(&b, 0);
	buf_init(&text, 0);
	w->telling = report_room(w);
	if (qfile_print(&w->qf, &text, &e) == -1)
		goto bad;
	fd = hand_content(w, &e);
	if (e.class != ERR_NONE)
		goto bad;
	report_ask_put(&b, &(struct report_ask){
		.id = str_c(w->m->id), .qf = buf_str(&text), .content = w->content, .size = w->size, .now = now,
		.give_up = limit > 0 ? report_since(w) + limit : 0, .transcript = buf_str(&w->transcript), .copy = w->copying,
		.rcpt = w->report + w->told, .nrcpt = w->telling - w->told
	});
	if (!buf_ok(&b) || lease_call(w->s->ctx, R_ROUTE, Q_REPORT, STR(""), buf_str(&b), fd, report_made, w) == -1) {
		err_set(&e, ERR_TEMP, "the route role is away");
		goto bad;
	}
	goto out;
bad:
	log_line(0, LOG_P_ERR, w->m->id, "no report could be made: %s", e.text);
	report_failed(w);
out:
	if (fd != -1)
		close(fd);
	buf_done(&b);
	buf_done(&text);
}

/* Nobody was told of them yet: those who failed stay in the queue, to fail again. */
static void
hand_keep_unreported(struct hand *w)
{
	for (size_t i = 0; i < w->qf.nrcpt; i++)
		if (w->state[i].outcome == OUTCOME_FAILED)
			w->state[i].outcome = OUTCOME_DEFERRED;
	for (size_t i = 0; i < w->told; i++)
		if (w->report[i].kind == REPORT_FAILED)
			w->state[w->report[i].index].outcome = OUTCOME_FAILED;
	w->qf.flags &= ~(unsigned)QF_WARNING;
	hand_settle(w);
}

void
hand_conclude(struct hand *w)
{
	int64_t	now = spoold_now();
	bool	warn;
	size_t	n = 0;

	for (size_t i = 0; i < w->qf.nrcpt; i++)
		if (w->state[i].outcome == 0)
			w->state[i].outcome = OUTCOME_DEFERRED;
	report_give_up(w, now);
	warn = report_warn_due(w, now);
	if ((w->report = calloc(w->qf.nrcpt + 1, sizeof *w->report)) == NULL) {
		hand_keep_unreported(w);
		return;
	}
	for (size_t i = 0; i < w->qf.nrcpt; i++) {
		if (!report_one(w, i, warn, &w->report[n]))
			continue;
		if (w->report[n].kind == REPORT_DELAYED)
			w->qf.flags |= QF_WARNING;
		n++;
	}
	w->nreport = n;
	if (n == 0)
		hand_settle(w);
	else
		report_ask(w, now);
}
