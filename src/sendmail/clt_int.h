/*
 * clt_int - a session and a transaction as the clt_ files share them: clt.c opens and ends, clt_tx.c sends a message, clt_param.c decides what is said of it,
 * clt_body.c writes it, clt_step.c has the steps, clt_tls.c, clt_auth.c and clt_policy.c do what their names say.
 */
#ifndef SENDMAIL_CLT_INT_H
#define SENDMAIL_CLT_INT_H

#include "clt.h"
#include "wire/smtp_cmd.h"
#include "wire/smtp_reply.h"

enum clt_state { CLT_NEW, CLT_READY, CLT_MAIL, CLT_OVER, CLT_DEAD };	/* over: of no more use, but there to hear QUIT */

enum clt_step_id {
	CLT_GREET,
	CLT_EHLO,
	CLT_HELO,
	CLT_LHLO,
	CLT_STARTTLS,
	CLT_AUTH,
	CLT_AUTHLINE,
	CLT_MAILFROM,
	CLT_RCPTTO,
	CLT_DATA,
	CLT_CONTENT,		/* 64 KiB of content */
	CLT_DOT,
	CLT_BDAT,
	CLT_VERB,
	CLT_RSET,
	CLT_QUIT,
	CLT_STEPS
};

struct clt {
	struct clt_conf	 c;
	struct arena	*arena;		/* of the session */
	struct str	 name;		/* the server in log lines: "mx.example.", "[192.0.2.1]" */
	struct stream	*io;
	enum clt_state	 state;
	bool		 farewell;	/* dead, but it was polite: 421 */
	bool		 tls;
	const char	*verify;	/* {verify}; NULL before STARTTLS was due */
	struct clt_need	 need;		/* c.need, less what the rules took away */
	const char	*report;	/* for TLSRPT, or NULL */
	struct str	 report_why;
	bool		 authed;
	struct str	 auth_mech;
	struct tls_info	 info;		/* when `tls` */
	bool		 fallback;	/* TLSFallbacktoClear, or what tls_clt_features says */
	const struct attempt *now;	/* while one is under way */
	struct smtp_offer offer;
	unsigned	 messages;
	unsigned	 attempts;	/* clt_send, this one included */
	/* of the present message */
	struct buf	 transcript;
	bool		 talked;	/* "... while talking to" stands in it */
};

/* How the content leaves. */
enum clt_how {
	CLT_AS_IS,
	CLT_TO_7BIT,		/* encoded: the server takes no 8-bit content */
	CLT_TO_8BIT,		/* what is binary is encoded, what has no MIME fields gets them */
	CLT_RAW			/* BINARYMIME: by BDAT, octet for octet */
};

/* What is sent in one transaction: only recipients whose address can be said. */
struct clt_tx {
	struct clt		*c;
	const struct attempt	*a;
	int			 fd;
	struct arena		*arena;
	struct result_rcpt	*res;
	bool			*pending;	/* accepted by RCPT, the message's fate is theirs */
	size_t			 npending;
	bool			 progress;	/* the server answered something of this transaction */
	/* clt_plan's */
	enum clt_how		 how;
	enum smtp_bodytype	 body;		/* BODY= */
	bool			 utf8;		/* SMTPUTF8 */
	bool			 bdat;
	struct str		 sender;	/* as it is said */
	struct str		*addr;		/* of each recipient, as it is said */
	size_t			 from, to;	/* the recipients of this turn (RFC 9422: a server may take few at once) */
};

#define CLT_TRANSCRIPT	((size_t)32 << 10)

/* clt_step.c */
/* Append a command to the output; not yet sent. */
void	clt_say(struct clt *, enum clt_step_id, struct str args);
/*
 * Read the reply to a step; `command` is what was said, for the transcript.  0 when a whole reply
 * came (any code), -1 and *f when the connection or the
 * server broke: the session is dead then.  A 421 leaves the session dead, too, but is a reply.
 */
int clt_hear(struct clt *, enum clt_step_id, struct str command, struct arena *,
    struct smtp_reply *, struct clt_fail *);
/* Both. */
int clt_ask(struct clt *, enum clt_step_id, struct str args, struct arena *, struct smtp_reply *,
    struct clt_fail *);
/* Text of a step's command. */
struct str clt_step_text(struct arena *, enum clt_step_id, struct str args);
/* A reply that is no success as a failure. */
void	clt_refused(enum clt_step_id, const struct smtp_reply *, struct arena *, struct clt_fail *);
/* Milliseconds. */
int	clt_timeout(const struct clt *, enum clt_step_id);

/* clt_tx.c */
void	clt_set(struct clt_tx *, size_t i, enum outcome, int ex, struct str status, struct str text, struct str reply);

/* clt_param.c */
/*
 * What the server's offers make of this message: t->how to t->addr.  Recipients that cannot be said to it get their results.  False: the message cannot
 * be sent over this session at all, *f says why.
 */
bool	clt_plan(struct clt_tx *, struct clt_fail *f);
struct str clt_mail_args(struct clt_tx *);
struct str clt_rcpt_args(struct clt_tx *, size_t i);
bool clt_passes_dsn(const struct clt *);
/* What is to be said of the deliver-by time when the message is taken (result_rcpt.by). */
char	clt_by_said(const struct clt_tx *);

/* clt_body.c */
/*
 * Header, empty line, content, up to the dot or the last chunk; replies to chunks before the last are heard here.  1: the server refused a chunk, *r is
 * its reply.  -1 and *f: the content could not be read, or the session broke.
 */
int	clt_content(struct clt_tx *, struct smtp_reply *r, struct clt_fail *f);

/* clt_policy.c */
struct str clt_server_addr(const struct clt *);
/* Ask for `narg` arguments at once.  0: out->n is narg, or 0 when there are no such rules; -1: *f. */
int	clt_policy(struct clt *, enum policy_moment, struct str *arg, size_t narg, struct str arg2, struct arena *,
	    struct policy_answer *out, struct clt_fail *f);
/* A refusal by the rules as a failure. */
void	clt_policy_fail(const struct policy_verdict *, struct arena *, struct clt_fail *);
/* tls_server: false and *f. */
bool	clt_policy_server(struct clt *, struct arena *, struct clt_fail *f);
void	clt_log_policy(const struct clt *, const char *ruleset, struct str arg, const struct clt_fail *);

/* clt_auth.c: 0 also when nothing is known that could be said, or the server does not believe it; 1: a security layer came of it */
int	clt_auth(struct clt *, struct arena *, struct clt_fail *);

/* clt_secure.c */
void	clt_secure_features(struct clt *, const struct policy_answer *);
bool	clt_secure_must(const struct clt *);
/* After STARTTLS, or without: 0, or -1 and *f. */
int	clt_secure_check(struct clt *, struct arena *, struct clt_fail *);
void	clt_secure_broken(struct clt *, struct str why);

/* clt_tls.c: 0 also when STARTTLS is not used */
int	clt_starttls(struct clt *, struct arena *, struct clt_fail *);

#endif
