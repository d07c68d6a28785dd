/*
 * spare - df files of messages that are over, which the spool role keeps for messages to come (queue/spool_spare.h); they belong to whoever has the journal.
 *
 * A process that brings messages gets back the files it wrote itself, as they are; whoever gets another one's gets it empty: nobody is to see, or to hand in as
 * his own, what came through another process.
 */
#ifndef SENDMAIL_SPARE_H
#define SENDMAIL_SPARE_H

#include "spoold.h"

/*
 * The journal is ours from now on: what its last owner kept goes.  Files in its own directory (journal.body.N) hold the content of messages, too: of these
 * none is taken before it is known what the journal owes; then those go that no message has claimed.  Forget: it will be read again.  -1: no memory.
 */
int	spares_begin(struct spoold *);
void	spares_known(struct spoold *);
void	spares_forget(struct spoold *);
void	spares_end(struct spoold *);
/* The df of a message that is over: kept, or false.  Who wrote it: a peer's serial, or 0. */
bool	spare_keep(struct spoold *, uint32_t dir, struct str id, uint64_t writer);
/* A kept file as the df of a new message of this writer, or false.  *place: it is not called df, but is used where it is; 0: it is a df as others. */
bool	spare_use(struct spoold *, uint32_t dir, struct str id, uint64_t writer, unsigned *place, int *fd);
/* This writer is gone. */
void	spares_leave(struct spoold *, uint64_t writer);

/* A message of the journal has that place.  False: there is no such content, or another message has it. */
bool	spare_claim(struct spoold *, unsigned place, uint64_t size);
/* It will claim it again. */
void	spare_unclaim(struct spoold *, unsigned place);
/* Is the name of the file durable?  It is from now on. */
bool	spare_is_named(const struct spoold *, unsigned place);
void	spare_named(struct spoold *, unsigned place);
/* There is no message there after all: the file goes.  A place that is nobody's is let alone. */
void	spare_drop(struct spoold *, unsigned place);
/* The message that was there is over, durably: kept for another, or gone. */
void	spare_over(struct spoold *, unsigned place, uint64_t writer);
/* The file becomes the message's df, and the place is free. */
int	spare_to_df(struct spoold *, unsigned place, struct str id, struct err *);

#endif
