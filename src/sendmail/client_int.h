/*
 * client_int - what the files of role client share.
 */
#ifndef SENDMAIL_CLIENT_INT_H
#define SENDMAIL_CLIENT_INT_H

#include "clt.h"
#include "maps.h"
#include "role.h"
#include "secure.h"

struct client {
	struct tls_ctx		*tls;
	struct clt_cache	*cache;		/* in workers */
	struct str		 auth_info;	/* DefaultAuthInfo */
	struct maps		*maps;		/* where the rules are run here: no roles */
	uint64_t		 seed;
};

#define CLIENT_TRIES	12	/* addresses that are tried for one message */

/* One attempt under way. */
struct try {
	struct role_ctx		*ctx;
	struct client		*d;
	const struct attempt	*a;
	const struct mailer	*m;
	struct arena		*arena;
	struct rule_ctx		*rules;		/* for templates only: no maps, no rulesets */
	int			 fd;
	struct str		 key;
	struct str		 helo;
	uint16_t		 port;
	const struct conf_daemon *row;		/* ClientPortOptions of this connection, or NULL */
	bool			 lmtp;
	bool			 no_tls;	/* TLSFallbacktoClear, after a failed handshake */
	struct secure		 secure;
	struct clt_need		 need;		/* of the present host */
	struct clt_fail		 fail;
	struct clt_fail		 worse;		/* what an earlier host's failure was, where the present one's is no reason to give up */
	int			 err;		/* errno of the last connection, 0 */
	struct attempt_result	 res;
	/* client_result.c */
	const struct attempt	*whole;		/* what was asked for; `a` is what is left of it */
	struct attempt		 left;
	struct result_rcpt	*got;		/* of each of its recipients, by hosts that were spoken to; NULL: none was */
	struct str		 said;		/* their transcripts */
	bool			 spoken;	/* the last host was */
	bool			 unreached;	/* some host was not */
};

/* client_result.c */
/* What became of the whole attempt so far; "Deferred: " is put in front where it belongs. */
void	client_fail(struct try *, bool temp, int ex, const char *status, struct str text);
/* This host did not take it.  True: nor would another; t->fail says what becomes of it. */
bool	client_settled(struct try *);
/*
 * A host put recipients off, whom another one may take now (RFC 5321 5.1; sendmail goes on to the next MX in the same try): t->res is what it said.
 * True: nobody is left for others.
 */
bool	client_rest(struct try *);
/* What all the hosts said is the result. */
void	client_whole(struct try *);
/* For the status of hosts: this one was tried in vain. */
void	client_note_host(struct try *, struct str name);

/* client_secure.c */
void	client_secure_begin(struct try *);
/* May this host be tried at all?  What the session must be is t->need. */
bool	client_secure(struct try *, const struct mx_host *);
/* For TLSRPT: told, not asked.  result NULL: success. */
/* What became of a session, for reports (RFC 8460).  sock: its connection, -1 when there was none; result NULL: all was well. */
void	client_report(struct try *, struct str host, struct str addr, int sock, const char *result, struct str why);

#endif
