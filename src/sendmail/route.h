/*
 * route - what the files of the route role share: one worker's state, and one message being routed or reported on.
 */
#ifndef SENDMAIL_ROUTE_H
#define SENDMAIL_ROUTE_H

#include "alias.h"
#include "attempt.h"
#include "maps.h"
#include "resolve.h"
#include "queue/qfile.h"
#include "queue/qid.h"
#include "role.h"
#include "rule/rule.h"

#define ROUTE_ROOM	((size_t)512 << 20)	/* of an arena for the longest qf: some 3 KiB a recipient */

/* ctx->state of a route worker. */
struct route {
	struct role_ctx	*ctx;
	const struct conf *conf;
	struct maps	*maps;
	struct str	 error_header;	/* ErrorHeader, or the text of its file */
	char		 id[QID_MAX];	/* of the message at hand */
	struct why	*why;		/* NULL: decisions are not kept (submission) */
	struct rule_ctx	*base;		/* the configuration's macros; each message stands on it */
};

/* One message. */
struct routing {
	struct route	*rt;
	struct arena	*m;
	struct rule_ctx	*rules;
	struct qf	 qf;
	int64_t		 now;
	uint64_t	 size;
	bool		 demand;
	/* per mailer, made at the first need */
	struct str	*header;
	struct str	*sender;
	int		*sender_ex;
	/* route_udb.c */
	struct str	 mailname;	/* of the sender; none: he has none */
	bool		 mailname_unknown;	/* cannot be told now */
	/* route_from.c */
	const struct mailer *from;
	bool		 from_known;
};

/* route_macros.c: what the qf says of a message; those that go with an attempt. */
void		 route_macros(struct routing *);
void		 route_attempt_macros(struct routing *, struct attempt *);
/* The sender as it is written to that mailer, without angle brackets. */
struct str	 route_sender(struct routing *, int mailer, int *ex);
/* route_group.c: messages of their own for recipients of other queue groups; added to out->split. */
int		 route_groups(struct routing *, struct alias_set *, struct routed *out, struct err *);
/* route_bcc.c: the copies that AddBcc's ruleset asks for. */
struct route_bcc {
	struct bcc_copy {
		struct str	way;	/* "mailer:host", or "-": as the address says */
		struct str	addr;
	}		*copy;
	size_t		 n;
};
/* Ask for each recipient, and mark the message as asked; false: the ruleset cannot answer now. */
bool		 route_bcc_mark(struct routing *, struct err *, struct route_bcc *out);
/* Messages of their own for them; added to out->split. */
int		 route_bcc_split(struct routing *, const struct route_bcc *, struct routed *out, struct err *);
/* The recipient of such a message goes its own way: a leaf now.  False: it is routed as any other. */
bool		 route_bcc_way(struct routing *, struct alias_rcpt *);
/* route_compat.c: ruleset check_compat on this recipient; true: *v is what it had against it, and the log says so. */
bool		 route_compat(struct routing *, const struct alias_rcpt *, struct check_verdict *v);
/* route_from.c: the sender as rules are to see it. */
struct str	 route_from(struct routing *, const struct mailer *);
/* MAILER-DAEMON as that mailer's rules write it. */
struct str	 route_from_daemon(struct routing *, int mailer);
/* "@domain" of a sender whose mailer has flag C, or none. */
struct str	 route_from_domain(struct routing *);
/* The argument of MAIL: with flag p of the mailer and a sender from elsewhere, a path that begins with this host. */
struct str	 route_from_path(struct routing *, const struct mailer *, struct str sender);
/* C= of the sender's mailer, or none. */
struct str	 route_from_charset(struct routing *);
/* $g: a route stands in angle brackets, but for mailers with flag d. */
struct str	 route_from_shown(struct routing *, const struct mailer *, struct str sender);
/* route_sort.c: attempts that lead to the same exchangers become one, of at most max(mailer) recipients. */
void		 route_sort(struct routing *, struct routed *out, size_t (*max)(const struct mailer *));
/* route.c: without angle brackets. */
struct str	 route_unbracket(struct str);
/* route_udb.c: as maps_userdb, arg is the struct route. */
enum map_rc	 route_ask_userdb(void *arg, enum maps_udb, struct str user, struct buf *value, struct err *);
/* The sender's mailname, $f too. */
void		 route_mailname(struct routing *);
/* $f: the mailname, or the sender as it is everywhere, before a mailer's own rules. */
struct str	 route_f(struct routing *, const struct attempt *);
/* For a mailer with F=j: the mailname of an address as it stands in a header; the address itself if there is none. */
struct str	 route_header_name(struct routing *, const struct mailer *, struct str addr);
/* route_header.c: the header image for that mailer. */
struct str	 route_header(struct routing *, int mailer);

/*
 * The whole of it: what is to be done with a message, as the answer to Q_ROUTE says it.  Everything in *out is in the arena.  For a worker, and
 * for submission in one process.
 */
int		 route_plan(struct route *, const struct alias_ops *, const struct route_ask *, struct arena *, struct routed *out, struct err *);

/* dsn.c: the report that *q asks for; content inline or in `content_fd`; a long report is in *out_fd. */
int		 dsn_report(struct route *, const struct report_ask *, int content_fd, struct arena *, struct reported *out, int *out_fd, struct err *);
/* Q_REPORT. */
int		 route_report(struct role_ctx *, struct frame *, struct buf *out, int *out_fd, struct err *);

#endif
