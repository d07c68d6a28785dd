/*
 * spoold_commit - what spoold_take.c needs of it; the rest of the role uses spoold_commit (spoold.h).
 */
#ifndef SENDMAIL_SPOOLD_COMMIT_H
#define SENDMAIL_SPOOLD_COMMIT_H

#include "spoold.h"

/* A df that a session writes into; spoold_take.c's. */
struct open_df {
	struct list	 link;
	struct peer	*peer;
	char		 id[QID_MAX];
	uint32_t	 dir;
	struct flow_one	*flow;
	unsigned	 place;		/* 0, or it is in that place (spare.h) and has no name of its own */
};

/*
 * A message of a session: `q` is its envelope, parsed; df its content when that is not in *m.  0: *held, which is NULL then, is answered when it is durable; the df is
 * not the session's any more.  -1: nothing of it is left but the df.
 */
int	spoold_commit_held(struct spoold *, const struct commit *m, struct qf *q, struct open_df *df, uint64_t session, struct held **held, struct err *);

#endif
