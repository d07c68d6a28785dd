/*
 * front_int - what the roles say to each other, as one table, and what their files share.
 *
 *	who asks	whom	what			with
 *	parent		role	BOOT			configuration text and what the role is to be
 *	parent		front	SHARE			what all fronts count together; how many there are, and which one this is
 *	parent		front	LISTEN			a listening socket
 *	parent		front, auth, keys PING		are you there?  Answered with nothing
 *	parent		front	RETIRE			take no more connections, end when the last is gone
 *	parent		front	CHANNEL			its channel to auth
 *	parent		front	KEYS			its channel to keys, where there are certificates
 *	parent		auth, keys CHANNEL		a front's channel; number in the body
 *	front		auth	MECHS, BEGIN, STEP, CANCEL
 *	front		keys	KEYS, SIGN		which keys there are; struct tls_sign: a signature
 *	auth		parent	GRANT			ticket, front, user
 *	front		parent	BOOT, RETIRE		it is ready; it takes no more connections, for it has no auth
 *	front		parent	CLAIM			ticket; descriptor: the session's channel
 *	front		session	START			over that channel; descriptor: the client's stream
 *	session		parent	SPOOL			a question of store/spool.h
 *
 * Anything else, or a body that does not decode to its last byte, ends who sent it.
 */
#ifndef FRONT_FRONT_INT_H
#define FRONT_FRONT_INT_H

#include <sys/types.h>

#include "base/list.h"
#include "front/front.h"
#include "front/front_body.h"
#include "front/share.h"
#include "net/ip.h"
#include "proc/chan.h"
#include "proc/loop.h"
#include "proc/msg.h"

#define CHECKER_PAM_MAY	(OS_MAY_EXEC|OS_MAY_OPEN_W|OS_MAY_IDS|OS_MAY_SIGNAL)	/* what PAM modules may beyond a checker (os/sandbox.h) */

enum front_msg {
	FM_BOOT = 1, FM_LISTEN, FM_RETIRE, FM_CHANNEL, FM_MECHS, FM_BEGIN, FM_STEP, FM_CANCEL, FM_GRANT, FM_CLAIM, FM_START, FM_SPOOL, FM_SHARE,
	FM_KEYS, FM_SIGN, FM_PING
};

#define FRONT_CHAN_CAP		((size_t)4 << 20)
#define FRONT_AUTH_WAIT		(60 * 1000)	/* ms for one answer of auth */
#define FRONT_CLAIM_WAIT	(20 * 1000)

/* What a role has after its boot. */
struct role {
	const struct front_proto *proto;
	const char		*name;
	struct arena		*arena;
	struct mbconf		 conf;
	struct front_boot	 boot;
	struct chan		*parent;
};
/* For those that need no rights: another user, an empty root where there is one, the sandbox of role_box. */
int	role_drop(struct role *, struct err *);
/* What each kind of process may still ask of the system: OS_MAY_*.  By number, until NULL; by name. */
struct role_box {
	const char	*name;
	unsigned	 may;
};
const struct role_box *role_box(size_t i);
unsigned role_may(const char *name);
/* The parent asked whether our loop turns: true, and it has its answer. */
bool	role_pinged(struct chan *, const struct frame *);
int	role_main(const char *name, const struct front_proto *);
int	front_role(struct role *);
int	auth_role(struct role *);
int	keys_role(struct role *);
int	session_role(struct role *);

/* login.c */
struct front {
	struct role		*role;
	struct loop		*loop;
	struct chan		*auth, *keys;
	struct tls_ctx		*tls;
	struct share		*share;
	struct list		 logins;
	size_t			 nlogins;		/* of this front */
	struct list		 listeners;
	bool			 retired;
	const char		*host;
	char			 mechs[256], mechs_clear[256];	/* with and without TLS */
};
void	login_new(struct front *, int fd, const struct mb_listen *, const struct ip *peer);
void	login_free(struct login *);
/* Last words to all that are not logged in. */
void	logins_leave(struct front *, const char *why);
void	front_gone(struct front *);		/* a login ended */
/* front_sign.c: certificates, whose keys are in role keys.  -1: they cannot be used. */
int	front_tls(struct front *, struct err *);

#endif
