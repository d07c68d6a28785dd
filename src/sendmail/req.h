/*
 * req - who may ask whom for what: one table, and the only ways to ask and to answer.
 *
 * A request outside its row (wrong asker, wrong answerer, a descriptor where none belongs or none where one must be, a body longer than
 * the row allows), or one that does not decode to its last byte, ends the peer that sent it, not the one that reads it.  Bodies are in ask.h and attempt.h.
 */
#ifndef SENDMAIL_REQ_H
#define SENDMAIL_REQ_H

#include "proc/chan.h"
#include "role.h"

enum req_id {
	Q_NONE,
	/* control: by the parent, at any role */
	Q_BOOT,			/* struct role_boot: first message */
	Q_CONF,			/* FDIN the configuration as a sealed file (struct conf_bundle); also on reload */
	Q_PEER,			/* FDIN a channel to struct peer_ask; by the parent, or by a master for a worker of its kind */
	Q_STOP,			/* exit, soon */
	Q_RETIRE,		/* another process took this one's place: exit when nothing is in hand */
	Q_LEND,			/* master -> who asks it often: FDIN a channel to one of its workers: struct lease_lend (lease.h); and to that worker, with the other end */
	Q_RECALL,		/* master -> the same: struct lease_id; give it back when no question is open */
	Q_BACK,			/* ... and it is given back: struct lease_back */
	Q_PING,			/* parent -> role: empty; answered, empty, by its loop: parent_ping.c */
	Q_READY,		/* role -> parent: prepared, sandboxed, at work */
	Q_LOST,			/* role -> parent: struct peer_ask; the channel to that neighbour is closed, and we live on */
	Q_BUSY,			/* role -> parent: in a step that takes long; no answer is no sign of a hang */
	Q_LOAD,			/* parent -> loader: FDIN sendmail.cf; answer FDOUT conf_bundle, or an error */
	Q_CLASSFD,		/* parent -> loader, before Q_LOAD: struct class_fd, FDIN a file that an F line names, if it could be opened */
	Q_LISTEN,		/* parent -> gate: FDIN a listening socket: struct listen_ask */
	Q_MAPOPEN,		/* lookup -> parent: struct mapfd_ask; answer FDOUT: a map's file that only root may read */
	Q_FILTEROPEN,		/* lookup -> parent: struct filter_ask; answer FDOUT: a connection to the unix socket of a filter that only root may reach */
	Q_PORTOPEN,		/* lookup -> parent: struct port_ask (portask.h); answer FDOUT: a socket bound to a port that only root may have */
	Q_LOGFD,		/* parent -> log: FDIN the end where log lines come out */
	/* sessions */
	Q_VERDICT,		/* gate -> smtpd: struct verdict_ask; answer struct verdict */
	Q_SESSION,		/* gate -> smtpd: struct park, FDIN the connection; answered when it ends or is parked: struct session_done, FDOUT the connection if parked */
	/* what rules and sessions want to know */
	Q_MAP,			/* struct map_ask; answer struct map_answer */
	Q_MAPFD,		/* struct mapfd_ask; answer struct mapfd, FDOUT the database file if it could be opened */
	Q_FILTER,		/* smtpd -> lookup: struct filter_ask; answer FDOUT: the same, by way of the parent */
	Q_PORT,			/* client -> lookup: struct port_ask; answer FDOUT: the same, by way of the parent */
	Q_USER,			/* struct user_ask; answer struct user_answer */
	Q_AUTH,			/* struct auth_ask (authask.h); answer FDOUT a channel to the child that serves the exchange */
	Q_AUTHMECHS,		/* the same; answer: mechanisms that can be offered, blank separated */
	Q_SIGN,			/* smtpd, client -> keys: struct tls_sign (signask.h); answer: the signature */
	Q_KEYS,			/* the same, empty; answer: identifiers of the keys that it may use */
	Q_STS,			/* client -> sts: a domain; answer struct sts_answer (stsask.h) */
	Q_TLSRPT,		/* client -> sts: struct tlsrpt_note: what a session became */
	Q_DNS,			/* struct dns_question; answer dns_answer_put */
	Q_IDENT,		/* gate -> resolver: struct ident_ask; answer: a name, or nothing */
	Q_TALLY,		/* struct map_tally (tally.h); answer: seconds to wait, an i64 */
	/* mail: attempt.h */
	Q_POLICY,		/* client -> route: struct policy_ask; answer struct policy_answer */
	Q_DF, Q_COMMIT, Q_ABORT, Q_ROUTE, Q_REPORT, Q_ATTEMPT, Q_DELIVER, Q_FORWARD, Q_INCLUDE, Q_SEAL,
	Q_QRUN,			/* struct qrun_ask; answer struct qrun_answer */
	Q_COUNT,		/* smtpd -> spool: struct count_ask: what a session adds to the statistics */
	Q_FILTERCOUNT,		/* smtpd -> spool: struct filter_count: what a filter did in a session */
	Q_FILTERSTAT,		/* parent -> spool: empty; answer: of each filter its name and counts */
	Q_STATUS,		/* parent -> gate, spool: empty; answer struct status_answer: sessions, messages of each queue group */
	Q_FLUSH,		/* empty: answered when everything accepted is on disk and nothing is in hand (a command's last question) */
	Q_MAX
};

#define REQ_FDIN	0x01	/* the question carries a descriptor, always */
#define REQ_FDMAY	0x02	/* ... or may */
#define REQ_FDOUT	0x04	/* the answer may carry one */
#define REQ_MASTER	0x08	/* only a role's first process may ask, not its workers */
#define REQ_ONCE	0x10	/* once on a channel */
#define REQ_NOANSWER	0x20	/* told, not asked */
#define REQ_LEND	0x40	/* a worker may be lent for it */

struct req_row {
	enum req_id	 id;
	const char	*name;
	unsigned	 at;		/* ROLE_BITs: who answers */
	unsigned	 from;		/* ROLE_BITs: who may ask */
	unsigned	 flags;
	size_t		 max;		/* longest body */
	int		 timeout_ms;	/* how long an asker waits; -1 for ever */
};

const struct req_row *req_row(unsigned type);		/* NULL: no such request */
/* May the asker put any question to the answerer at all?  Then the parent gives them a channel. */
bool	req_neighbours(enum role_id asker, enum role_id answerer);
/* The longest body that `from` may send to `at`: of its requests, and, if `at` asks it anything, of answers. */
size_t	req_longest(enum role_id at, enum role_id from);
/* NULL when the frame is allowed, else why not: a sentence for the log. */
const char *req_check(enum role_id at, enum role_id from, bool from_worker, uint64_t *once, const struct frame *);

/* ---- a neighbour on our loop ---- */

struct peer {
	struct list	 link;		/* ctx->peers */
	struct role_ctx	*ctx;
	enum role_id	 role;
	uint64_t	 serial;	/* no other peer of this process has or had it; not 0 */
	bool		 worker;	/* one of the neighbour's workers, given by Q_PEER of its master */
	struct chan	*ch;
	uint64_t	 once;		/* Q_ bits of REQ_ONCE requests seen */
	struct list	 held;		/* struct held */
	int		 nheld;
	struct loop_timer *lame;	/* another process took its place: closed when our last question is answered */
	void		*user;		/* the role's */
};

struct peer	*peer_new(struct role_ctx *, enum role_id, bool worker, int sock, struct err *);
/* The same with a channel that was used in a blocking way until now. */
struct peer	*peer_adopt(struct role_ctx *, enum role_id, bool worker, struct chan *, struct err *);
/* Log why, close, tell ctx->peer_gone. */
void		 peer_end(struct peer *, const char *why);

/* ---- answering on a loop ---- */

int	 req_answer(struct peer *, const struct frame *, struct str body, int fd);	/* fd stays ours */
int	 req_answer_err(struct peer *, const struct frame *, const struct err *);
int	 req_refuse(struct peer *, const struct frame *, enum err_class, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A question that is answered later.  If its peer goes first, `peer` turns NULL and the answer is dropped. */
struct held {
	struct list	 link;
	struct peer	*peer;
	uint16_t	 type;
	uint32_t	 tag;
};
struct held	*req_hold(struct peer *, const struct frame *);			/* NULL: no memory; refuse then */
void		 req_release(struct held **, struct str body, int fd);		/* answer and free */
void		 req_unhold(struct held **);					/* free without an answer: it was given otherwise */
void		 req_release_err(struct held **, const struct err *);

/* Hand an answer on as it is, error or not; the frame's descriptor stays the caller's to close. */
void		 req_forward(struct held **, const struct frame *);

/* ---- asking ---- */

/* From a loop: `done` gets the answer, or NULL when there will be none; chan_frame_err tells errors.  -1: nobody is there. */
int	 req_call(struct role_ctx *, enum role_id at, enum req_id, struct str body, int fd, chan_done_fn *done, void *arg);
/* Tell (REQ_NOANSWER). */
int	 req_tell(struct role_ctx *, enum role_id at, enum req_id, struct str body, int fd);
/* From a loop that will not turn for a while: the parent is told now and then, and does not take us for hung (Q_BUSY). */
void	 req_busy(struct role_ctx *);
/*
 * From a worker (or a command): wait for the answer; its body is valid until the next question to that role.  -1 and *e; when the neighbour is
 * gone its class is ERR_TEMP and the worker ends after this piece of work.
 */
int	 req_ask(struct role_ctx *, enum role_id at, enum req_id, struct str body, int fd, struct frame *answer, struct err *e);

#endif
