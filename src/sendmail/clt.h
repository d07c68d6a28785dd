/*
 * clt - one outgoing session, SMTP or LMTP, over a stream that is already connected: greeting,
 * extensions, transactions.
 *
 * Rulesets are not run here.  What is sent (sender, recipients, header) was made ready by route;
 * whatever an address holds, it stays one address
 * (smtp_addr_sendable), and content leaves through wire/smtp_body.c alone.  The server's replies
 * are a stranger's words.
 */
#ifndef SENDMAIL_CLT_H
#define SENDMAIL_CLT_H

#include <stdbool.h>

#include "attempt.h"
#include "authask.h"
#include "base/arena.h"
#include "conf.h"
#include "dane.h"
#include "net/stream.h"
#include "net/tls.h"
#include "policy.h"

struct clt;

/* What DNS and the domain's policy want of this session. */
struct clt_need {
	struct dane		 dane;
	bool			 proven;	/* nobody could have bent the server's name: a signed MX record, or the configuration's own word */
	bool			 sts;		/* the domain has an MTA-STS policy, of mode testing or enforce, ... */
	bool			 sts_enforce;
	bool			 sts_mx;	/* ... and it names this server */
};

struct clt_conf {
	const struct conf	*conf;
	const struct mailer	*mailer;
	struct str		 host;		/* whom we talk to: for log lines and SNI */
	struct str		 addr;		/* "[192.0.2.1]", or none */
	struct str		 helo;		/* what we call ourselves */
	struct str		 self;		/* a server that calls itself so is us: mail would loop; none: not looked at */
	struct tls_ctx		*tls;		/* NULL: STARTTLS is not used */
	bool			 clear;		/* it was tried with TLS, in vain: {verify} is CLEAR */
	const struct clt_need	*need;		/* NULL: nothing; must last until clt_open returns */
	bool			 lmtp;
	bool			 verbose;	/* the dialogue is shown, see say.h */
	policy_fn		*policy;	/* asks the rules; NULL: there are none */
	int			(*auth)(void *policy_arg, const struct auth_ask *, struct err *);	/* a channel to role auth; NULL: no AUTH */
	void			*policy_arg;
	struct clt_own {		/* our end: {client_flags} and {if_..._out}, none on the loopback */
		struct str	 flags, addr, family, name;
	}			 own;
	struct str		 auth_info;	/* text of DefaultAuthInfo, or none */
};

/* What went wrong with a whole session or message. */
struct clt_fail {
	enum outcome	 outcome;	/* OUTCOME_DEFERRED or OUTCOME_FAILED */
	int		 ex;
	struct str	 status;	/* "4.4.2" */
	struct str	 text;		/* as in struct result_rcpt */
	struct str	 reply;		/* of the server, or none */
	bool		 tls;		/* it was the TLS handshake */
	bool		 fallback;	/* ... and it may be tried again without */
	bool		 elsewhere;	/* failed, but another server may take it */
};

/* Takes the stream over.  What `c` borrows is copied. */
struct clt	*clt_new(const struct clt_conf *, struct stream *);
/* A host as log lines have it: "mx.example. [192.0.2.1]", "[192.0.2.1] [192.0.2.1]"; addr none: the name alone. */
struct str	 clt_relay(struct arena *, struct str host, struct str addr);
/* QUIT, if the session is in order, and close. */
void		 clt_end(struct clt **);

/*
 * Greeting, EHLO (HELO, LHLO), STARTTLS, and what the rules say to it.  `t` is what the session is opened for.  0, or -1 and *f in the arena.
 */
int		 clt_open(struct clt *, const struct attempt *t, struct arena *, struct clt_fail *f);

/*
 * One transaction.  Content: a->header, then a->content or the descriptor fd from offset 0.  Fills
 * one entry of res->rcpt for each recipient, and the
 * transcript.  0; or -1 when the server was gone before it had accepted anything: then nothing is
 * filled and the message can be tried on another connection.
 */
int clt_send(struct clt *, const struct attempt *, int fd, struct arena *,
    struct attempt_result *res, struct clt_fail *f);

/*
 * Is the session one that REQUIRETLS may use (RFC 8689 4.2.1): encrypted, with a server whose certificate is proved to be its own and whose name
 * came over a way that is proved, too (DNSSEC, MTA-STS, or the configuration names it)?  *why else, in words.
 */
bool		 clt_verified(struct clt *, struct arena *, struct str *why);
/*
 * After clt_open, whatever it returned, and before clt_end: RFC 8460's name of what went wrong with TLS, NULL: nothing; *why in words.
 * False: nothing to report; it did not come to TLS, or we did not want it.
 */
bool		 clt_report(const struct clt *, const char **type, struct str *why);

/* Can this session take another message (in order, below m=, nothing unexpected from the server)? */
bool		 clt_usable(struct clt *);

/* ---- clt_cache.c: sessions of this process that are kept open ---- */

struct clt_cache;
struct clt_cache *clt_cache_new(size_t max, int64_t seconds);
/* A usable one for this destination, taken out of the cache; NULL. */
struct clt	*clt_cache_take(struct clt_cache *, struct str key);
/* Keep it; true when it was kept, else it was ended. */
bool		 clt_cache_put(struct clt_cache *, struct str key, struct clt *);
/* End those whose time is over, and those whose server has hung up.  all: every one. */
void		 clt_cache_tidy(struct clt_cache *, bool all);

/* The same for all recipients. */
void clt_fail_result(
    const struct attempt *, struct arena *, const struct clt_fail *, struct attempt_result *);

#endif
