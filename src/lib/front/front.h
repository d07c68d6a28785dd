/*
 * front - what popd and imapd share before and around a session.
 *
 * Four kinds of process, one program (doc/decisions/0031): the parent (root) binds, starts the others and keeps the children; auth has
 * passwords checked; front (unprivileged, sandboxed, event-driven) holds every connection and its TLS until login, and relays for TLS after it; a session is one
 * process per login that becomes the user.  It is auth that tells the parent for whom to start a session; the front only brings the ticket
 * and hands the connection to the new process over a channel that the parent passes on unread.
 *
 * A protocol gives front a struct front_proto (before login, event-driven) and a session function (after it, blocking code).
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include <stdbool.h>

#include "auth/cred.h"
#include "auth/mbconf.h"
#include "auth/mbuser.h"
#include "base/buf.h"
#include "net/stream.h"
#include "store/store.h"

struct login;
struct session;

struct front_proto {
	const char	*name;			/* of the daemon: "imapd" */
	enum mb_service	 service;
	const char	*sasl_service;		/* "imap", "pop" */
	size_t		 size;			/* of the protocol's own state in a login, zeroed */
	size_t		 input_max;		/* bytes of input kept before login; more ends the connection */
	/* The connection is there (and its implicit TLS). */
	void		(*greet)(struct login *);
	/* Take what can be taken from login_input; called again when there is more, and after each answer of auth. */
	void		(*input)(struct login *);
	/* What auth says: CONTINUE with a challenge, else the end of the exchange (OK: login_hand_over comes next, or `failed`). */
	void		(*auth)(struct login *, enum auth_rc, struct str challenge);
	/* Login was right but no session could be started. */
	void		(*failed)(struct login *);
	/* Last words: "* BYE idle for too long". */
	void		(*bye)(struct login *, const char *why);
	/* In that process, while the system is open to it; may be NULL. */
	void		(*prepare)(void);
	/* After login, in a process of its own; its exit code. */
	int		(*session)(struct session *);
};

/* --- before login: for front_proto --- */

void		*login_state(struct login *);
struct buf	*login_input(struct login *);
void		 login_say(struct login *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line "+ " and the challenge in base64, as POP3 and IMAP have it. */
void		 login_challenge(struct login *, struct str);
bool		 login_is_tls(const struct login *);
bool		 login_can_starttls(const struct login *);
bool		 login_plain_ok(const struct login *);		/* passwords may cross this connection */
const char	*login_host(const struct login *);
const char	*login_mechanisms(const struct login *);	/* those that may be offered now, blank separated */
/* TLS begins when what was said is out; input that came before it is dropped. */
void		 login_starttls(struct login *);
/* Ask auth; input waits until it answers.  `resume` is given to the session: an IMAP tag. */
void		 login_auth(struct login *, struct str mech, struct str initial, struct str resume);
void		 login_auth_step(struct login *, struct str response);
void		 login_auth_cancel(struct login *);
/* Close when what was said is out. */
void		 login_end(struct login *);

/* --- after login: for the session function --- */

struct session {
	const struct front_proto *proto;
	struct mbconf		 conf;
	struct mbuser		 user;
	struct str		 resume;	/* of login_auth */
	struct str		 peer;		/* address, as text */
	bool			 tls;
	const char		*host;		/* our name */
	struct stream		*s;		/* the client; input it sent ahead is in it */
	struct arena		*arena;		/* as long as the process */
	struct store_helper	*helper;	/* what the parent does for us; for store_conf */
};

/* The user's mail: a connection to his store.  NULL and why. */
struct store	*session_store(struct session *, struct err *);

/* popd's and imapd's main. */
int	front_main(int argc, char **argv, const struct front_proto *);

#endif
