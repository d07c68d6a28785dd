/*
 * chan - framed messages over a socketpair.
 *
 * A frame that carries a descriptor says so in its flags (CHAN_FD, seen only on the
 * wire); the descriptor travels with the frame's first byte.  A received descriptor waits in
 * a short queue until its frame is whole.  A frame that promises one which did not
 * come, a descriptor that no frame claims, and a frame that is too long all mean
 * that the peer cannot be trusted any more: it counts as gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/load.h"
#include "proc/chan_int.h"
#include "proc/msg.h"

#define CHAN_LOST	"no descriptors left (ulimit -n)"

struct chan *
chan_new(int sock)
{
	struct chan *ch = calloc(1, sizeof *ch);

	if (ch == NULL || os_fd_nonblock(sock, true) == -1) {
		free(ch);
		return NULL;
	}
	ch->sock = sock;
	ch->max = CHAN_MAX;
	ch->want = CHAN_FIRST;
	buf_init(&ch->in, CHAN_MAX + CHAN_HEAD + CHAN_READ);
	list_init(&ch->out);
	list_init(&ch->questions);
	return ch;
}

void
chan_limit(struct chan *ch, size_t max)
{
	ch->max = max < CHAN_MAX ? max : CHAN_MAX;
}

int
chan_fd(const struct chan *ch)
{
	return ch->sock;
}

void
chan_last(struct chan *ch)
{
	ch->last = CHAN_LAST;
}

uint32_t
chan_next_tag(struct chan *ch)
{
	if (++ch->tag == 0)
		ch->tag = 1;
	return ch->tag;
}

void
chan_out_free(struct chan *ch, struct chan_out *o)
{
	list_remove(&o->link);
	ch->queued -= o->data.n;
	buf_done(&o->data);
	if (o->fd != -1)
		close(o->fd);
	free(o);
}

void
chan_question_end(struct chan_question *q, struct frame *f)
{
	chan_done_fn	*done = q->done;
	void		*arg = q->arg;

	list_remove(&q->link);
	loop_timer_free(&q->timer);
	free(q);
	done(arg, f);
	if (f != NULL && f->fd != -1) {		/* one that nobody wanted, too: who answers could send any number */
		close(f->fd);
		f->fd = -1;
	}
}

/* Closes and forgets; the struct itself stays while a handler of it runs. */
static void
chan_release(struct chan *ch)
{
	loop_io_free(&ch->io);
	loop_timer_free(&ch->kick);
	LIST_EACH(it, &ch->out)
		chan_out_free(ch, LIST_OF(it, struct chan_out, link));
	for (size_t i = 0; i < ch->nfds; i++)
		if (ch->fds[i] >= 0)
			close(ch->fds[i]);
	ch->nfds = 0;
	if (ch->sock != -1)
		close(ch->sock);
	ch->sock = -1;
	ch->gone = true;
}

void
chan_fail_questions(struct chan *ch)
{
	ch->busy++;
	while (!list_empty(&ch->questions))
		chan_question_end(LIST_OF(ch->questions.next, struct chan_question, link), NULL);
	ch->busy--;
}

void
chan_destroy(struct chan *ch)
{
	chan_release(ch);
	buf_done(&ch->in);
	free(ch);
}

void
chan_free(struct chan **chp)
{
	struct chan *ch = *chp;

	*chp = NULL;
	if (ch == NULL || ch->freed)
		return;
	ch->freed = true;
	chan_release(ch);
	chan_fail_questions(ch);
	if (ch->busy == 0)
		chan_destroy(ch);
}

void
chan_abandon(struct chan **chp)
{
	struct chan *ch = *chp;

	*chp = NULL;
	if (ch == NULL)
		return;
	LIST_EACH(it, &ch->questions) {
		struct chan_question *q = LIST_OF(it, struct chan_question, link);

		list_remove(&q->link);
		loop_timer_free(&q->timer);
		free(q);
	}
	chan_destroy(ch);
}

void
chan_leave(const struct chan *ch)
{
	if (ch == NULL)
		return;
	for (const struct list *l = ch->out.next; l != &ch->out; l = l->next) {
		const struct chan_out *o = LIST_OF(l, const struct chan_out, link);

		if (o->fd != -1)
			close(o->fd);
	}
	for (size_t i = 0; i < ch->nfds; i++)
		if (ch->fds[i] >= 0)
			close(ch->fds[i]);
	if (ch->sock != -1)
		close(ch->sock);
}

/* ---- input: bytes into frames ---- */

static uint32_t
chan_le(const char *p, unsigned n)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint32_t)(unsigned char)p[i] << 8 * i;
	return v;
}

static void
chan_put_le(char *p, uint32_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (char)(unsigned char)(v >> 8 * i);
}

/* The length of the frame at the front of `in`, 0 while its header is not whole; the peer's own word, which may be more than a size_t holds. */
static uint64_t
chan_front(const struct chan *ch)
{
	if (ch->in.n - ch->used < CHAN_HEAD)
		return 0;
	return CHAN_HEAD + (uint64_t)chan_le(ch->in.p + ch->used, 4);
}

bool
chan_ready(const struct chan *ch)
{
	uint64_t n = chan_front(ch);

	return n != 0 && ch->in.n - ch->used >= n;
}

/* An error as msg_put_err has it, without memory: class, number, a short text. */
static struct str
chan_err_short(char p[CHAN_ERR_SHORT], int sys, const char *text)
{
	size_t n = strlen(text);

	p[0] = (char)ERR_TEMP;
	chan_put_le(p + 1, (uint32_t)sys, 4);
	chan_put_le(p + 5, (uint32_t)n, 4);
	memcpy(p + 9, text, n);
	return str_mem(p, 9 + n);
}

/* Where this process may open no more the descriptor is gone, but the peer did no wrong. */
static void
chan_take_fd(struct chan *ch, struct frame *f)
{
	f->flags &= (uint16_t)~CHAN_FD;
	f->fd = ch->fds[0];
	memmove(ch->fds, ch->fds + 1, --ch->nfds * sizeof ch->fds[0]);
	if (f->fd != OS_FD_LOST)
		return;
	f->fd = -1;
	f->lost = true;
	if (f->flags & CHAN_ANSWER) {
		f->flags |= CHAN_ERROR;
		f->body = chan_err_short(ch->said, EMFILE, CHAN_LOST);
	}
}

/* 1 a frame, 0 not yet, -1 the peer broke the rules. */
int
chan_parse(struct chan *ch, struct frame *f)
{
	uint64_t	 front = chan_front(ch);
	size_t		 n;
	const char	*p;

	if (front > CHAN_HEAD + ch->max)
		return -1;
	n = (size_t)front;
	if (n == 0 || ch->in.n - ch->used < n) {
		/* Only what is left of all that was read at once is moved, not for each frame of it. */
		buf_consume(&ch->in, ch->used);
		ch->used = 0;
		if (ch->in.n == 0 && ch->in.size > CHAN_KEEP) {
			buf_done(&ch->in);
			buf_init(&ch->in, CHAN_MAX + CHAN_HEAD + CHAN_READ);
		}
		return ch->in.n == 0 && ch->nfds != 0 ? -1 : 0;
	}
	p = ch->in.p + ch->used;
	f->type = (uint16_t)chan_le(p + 4, 2);
	f->flags = (uint16_t)chan_le(p + 6, 2);
	f->tag = chan_le(p + 8, 4);
	f->body = str_mem(p + CHAN_HEAD, n - CHAN_HEAD);
	f->fd = -1;
	f->lost = false;
	ch->used += n;
	if (f->flags & CHAN_FD) {
		if (ch->nfds == 0)
			return -1;
		chan_take_fd(ch, f);
	}
	return 1;
}

/* 1 something came, 0 nothing now, -1 gone. */
int
chan_fill(struct chan *ch)
{
	char	*p = buf_reserve(&ch->in, ch->want);
	size_t	 room;
	ssize_t	 n;
	int	 fd = -1;

	if (p == NULL) {		/* no memory: the frame is longer than chan_parse takes, or it is read a little later */
		ch->in.failed = false;
		if (++ch->dry > CHAN_DRY_TRIES)
			return -1;
		(void)poll(NULL, 0, CHAN_DRY_MS);
		return 0;
	}
	ch->dry = 0;
	if ((room = ch->in.size - ch->in.n - 1) > CHAN_READ)
		room = CHAN_READ;
	n = os_recv_fd(ch->sock, p, room, &fd);
	if (fd != -1) {
		if (n <= 0 || ch->nfds == CHAN_FDS) {
			if (fd >= 0)
				close(fd);
			return -1;
		}
		ch->fds[ch->nfds++] = fd;
	}
	if (n > 0) {
		buf_commit(&ch->in, (size_t)n);
		if ((size_t)n == room)
			ch->want = buf_more(ch->want, CHAN_READ);
		return 1;
	}
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	return -1;
}

/* ---- output ---- */

static int
chan_encode(struct buf *b, uint16_t type, uint16_t flags, uint32_t tag, struct str body, int fd)
{
	if (body.n > CHAN_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	buf_init(b, CHAN_MAX + CHAN_HEAD);
	(void)buf_reserve(b, CHAN_HEAD + body.n);
	msg_put_u32(b, (uint32_t)body.n);
	msg_put_u16(b, type);
	msg_put_u16(b, (uint16_t)(flags | (fd != -1 ? CHAN_FD : 0u)));
	msg_put_u32(b, tag);
	buf_add(b, body);
	if (!buf_ok(b)) {
		buf_done(b);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

/* One write: 1 progress, 0 would block, -1 gone.  The descriptor goes with the first byte. */
int
chan_push(struct chan *ch, struct str data, size_t *done, int fd)
{
	ssize_t n = os_send_fd(ch->sock, data.p + *done, data.n - *done, *done == 0 ? fd : -1);

	if (n > 0) {
		*done += (size_t)n;
		ch->crowded = 0;
		return 1;
	}
	if (n == -1 && errno == ETOOMANYREFS && ++ch->crowded <= CHAN_DRY_TRIES) {	/* too many descriptors are on their way: until others read theirs */
		(void)poll(NULL, 0, CHAN_DRY_MS);
		return 0;
	}
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS))
		return 0;
	return -1;
}

/* 1 ready, 0 time is over, -1 error. */
static int
chan_wait(struct chan *ch, short events, uint64_t end, bool forever)
{
	struct pollfd p = { ch->sock, events, 0 };

	for (;;) {
		uint64_t now = forever ? 0 : os_now_ms();
		int	 ms = forever ? -1 : end <= now ? 0 : (int)(end - now), n;

		n = poll(&p, 1, ms);
		if (n > 0)
			return 1;
		if (n == 0)
			return 0;
		if (errno != EINTR)
			return -1;
	}
}

static int
chan_send_blocking(struct chan *ch, struct str data, int fd, struct err *e)
{
	size_t	done = 0;
	int	rc;

	while (done < data.n) {
		if ((rc = chan_push(ch, data, &done, fd)) == -1)
			return err_sys(e, ERR_TEMP, "send to a role");
		if (rc == 0 && chan_wait(ch, POLLOUT, 0, true) == -1)
			return err_sys(e, ERR_TEMP, "wait for a role");
	}
	return 0;
}

/* A small frame is made here, so that short answers go out when there is no memory. */
static int
chan_send_small(struct chan *ch, uint16_t type, uint16_t flags, uint32_t tag, struct str body, int fd, struct err *e)
{
	char		p[CHAN_HEAD + CHAN_SMALL];
	struct str	data = str_mem(p, CHAN_HEAD + body.n);

	chan_put_le(p, (uint32_t)body.n, 4);
	chan_put_le(p + 4, type, 2);
	chan_put_le(p + 6, flags | (fd != -1 ? CHAN_FD : 0u), 2);
	chan_put_le(p + 8, tag, 4);
	if (body.n > 0)
		memcpy(p + CHAN_HEAD, body.p, body.n);
	return ch->loop != NULL ? chan_send_now(ch, data, fd, e) : chan_send_blocking(ch, data, fd, e);
}

int
chan_send(struct chan *ch, uint16_t type, uint16_t flags, uint32_t tag, struct str body, int fd, struct err *e)
{
	struct buf	b;
	int		rc;

	if (body.n <= CHAN_SMALL)
		return chan_send_small(ch, type, flags, tag, body, fd, e);
	if (chan_encode(&b, type, flags, tag, body, fd) == -1)
		return err_sys(e, ERR_BUG, "send message %u of %zu octets", type, body.n);
	if (ch->loop != NULL)
		return chan_send_queued(ch, &b, fd, e);
	rc = chan_send_blocking(ch, buf_str(&b), fd, e);
	buf_done(&b);
	return rc;
}

static int
chan_get(struct chan *ch, struct frame *f, int timeout_ms, bool there, struct err *e)
{
	uint64_t end = timeout_ms < 0 ? 0 : os_now_ms() + (uint64_t)timeout_ms;

	for (;;) {
		int rc = chan_parse(ch, f);

		if (rc == 1)
			return 0;
		if (rc == -1)
			return err_set(e, ERR_BUG, "malformed message from a role");
		/* The rest of a message is there mostly; an answer hardly ever is, so it is waited for before it is read. */
		if ((ch->in.n > 0 || there) && (rc = chan_fill(ch)) != 0) {
			if (rc == -1)
				return err_set(e, ERR_TEMP, "a role is gone");
			continue;
		}
		there = false;
		if ((rc = chan_wait(ch, POLLIN, end, timeout_ms < 0)) == -1)
			return err_sys(e, ERR_TEMP, "wait for a role");
		if (rc == 0)
			return err_set(e, ERR_TEMP, "a role did not answer in time");
		if (chan_fill(ch) == -1)
			return err_set(e, ERR_TEMP, "a role is gone");
	}
}

int
chan_recv(struct chan *ch, struct frame *f, int timeout_ms, struct err *e)
{
	return chan_get(ch, f, timeout_ms, false, e);
}

int
chan_recv_now(struct chan *ch, struct frame *f, struct err *e)
{
	return chan_get(ch, f, -1, true, e);
}

int
chan_ask(struct chan *ch, uint16_t type, struct str body, int fd, struct frame *f, int timeout_ms, struct err *e)
{
	uint32_t	tag = chan_next_tag(ch);
	uint64_t	end = timeout_ms < 0 ? 0 : os_now_ms() + (uint64_t)timeout_ms;

	memset(f, 0, sizeof *f);
	f->fd = -1;
	if (chan_send(ch, type, 0, tag, body, fd, e) == -1)
		return -1;
	for (;;) {
		uint64_t now = timeout_ms < 0 ? 0 : os_now_ms();

		if (chan_recv(ch, f, timeout_ms < 0 ? -1 : end <= now ? 0 : (int)(end - now), e) == -1) {
			f->type = f->flags = 0;
			return -1;
		}
		if ((f->flags & CHAN_ANSWER) && f->tag == tag && f->type == type) {
			if (f->flags & CHAN_ERROR && f->fd != -1) {
				close(f->fd);
				f->fd = -1;
			}
			return chan_frame_err(f, e);
		}
		if (f->flags & CHAN_ANSWER) {		/* of a question we gave up */
			if (f->fd != -1)
				close(f->fd);
			continue;
		}
		if (ch->fn == NULL) {
			if (f->fd != -1)
				close(f->fd);
			f->flags = 0;
			return err_set(e, ERR_BUG, "message %u from a role that was to answer %u", f->type, type);
		}
		ch->fn(ch->arg, ch, f);
	}
}

int
chan_frame_err(const struct frame *f, struct err *e)
{
	struct msg_in m;

	if (f == NULL)
		return err_set(e, ERR_TEMP, "a role is gone or did not answer in time");
	if (!(f->flags & CHAN_ERROR))
		return 0;
	m = msg_in(f->body);
	msg_err(&m, e);
	return -1;
}

void
chan_on(struct chan *ch, chan_fn *fn, void *arg)
{
	ch->fn = fn;
	ch->arg = arg;
}

/* What is left to say when an answer cannot be made. */
int
chan_answer_short(struct chan *ch, uint16_t type, uint32_t tag)
{
	char p[CHAN_ERR_SHORT];

	return chan_send(ch, type, (uint16_t)(CHAN_ANSWER | CHAN_ERROR | ch->last), tag, chan_err_short(p, ENOMEM, "out of memory"), -1, NULL);
}

int
chan_answer_lost(struct chan *ch, const struct frame *f)
{
	char p[CHAN_ERR_SHORT];

	return chan_send(ch, f->type, (uint16_t)(CHAN_ANSWER | CHAN_ERROR | ch->last), f->tag, chan_err_short(p, EMFILE, CHAN_LOST), -1, NULL);
}

int
chan_answer_tag(struct chan *ch, uint16_t type, uint16_t flags, uint32_t tag, struct str body, int fd)
{
	struct err e = ERR_INIT;

	if (chan_send(ch, type, (uint16_t)(CHAN_ANSWER | ch->last | flags), tag, body, fd, &e) == 0)
		return 0;
	return e.sys == ENOMEM || e.sys == EMFILE ? chan_answer_short(ch, type, tag) : -1;
}

int
chan_answer(struct chan *ch, const struct frame *f, struct str body, int fd)
{
	return chan_answer_tag(ch, f->type, 0, f->tag, body, fd);
}

int
chan_answer_err(struct chan *ch, const struct frame *f, const struct err *e)
{
	struct buf	b;
	int		rc;

	buf_init(&b, 0);
	msg_put_err(&b, e);
	rc = buf_ok(&b) ? chan_answer_tag(ch, f->type, CHAN_ERROR, f->tag, buf_str(&b), -1) : chan_answer_short(ch, f->type, f->tag);
	buf_done(&b);
	return rc;
}
