/*
 * authask - an authentication exchange as smtpd, client and auth speak of it: bodies of Q_AUTH and Q_AUTHMECHS, and of the frames on the channel
 * that Q_AUTH's answer is.
 *
 * Whoever asks gets a channel to a child of role auth that serves this one exchange: a frame with what the other side said, answered by one with
 * what is to be said to it.  The child knows passwords, the asker never does (but its own, in role client).
 */
#ifndef SENDMAIL_AUTHASK_H
#define SENDMAIL_AUTHASK_H

#include "auth/cred.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "proc/chan.h"

#define AUTH_TEXT	((size_t)16 << 10)	/* longest response or challenge: RFC 4954 4 wants 12288 octets of base64 */

struct auth_ask {
	bool		 client;
	struct str	 host;		/* server: our name; client: the server's */
	struct str	 realm;		/* or none */
	struct str	 mechs;		/* AuthMechanisms, or what authinfo allows */
	uint32_t	 flags;		/* SASLEX_ */
	uint32_t	 ssf;		/* bits of TLS */
	uint32_t	 max_ssf;	/* AuthMaxBits */
	struct str	 binding, binding_data;	/* the TLS session's, or none */
	struct str	 external;	/* whom TLS proved it to be, or none */
	struct str	 peer;		/* its address: who guesses wrong is slowed down */
	struct str	 user, authid, password;	/* client only */
};

/* What the child is told ... */
struct auth_say {
	bool		 begin;
	struct str	 mech;		/* begin: the mechanism; client: what the server offers */
	struct str	 data;		/* or none */
};

/* ... and what it says. */
struct auth_said {
	enum auth_rc	 rc;
	struct str	 data;		/* challenge or response; none: nothing is to be said */
	struct str	 authen, author, mech;	/* with AUTH_OK; mech for a client from the beginning on */
	struct str	 why;		/* AUTH_NO, AUTH_BAD: the library's words, for the log alone */
	uint32_t	 ssf;		/* a security layer of so many bits follows: see authlayer.h */
};

/* Frames on that channel. */
enum { AUTH_F_STEP = 1, AUTH_F_WRAP, AUTH_F_UNWRAP };

void	auth_ask_put(struct buf *, const struct auth_ask *);
int	auth_ask_get(struct str, struct auth_ask *);
void	auth_say_put(struct buf *, const struct auth_say *);
int	auth_say_get(struct str, struct auth_say *);
void	auth_said_put(struct buf *, const struct auth_said *);
int	auth_said_get(struct str, struct auth_said *);

/* One step with the child: 0, results in the arena; -1: it is gone or talks nonsense. */
int	auth_step(struct chan *, const struct auth_say *, struct arena *, struct auth_said *);

/* Flags for AuthOptions. */
uint32_t auth_flags(struct str options);

#endif
