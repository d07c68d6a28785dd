/*
 * stream - buffered bytes over a socket or pipe.
 *
 * Input stands in one buffer, taken from its front by an offset, so a line costs no
 * copy.  Every wait is a poll with the stream's timeout; reads and writes on sockets
 * never block by themselves, whatever the descriptor's mode is.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/net_int.h"
#include "net/stream.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/rest.h"

#define STREAM_FIRST	((size_t)1023)		/* one less than a power of two: see buf.c */
#define STREAM_READ	(((size_t)64 << 10) - 1)
#define STREAM_OUT	((size_t)64 << 10)
#define STREAM_IN_MAX	((size_t)4 << 20)

struct stream {
	int			 rfd, wfd;
	bool			 rsock, wsock;
	int			 timeout;
	uint64_t		 deadline;	/* os_now_ms() at which input has to be there, 0: none */
	struct buf		 in, out;
	size_t			 want;		/* how much to read at once: little at first, more when that was all used */
	size_t			 off;		/* of `in`: what stands before it was taken */
	size_t			 seen;		/* bytes behind `off` known to hold no LF */
	const struct stream_io	*io;		/* NULL: the descriptors themselves */
	void			*arg;
	bool			 failed, late;	/* output; because its time was over */
	struct err		 err;
	int			 xfd;		/* transcript, -1: none */
	bool			 xmid[2];	/* it stands within a line of input, output */
};

static bool
stream_is_socket(int fd)
{
	int		type;
	socklen_t	n = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
}

/*
 * Room for input and output of a stream that is over, for the next one: it is most of what a session takes, and malloc would put it together and take it apart each
 * time.  None under AddressSanitizer, which is to see what is used after its end.
 */
#if defined(__SANITIZE_ADDRESS__)
#define STREAM_IDLE	((size_t)0)
#else
#define STREAM_IDLE	((size_t)128 << 10)
#endif
static struct buf	stream_idle_in, stream_idle_out;

static void
stream_buf_begin(struct buf *b, struct buf *idle, size_t cap)
{
	*b = *idle;
	*idle = (struct buf){ .p = NULL };
	b->cap = cap;
}

static void
stream_buf_end(struct buf *b, struct buf *idle)
{
	if (idle->p != NULL || b->size > STREAM_IDLE) {
		buf_done(b);
		return;
	}
	buf_clear(b);
	*idle = *b;
	*b = (struct buf){ .p = NULL };
}

struct stream *
stream_new(int rfd, int wfd)
{
	struct stream *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->rfd = rfd;
	s->wfd = wfd;
	s->rsock = stream_is_socket(rfd);
	s->wsock = wfd == rfd ? s->rsock : stream_is_socket(wfd);
	s->xfd = -1;
	s->want = STREAM_FIRST;
	stream_buf_begin(&s->in, &stream_idle_in, STREAM_IN_MAX);
	stream_buf_begin(&s->out, &stream_idle_out, 2 * STREAM_OUT);
	return s;
}

static void
stream_drop(struct stream *s)
{
	stream_buf_end(&s->in, &stream_idle_in);
	stream_buf_end(&s->out, &stream_idle_out);
	free(s);
}

void
stream_free(struct stream **sp)
{
	struct stream *s = *sp;

	if (s == NULL)
		return;
	if (s->io != NULL)
		s->io->close(s->arg);
	if (s->rfd != -1)
		close(s->rfd);
	if (s->wfd != s->rfd && s->wfd != -1)
		close(s->wfd);
	stream_drop(s);
	*sp = NULL;
}

int
stream_detach(struct stream **sp)
{
	struct stream	*s = *sp;
	int		 fd = s->rfd;

	stream_drop(s);
	*sp = NULL;
	return fd;
}

int
stream_fd(const struct stream *s)
{
	return s->rfd;
}

int
stream_fds(const struct stream *s, int *rfd, int *wfd)
{
	*rfd = s->rfd;
	*wfd = s->wfd;
	return 0;
}

void
stream_timeout(struct stream *s, int ms)
{
	s->timeout = ms;
}

void
stream_deadline(struct stream *s, int ms)
{
	s->deadline = ms > 0 ? os_now_ms() + (uint64_t)ms : 0;
}

const struct err *
stream_err(const struct stream *s)
{
	return &s->err;
}

void
stream_transcript(struct stream *s, int fd)
{
	s->xfd = fd;
}

void
stream_set_io(struct stream *s, const struct stream_io *io, void *arg)
{
	stream_drop_input(s);
	s->io = io;
	s->arg = arg;
}

void *
stream_io_arg(const struct stream *s, const struct stream_io *io)
{
	return s->io == io ? s->arg : NULL;
}

/* Each line of the traffic, with the process id and its direction in front. */
void
stream_transcribe(int fd, bool out, bool *mid, struct str data)
{
	struct buf b;

	if (fd <= 0)
		return;
	buf_init(&b, 0);
	while (data.n > 0) {
		size_t		nl = str_chr(data, '\n');
		struct str	line = nl == SIZE_MAX ? data : str_first(data, nl + 1);

		if (!*mid)
			buf_addf(&b, "%05ld %s ", (long)getpid(), out ? ">>>" : "<<<");
		for (size_t i = 0; i < line.n; i++)
			if (!out || line.p[i] != '\r')
				buf_addch(&b, line.p[i]);
		*mid = nl == SIZE_MAX;
		data = str_from(data, line.n);
	}
	(void)os_write_all(fd, buf_str(&b));
	buf_done(&b);
}

/* ---- waiting, and the descriptors as an io ---- */

bool
stream_out_late(const struct stream *s)
{
	return s->late;
}

static enum stream_end
stream_wait(int fd, short events, int timeout_ms, struct err *e)
{
	struct pollfd p = { fd, events, 0 };

	for (;;) {
		int n = os_wait(&p, 1, timeout_ms > 0 ? timeout_ms : -1);

		if (n > 0)
			return STREAM_OK;
		if (n == 0) {
			err_set(e, ERR_TEMP, "timeout");
			return STREAM_TIMEOUT;
		}
		if (errno != EINTR) {
			err_sys(e, ERR_TEMP, "poll");
			return STREAM_ERR;
		}
	}
}

static enum stream_end
stream_plain_read(struct stream *s, void *p, size_t n, size_t *got)
{
	enum stream_end	end;
	ssize_t		r;

	for (;;) {
		if (!s->rsock && (end = stream_wait(s->rfd, POLLIN, s->timeout, &s->err)) != STREAM_OK)
			return end;
		r = s->rsock ? recv(s->rfd, p, n, MSG_DONTWAIT) : read(s->rfd, p, n);
		if (r > 0) {
			*got = (size_t)r;
			return STREAM_OK;
		}
		if (r == 0)
			return STREAM_EOF;
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (s->rsock && (end = stream_wait(s->rfd, POLLIN, s->timeout, &s->err)) != STREAM_OK)
				return end;
		} else if (errno != EINTR) {
			err_sys(&s->err, ERR_TEMP, "read");
			return STREAM_ERR;
		}
	}
}

/* Until the descriptor takes more; all waits together no longer than the timeout, from the first on. */
static enum stream_end
stream_wait_out(struct stream *s, uint64_t *until)
{
	uint64_t now = s->timeout > 0 ? os_now_ms() : 0;

	if (s->timeout > 0 && *until == 0)
		*until = now + (uint64_t)s->timeout;
	if (s->timeout > 0 && now >= *until) {
		err_set(&s->err, ERR_TEMP, "timeout");
		return STREAM_TIMEOUT;
	}
	return stream_wait(s->wfd, POLLOUT, s->timeout > 0 ? (int)(*until - now) : 0, &s->err);
}

static enum stream_end
stream_plain_write(struct stream *s, struct str d)
{
	uint64_t	until = 0;
	enum stream_end	end;
	ssize_t		r;

	while (d.n > 0) {
		if (!s->wsock) {
			if ((end = stream_wait_out(s, &until)) != STREAM_OK)
				return end;
			/* A pipe that polls writable takes this much without blocking. */
			r = write(s->wfd, d.p, d.n < 512 ? d.n : 512);
		} else
			r = send(s->wfd, d.p, d.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (r >= 0)
			d = str_from(d, (size_t)r);
		else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if ((end = stream_wait_out(s, &until)) != STREAM_OK)
				return end;
		} else if (errno != EINTR) {
			err_sys(&s->err, ERR_TEMP, "write");
			return STREAM_ERR;
		}
	}
	return STREAM_OK;
}

/* ---- one io above another ---- */

void
stream_push_io(struct stream *s, const struct stream_io *io, void *arg, struct stream_below *b)
{
	*b = (struct stream_below){ s, s->io, s->arg };
	stream_set_io(s, io, arg);
}

enum stream_end
stream_below_read(const struct stream_below *b, void *p, size_t n, size_t *got)
{
	return b->io != NULL ? b->io->read(b->arg, p, n, got, b->s->timeout, &b->s->err) : stream_plain_read(b->s, p, n, got);
}

enum stream_end
stream_below_write(const struct stream_below *b, struct str d)
{
	return b->io != NULL ? b->io->write(b->arg, d.p, d.n, b->s->timeout, &b->s->err) : stream_plain_write(b->s, d);
}

bool
stream_below_pending(const struct stream_below *b)
{
	return b->io != NULL && b->io->pending(b->arg);
}

void
stream_below_close(const struct stream_below *b)
{
	if (b->io != NULL)
		b->io->close(b->arg);
}

/* ---- input ---- */

static struct str
stream_have(const struct stream *s)
{
	return str_from(buf_str(&s->in), s->off);
}

/* Where input goes, and how much; NULL: no memory. */
static char *
stream_room(struct stream *s, size_t *room)
{
	char *p = buf_reserve(&s->in, s->want);

	*room = p == NULL ? 0 : s->in.size - s->in.n - 1;
	if (*room > STREAM_READ)
		*room = STREAM_READ;
	return p;
}

static void
stream_came(struct stream *s, size_t n, size_t room)
{
	buf_commit(&s->in, n);
	if (n == room)
		s->want = buf_more(s->want, STREAM_READ);
	stream_transcribe(s->xfd, false, &s->xmid[0], str_from(buf_str(&s->in), s->in.n - n));
}

static enum stream_end
stream_fill(struct stream *s)
{
	enum stream_end	 end;
	size_t		 got = 0, room;
	char		*p;
	int		 usual = s->timeout;

	if (s->off > 0) {
		buf_consume(&s->in, s->off);
		s->off = 0;
	}
	if ((p = stream_room(s, &room)) == NULL) {
		err_set(&s->err, ERR_TEMP, "no memory for input");
		return STREAM_ERR;
	}
	if (s->deadline != 0) {
		uint64_t now = os_now_ms();

		if (now >= s->deadline) {
			err_set(&s->err, ERR_TEMP, "timeout");
			return STREAM_TIMEOUT;
		}
		if (usual <= 0 || s->deadline - now < (uint64_t)usual)
			s->timeout = (int)(s->deadline - now);
	}
	if (s->io != NULL)
		end = s->io->read(s->arg, p, room, &got, s->timeout, &s->err);
	else
		end = stream_plain_read(s, p, room, &got);
	s->timeout = usual;
	if (end == STREAM_OK)
		stream_came(s, got, room);
	else if (end == STREAM_EOF)
		stream_transcribe(s->xfd, false, &s->xmid[0], STR("[EOF]\n"));
	return end;
}

void
stream_take(struct stream *s, size_t n)
{
	size_t have = s->in.n - s->off;

	s->off += n < have ? n : have;
	s->seen = 0;
}

enum stream_end
stream_line(struct stream *s, size_t max, struct str *line)
{
	for (;;) {
		struct str	have = stream_have(s);
		size_t		nl = str_chr(str_from(have, s->seen), '\n');

		if (nl != SIZE_MAX && s->seen + nl < max) {
			*line = str_first(have, s->seen + nl + 1);
			stream_take(s, line->n);
			return STREAM_OK;
		}
		if (have.n >= max) {
			*line = str_first(have, max);
			stream_take(s, max);
			return STREAM_LONG;
		}
		s->seen = have.n;
		enum stream_end end = stream_fill(s);
		if (end != STREAM_OK) {
			*line = stream_have(s);
			return end;
		}
	}
}

enum stream_end
stream_some(struct stream *s, size_t max, struct str *out)
{
	enum stream_end end;

	if (stream_have(s).n == 0 && (end = stream_fill(s)) != STREAM_OK) {
		*out = STR_NONE;
		return end;
	}
	*out = str_first(stream_have(s), max);
	stream_take(s, out->n);
	return STREAM_OK;
}

enum stream_end
stream_read(struct stream *s, void *dst, size_t n)
{
	char *p = dst;

	while (n > 0) {
		struct str	some;
		enum stream_end	end = stream_some(s, n, &some);

		if (end != STREAM_OK)
			return end;
		memcpy(p, some.p, some.n);
		p += some.n;
		n -= some.n;
	}
	return STREAM_OK;
}

bool
stream_pending(struct stream *s)
{
	struct pollfd p = { s->rfd, POLLIN, 0 };

	if (stream_have(s).n > 0)
		return true;
	if (s->io != NULL && s->io->pending(s->arg))
		return true;
	return poll(&p, 1, 0) > 0;
}

struct str
stream_buffered(const struct stream *s)
{
	return stream_have(s);
}

/* What a socket has now, without waiting; its end and its errors show when it is read. */
static void
stream_fill_now(struct stream *s)
{
	size_t	 room;
	char	*p = stream_room(s, &room);
	ssize_t	 n = p == NULL ? -1 : recv(s->rfd, p, room, MSG_DONTWAIT);

	if (n > 0)
		stream_came(s, (size_t)n, room);
}

struct str
stream_peek(struct stream *s)
{
	struct pollfd p = { s->rfd, POLLIN, 0 };

	if (stream_have(s).n == 0 && s->io == NULL) {
		if (s->rsock) {
			stream_drop_input(s);
			stream_fill_now(s);
		} else if (poll(&p, 1, 0) > 0)
			(void)stream_fill(s);
	}
	return stream_have(s);
}

int
stream_unread(struct stream *s, struct str data)
{
	struct buf	b;
	struct str	have = stream_have(s);

	buf_init(&b, STREAM_IN_MAX);
	buf_add(&b, data);
	buf_add(&b, have);
	if (!buf_ok(&b)) {
		buf_done(&b);
		return -1;
	}
	buf_done(&s->in);
	s->in = b;
	s->off = 0;
	s->seen = 0;
	return 0;
}

void
stream_drop_input(struct stream *s)
{
	buf_clear(&s->in);
	s->off = 0;
	s->seen = 0;
}

/* ---- output ---- */

static int
stream_send(struct stream *s, struct str d)
{
	enum stream_end end;

	stream_transcribe(s->xfd, true, &s->xmid[1], d);
	if (s->io != NULL)
		end = s->io->write(s->arg, d.p, d.n, s->timeout, &s->err);
	else
		end = stream_plain_write(s, d);
	s->failed = end != STREAM_OK;
	s->late = end == STREAM_TIMEOUT;
	return s->failed ? -1 : 0;
}

int
stream_flush(struct stream *s)
{
	struct str d = buf_str(&s->out);

	if (s->failed)
		return -1;
	if (d.n == 0)
		return 0;
	(void)stream_send(s, d);
	buf_clear(&s->out);
	return s->failed ? -1 : 0;
}

int
stream_write(struct stream *s, struct str d)
{
	while (d.n > 0 && !s->failed) {
		struct str part = str_first(d, STREAM_OUT - s->out.n);

		if (part.n == STREAM_OUT) {		/* as much as the buffer would hold goes without it, and so does what is left then */
			if (d.n < 2 * STREAM_OUT)
				part = d;
			(void)stream_send(s, part);
			d = str_from(d, part.n);
			continue;
		}
		if (buf_add(&s->out, part) == -1) {
			err_set(&s->err, ERR_TEMP, "no memory for output");
			s->failed = true;
			break;
		}
		d = str_from(d, part.n);
		if (s->out.n >= STREAM_OUT && stream_flush(s) == -1)
			break;
	}
	return s->failed ? -1 : 0;
}

int
stream_printf(struct stream *s, const char *fmt, ...)
{
	struct buf	b;
	va_list		ap;
	int		rc = -1;

	buf_init(&b, STREAM_IN_MAX);
	va_start(ap, fmt);
	if (buf_addvf(&b, fmt, ap) == 0)
		rc = stream_write(s, buf_str(&b));
	va_end(ap);
	buf_done(&b);
	return rc;
}
