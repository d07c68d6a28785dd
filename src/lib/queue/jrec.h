/*
 * jrec - records of the spool's journal, and a walk over a segment's image; pure.
 *
 * A segment is a file of fixed size, cut into sectors of JREC_ALIGN octets.  Sector 0 is the segment's own record; the others hold records one behind
 * the other, each from the start of a sector, zeros up to the next one.  A sector that holds something acknowledged is never written again in
 * its generation.  A record names itself: magic, version, generation and stamp of its segment, place, length, and checksums of head and payload, so
 * that neither the rest of an older generation nor a copy elsewhere is taken for it; the stamp is random, so that no sender of mail can write a
 * record into a message that is taken for one when something around it is damaged.  Layout: doc/spool.md.
 *
 * An image is hostile: it may be torn, old, bent or made by somebody else.
 */
#ifndef QUEUE_JREC_H
#define QUEUE_JREC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "queue/qid.h"

#define JREC_ALIGN	((size_t)512)
#define JREC_HEAD	((size_t)64)
#define JREC_DONE_MAX	11			/* messages that one sector can say "done" of */

#define JREC_PART_MAX	((size_t)16 << 10)	/* octets of recipients that one record names */

enum jrec_type { JREC_SEGMENT = 1, JREC_MESSAGE, JREC_DONE, JREC_PART };

/* Which life of which segment. */
struct jrec_life {
	uint64_t	 gen;			/* rises with each segment that is begun; 0: none */
	uint64_t	 stamp;
};

struct jrec {
	enum jrec_type	 type;
	unsigned	 flags;
	struct jrec_life life;
	uint64_t	 at;			/* offset in the segment */
	uint32_t	 envelope;		/* JREC_MESSAGE: octets of the qf text */
	int64_t		 time;			/* written, seconds since 1970 */
	struct str	 payload;
};

struct jrec_message {
	struct str	 id;
	char		 mode;			/* DeliveryMode: b i q d */
	bool		 in_df;			/* the content is in df ID ... */
	unsigned	 place;			/* ... 0; or in journal.body.(place - 1) */
	uint64_t	 size;			/* of the content */
	struct str	 qf;			/* qfile_print */
	struct str	 content;		/* none with in_df */
};

/* Where a message's record is. */
struct jref {
	uint64_t	 gen;			/* 0: nowhere */
	uint32_t	 at;
	uint32_t	 slot;			/* number of the segment's file; not in records */
};

struct jrec_done {
	struct jref	 ref;
	char		 id[QID_MAX];
};

/*
 * Some recipients of a message that are done while others are not: of a record (ref), or of a qf as it was at the record's time (gen 0, and `at` is
 * a checksum of what the writer knows it by).  A list of names, see jrec_part_add.
 */
struct jrec_part {
	struct jrec_done of;
	struct str	 list;
};

/* Octets in a segment that a record with such a payload takes; of a message's. */
size_t	jrec_room(size_t payload);
size_t	jrec_message_room(const struct jrec_message *);
size_t	jrec_part_room(const struct jrec_part *);

/* Append a whole record, padded to sectors, to an empty buffer. */
int	jrec_put_segment(struct buf *, struct jrec_life, int64_t now, uint64_t size);
int	jrec_put_message(struct buf *, struct jrec_life, uint64_t at, int64_t now, const struct jrec_message *);
int	jrec_put_done(struct buf *, struct jrec_life, uint64_t at, int64_t now, const struct jrec_done *, size_t n);
int	jrec_put_part(struct buf *, struct jrec_life, uint64_t at, int64_t now, const struct jrec_part *);
/* One more name on a list; -1: it is too long, or no memory. */
int	jrec_part_add(struct buf *list, struct str name);
/* The first name of a list, which is shortened by it; false: there is none (any more), or what is left is nonsense. */
bool	jrec_part_next(struct str *list, struct str *name);

/*
 * The record at `at`.  JREC_NONE: none of this life (NULL: of any) is there.  JREC_BAD: its head is there, its payload is damaged or goes past the end;
 * *r is filled but for the payload.
 */
enum jrec_rc { JREC_OK, JREC_BAD, JREC_NONE };
enum jrec_rc jrec_get(struct str segment, const struct jrec_life *, uint64_t at, struct jrec *r);
/* The same for a record that was read from its place on its own. */
enum jrec_rc jrec_get_alone(struct str record, const struct jrec_life *, uint64_t at, struct jrec *r);

/* What the payload says; -1: it is not such a record, or says nonsense.  Strings borrow from the image. */
int	jrec_message_get(const struct jrec *, struct jrec_message *);
size_t	jrec_done_count(const struct jrec *);
int	jrec_done_get(const struct jrec *, size_t i, struct jrec_done *);
int	jrec_part_get(const struct jrec *, struct jrec_part *);

/* The life of an image: its segment record's, or, if that is damaged, the first whole record's; gen 0: there is none. */
struct jrec_life jrec_life(struct str segment);

/*
 * From the first record to the last of its generation.  JREC_FOUND: *r.  JREC_DAMAGE: *damage cannot be read, and there is more behind it.
 * JREC_END: nothing more; what is left of a record that was being written is no damage.
 */
struct jrec_walk {
	struct str	 segment;
	struct jrec_life life;
	size_t		 at;
};
enum jrec_step { JREC_FOUND, JREC_DAMAGE, JREC_END };
void	jrec_walk_init(struct jrec_walk *, struct str segment, struct jrec_life);
enum jrec_step jrec_walk(struct jrec_walk *, struct jrec *r, struct str *damage);

#endif
