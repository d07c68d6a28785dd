/*
 * maillog - the from= and to= lines: a public format that other people's log tools read, made only here.
 */
#ifndef SENDMAIL_MAILLOG_H
#define SENDMAIL_MAILLOG_H

#include "attempt.h"
#include "conf.h"
#include "queue/qfile.h"

/*
 * A macro of messages whose sender is a user of this host: "uid/gid", shown as ctladdr= of recipients that have no other controlling user.
 */
#define MAILLOG_CTL	"angarium_ctladdr"
/* From this LogLevel on lines about recipients say why they went there: why=mailertable[...]=... RULESET/N@PLACE */
#define MAILLOG_WHY	10

/* A message was accepted: level 4. */
void	maillog_from(const struct conf *, const struct qf *, uint64_t size);
/*
 * What became of recipients of one attempt: level 8 sent, 9 deferred, 5 failed.  One line for those with the same result.
 * mailer and relay may be none.
 */
struct maillog_rcpt {
	const struct qf_rcpt	*rcpt;
	const struct result_rcpt *result;
	bool			 done;		/* used while lines are made */
};
void	maillog_to(const struct conf *, const struct qf *, struct maillog_rcpt *, size_t n, struct str mailer, struct str relay, int64_t xdelay_ms);
/* The alias or list that led to this recipient: as it was given, if it was the sender's own word. */
void	maillog_alias(struct buf *, const struct qf *, const struct qf_rcpt *);
/* A message that is queued at once: each recipient and its mailer (or none), level 9. */
void	maillog_queued(const struct qf *);
/* Class of a message: its Precedence: by the P lines. */
int	maillog_class(const struct conf *, const struct qf *);
/* The class for its place in the queue: one of MT-PRIORITY (RFC 6710) counts as MAILLOG_MT of Precedence. */
#define MAILLOG_MT	10
int	maillog_rank(const struct conf *, const struct qf *);
/* Whose certificate a session's other end has shown, level 12; nothing if none.  side: "server" or "client", what we are. */
struct tls_info;
void	maillog_certificate(const char *side, const struct tls_info *);

/* The message has left the queue. */
void	maillog_done(const struct qf *);

#endif
