/*
 * body - the content of a message on its way in: in memory while it is short, else in the df that
 * spool opened for it.
 *
 * Lines end in LF.  The first failure is kept; later additions do nothing, so a stream can be read
 * to its end first.
 */
#ifndef SENDMAIL_BODY_H
#define SENDMAIL_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* A descriptor to write content of message `id` to (Q_DF), or -1 and err. */
typedef int body_df_fn(void *arg, struct str id, struct err *);

struct body {
	struct str	 id;		/* borrowed */
	struct buf	 mem;		/* all of it, or what is not yet in the df */
	int		 fd;		/* -1: in memory */
	uint64_t	 size;
	size_t		 dirty;		/* octets in the df that the disk knows nothing of */
	bool		 failed;
	struct err	 err;
	body_df_fn	*open;
	void		*arg;
};

struct commit;

void	body_init(struct body *, struct str id, body_df_fn *open, void *arg);
void	body_done(struct body *);
void	body_add(struct body *, struct str);
/* The same without a copy: append to this buffer (NULL: it has failed), then say how long it was before. */
struct buf *body_room(struct body *);
void	body_grown(struct body *, size_t old);
/* How much of the wire is best added next, at most `max`: so much that what stands in memory then is just what goes into the df at once. */
size_t	body_wants(const struct body *, size_t max);
/* So many octets of the wire are announced: if they are too many for memory, the df is opened now.  -1 and *e: there is none, and nothing need be sent. */
int	body_announced(struct body *, uint64_t octets, struct err *);
/* Begin anew: what was added is forgotten. */
void	body_reset(struct body *);
/* What is buffered goes to the df, if there is one, the df ends there, and is durable but for its name.  -1 and *e (the first failure). */
int	body_finish(struct body *, struct err *);
/* content or in_df, and size. */
void	body_fill(struct body *, struct commit *);

/* SevenBitInput, BODY=7BIT: the eighth bit is cut from `from` on; what would be a line end or a NUL then becomes a blank. */
void	 body_seven(struct buf *, size_t from);

#endif
