/*
 * journal_int - what journal.c, journal_replay.c and their tests share.
 */
#ifndef QUEUE_JOURNAL_INT_H
#define QUEUE_JOURNAL_INT_H

#include "queue/journal.h"

#define JOURNAL_NAME		32
#define JOURNAL_SIZE_MAX	((uint64_t)1 << 30)

struct jseg {
	uint32_t	 slot;
	int		 fd;
	struct jrec_life life;		/* gen 0: none can be told; sorts first, holds nothing */
	uint64_t	 size, used;
	size_t		 owed;		/* messages */
	bool		 dirty;		/* written since the last sync began */
	bool		 bad;		/* a sync failed: not written to any more */
};

struct journal {
	int		 dir, lock;
	bool		 look, making;
	journal_part_fn	*part_fn;	/* NULL: the replay passes them over */
	struct journal_conf conf;
	uint64_t	 next_gen;
	uint64_t	 current, spare;	/* generations, 0: none */
	uint32_t	 unmade;		/* a slot whose making failed: old records may stand there, so it is next, before their marks go; 0: none */
	struct jseg	 seg[JOURNAL_SEGMENTS_MAX];
	size_t		 n, owed;		/* segments; messages in all of them */
	struct buf	 out;
	/* marks that are not durable yet: those up to `flying` are in the batch, those up to `written` in a segment */
	struct jrec_done *marks;
	size_t		 nmarks, marks_room, written, flying;
};

void	journal_name(char dst[JOURNAL_NAME], uint32_t slot, const char *suffix);
int	journal_pread(int fd, char *, size_t, uint64_t at);
int	journal_marks_reserve(struct journal *, size_t n);	/* -1: no memory */
int	journal_pwrite(int fd, struct str, uint64_t at);

#endif
