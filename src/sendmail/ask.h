/*
 * ask - bodies of the requests in req.h that are not about a message in the queue (those are in attempt.h): pure.
 *
 * Each x_put appends to a buffer.  Each x_get reads a whole body: -1 when it is malformed, which ends the peer; strings borrow from it.
 */
#ifndef SENDMAIL_ASK_H
#define SENDMAIL_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "net/dns.h"
#include "net/ip.h"
#include "os/user.h"
#include "role.h"

#define ASK_PATIENCE_MAX	3600000u
#define ASK_TEXT_MAX	((size_t)8 << 10)	/* names, addresses, replies */
#define ASK_DNS_MAX	((size_t)16 << 10)	/* DNS answers that go with a connection */

/* ---- Q_BOOT ---- */
struct role_boot {
	enum role_id	 role;
	struct str	 user;		/* to become; none: stay who we are */
	uid_t		 uid;
	gid_t		 gid;
	bool		 foreground, verbose;
	bool		 command;	/* the roles live for one command */
	int64_t		 queue_interval;
	struct str	 empty_dir;	/* for chroot; none: not root */
	struct str	 title;		/* ProcessTitlePrefix */
	struct str	 trace;		/* -d */
	struct str	 tag;		/* -L: syslog identity; none: sendmail */
};
void	role_boot_put(struct buf *, const struct role_boot *);
int	role_boot_get(struct str, struct role_boot *);

/* ---- Q_CONF, answer of Q_LOAD: the content of the sealed file ---- */
struct conf_bundle {
	struct str	 file;		/* name of the sendmail.cf */
	struct str	 cf;		/* its text */
	struct str	 answers;	/* conf_replay's */
	struct str	 hosts;		/* text of the hosts file */
	struct str	 resolv;	/* text of resolv.conf */
	struct str	 overrides;	/* conf_overrides_put: -O, -o, -M */
	struct str	 messages;	/* the loader's errors and warnings, one a line */
	uint32_t	 nerrors;
};
#define CONF_BUNDLE_MAX	((size_t)64 << 20)
void	conf_bundle_put(struct buf *, const struct conf_bundle *);
int	conf_bundle_get(struct str, struct conf_bundle *);
void	conf_overrides_put(struct buf *, const struct conf_override *, size_t);
int	conf_overrides_get(struct str, struct arena *, struct conf_override **, size_t *);

/* ---- Q_CLASSFD ---- */
struct class_fd {
	struct str	 path;		/* as the configuration has it */
	struct str	 why;		/* without a descriptor */
	int32_t		 sys;		/* errno, 0 */
};
void	class_fd_put(struct buf *, const struct class_fd *);
int	class_fd_get(struct str, struct class_fd *);

/* ---- Q_PEER ---- */
struct peer_ask {
	enum role_id	 role;		/* who is at the other end; a master may only name itself */
};
void	peer_ask_put(struct buf *, const struct peer_ask *);
int	peer_ask_get(struct str, struct peer_ask *);

/* ---- Q_LISTEN ---- */
struct listen_ask {
	uint32_t	 daemon;	/* index into conf.daemons */
	bool		 last;		/* these were all: accept from now on */
};
void	listen_ask_put(struct buf *, const struct listen_ask *);
int	listen_ask_get(struct str, struct listen_ask *);

/* ---- Q_VERDICT: may this client come in? ---- */
struct verdict_ask {
	uint32_t	 daemon;
	struct ip	 client, local;
	uint32_t	 client_rate, total_rate, client_connections, total_connections;	/* in ConnectionRateWindowSize; open now */
	bool		 last;		/* it is the last time: what is not known is waited for */
	bool		 no_ident;	/* ident is not known yet */
	struct str	 ident;		/* what the client's ident server says (Timeout.ident), or none */
	struct str	 dns;		/* DNS answers that are known: door_dns.h */
};
enum client_resolve { RESOLVE_OK, RESOLVE_FAIL, RESOLVE_FORGED, RESOLVE_TEMP };	/* {client_resolve} */
struct verdict {
	enum verdict_kind {
		VERDICT_OK,
		VERDICT_REJECT,		/* greet with 554 and refuse all but QUIT: `reply` is the answer to commands */
		VERDICT_CLOSE,		/* say `reply` and close (421) */
		VERDICT_WAIT		/* not known yet: find out what `questions` asks, then ask again */
	} kind;
	struct str	 reply;		/* whole line, "550 5.7.1 Access denied", without CRLF */
	struct str	 banner;	/* whole reply, "220 host ESMTP ...", lines joined by CRLF, without the last CRLF */
	struct str	 name;		/* of the client: resolved name or "[192.0.2.1]" */
	struct str	 ptr;		/* {client_ptr} */
	struct str	 ident;		/* what the client's ident server says (Timeout.ident), or none */
	enum client_resolve resolve;
	struct str	 macros;	/* what rules kept in macros: srv's own, not looked at by gate */
	struct str	 log, log_why;	/* srv_verdict's own: not sent */
	struct str	 dns;		/* DNS answers that were known: put in by gate, for the session */
	struct str	 questions;	/* VERDICT_WAIT: door_dns.h */
	uint32_t	 tarpit_ms;	/* wait so long before each reply */
	bool		 early_ends;	/* who talks too early is sent away by gate itself: no rule could excuse it */
	uint32_t	 pause_ms;	/* greet_pause: wait before the banner; bytes that come earlier are early talk */
};
void	verdict_ask_put(struct buf *, const struct verdict_ask *);
int	verdict_ask_get(struct str, struct verdict_ask *);
void	verdict_put(struct buf *, const struct verdict *);
int	verdict_get(struct str, struct verdict *);

/* ---- Q_SESSION: an SMTP session between two commands, as one message ---- */
enum park_count {
	PARK_MESSAGES, PARK_COMMANDS, PARK_BAD_COMMANDS, PARK_BAD_RCPTS, PARK_NOOPS, PARK_RSETS, PARK_HELOS, PARK_VRFYS,
	PARK_ETRNS, PARK_WORK, PARK_COUNTS
};
struct park {
	uint32_t	 daemon;
	struct ip	 client, local;
	uint32_t	 client_rate, total_rate, client_connections, total_connections;
	struct verdict	 verdict;	/* VERDICT_WAIT: it is to be found out, with the DNS answers in it */
	int64_t		 started;	/* time of the accept */
	bool		 greeted;	/* the banner was sent */
	bool		 early;		/* it spoke before the banner: refuse it */
	struct str	 input;		/* bytes already read from it */
	/* from here on: what a parked session was; all empty in a new one */
	bool		 parked;
	struct str	 helo;		/* none: no HELO yet */
	bool		 esmtp;
	uint32_t	 count[PARK_COUNTS];	/* commands that were seen, by enum park_count */
	uint64_t	 octets;
	struct str	 extra;		/* smtpd's own, not looked at by gate */
	uint32_t	 nfilters;	/* with connections to so many filters: the descriptor is a bundle (bundle.h), the client first */
	int		*filters;	/* these, for whoever has them: not part of the message */
	uint32_t	 from;		/* PARK_FROM_*; 0: gate */
};
/* A session of `sendmail -bs`: it is never parked; LOCAL: whoever speaks is who called us. */
#define PARK_FROM_COMMAND	0x01u
#define PARK_FROM_LOCAL		0x02u
/* Open at most when a session begins: it is worth the while to run where its packets come in.  One ends as the next begins. */
#define FEW_CONNECTIONS		2u
#define PARK_INPUT_MAX	((size_t)4096)
void	park_put(struct buf *, const struct park *);
int	park_get(struct str, struct park *);
struct session_done {
	bool		 parked;	/* `park` and a descriptor come with it */
	struct park	 park;		/* parked, or not even greeted: one that came without a verdict, and has one now that asks for more */
};
void	session_done_put(struct buf *, const struct session_done *);
int	session_done_get(struct str, struct session_done *);

/* ---- Q_MAP ---- */
#define MAP_ARGS_MAX	10
struct map_ask {
	uint32_t	 map;		/* index into conf.maps, never a name; MAPFD_ALIASES: part `part` of AliasFile, raw */
	uint32_t	 part;
	bool		 raw;		/* as map_get_raw */
	struct str	 key;
	struct str	 args[MAP_ARGS_MAX];
	uint32_t	 nargs;
};
struct map_answer {
	uint8_t		 rc;		/* enum map_rc */
	struct str	 value;
	struct str	 why;		/* of MAP_TEMP */
};
void	map_ask_put(struct buf *, const struct map_ask *);
int	map_ask_get(struct str, struct map_ask *);
void	map_answer_put(struct buf *, const struct map_answer *);
int	map_answer_get(struct str, struct map_answer *);

/* ---- Q_MAPFD: the open database file of a map, for reading in process ---- */
struct mapfd_ask {
	uint32_t	 map;
	uint32_t	 part;		/* 0; 1, 2 ... for maps of several files (aliases: the parts of AliasFile when map is MAPFD_ALIASES) */
};
#define MAPFD_ALIASES	0xffffffffu
struct mapfd {
	enum mapfd_state { MAPFD_OPEN = 1, MAPFD_ABSENT, MAPFD_TEMP, MAPFD_NOT_A_FILE, MAPFD_NO_PART } state;
	struct str	 path, class, why;	/* class as the part is written: "hash" */
};
void	mapfd_ask_put(struct buf *, const struct mapfd_ask *);
int	mapfd_ask_get(struct str, struct mapfd_ask *);
void	mapfd_put(struct buf *, const struct mapfd *);
int	mapfd_get(struct str, struct mapfd *);

/* ---- Q_USER ---- */
struct user_ask {
	struct str	 name;
	bool		 by_gecos;	/* MatchGECOS: a full name; blanks, dots and underscores are alike */
};
struct user_answer {
	int		 rc;		/* as os_user_by_name: 1 found, 0 no, -1 unknown for now */
	struct os_user	 user;
};
void	user_ask_put(struct buf *, const struct user_ask *);
int	user_ask_get(struct str, struct user_ask *);
void	user_answer_put(struct buf *, const struct user_answer *);
int	user_answer_get(struct str, struct user_answer *);

/* ---- Q_DNS; the answer is dns_answer_put's ---- */
struct dns_question_ask {
	struct str	 name;
	uint16_t	 type;
	uint32_t	 patience_ms;	/* answer within, with DNS_TEMP if need be; 0: the usual */
};
void	dns_question_put(struct buf *, const struct dns_question_ask *);
int	dns_question_get(struct str, struct dns_question_ask *);

/* ---- Q_IDENT; the answer is the user's name, or empty ---- */
struct ident_ask {
	struct ip	 client, local;	/* ends of the connection */
	uint32_t	 patience_ms;
};
void	ident_ask_put(struct buf *, const struct ident_ask *);
int	ident_ask_get(struct str, struct ident_ask *);

/* ---- Q_QRUN ---- */
struct qrun_term {
	char		 what;		/* I id, R recipient, S sender, Q quarantine reason, G group, E domain (ETRN) */
	bool		 negate;
	struct str	 text;
};
#define QRUN_TERMS	32
struct qrun_ask {
	struct qrun_term term[QRUN_TERMS];
	uint32_t	 nterm;		/* all must hold; none: everything */
	bool		 quarantined;	/* -qQ: run the quarantined ones */
	bool		 verbose;
};
struct qrun_answer {
	uint32_t	 matched;
};
void	qrun_ask_put(struct buf *, const struct qrun_ask *);
int	qrun_ask_get(struct str, struct qrun_ask *);
void	qrun_answer_put(struct buf *, const struct qrun_answer *);
int	qrun_answer_get(struct str, struct qrun_answer *);

/* ---- Q_COUNT ---- */
#define COUNT_MAILERS	64
struct count_ask {
	bool		 connection;	/* a connection was taken */
	bool		 refused;	/* something of it was refused by a rule */
	uint32_t	 reject[COUNT_MAILERS], discard[COUNT_MAILERS];	/* by the sender's mailer */
};
void	count_ask_put(struct buf *, const struct count_ask *);
int	count_ask_get(struct str, struct count_ask *);

/* ---- answer of Q_STATUS ---- */
#define STATUS_MAX	256
struct status_answer {
	uint32_t	 n;
	uint64_t	 v[STATUS_MAX];
};
void	status_answer_put(struct buf *, const struct status_answer *);
int	status_answer_get(struct str, struct status_answer *);

#endif
