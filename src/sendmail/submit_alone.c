/*
 * submit_alone - deliver from one process: by SMTP to the MTA that submit.cf names, else into the client queue.
 *
 * The client queue is written in the same order as every queue: content, envelope, sync, rename, sync.  Only then, or when the MTA has said 250, may the
 * caller be told that all is well.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "client.h"
#include "maillog.h"
#include "queue/scan.h"
#include "route.h"
#include "submit.h"

struct alone {
	struct submit	*s;
	struct str	 id;
	struct qf	 qf;
	struct str	 content;	/* p NULL: in the df */
	uint64_t	 size;
	struct result_rcpt *result;	/* of each of qf.rcpt; outcome 0: nothing yet */
	struct str	*mta, *mailer;	/* of each: who said so, and by which mailer */
	struct buf	 transcript;
};

/* ---- the client queue ---- */

static int
alone_open_dir(struct submit *s, struct err *e)
{
	struct str	*path;
	size_t		 n;

	if (s->dir != NULL)
		return 0;
	if (scan_dirs(s->conf->opt.queue_directory, s->m, &path, &n, e) == -1)
		return -1;
	if (n == 0)
		return err_set(e, ERR_TEMP, "queue directory %.*s: there is none", STR_ARG(s->conf->opt.queue_directory));
	s->dir = spool_open(path[0].p, spool_file_mode(s->conf->opt.queue_file_mode), e);
	return s->dir == NULL ? -1 : 0;
}

int
submit_alone_df(void *arg, struct str id, struct err *e)
{
	struct submit	*s = arg;
	int		 fd;

	if (alone_open_dir(s, e) == -1 || spool_df_create(s->dir, id, &fd, e) == -1)
		return -1;
	return fd;
}

void
submit_alone_abort(void *arg, struct str id)
{
	struct submit *s = arg;

	if (s->dir != NULL)
		spool_abort(s->dir, id);
}

/* Recipients still to be delivered go into the queue; none: the df goes. */
static int
alone_queue(struct alone *a, struct err *e)
{
	struct submit	*s = a->s;
	struct qf	 q = a->qf;
	struct buf	 b;
	int		 lock = -1, rc = -1;

	q.rcpt = ARENA_ARRAY(s->m, struct qf_rcpt, a->qf.nrcpt);
	q.nrcpt = 0;
	for (size_t i = 0; i < a->qf.nrcpt; i++)
		if (a->result[i].outcome != OUTCOME_SENT && a->result[i].outcome != OUTCOME_FAILED)
			q.rcpt[q.nrcpt++] = a->qf.rcpt[i];
	if (q.nrcpt == 0) {
		if (a->content.p == NULL)
			submit_alone_abort(s, a->id);
		return 0;
	}
	buf_init(&b, QF_TEXT_MAX + 1);
	if (alone_open_dir(s, e) == 0 && qfile_print(&q, &b, e) == 0 &&
	    spool_write(s->dir, a->id, a->content, buf_str(&b), &lock, e) == 0) {
		if (spool_commit(s->dir, a->id, true, 'q', e) == 0 && spool_sync_dir(s->dir, e) == 0)
			rc = 0;
		else
			spool_abort(s->dir, a->id);
	}
	if (rc == -1 && a->content.p == NULL)
		submit_alone_abort(s, a->id);
	if (lock != -1)
		close(lock);
	buf_done(&b);
	return rc;
}

/* ---- results ---- */

static void
alone_results(struct alone *a)
{
	a->result = ARENA_ARRAY(a->s->m, struct result_rcpt, a->qf.nrcpt);
	a->mta = ARENA_ARRAY(a->s->m, struct str, a->qf.nrcpt);
	a->mailer = ARENA_ARRAY(a->s->m, struct str, a->qf.nrcpt);
}

/* By the exit code, too: not to who would not wait for it (-odb), nor to who wants the report alone (-oee). */
static bool
alone_tells(const struct submit *s)
{
	return s->conf->opt.delivery_mode != 'b' && s->conf->opt.error_mode != 'e';
}

static void
alone_note(struct alone *a, const struct attempt *t, const struct attempt_result *r)
{
	struct submit		*s = a->s;
	struct maillog_rcpt	*v = ARENA_ARRAY(s->m, struct maillog_rcpt, r->nrcpt + 1);
	size_t			 n = 0;

	for (size_t i = 0; i < r->nrcpt; i++) {
		const struct result_rcpt *x = &r->rcpt[i];
		struct qf_rcpt		 *q;

		if (x->index >= a->qf.nrcpt)
			continue;
		q = &a->qf.rcpt[x->index];
		a->result[x->index] = *x;
		a->mta[x->index] = x->mta.n > 0 ? x->mta : r->mta;
		a->mailer[x->index] = t == NULL ? STR_NONE : t->mailer;
		v[n++] = (struct maillog_rcpt){ q, x, false };
		if (x->outcome == OUTCOME_DEFERRED) {
			q->text = x->text;
			a->qf.reason = x->text;
		} else if (x->outcome == OUTCOME_FAILED) {
			if (t == NULL) {	/* nobody else said so: what a server says, the report says */
				qf_show(&s->complaints, q->given, q->addr);
				buf_addf(&s->complaints, "... %.*s\n", STR_ARG(x->text));
			}
			if (alone_tells(s))
				s->code = x->ex >= EXIT_USAGE && x->ex <= EXIT_CONFIG ? x->ex : EXIT_UNAVAILABLE;
		}
	}
	if (a->transcript.n + r->transcript.n <= ATTEMPT_TRANSCRIPT)
		buf_add(&a->transcript, r->transcript);
	maillog_to(s->conf, &a->qf, v, n, t == NULL ? STR_NONE : t->mailer, r->relay, r->xdelay_ms);
}

static int
alone_content_fd(struct alone *a, struct err *e)
{
	uint64_t	size;
	int		fd = -1;

	if (a->content.p == NULL && spool_df_open(a->s->dir, a->id, &fd, &size, e) == -1)
		return -1;
	return fd;
}

static void
alone_attempt(struct alone *a, struct attempt *t)
{
	struct submit		*s = a->s;
	struct attempt_result	 r;
	struct err		 e = ERR_INIT;
	int			 fd = alone_content_fd(a, &e);

	t->content = a->content;
	t->size = a->size;
	if (e.class != ERR_NONE)
		attempt_result_all(t, s->m, OUTCOME_DEFERRED, EXIT_TEMPFAIL, STR("4.3.0"), arena_fmt(s->m, "Deferred: %s", e.text), &r);
	else if (s->conf->mailers[t->mailer_index].kind != MAILER_IPC)
		attempt_result_all(t, s->m, OUTCOME_DEFERRED, EXIT_TEMPFAIL, STR("4.3.5"), STR("Deferred: only the MTA runs this mailer"), &r);
	else
		client_try(s->ctx, t, fd, s->m, &r);
	alone_note(a, t, &r);
	if (fd != -1)
		close(fd);
}

/* Routed and tried; what is left has no result. */
static int
alone_deliver(struct alone *a, struct str text, struct err *e)
{
	struct submit		*s = a->s;
	struct route		 rt = { .ctx = s->ctx, .conf = s->conf, .maps = s->maps, .base = s->base };
	const struct alias_ops	 ops = { .alias = NULL };
	struct route_ask	 q = { .id = a->id, .qf = text, .size = a->size, .now = a->qf.created };
	struct routed		 r;
	struct attempt_result	 done;

	if (route_plan(&rt, &ops, &q, s->m, &r, e) == -1)
		return -1;
	if (r.qf.p != NULL && qfile_parse(r.qf, s->m, &a->qf, e) == -1)
		return -1;
	a->qf.id = a->id;
	alone_results(a);
	done = (struct attempt_result){ .rcpt = r.done, .nrcpt = r.ndone };
	alone_note(a, NULL, &done);
	if (s->conf->opt.delivery_mode == 'q' || s->conf->opt.delivery_mode == 'd')
		return 0;
	a->qf.tries++;
	a->qf.last_try = a->qf.created;
	for (size_t i = 0; i < r.nattempt; i++)
		alone_attempt(a, &r.attempt[i]);
	return 0;
}

/* What befell the first of them. */
static struct str
alone_why(const struct alone *a)
{
	for (size_t i = 0; i < a->qf.nrcpt; i++)
		if (a->result[i].outcome == OUTCOME_FAILED)
			return a->result[i].text;
	return STR("");
}

/* Those who failed are reported to the sender by mail. */
static int
alone_report(struct alone *a, struct err *e)
{
	struct submit		*s = a->s;
	struct route		 rt = { .ctx = s->ctx, .conf = s->conf, .maps = s->maps, .base = s->base };
	struct report_ask	 q = { .id = a->id, .content = a->content, .size = a->size, .now = a->qf.created,
		.transcript = buf_str(&a->transcript)
	};
	struct reported		 r;
	struct buf		 text;
	struct submit		 again = *s;
	struct qf		 about = a->qf;
	int			 fd, out_fd = -1, rc;

	q.rcpt = ARENA_ARRAY(s->m, struct report_rcpt, a->qf.nrcpt);
	for (size_t i = 0; i < a->qf.nrcpt; i++) {
		const struct result_rcpt *x = &a->result[i];
		unsigned		  f = a->qf.rcpt[i].flags;

		if (x->outcome == OUTCOME_FAILED && ((f & QR_FAILURE) || !(f & QR_NOTIFY)))
			q.rcpt[q.nrcpt++] = (struct report_rcpt){
				.index = (uint32_t)i, .kind = REPORT_FAILED, .status = x->status, .text = x->text, .reply = x->reply,
				.mta = a->mta[i], .mailer = a->mailer[i]
			};
	}
	if (q.nrcpt == 0)
		return 0;
	if (a->size > ATTEMPT_INLINE / 4)
		about.flags |= QF_NO_BODY_RET;		/* so that the report itself stays short */
	buf_init(&text, QF_TEXT_MAX + 1);
	if ((rc = qfile_print(&about, &text, e)) == 0) {
		q.qf = arena_str(s->m, buf_str(&text));
		fd = alone_content_fd(a, e);
		rc = dsn_report(&rt, &q, fd, s->m, &r, &out_fd, e);
		if (fd != -1)
			close(fd);
	}
	buf_done(&text);
	if (rc == 0 && r.some && out_fd == -1) {
		log_line(5, LOG_P_INFO, a->id.p, "%.*s: DSN: %.*s", STR_ARG(r.commit.id), STR_ARG(alone_why(a)));
		buf_init(&again.complaints, 0);
		rc = submit_alone_commit(&again, &r.commit, e);
		buf_done(&again.complaints);
		s->dir = again.dir;
	}
	if (out_fd != -1) {
		close(out_fd);
		rc = err_set(e, ERR_TEMP, "the report is too long");
	}
	return rc;
}

int
submit_alone_commit(void *arg, const struct commit *c, struct err *e)
{
	struct submit	*s = arg;
	struct alone	 a = { .s = s, .id = c->id, .size = c->size };
	char		 mode = s->conf->opt.error_mode;

	a.content = c->in_df ? STR_NONE : c->content.p == NULL ? STR("") : c->content;
	if (qfile_parse(c->qf, s->m, &a.qf, e) == -1)
		return -1;
	buf_init(&a.transcript, 0);
	a.qf.id = c->id;
	if (!(a.qf.flags & QF_RESPONSE) || log_level() >= 12)		/* of reports sendmail says nothing */
		maillog_from(s->conf, &a.qf, c->whole > 0 ? c->whole : c->size);
	if (a.qf.priority == 0)			/* a report: nobody counted yet */
		a.qf.priority = (int64_t)c->size + (int64_t)a.qf.nrcpt * s->conf->opt.recipient_factor;
	alone_results(&a);
	if (alone_deliver(&a, c->qf, e) == -1)
		log_line(3, LOG_P_WARNING, a.id.p, "left in the queue: %s", e->text);
	err_clear(e);
	s->mailed = mode != 'q';
	if (mode != 'q' && a.qf.sender.n != 0 && alone_report(&a, e) == -1) {
		/* Nobody was told: keep them. */
		for (size_t i = 0; i < a.qf.nrcpt; i++)
			if (a.result[i].outcome == OUTCOME_FAILED)
				a.result[i].outcome = OUTCOME_DEFERRED;
	}
	buf_done(&a.transcript);
	return alone_queue(&a, e);
}
