/*
 * stsask - what role client wants to know from role sts, and tells it: bodies of Q_STS and Q_TLSRPT.
 */
#ifndef SENDMAIL_STSASK_H
#define SENDMAIL_STSASK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "wire/sts_policy.h"

#define STS_WORD	((size_t)256)
#define STS_WHY		((size_t)1024)

/* The answer to a domain's name. */
struct sts_answer {
	bool			 found;		/* there is a policy; else `problem` may say why there should be one */
	struct sts_policy	 policy;
	struct str		 id;
	struct str		 problem;	/* RFC 8460 4.3: "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"; or empty */
	struct str		 why;		/* in words */
};

/* One session, for reports (RFC 8460). */
struct tlsrpt_note {
	struct str	 domain;
	struct str	 type;		/* "tlsa", "sts", "no-policy-found" */
	struct str	 policy;	/* what was in force, lines with \n */
	struct str	 mx, ip, sender_ip;
	struct str	 result;	/* empty: success */
	struct str	 why;
};

/* May this domain be asked for?  It becomes the name of a file: DNS would have more letters. */
bool	sts_domain_ok(struct str);
void	sts_ask_put(struct buf *, struct str domain);
int	sts_ask_get(struct str, struct str *domain);
void	sts_answer_put(struct buf *, const struct sts_answer *);
int	sts_answer_get(struct str, struct arena *, struct sts_answer *);
void	tlsrpt_note_put(struct buf *, const struct tlsrpt_note *);
int	tlsrpt_note_get(struct str, struct tlsrpt_note *);

#endif
