/*
 * stream - buffered bytes over a socket or pipe, in clear or TLS, blocking with a deadline for each wait.
 *
 * It delivers lines as they stand on the wire; what ends a line or a message is decided in wire (smtp_body.c) for SMTP.  TLS is hung below by
 * net/tls.h without the reader noticing; at that moment what is buffered from the clear is dropped.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct stream;

enum stream_end {
	STREAM_OK = 0,
	STREAM_EOF,		/* the peer closed */
	STREAM_TIMEOUT,
	STREAM_LONG,		/* a line longer than max: what was read so far is the answer, the rest follows */
	STREAM_ERR
};

struct stream	*stream_new(int rfd, int wfd);		/* closes them at the end (rfd may equal wfd) */
void		 stream_free(struct stream **);
int		 stream_fd(const struct stream *);
/* Gives the descriptor back, unclosed; the stream is freed. */
int		 stream_detach(struct stream **);
void		 stream_timeout(struct stream *, int ms);	/* for each wait from now on; 0: none */
/* All input from now on comes within this time, however often a little of it comes; 0: no such limit. */
void		 stream_deadline(struct stream *, int ms);

/*
 * The next line up to and including LF (so the caller sees a bare LF), at most max bytes; borrowed until the next read.
 */
enum stream_end	 stream_line(struct stream *, size_t max, struct str *line);
/* Whatever is there, at least one byte. */
enum stream_end	 stream_some(struct stream *, size_t max, struct str *out);
/* Exactly n bytes into dst. */
enum stream_end	 stream_read(struct stream *, void *dst, size_t n);
/* Look at buffered input without taking it; may read once without waiting. */
struct str	 stream_peek(struct stream *);
/* The same, and never reads. */
struct str	 stream_buffered(const struct stream *);
bool		 stream_pending(struct stream *);		/* input is buffered or can be read without waiting */
void		 stream_take(struct stream *, size_t n);
/* Put bytes in front of the input (handed over from another process). */
int		 stream_unread(struct stream *, struct str);
void		 stream_drop_input(struct stream *);

/*
 * Output is buffered (64 KiB) until flush; -1 once it failed.  The timeout is for all of what is buffered, or for 64 KiB: who takes an octet now and then
 * is not waited for longer than who takes none.
 */
int		 stream_write(struct stream *, struct str);
int		 stream_printf(struct stream *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int		 stream_flush(struct stream *);
const struct err *stream_err(const struct stream *);
bool		 stream_out_late(const struct stream *);		/* output failed because its time was over */

/* Copies all traffic there (-X), in clear where the wire is not: lines with pid and "<<<" or ">>>" in front; "[EOF]" where the peer ended it. */
void		 stream_transcript(struct stream *, int fd);
/* The same for bytes that pass no stream; *mid: the last line has no end yet (false in the beginning).  fd 0 or -1: nothing. */
void		 stream_transcribe(int fd, bool out, bool *mid, struct str data);

/* How TLS hangs in: see tls.h. */
struct stream_io {
	/* As read(2)/write(2), with the stream's timeout; STREAM_* answers. */
	enum stream_end	(*read)(void *arg, void *p, size_t n, size_t *got, int timeout_ms, struct err *);
	enum stream_end	(*write)(void *arg, const void *p, size_t n, int timeout_ms, struct err *);
	bool		(*pending)(void *arg);
	void		(*close)(void *arg);
};
void		 stream_set_io(struct stream *, const struct stream_io *, void *arg);

/* Something hung above what the stream read and wrote through until now (a SASL layer above TLS or the bare socket); it is to close that, too. */
struct stream_below {
	struct stream		*s;
	const struct stream_io	*io;
	void			*arg;
};
void		 stream_push_io(struct stream *, const struct stream_io *, void *arg, struct stream_below *);
enum stream_end	 stream_below_read(const struct stream_below *, void *p, size_t n, size_t *got);
enum stream_end	 stream_below_write(const struct stream_below *, struct str);
bool		 stream_below_pending(const struct stream_below *);
void		 stream_below_close(const struct stream_below *);

#endif
