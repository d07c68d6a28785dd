/*
 * spare - emptied df files that the spool role keeps for messages to come (queue/spool_spare.h); they belong to whoever has the journal.
 */
#ifndef SENDMAIL_SPARE_H
#define SENDMAIL_SPARE_H

#include "spoold.h"

/* The journal is ours from now on: what its last owner kept goes.  And at our end. */
void	spares_begin(struct spoold *);
void	spares_end(struct spoold *);
/* The df of a message that is over: kept, or false. */
bool	spare_keep(struct spoold *, uint32_t dir, struct str id);
/* A kept file as the df of a new message, or false. */
bool	spare_use(struct spoold *, uint32_t dir, struct str id, int *fd);

#endif
