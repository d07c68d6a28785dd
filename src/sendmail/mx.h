/*
 * mx - a mailer's host as a list of hosts to try, in order (RFC 5321 5.1).
 *
 * "name" asks for MX records, "[name]" and literals do not; "a:b:c" is one after the other, "a,b" either first: load is shared, as among equal MX records.
 * Answers come from the resolver role and are checked there
 * for form; here it is seen to that mail does not come back to us.
 */
#ifndef SENDMAIL_MX_H
#define SENDMAIL_MX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "conf.h"
#include "net/ip.h"

#define MX_HOSTS_MAX	40	/* hosts of one list; more are not looked at */

struct mx_host {
	struct str	name;		/* for people and for SNI: "mx.example" without a final dot, or "[192.0.2.1]" */
	bool		literal;	/* ip is all there is to know */
	struct ip	ip;
	uint16_t	pref;
	struct str	domain;		/* whose MX record it is; none: the administrator's own words */
	bool		secure;		/* ... and that answer was validated; or it is the administrator's word */
	bool		smart;		/* FallbackSmartHost: for where somebody could not be reached */
};

/* Why there is nobody to try. */
struct mx_fail {
	bool		 temp;
	int		 ex;
	const char	*status;	/* "5.1.2" */
	struct str	 text;		/* "Host unknown (Name server: x: host not found)" */
	struct str	 reply;		/* the same for a report, with a code; or none */
};

struct mx_self {
	/* Is this one of our own names? */
	bool		(*is_me)(void *arg, struct str name);
	void		*arg;
};

/*
 * 0 and at least one host, or -1 and *fail.  no_mx: mailer flag 0.  Equal preferences are shuffled
 * by seed.  FallbackMXhost stands at the end, and behind it FallbackSmartHost, whose MX records are not asked for.
 */
int mx_list(const struct conf *, struct str hosts, bool no_mx, const struct mx_self *,
    uint64_t seed, struct arena *, struct mx_host **, size_t *n, struct mx_fail *);
/* Its addresses; -1 and *fail.  port is set in each. */
int mx_addrs(const struct mx_host *, uint16_t port, struct arena *, struct ip **, size_t *n,
    struct mx_fail *);
/* "smtp", "25", ... : 0 when it is no port. */
uint16_t mx_port(struct str);

#endif
