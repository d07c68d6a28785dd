/*
 * spill - messages leave the journal for qf and df files of their own.
 *
 * It happens when an old segment is wanted for new messages, at a clean stop, and when another program asks (mailq, a queue run by hand, -Q: they work
 * with files).  A message in hand is left alone: if its try fails it gets its files there (hand.c).  The order: files durable, then the done mark;
 * until then the journal's copy counts.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "hand.h"
#include "jspool.h"
#include "os/fd.h"
#include "queue/spool_spare.h"

#define SPILL_AT_ONCE	32
#define RETRY_MS	5000

struct spill {
	struct spoold	*s;
	char		 id[QID_MAX];
	int		 lock;
};

struct spill_asker {
	struct list	 link;
	struct spoold	*s;
	struct loop_io	*io;
	int		 fd;
	bool		 asked;
};

/* ---- one message ---- */

void
spill_abort(struct spoold *s, struct msg *m)
{
	if (m->in_df && m->place == 0)
		spool_abort_image(s->dir[m->dir], str_c(m->id));
	else
		spool_abort(s->dir[m->dir], str_c(m->id));
}

int
spill_write(struct spoold *s, struct msg *m, struct str content, struct str image, int *lock, struct err *e)
{
	spill_abort(s, m);		/* what an earlier attempt left: it was not durable, or it would not be in the journal any more */
	if (m->place != 0 && spool_body_link(s->dir[0], m->place - 1u, s->dir[m->dir], str_c(m->id), e) == -1) {
		if (e->sys != ENOENT)		/* without content it becomes a Qf */
			return -1;
		err_clear(e);
	}
	if (m->in_df)
		return spool_write(s->dir[m->dir], str_c(m->id), STR_NONE, image, lock, e);
	return spool_write(s->dir[m->dir], str_c(m->id), str_mem(content.n == 0 ? "" : content.p, content.n), image, lock, e);
}

static void
spill_done(void *arg, const struct err *e)
{
	struct spill	*x = arg;
	struct spoold	*s = x->s;
	struct msg	*m = sched_find(s, str_c(x->id));

	s->js->spilling--;
	if (m != NULL && m->spilling) {
		m->spilling = false;
		if (e == NULL) {
			sched_drop_kept(s, m);
			jspool_moved(s, m);
		} else {
			log_line(0, LOG_P_ERR, m->id, "cannot be moved from the journal: %s", e->text);
			spill_abort(s, m);
			s->js->spill_failed = true;
		}
	}
	close(x->lock);
	free(x);
	spill_run(s);
}

/* -1: not now. */
static int
spill_one(struct spoold *s, struct msg *m)
{
	struct spill		*x = calloc(1, sizeof *x);
	struct jrec_message	 rec;
	struct buf		 b;
	struct err		 e = ERR_INIT;
	int			 rc = -1;

	if (x == NULL)
		return -1;
	x->s = s;
	x->lock = -1;
	memcpy(x->id, m->id, sizeof x->id);
	buf_init(&b, 0);
	if (jspool_read(s, m, &b, &rec, &e) == 0 && spill_write(s, m, rec.content, rec.qf, &x->lock, &e) == 0) {
		if (sync_commit(s->sync, m->dir, str_c(m->id), !m->in_df, 'q', spill_done, x) == 0)
			rc = 0;
		else
			spill_abort(s, m);
	}
	buf_done(&b);
	if (rc == 0) {
		m->spilling = true;
		s->js->spilling++;
		return 0;
	}
	log_line(0, LOG_P_ERR, m->id, "cannot be moved from the journal: %s", e.text);
	if (x->lock != -1)
		close(x->lock);
	free(x);
	return -1;
}

/* ---- all that are to move ---- */

/* An old segment is wanted, and attempts for messages in it may go on for long. */
static void
spill_hands(struct jspool *js)
{
	LIST_EACH(l, &js->msgs) {
		struct msg *m = LIST_OF(l, struct msg, jlink);

		if (m->j.gen > js->spill_gen)
			break;
		if (m->hand != NULL)
			hand_to_files(m->hand);
	}
}

static struct msg *
spill_next(const struct jspool *js)
{
	LIST_EACH(l, &js->msgs) {
		struct msg *m = LIST_OF(l, struct msg, jlink);

		if (m->j.gen > js->spill_gen)
			break;
		if (!m->spilling && m->hand == NULL)
			return m;
	}
	return NULL;
}

bool
spill_busy(const struct spoold *s)
{
	return s->js->spilling > 0 || (s->js->spill_gen != 0 && !s->js->spill_failed && spill_next(s->js) != NULL);
}

static void
asker_end(struct spill_asker *a, char answer)
{
	if (answer != 0)
		(void)!write(a->fd, &answer, 1);
	loop_io_free(&a->io);
	close(a->fd);
	list_remove(&a->link);
	free(a);
}

void
spill_run(struct spoold *s)
{
	struct jspool	*js = s->js;
	struct msg	*m;

	if (js->j == NULL)
		return;
	if (js->spill_gen != 0 && js->spill_gen != UINT64_MAX)
		spill_hands(js);
	while (js->spill_gen != 0 && !js->spill_failed && js->spilling < SPILL_AT_ONCE && (m = spill_next(js)) != NULL)
		if (spill_one(s, m) == -1)
			js->spill_failed = true;
	if (js->spilling > 0)
		return;
	LIST_EACH(l, &js->askers) {
		struct spill_asker *a = LIST_OF(l, struct spill_asker, link);

		if (a->asked)
			asker_end(a, js->spill_failed ? '-' : '+');
	}
	if (js->spill_failed)
		loop_timer_set(js->spill_timer, RETRY_MS);
	else
		js->spill_gen = 0;
	spoold_check_flush(s);
}

void
spill_upto(struct spoold *s, uint64_t gen)
{
	if (gen > s->js->spill_gen) {
		s->js->spill_gen = gen;
		loop_timer_set(s->js->spill_timer, 0);		/* not in the middle of whatever we are at */
	}
}

static void
spill_again(void *arg)
{
	struct spoold *s = arg;

	s->js->spill_failed = false;
	spill_run(s);
}

/* ---- who asks for files ---- */

static void
asker_reads(void *arg, int fd, unsigned what)
{
	struct spill_asker	*a = arg;
	struct spoold		*s = a->s;
	char			 c;

	(void)what;
	if (a->asked || read(fd, &c, 1) != 1 || c != 'f' || s->js->j == NULL) {
		asker_end(a, a->asked ? 0 : '-');
		return;
	}
	a->asked = true;
	s->js->spill_failed = false;
	spill_upto(s, UINT64_MAX);
}

static void
spill_accept(void *arg, int fd, unsigned what)
{
	struct spoold		*s = arg;
	struct spill_asker	*a;
	int			 sock = accept(fd, NULL, NULL);

	(void)what;
	if (sock == -1)
		return;
	if ((a = calloc(1, sizeof *a)) == NULL || os_fd_cloexec(sock, true) == -1 || os_fd_nonblock(sock, true) == -1 ||
	    (a->io = loop_io_new(s->ctx->loop, sock, LOOP_READ, asker_reads, a)) == NULL) {
		close(sock);
		free(a);
		return;
	}
	a->s = s;
	a->fd = sock;
	list_append(&s->js->askers, &a->link);
}

int
spill_init(struct spoold *s)
{
	struct jspool *js = s->js;

	if ((js->spill_timer = loop_timer_new(s->ctx->loop, spill_again, s)) == NULL)
		return -1;
	if (js->listener != -1 && (js->accepts = loop_io_new(s->ctx->loop, js->listener, LOOP_READ, spill_accept, s)) == NULL)
		return -1;
	return 0;
}
