/*
 * crlf - read a message kept with LF line ends as it goes over the wire, with CRLF.
 *
 * A message is one or more pieces of a file.  A LF that no CR stands before gains one.  Reading goes on where it stopped at no cost; going back
 * starts from the beginning.
 */
#ifndef STORE_CRLF_H
#define STORE_CRLF_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct crlf_piece {
	uint64_t	off, end;
};

#define CRLF_PIECES	16

struct crlf {
	int			fd;		/* not closed here */
	struct crlf_piece	piece[CRLF_PIECES];
	size_t			n;
	size_t			in;		/* which piece */
	uint64_t		raw;		/* how far into the file */
	uint64_t		at;		/* how far into the message */
	char			last;
	bool			lf_due;		/* the CR of a pair went out, its LF did not */
	char			chunk[16384];
	size_t			have, used;
};

void	crlf_init(struct crlf *, int fd, const struct crlf_piece *, size_t n);
/* At most len bytes from `off` are added.  -1: read error. */
int	crlf_read(struct crlf *, uint64_t off, size_t len, struct buf *out);
/* The size of all of it. */
int	crlf_size(struct crlf *, uint64_t *size);

#endif
