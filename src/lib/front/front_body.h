/*
 * front_body - bodies of what parent, front, auth and session tell each other: pure.
 *
 * Each x_put appends to a buffer.  Each x_get reads a whole body: -1 when it is malformed; strings borrow from it.
 */
#ifndef FRONT_FRONT_BODY_H
#define FRONT_FRONT_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/cred.h"
#include "auth/mbuser.h"
#include "base/buf.h"
#include "base/str.h"

#define FRONT_TICKET		16

/* FM_BOOT, in every role's. */
struct front_boot {
	struct str	conf_text;
	struct str	conf_name;
	struct str	host;
	int		log_level;
	bool		log_stderr;
	struct mbuser	user;		/* session only */
};
void	front_boot_put(struct buf *, const struct front_boot *);
int	front_boot_get(struct str, struct front_boot *);

/* FM_BEGIN, FM_STEP: a front asks auth, and auth its child. */
struct front_begin {
	uint32_t	id;		/* of the exchange, the front's */
	struct str	mech;
	struct str	initial;	/* none: there was none */
	bool		plain;		/* mechanisms that show the password may be used */
	struct str	peer;
};
struct front_step {
	uint32_t	id;
	struct str	response;
};
void	front_begin_put(struct buf *, const struct front_begin *);
int	front_begin_get(struct str, struct front_begin *);
void	front_step_put(struct buf *, const struct front_step *);
int	front_step_get(struct str, struct front_step *);

/* Their answer: what the child found out, and what the front hears of it. */
struct front_found {
	enum auth_rc	rc;
	struct str	challenge;
	struct str	name;		/* as the client says it, for the log */
	struct mbuser	user;		/* AUTH_OK: whose mailbox it is */
};
struct front_said {
	enum auth_rc	rc;
	struct str	challenge;
	struct str	ticket;		/* AUTH_OK: FRONT_TICKET bytes */
	struct str	name;
};
void	front_found_put(struct buf *, const struct front_found *);
int	front_found_get(struct str, struct front_found *);
void	front_said_put(struct buf *, const struct front_said *);
int	front_said_get(struct str, struct front_said *);

/* FM_GRANT: auth tells the parent whom to let in. */
struct front_grant {
	struct str	ticket;
	uint32_t	front;		/* who may bring it */
	struct mbuser	user;
};
void	front_grant_put(struct buf *, const struct front_grant *);
int	front_grant_get(struct str, struct front_grant *);

/* FM_START: a front gives its session the stream, which goes with it. */
struct front_start {
	struct str	resume;		/* the protocol's own */
	struct str	peer;
	bool		tls;
	struct str	input;		/* bytes already read from it */
};
void	front_start_put(struct buf *, const struct front_start *);
int	front_start_get(struct str, struct front_start *);

#endif
