/*
 * spare - df files of messages that are over, which the spool role keeps for messages to come (queue/spool_spare.h); they belong to whoever has the journal.
 *
 * A process that brings messages gets back the files it wrote itself, as they are; whoever gets another one's gets it empty: nobody is to see, or to hand in as
 * his own, what came through another process.
 */
#ifndef SENDMAIL_SPARE_H
#define SENDMAIL_SPARE_H

#include "spoold.h"

/* The journal is ours from now on: what its last owner kept goes.  And at our end. */
void	spares_begin(struct spoold *);
void	spares_end(struct spoold *);
/* The df of a message that is over: kept, or false.  Who wrote it: a peer's serial, or 0. */
bool	spare_keep(struct spoold *, uint32_t dir, struct str id, uint64_t writer);
/* A kept file as the df of a new message of this writer, or false. */
bool	spare_use(struct spoold *, uint32_t dir, struct str id, uint64_t writer, int *fd);
/* This writer is gone. */
void	spares_leave(struct spoold *, uint64_t writer);

#endif
