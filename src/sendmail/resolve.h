/*
 * resolve - an address through the rulesets: to a mailer, host and user; as senders and recipients are written for a mailer;
 * and the verdicts of check_ rulesets.
 *
 * Results live in the context's scratch memory until rule_reset.
 */
#ifndef SENDMAIL_RESOLVE_H
#define SENDMAIL_RESOLVE_H

#include <stdbool.h>

#include "base/str.h"
#include "conf.h"
#include "rule/rule.h"

#define RESOLVE_RCPT	0x0000u
#define RESOLVE_SENDER	0x0001u
#define RESOLVE_HEADER	0x0002u		/* {addr_type} says h, not e */
#define RESOLVE_CANON	0x0004u		/* the address was through ruleset 3 already (localaddr's answers) */
#define RESOLVE_ADDDOM	0x0008u		/* resolve_rewrite: add the sender's domain to unqualified ones (mailer flag C) */
#define RESOLVE_NOFINAL	0x0010u		/* resolve_rewrite: without ruleset 4 */
#define RESOLVE_NOMAILER	0x0020u		/* resolve_rewrite: without the mailer's S= or R= */

enum resolve_kind { RES_MAILER, RES_ERROR, RES_DISCARD };

struct resolved {
	enum resolve_kind kind;
	int		 mailer;	/* index into conf.mailers; of `error` for RES_ERROR */
	struct str	 host;		/* $h */
	struct str	 user;		/* $u: as the recipient rules of the mailer wrote it, or as parsed */
	struct str	 parsed_user;	/* user of the triple before R= and ruleset 4 */
	struct str	 addr;		/* the input without comment and phrase, printable: what log lines and qf files show */
	struct str	 queue_group;	/* what ruleset queuegroup chose, or empty */
	bool		 no_address;	/* RES_ERROR: nothing there that rules could see */
	bool		 no_local;	/* user had a leading @ (F=@ ... $:@user): ruleset 5 is not to be used */
	int		 smtp;		/* RES_ERROR: 550 */
	struct str	 dsn;		/* "5.1.1", empty when the text gave none */
	struct str	 text;		/* message without code and DSN */
	bool		 transient;	/* a map could not be asked on the way: where this leads must not be acted upon */
	int		 ex;		/* sysexits code; EXIT_TEMPFAIL also when a map failed for the moment */
};

/*
 * As sendmail does with an address that it is given: comment and phrase off, ruleset 3, ruleset 0, {addr_type} set,
 * then ruleset 2, the mailer's envelope R= and ruleset 4 for `user` (senders too).  0: `out` filled, a refusal by the rules included;
 * -1: not an address at all (out is filled as RES_ERROR with sendmail's text, too).
 */
int	resolve_addr(struct rule_ctx *, const struct conf *, struct str addr, unsigned flags, struct resolved *);
/* Ruleset 5 on a local user that no alias was found for: 1 and `out` when it leads elsewhere, 0 stay, -1 cannot be told now. */
int	resolve_local(struct rule_ctx *, const struct conf *, const struct resolved *, struct resolved *out);

/*
 * An address as it is written to `mailer` (index): rulesets 3, 1 or 2, S= or R= (header or envelope by flags), 4.
 * 0 and *out, which is the address as it was when it is no address (*ex then says EXIT_DATAERR) or rules fail for now.
 * In headers phrase and comments stay where they were around the new address.
 */
int	resolve_rewrite(struct rule_ctx *, const struct conf *, struct str addr, int mailer, unsigned flags, struct str *out, int *ex);

/* The same with the sender's domain ("@example.org") for RESOLVE_ADDDOM. */
int	resolve_rewrite_domain(struct rule_ctx *, const struct conf *, struct str addr, int mailer, unsigned flags, struct str domain,
		struct str *out, int *ex);

/* ---- check_ rulesets ---- */

enum check_kind { CHECK_OK, CHECK_REJECT, CHECK_TEMPFAIL, CHECK_DISCARD, CHECK_QUARANTINE };

struct check_verdict {
	enum check_kind	 kind;
	int		 smtp;		/* 550 or 451 ...: also for 421 that closes the session */
	struct str	 dsn;		/* "5.7.1", may be empty */
	struct str	 text;		/* message without the codes; reason of a quarantine */
	int		 ex;
	struct str	 reply;		/* all of the reply line: "550 5.7.1 text" */
	struct rule_out	 out;		/* what the ruleset returned (srv_features, greet_pause read it) */
};

/*
 * Run ruleset `name` on arg (and arg2, joined by $|, unless it is STR_NONE).  A ruleset that does not exist says CHECK_OK.
 * -1 only when the arguments are unusable: verdict is CHECK_REJECT with sendmail's text.
 */
int	resolve_check(struct rule_ctx *, const struct conf *, struct str name, struct str arg, struct str arg2, unsigned flags,
		struct check_verdict *);
#define CHECK_KEEP_COMMENTS	0x01u
#define CHECK_WHOLE		0x02u	/* of a header: no text is too long, and what rules cannot digest is no reason to refuse */
/* The same by index, for H lines. */
int	resolve_check_set(struct rule_ctx *, const struct conf *, int ruleset, struct str arg, struct str arg2, unsigned flags,
		struct check_verdict *);

/* "550 5.7.1 Access denied", "5.1.1:550 ...", "Access denied" as sendmail takes the user part of $#error apart. */
void	resolve_error_text(struct rule_ctx *, struct str host, struct str user, struct resolved *);

/* Address out of "Phrase <addr> (comment)": in scratch memory. */
struct str resolve_strip(struct rule_ctx *, struct str);

#endif
