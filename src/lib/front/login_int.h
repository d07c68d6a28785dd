/*
 * login_int - one connection of the front, as its files share it.
 */
#ifndef FRONT_LOGIN_INT_H
#define FRONT_LOGIN_INT_H

#include "front/front_int.h"

#define RELAY_MAX	((size_t)64 << 10)
#define LOGIN_CHUNK	16384u

enum phase { P_HANDSHAKE, P_PROTO, P_AUTH, P_CLAIM, P_RELAY, P_AWAY };

struct login {
	struct list		 link;
	struct front		*f;
	const struct mb_listen	*listen;
	struct ip		 peer;
	int			 fd, pair;
	struct loop_io		*io, *pair_io;
	struct loop_timer	*timer;
	struct tls_conn		*tls;
	enum phase		 phase;
	struct buf		 in, out;	/* relay: to the session, to the client */
	unsigned		 want;		/* what TLS waits for */
	bool			 starttls, ending, eof, dead, again, exchange, handover;
	int			 busy, calls;
	uint32_t		 id;		/* of the exchange, for auth */
	struct buf		 resume;
	uint8_t			 ticket[FRONT_TICKET];
	struct chan		*session;
	char			 peer_text[IP_TEXT];
	char			 user[256];
	void			*state;
};

/* login.c: move what can be moved, and wait for the rest. */
void		login_pump(struct login *);
void		login_event(void *arg, int fd, unsigned what);

/* login_io.c: one step in one direction. */
enum moved { MOVED, MOVED_NOT, MOVED_END };
enum moved	login_read(struct login *);
enum moved	login_write(struct login *);
enum moved	relay_in(struct login *);		/* to the session */
enum moved	relay_out(struct login *);

/* login_auth.c: everything said is out: bring the ticket to the parent. */
void		login_give(struct login *);

#endif
