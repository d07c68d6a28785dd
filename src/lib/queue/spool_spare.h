/*
 * spool_spare - df files whose message is over, kept under names of their own until another message wants one.
 *
 * Making a file and removing it costs the system more than writing what stands in it, on a file system that does not give a number free for a
 * while most of all.  A file is only kept if it has no other name and nobody else has it open: who had to do with the old message, and was taken over,
 * must not see or change the next one.  So it needs a system that tells (os_sole_user); elsewhere none is ever kept.
 *
 * What stood in it may stay: pages and blocks that are there are written over at a third of what it costs to free them and to find others.  Then it is
 * for the process that wrote the old content alone; whoever else gets the file gets it empty.
 *
 * A spare file journal.df.N owes nobody anything; after a crash it may be used again or removed.  journal.body.N is in the directory of the journal alone, and
 * is used where it is: the next message's record names it, and no name in the directory changes.  Only the journal tells whether one is owed.
 */
#ifndef QUEUE_SPOOL_SPARE_H
#define QUEUE_SPOOL_SPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/spool.h"

#define SPOOL_SPARES	512u		/* of a kind in a directory */

enum spool_spare { SPARE_DF, SPARE_BODY };	/* journal.df.N, journal.body.N */

/* The df becomes spare file n, which must not exist, no longer than `most`.  -1: it cannot be kept, and nothing has changed but perhaps its length. */
int	spool_spare_keep(const struct spool_dir *, enum spool_spare, struct str id, unsigned n, uint64_t most);
/*
 * Spare file n, emptied if so asked, becomes a df for writing and reading, as spool_df_create makes one; a SPARE_BODY keeps its name.  -1: there is none,
 * or the id is in use.
 */
int	spool_spare_use(const struct spool_dir *, enum spool_spare, unsigned n, struct str id, bool empty, int *fd);
void	spool_spare_remove(const struct spool_dir *, enum spool_spare, unsigned n);

/* Its message is over: may journal.body.n be another's, no longer than `most`?  -1: somebody else has it open, or it has another name. */
int	spool_body_again(const struct spool_dir *, unsigned n, uint64_t most);
int	spool_body_size(const struct spool_dir *, unsigned n, uint64_t *size, struct err *);
/* It cannot be what the journal says: kept for people as journal.bad.body.n. */
void	spool_body_bad(const struct spool_dir *, unsigned n);
/* For reading. */
int	spool_body_open(const struct spool_dir *, unsigned n, int *fd, uint64_t *size, struct err *);
/* The same file is the df of this message, too; or it is that alone. */
int	spool_body_link(const struct spool_dir *, unsigned n, const struct spool_dir *to, struct str id, struct err *);
int	spool_body_to_df(const struct spool_dir *, unsigned n, struct str id, struct err *);

#endif
