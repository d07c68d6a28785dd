/*
 * milter - the filters of an SMTP session (sendmail's Milter protocol, versions 2 to 6): each stage of the session is told to each filter in
 * order, and what they say together is one verdict.
 *
 * A session's filters are connected when it begins and live as long as it does.  The conversation is blocking code with a deadline for
 * everything, in the worker that runs the session; while a session is idle it is parked with its filters, and costs no process.  Filters are
 * other people's programs: one that dies, hangs, lies or talks nonsense is given up for this session, and its F= says what becomes of the
 * mail.  A filter with F=S is a shadow: it is asked and its verdicts are logged and counted, and nothing that it says has an effect.
 */
#ifndef SENDMAIL_MILTER_H
#define SENDMAIL_MILTER_H

#include <stdbool.h>

#include "base/arena.h"
#include "conf.h"
#include "env.h"
#include "net/ip.h"
#include "rule/rule.h"

struct milters;

enum milter_kind {
	MILTER_CONTINUE,
	MILTER_REJECT,
	MILTER_TEMP,
	MILTER_DISCARD,
	MILTER_REPLY,		/* reply is what to say */
	MILTER_CLOSE		/* 421, and the session is over */
};
struct milter_verdict {
	enum milter_kind kind;
	struct str	 reply;	/* "550 5.7.1 text", lines joined by CRLF; in the rule context's scratch */
	struct str	 by;	/* unless CONTINUE: the filter that decided */
};

/* What a filter did, since the counts were taken last. */
enum milter_count {
	MILTER_N_SESSIONS, MILTER_N_MESSAGES, MILTER_N_ACCEPT, MILTER_N_REJECT, MILTER_N_TEMP, MILTER_N_DISCARD, MILTER_N_QUARANTINE,
	MILTER_N_CHANGES, MILTER_N_ERRORS, MILTER_N_USEC, MILTER_N_MAX_USEC, MILTER_COUNTS
};
/* A unix socket that this process may not reach, by the filter's index in conf.filters: a connected descriptor or -1.  May be NULL. */
typedef int milter_open_fn(void *arg, size_t filter, struct err *);

/*
 * Connect to the filters of a daemon (or of the option InputMailFilters; NULL) and negotiate.  NULL: there are none.  *v says what becomes of the
 * session when one could not be reached.  `ctx` is the session's: macros come from it.
 */
struct milters *milters_new(const struct conf *, const struct conf_daemon *, struct rule_ctx *, struct arena *, milter_open_fn *, void *arg,
    struct milter_verdict *v);
/* The session is over, or nobody is asked any more: say good bye to all. */
void	milters_quit(struct milters *);
/* Close.  `counts` is told what each did. */
void	milters_free(struct milters **, void (*counts)(void *, size_t filter, const uint64_t[MILTER_COUNTS]), void *arg);
/*
 * milter_park.c: a session that waits.  What is needed to go on, appended to `b`, and connections, at most BUNDLE_MAX - 1, which are the caller's then; the
 * filters are gone from here, and were told nothing.  The other way the descriptors are taken, and closed if nobody is there for them.
 */
bool	milters_can_park(const struct milters *);
void	milters_park(struct milters **, struct buf *b, int *fd, size_t *nfd, void (*counts)(void *, size_t filter, const uint64_t[MILTER_COUNTS]), void *arg);
struct milters *milters_unpark(const struct conf *, struct rule_ctx *, struct arena *, milter_open_fn *, void *arg, struct str parked, int *fd, size_t nfd);
/* Does one of them want to hear of recipients that are refused? */
bool	milters_want_refused(const struct milters *);

/* The context that macros come from, and the queue id for the log (NULL: none): of the envelope while there is one. */
void	milters_scope(struct milters *, struct rule_ctx *, const char *id);

/* Stages.  The arguments of mail and rcpt: the address as it was given, and the parameters behind it. */
void	milters_connect(struct milters *, struct str host, const struct ip *client, struct milter_verdict *);
void	milters_helo(struct milters *, struct str name, struct milter_verdict *);
void	milters_mail(struct milters *, struct str given, struct str params, struct milter_verdict *);
void	milters_rcpt(struct milters *, struct str given, struct str params, bool refused, struct milter_verdict *);
void	milters_data(struct milters *, struct milter_verdict *);
void	milters_unknown(struct milters *, struct str line, struct milter_verdict *);
/* The whole message, and what the filters want changed in it; its header is complete, e->hdr_made fields in front are our own. */
void	milters_message(struct milters *, struct env *, struct milter_verdict *);
/* The transaction is over without a message. */
void	milters_abort(struct milters *);

#endif
