/*
 * sts_policy - MTA-STS: the DNS record and the policy text (RFC 8461), and the record of TLSRPT (RFC 8460).  Pure; both texts are a stranger's.
 */
#ifndef WIRE_STS_POLICY_H
#define WIRE_STS_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define STS_TEXT_MAX	((size_t)64 << 10)	/* RFC 8461 3.3: suggested limit of a policy */
#define STS_MX_MAX	64
#define STS_AGE_MAX	31557600u		/* RFC 8461 3.2 */

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
	enum sts_mode	 mode;
	uint32_t	 max_age;	/* seconds */
	struct str	*mx;		/* lower case: "mx.example.com" or "*.example.com" */
	size_t		 nmx;
};

/* Does it begin as one of that version ("v=STSv1"), well-formed or not?  Others beside it are nobody's business; two of them are none (RFC 8461 3.1, RFC 8460 3). */
bool	sts_record_is(struct str txt, struct str version);
/* Is this TXT record one of MTA-STS ("v=STSv1; id=...")?  *id borrows from it. */
bool	sts_record_parse(struct str txt, struct str *id);
/* 0; -1: *why says what is wrong.  Strings are copied to the arena. */
int	sts_policy_parse(struct str text, struct arena *, struct sts_policy *, struct str *why);
/* Does the policy name this host (RFC 8461 4.1)? */
bool	sts_policy_names(const struct sts_policy *, struct str host);
const char *sts_mode_name(enum sts_mode);
/* "v=TLSRPTv1; rua=mailto:a@b,https://..." : *rua borrows the list. */
bool	tlsrpt_record_parse(struct str txt, struct str *rua);

#endif
