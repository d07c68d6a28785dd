/*
 * authlayer - see the header.
 */
#include "authlayer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/saslex.h"
#include "authask.h"

#define LAYER_WAIT_MS	(60 * 1000)	/* for the child: it computes, it waits for nobody */

struct layer {
	struct chan		*ch;
	struct stream_below	 below;
	struct buf		 clear;
	size_t			 off;
};

static int
layer_ask(struct layer *l, uint16_t type, struct str in, struct frame *f, struct err *e)
{
	if (chan_ask(l->ch, type, in, -1, f, LAYER_WAIT_MS, e) == -1)
		return -1;
	if (f->fd == -1)
		return 0;
	close(f->fd);
	return err_set(e, ERR_BUG, "auth: a descriptor nobody asked for");
}

static enum stream_end
layer_read(void *arg, void *p, size_t n, size_t *got, int timeout_ms, struct err *e)
{
	struct layer	*l = arg;
	struct frame	 f;
	enum stream_end	 end;
	char		 wire[SASLEX_PIECE];
	size_t		 have;

	(void)timeout_ms;		/* the stream's own holds below */
	while (l->clear.n == l->off) {
		buf_clear(&l->clear);
		l->off = 0;
		if ((end = stream_below_read(&l->below, wire, sizeof wire, &have)) != STREAM_OK)
			return end;
		if (layer_ask(l, AUTH_F_UNWRAP, str_mem(wire, have), &f, e) == -1)
			return STREAM_ERR;
		buf_add(&l->clear, f.body);
		if (!buf_ok(&l->clear)) {
			err_set(e, ERR_TEMP, "no memory");
			return STREAM_ERR;
		}
	}
	have = l->clear.n - l->off;
	*got = n < have ? n : have;
	memcpy(p, buf_str(&l->clear).p + l->off, *got);
	l->off += *got;
	return STREAM_OK;
}

static enum stream_end
layer_write(void *arg, const void *p, size_t n, int timeout_ms, struct err *e)
{
	struct layer	*l = arg;
	struct str	 left = str_mem(p, n);
	struct frame	 f;
	enum stream_end	 end;

	(void)timeout_ms;
	while (left.n > 0) {
		struct str piece = str_first(left, SASLEX_PIECE);

		if (layer_ask(l, AUTH_F_WRAP, piece, &f, e) == -1)
			return STREAM_ERR;
		if ((end = stream_below_write(&l->below, f.body)) != STREAM_OK)
			return end;
		left = str_from(left, piece.n);
	}
	return STREAM_OK;
}

static bool
layer_pending(void *arg)
{
	struct layer *l = arg;

	return l->clear.n > l->off || stream_below_pending(&l->below);
}

static void
layer_close(void *arg)
{
	struct layer *l = arg;

	stream_below_close(&l->below);
	chan_free(&l->ch);
	buf_done(&l->clear);
	free(l);
}

static const struct stream_io layer_io = { .read = layer_read, .write = layer_write, .pending = layer_pending, .close = layer_close };

int
authlayer_push(struct stream *s, struct chan **ch)
{
	struct layer *l = calloc(1, sizeof *l);

	if (l == NULL)
		return -1;
	l->ch = *ch;
	*ch = NULL;
	buf_init_secret(&l->clear, (size_t)1 << 20);
	stream_push_io(s, &layer_io, l, &l->below);
	return 0;
}
