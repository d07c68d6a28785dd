/*
 * secure - what a delivery to a domain must verify: the domain's MTA-STS policy and, for each of its servers, DANE.
 *
 * Used by role client for a delivery, and by `sendmail -bT' to say it.
 */
#ifndef SENDMAIL_SECURE_H
#define SENDMAIL_SECURE_H

#include "clt.h"
#include "mx.h"
#include "stsask.h"

/* Who knows policies: a channel to role sts, or this process.  -1: nobody; *e. */
typedef int secure_sts_fn(void *arg, struct str domain, struct arena *, struct sts_answer *, struct err *);

struct secure {
	const struct conf	*conf;
	secure_sts_fn		*sts;		/* NULL: not asked */
	void			*sts_arg;
	struct str		 domain;	/* of the policy below */
	struct sts_answer	 policy;
};

/* DANE=true? */
bool	secure_dane(const struct conf *);
/* StrictTransportSecurity, without a map of FEATURE(sts) that says it to the rules? */
bool	secure_sts(const struct conf *);

/* For one server, at that port.  True: *need says what the session must be.  False: it must not be tried; *why in words (need is filled, too). */
bool	secure_host(struct secure *, const struct mx_host *, uint16_t port, struct arena *, struct clt_need *, struct str *why);
/* What a session became, as a note for reports; false: nothing to report.  result NULL: success. */
bool	secure_note(const struct secure *, const struct clt_need *, struct str host, struct str ip, const char *result, struct str why,
	    struct arena *, struct tlsrpt_note *);

#endif
