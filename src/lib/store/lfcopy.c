/*
 * lfcopy - CRLF to LF on the way into a mailbox; see lfcopy.h.
 */
#include <errno.h>
#include <unistd.h>

#include "base/enc.h"
#include "os/fd.h"
#include "store/lfcopy.h"
#include "store/mbox_scan.h"

#define LFCOPY_IN	16384
#define LFCOPY_HOLD	12		/* the longest name of mbox_hidden, with its colon */

struct lfcopy_out {
	char		p[3 * LFCOPY_IN];
	size_t		n;
	char		held[LFCOPY_HOLD];	/* the start of a line, until it is known what it is */
	size_t		nheld;
	char		last;
	bool		cr;		/* a CR waits for what follows */
	bool		undecided;	/* the start of the line is being held */
	bool		dropping;	/* this field does not pass */
	bool		in_head;
	bool		line_empty;	/* the line so far is empty */
	bool		after_empty;	/* the line before was empty, or there was none */
};

static void
lfcopy_put(struct lfcopy *c, struct lfcopy_out *o, char x)
{
	o->p[o->n++] = x;
	c->wire++;
	if (x == '\n' && o->last != '\r')
		c->wire++;
	o->last = x;
	c->newline = x == '\n';
}

/* What is held turns out to be this; it goes out, or not. */
static void
lfcopy_decide(struct lfcopy *c, struct lfcopy_out *o)
{
	struct str	s = str_mem(o->held, o->nheld);

	o->undecided = false;
	if (c->strip && o->in_head) {
		if (o->nheld > 0 && chr_is_blank(o->held[0]) && o->dropping)
			;					/* a folded rest goes with its field */
		else
			o->dropping = mbox_hidden(s) != 0;
		if (o->dropping) {
			o->nheld = 0;
			return;
		}
	}
	if (c->quote && o->after_empty && str_starts(s, STR("From ")))
		lfcopy_put(c, o, '>');
	for (size_t i = 0; i < o->nheld; i++)
		lfcopy_put(c, o, o->held[i]);
	o->nheld = 0;
}

/* Can more bytes still make a difference? */
static bool
lfcopy_open(const struct lfcopy *c, const struct lfcopy_out *o)
{
	if (o->nheld == LFCOPY_HOLD)
		return false;
	if (c->strip && o->in_head)
		return o->nheld == 0 || o->held[o->nheld - 1] != ':';
	return c->quote && o->after_empty && o->nheld < 5 && memcmp(o->held, "From ", o->nheld) == 0;
}

/* One byte of the message with LF line ends. */
static void
lfcopy_byte(struct lfcopy *c, struct lfcopy_out *o, char x)
{
	if (x == '\n') {
		if (o->undecided)
			lfcopy_decide(c, o);
		if (!o->dropping || o->line_empty)
			lfcopy_put(c, o, x);
		if (o->line_empty)
			o->in_head = o->dropping = false;
		o->after_empty = o->line_empty;
		o->line_empty = o->undecided = true;
		return;
	}
	o->line_empty = false;
	if (o->undecided) {
		o->held[o->nheld++] = x;
		if (!lfcopy_open(c, o))
			lfcopy_decide(c, o);
		return;
	}
	if (!o->dropping)
		lfcopy_put(c, o, x);
}

static void
lfcopy_feed(struct lfcopy *c, struct lfcopy_out *o, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (o->cr) {
			o->cr = false;
			if (p[i] != '\n')
				lfcopy_byte(c, o, '\r');
		}
		if (p[i] == '\r')
			o->cr = true;
		else
			lfcopy_byte(c, o, p[i]);
	}
}

static int
lfcopy_flush(struct lfcopy *c, struct lfcopy_out *o, int fd)
{
	if (os_write_all(fd, str_mem(o->p, o->n)) == -1)
		return -1;
	c->crc = crc32c(c->crc, o->p, o->n);
	c->raw += o->n;
	o->n = 0;
	return 0;
}

int
lfcopy_run(struct lfcopy *c, const struct store_source *src, int fd)
{
	struct lfcopy_out	o = { .undecided = true, .in_head = true, .line_empty = true, .after_empty = true };
	char			chunk[LFCOPY_IN];
	off_t			at = 0;
	ssize_t			n;

	c->raw = c->wire = 0;
	c->newline = false;
	for (;;) {
		if (src->read != NULL)
			n = src->read(src->arg, chunk, sizeof chunk);
		else if ((n = pread(src->fd, chunk, sizeof chunk, at)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		at += n;
		lfcopy_feed(c, &o, chunk, (size_t)n);
		if (lfcopy_flush(c, &o, fd) == -1)
			return -2;
	}
	if (o.cr)
		lfcopy_byte(c, &o, '\r');
	if (o.undecided && o.nheld > 0)
		lfcopy_decide(c, &o);
	return lfcopy_flush(c, &o, fd) == -1 ? -2 : 0;
}
