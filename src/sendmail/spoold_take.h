/*
 * spoold_take - answers to the questions by which messages come in.
 */
#ifndef SENDMAIL_SPOOLD_TAKE_H
#define SENDMAIL_SPOOLD_TAKE_H

#include "spoold.h"

answer_fn	 answer_df, answer_abort, answer_commit;
/* What it had opened and not committed is removed. */
void		 spoold_peer_gone(struct role_ctx *, struct peer *);

void		 take_init(struct spoold *);
int		 take_start(struct spoold *);		/* -1: no memory */
/* Who waits for a file gets it, if it is time: some content may be gone, or nobody shall wait any more. */
void		 take_go_on(struct spoold *);
void		 take_end(struct spoold *);
#endif
