/*
 * attempt - what spool, route, client and local say to each other about a message: bodies of typed messages, pure.
 *
 * The way of a message:
 *
 *	smtpd, submit	Q_DF ─▶ spool		a df to write long content into (struct df_ask; answer: a descriptor)
 *			Q_COMMIT ─▶ spool	struct commit; answer: empty, or an error: the content is durable, or it is not ours
 *	spool		Q_ROUTE ─▶ route	struct route_ask; answer struct routed: recipients, split envelopes, attempts
 *			Q_REPORT ─▶ route	struct report_ask; answer struct reported: the DSNs to commit
 *			Q_ATTEMPT ─▶ client	struct attempt (content inline or in the passed descriptor); answer struct attempt_result
 *			Q_DELIVER ─▶ local	the same
 *	route		Q_FORWARD, Q_INCLUDE ─▶ local	struct list_ask; answer struct list_answer
 *			Q_SEAL ─▶ local		struct seal_ask; answer: the seal as a string
 *
 * Each x_put appends to a buffer; each x_get reads to the last byte of the body or gives -1, which ends the peer.  What x_get returns borrows from
 * the body or lies in the arena.  Content and header images have lines that end in LF alone; nothing here ends in a CR.
 */
#ifndef SENDMAIL_ATTEMPT_H
#define SENDMAIL_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define ATTEMPT_INLINE	((size_t)64 << 10)	/* content up to here travels in the message */
#define ATTEMPT_TRANSCRIPT	((size_t)32 << 10)	/* of the dialogue a report shows no more */
#define ATTEMPT_RCPT_MAX	1000		/* recipients in one attempt */

/* Q_DF, Q_ABORT: the id is the asker's own, made with qid_next.  An id that is in use ends in an error.  Q_ABORT drops a df that will not be committed. */
struct df_ask {
	struct str	id;
};

/*
 * Q_COMMIT.  `qf` is a whole qf text (qfile_print) with headers as H lines; the content is what stands behind the header.  With `in_df` it
 * lies in the df that Q_DF opened under the same id and has `size` octets; else it is `content`, or, in an answer of route, in the descriptor passed.
 */
struct commit {
	struct str	id;
	struct str	qf;
	struct str	content;
	bool		in_df;
	uint64_t	size;
	uint64_t	whole;		/* header and content as they came, for priority and log lines; 0: as `size` */
	char		mode;		/* DeliveryMode of this message: 'b', 'i', 'q', 'd' */
	uint32_t	from_mailer;	/* for statistics: the sender's mailer plus 1; 0 unknown */
	uint32_t	near;		/* the processor that the session keeps to (os/near.h) plus 1; 0 none */
};

/* Q_ROUTE: what is to be done with this message?  Recipients in the qf are those still to be delivered. */
struct route_ask {
	struct str	id;
	struct str	qf;
	uint64_t	size;		/* of the content */
	int64_t		now;
	bool		demand;		/* asked for by name (-qR, ETRN): mailers with F=% may run */
	uint32_t	aside;		/* the processor that a session keeps to plus 1; 0 none */
};

struct attempt_rcpt {
	uint32_t	index;		/* of the recipient in the (routed) qf */
	struct str	addr;		/* rewritten for the mailer, without angle brackets: the argument of RCPT, $u of programs */
	struct str	user;		/* $u as ruleset 0 gave it (mailer triple) */
	struct str	orig;		/* as in the qf, for log lines */
	unsigned	notify;		/* QR_NOTIFY QR_SUCCESS QR_FAILURE QR_DELAY of queue/qfile.h */
	struct str	orcpt;		/* "rfc822;..." decoded, or none */
	struct str	home;		/* $z, none unless the mailer is local */
	struct str	ctl_user;	/* whose rights a program or file gets; none: DefaultUser */
	uid_t		ctl_uid;
	gid_t		ctl_gid;
	struct str	ctl_alias;	/* where it came from */
	struct str	seal;
};

#define ATTEMPT_8BIT	0x01	/* the content has bytes above 0x7f */
#define ATTEMPT_RET	0x02	/* RET= was given ... */
#define ATTEMPT_HDRS	0x04	/* ... and was HDRS */
#define ATTEMPT_DSN	0x08	/* this is a DSN or another automatic answer */
#define ATTEMPT_TRUSTED	0x10	/* Q_DELIVER: C lines come from a qf file that only root could have written */
#define ATTEMPT_LAST	0x20	/* nothing else is waiting for this destination: close when done */
#define ATTEMPT_UTF8	0x40	/* MAIL said SMTPUTF8 */
#define ATTEMPT_REQTLS	0x80	/* MAIL said REQUIRETLS */
#define ATTEMPT_ANYTLS	0x100	/* "TLS-Required: No": better without TLS than not at all (RFC 8689 3) */

struct attempt_macro {
	struct str	name, value;
};

/* Q_ATTEMPT, Q_DELIVER: one transaction with one mailer. */
struct attempt {
	struct str	id;		/* queue id */
	struct str	mailer;		/* its name; also its index, as struct conf numbers mailers */
	uint32_t	mailer_index;
	struct str	host;		/* of the triple: a name, "[name]", "[192.0.2.1]", "a:b:c" */
	struct str	sender;		/* rewritten for the mailer, without angle brackets; "" is the null sender */
	struct str	auth;		/* AUTH= of MAIL, or none */
	struct str	envid;		/* ENVID=, decoded, or none */
	struct str	body;		/* 7BIT, 8BITMIME, BINARYMIME (content is as it came: lines end in CR LF, anything may be in it) or none */
	struct str	charset;	/* of text that does not say its own: C= of the sender's mailer, or none */
	unsigned	flags;
	int64_t		deliver_by;	/* 0 none, absolute time; by_mode 'R' or 'N' */
	char		by_mode;
	bool		by_trace;
	int64_t		created;	/* of the message */
	uint32_t	nice;		/* NiceQueueRun, Nice= of its queue group: how much more modest it is to be */
	struct str	header;		/* header image for this mailer, each line ends in LF, no empty line at its end */
	struct str	content;	/* inline; or none: in the passed descriptor, from offset 0 */
	uint64_t	size;		/* of the content */
	struct attempt_macro *macro;	/* values that A= and other templates of the mailer may name */
	size_t		nmacro;
	struct attempt_rcpt *rcpt;
	size_t		nrcpt;
	uint32_t	aside;		/* as in route_ask */
};

enum outcome {
	OUTCOME_SENT = 1,	/* accepted by the next host, or delivered */
	OUTCOME_DEFERRED,
	OUTCOME_FAILED
};

struct result_rcpt {
	uint32_t	index;		/* as in the attempt */
	enum outcome	outcome;
	int		ex;		/* sysexits */
	struct str	status;		/* enhanced code, "2.1.5", "4.4.1", "5.1.1" */
	struct str	text;		/* the stat= text: "Sent (ok 123)", "User unknown", "Deferred: Connection refused by mx.example." */
	struct str	reply;		/* the reply as it came: "550 5.1.1 <x>: no" or none (Diagnostic-Code) */
	bool		relayed_dsn;	/* the next host takes DSN requests: no report of ours on success */
	struct str	relay, mta;	/* of this one, where a host tried earlier said it; none: as the whole result has it */
	char		by;		/* RFC 2852: 'N' the next host does not know of the time, 'T' it does, and that is to be told; 0 */
};

/* A host that was tried in vain, or served. */
struct host_result {
	struct str	name;
	int		err;		/* errno of the connection, 0 */
	int		ex;		/* sysexits; EXIT_OK: it works */
	struct str	status, text;
};

/* The answer to Q_ATTEMPT and Q_DELIVER: one entry for each recipient asked for. */
struct attempt_result {
	struct str	id;
	struct str	relay;		/* "mx.example. [192.0.2.1]" for log lines: who was reached, or tried last; none: no host */
	struct str	mta;		/* the host's name alone, for Remote-MTA:; none */
	struct str	transcript;	/* for people, lines ">>> RCPT To:<x>", "<<< 550 ...", may be empty */
	int64_t		xdelay_ms;
	bool		down;		/* nobody could be reached: leave this destination alone for a while */
	bool		kept;		/* the session is still open and can take another message for this destination */
	uint32_t	connects;	/* connections that were made */
	struct result_rcpt *rcpt;
	size_t		nrcpt;
	struct host_result *host;	/* for the status of hosts; in the order tried */
	size_t		nhost;
};

/* A new message with the same content and another sender or other recipients. */
struct split {
	struct str	id;		/* made by route */
	struct str	qf;
};

/* Text of OUTCOME_SENT when a recipient became several others, who are tried on their own. */
#define ROUTE_EXPANDED	"expanded (to multi-recipient alias)"
#define ROUTE_LISTED	"delivered to mailing list"	/* one with an owner */

/* The answer to Q_ROUTE. */
struct routed {
	struct str	qf;		/* the message as it is now, with recipients expanded; none when all of them moved to splits */
	struct result_rcpt *done;	/* recipients that need no attempt: failed, deferred, or dropped (OUTCOME_SENT, text "ignored") */
	size_t		ndone;
	struct split	*split;		/* owner- lists: commit these first */
	size_t		nsplit;
	struct attempt	*attempt;	/* content is spool's to fill in */
	size_t		nattempt;
};

enum report_kind { REPORT_FAILED = 1, REPORT_DELAYED, REPORT_SENT };

struct report_rcpt {
	uint32_t	index;		/* in the qf */
	enum report_kind kind;
	struct str	status, text, reply, mta, mailer;
	struct str	action;		/* of REPORT_SENT: "delivered", "relayed", "expanded", "listed", "by-notify", "by-trace"; none otherwise */
};

#define REPORT_OCTETS	((size_t)8 << 20)	/* of what one report tells of its recipients: some 14,000 of them */

/* Q_REPORT: tell the sender.  Content inline, or in the descriptor passed. */
struct report_ask {
	struct str	id;
	struct str	qf;
	struct str	content;
	uint64_t	size;
	int64_t		now;
	int64_t		give_up;	/* when the queue time ends, for warnings */
	struct str	transcript;
	bool		copy;		/* PostmasterCopy: the same for the postmaster, without the body */
	struct report_rcpt *rcpt;
	size_t		nrcpt;
};

/* Its answer: none or one message (several recipients of a report are one report). */
struct reported {
	bool		some;
	struct commit	commit;		/* content inline, or in the descriptor passed */
	struct str	note;		/* why there is none, for the log */
	bool		copy;		/* a postmaster is to have one, too: ask again for it */
	bool		lost;		/* none, and nobody is left who could be told: the message is for dead.letter */
};

/* Q_FORWARD: the .forward of a user.  Q_INCLUDE: a list file, read with the rights given. */
struct list_ask {
	struct str	user;		/* login name, or whose rights an :include: has (none: DefaultUser) */
	struct str	detail;		/* $h: what stood behind the + */
	struct str	path;		/* Q_INCLUDE: the file */
	struct str	via;		/* Q_INCLUDE: the alias it came from */
};

enum list_state { LIST_NONE = 1, LIST_OK, LIST_TEMP, LIST_BAD };

struct list_item {
	struct str	addr;		/* one address; "|program", "/file", ":include:/file" as written, unquoted */
	struct str	seal;		/* of a program or file */
	bool		quoted;		/* it stood in quotes (known to -bv alone) */
};

struct list_answer {
	enum list_state	state;
	struct str	path;		/* the file found */
	struct str	text;		/* LIST_TEMP, LIST_BAD: why */
	struct str	ctl_user;	/* whose rights its programs and files get: the file's owner */
	uid_t		ctl_uid;
	gid_t		ctl_gid;
	struct list_item *item;
	size_t		nitem;
};

/* Q_SEAL: this program, file or include came from that alias of the alias files; local looks for itself. */
struct seal_ask {
	struct str	addr;		/* "|program", "/file", ":include:/file" */
	struct str	alias;
};

void	df_ask_put(struct buf *, const struct df_ask *);
int	df_ask_get(struct str, struct df_ask *);
void	commit_put(struct buf *, const struct commit *);
int	commit_get(struct str, struct commit *);
void	route_ask_put(struct buf *, const struct route_ask *);
int	route_ask_get(struct str, struct route_ask *);
void	attempt_put(struct buf *, const struct attempt *);
int	attempt_get(struct str, struct arena *, struct attempt *);
void	attempt_result_put(struct buf *, const struct attempt_result *);
int	attempt_result_get(struct str, struct arena *, struct attempt_result *);
/* Spends the attempts: a header image that several of one mailer share travels with the first of them, and the others have it no more. */
void	routed_put(struct buf *, struct routed *);
int	routed_get(struct str, struct arena *, struct routed *);
void	report_ask_put(struct buf *, const struct report_ask *);
int	report_ask_get(struct str, struct arena *, struct report_ask *);
void	reported_put(struct buf *, const struct reported *);
int	reported_get(struct str, struct reported *);
void	list_ask_put(struct buf *, const struct list_ask *);
int	list_ask_get(struct str, struct list_ask *);
void	list_answer_put(struct buf *, const struct list_answer *);
int	list_answer_get(struct str, struct arena *, struct list_answer *);
void	seal_ask_put(struct buf *, const struct seal_ask *);
int	seal_ask_get(struct str, struct seal_ask *);

/*
 * The name of "this message to its recipient i": 32 hex digits, the same whenever it is tried again.  An LMTP server of ours that is given it twice
 * keeps one message (XTOKEN, doc/store.md).
 */
void	attempt_token(const struct attempt *, size_t i, struct str host, struct buf *out);

/* The same result for all recipients of an attempt.  `text` and the rest are borrowed. */
void	attempt_result_all(const struct attempt *, struct arena *, enum outcome, int ex, struct str status, struct str text, struct attempt_result *);

#endif
