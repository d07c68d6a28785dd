/*
 * srv - one SMTP session, server side: RFC 5321 and its extensions, with sendmail's replies.
 *
 * Blocking code over a stream.  What a session needs from the rest of the system comes through
 * struct srv_services, so it runs the same in role smtpd's
 * worker, in `sendmail -bs` and in a test over a socketpair.
 */
#ifndef SENDMAIL_SRV_H
#define SENDMAIL_SRV_H

#include <stdbool.h>

#include "ask.h"
#include "attempt.h"
#include "authask.h"
#include "base/arena.h"
#include "base/err.h"
#include "conf.h"
#include "maps.h"
#include "net/stream.h"
#include "net/tls.h"
#include "os/user.h"
#include "rule/rule.h"

struct srv_services {
	void		*arg;
	/* Maps of the rules. */
	rule_lookup_fn	*lookup;
	void		*lookup_arg;
	rule_run_fn	*lookup_run;	/* told when a run of rules begins and ends; or NULL */
	/* What the alias files say of a name. */
	enum map_rc	(*alias)(void *arg, struct str name, struct buf *value, struct err *);
	/* As maps_userdb and maps_mailname; NULL: there is no user database. */
	enum map_rc	(*userdb)(void *arg, enum maps_udb, struct str user, struct buf *value, struct err *);
	enum map_rc	(*mailname)(void *arg, struct str user, struct buf *value, struct err *);
	/* A local user: as os_user_by_name, 1 found, 0 none, -1 cannot be told now.  Results in the arena. */
	int (*user)(void *arg, struct str name, bool by_gecos, struct arena *, struct os_user *,
	    struct err *);
	/* Q_DF: a descriptor for content of message `id`, or -1. */
	int		(*df_open)(void *arg, struct str id, struct err *);
	/* Q_COMMIT: 0 when the message is durable; -1 when it is not ours (err.sys ENOSPC: no room). */
	int		(*commit)(void *arg, const struct commit *, struct err *);
	/* Q_ABORT: the df of `id` is not wanted any more. */
	void		(*abort)(void *arg, struct str id);
	/* Q_AUTHMECHS: what can be offered; NULL: AUTH is not.  Q_AUTH: a channel to who serves the exchange. */
	int		(*auth_mechs)(void *arg, const struct auth_ask *, struct arena *, struct str *, struct err *);
	int		(*auth)(void *arg, const struct auth_ask *, struct err *);
	/* Q_QRUN for ETRN. */
	int		(*qrun)(void *arg, const struct qrun_ask *, uint32_t *matched, struct err *);
	/* Q_COUNT, in the end: a message of that sender's mailer (-1 unknown) was refused, or discarded, by a rule.  NULL: nobody counts. */
	void		(*count)(void *arg, bool discarded, int mailer);
	/* A unix socket of a filter that this process may not reach (milter.h), and what filters did.  NULL: no way, nobody counts. */
	int		(*filter_open)(void *arg, size_t filter, struct err *);
	void		(*filter_counts)(void *arg, size_t filter, const uint64_t *counts);
	/* A new transaction begins (files of maps are looked at); NULL: nothing to do. */
	void		(*transaction)(void *arg);
	/* The daemon is to stop: 421 to whoever we wait for.  NULL: never. */
	bool		(*stopping)(void *arg);
	int		 (*stop_fd)(void *arg);	/* becomes readable when that changes; NULL: nothing does */
	/* Hold a client back who does too much of something; NULL: sleep. */
	void		(*slow)(void *arg, unsigned seconds);
	struct tls_ctx	*tls;		/* NULL: STARTTLS is not offered */
	struct str	help;		/* text of HelpFile; none: the built-in text */
};

#define SRV_LOCAL	0x01u	/* -bs: no network client; commands may end in a bare LF */
#define SRV_MAY_PARK	0x02u	/* end with SRV_PARKED rather than wait for the next command */
#define SRV_FRESH	0x04u	/* ... even the first one */
#define SRV_NEAR	0x08u	/* few sessions: it runs where its client's packets come in */

enum srv_end { SRV_DONE, SRV_PARKED };

/*
 * Run a session that `in` describes until it ends, or, with SRV_MAY_PARK, until it can be parked:
 * *out then is its state, in `arena`.  The banner is sent unless
 * in->greeted.  in->daemon is an index into conf.daemons; past its end there is none.  The stream
 * stays the caller's.
 */
enum srv_end srv_run(const struct srv_services *, const struct conf *, struct stream *,
    const struct park *in, unsigned flags, struct arena *, struct park *out);

/*
 * srv_door.c: may this client come in, under what name, with which banner, after what pause?
 * Everything in the arena.
 */
void srv_verdict(const struct srv_services *, const struct conf *, const struct verdict_ask *,
    struct arena *, struct verdict *);
/* The same of a client whose name is known otherwise: name, ptr and resolve of `known'. */
void srv_verdict_known(const struct srv_services *, const struct conf *, const struct verdict_ask *, const struct verdict *known,
    struct arena *, struct verdict *);
/* The same for `sendmail -bs`: a local user by name; no rules are asked. */
void srv_local_park(const struct srv_services *, const struct conf *, struct str user,
    struct arena *, struct park *);

#endif
