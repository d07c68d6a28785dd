/*
 * spoold_take - answers to the questions by which messages come in.
 */
#ifndef SENDMAIL_SPOOLD_TAKE_H
#define SENDMAIL_SPOOLD_TAKE_H

#include "spoold.h"

answer_fn	 answer_df, answer_abort, answer_commit;
/* What it had opened and not committed is removed. */
void		 spoold_peer_gone(struct role_ctx *, struct peer *);

#endif
