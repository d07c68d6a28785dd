/*
 * client - one attempt over the network, for the role's workers and for submission in one process.
 */
#ifndef SENDMAIL_CLIENT_H
#define SENDMAIL_CLIENT_H

#include "attempt.h"
#include "base/arena.h"
#include "maps.h"
#include "role.h"

/*
 * Find somebody who takes it: hosts in order, one session, one result for each recipient.  Content
 * is a->content, or in fd from offset 0.
 * ctx->state is the role's, or client_alone's; what *res points at is in the arena or the attempt.
 */
void client_try(
    struct role_ctx *, const struct attempt *a, int fd, struct arena *, struct attempt_result *res);

/* Attempts of one key can go over the same connection: what a worker that has one is known by. */
void	client_key_put(struct buf *, const struct attempt *);

/* For a process that is no worker: no sessions are kept, no certificates read. */
/* The rules are run in this process, with these maps. */
void	client_alone_maps(struct role_ctx *, struct maps *);
int	client_alone(struct role_ctx *);

#endif
