/*
 * policy - what role client wants to know from the rules of the configuration: Q_POLICY.
 *
 * The client talks to strangers and runs no rules.  At the moments at which sendmail asks a ruleset about a server it tells route the moment,
 * the arguments and the macros of the session; route runs the ruleset and gives a verdict for each argument.  What a macro may be called is
 * a list here, not the asker's choice: a client that was taken over cannot make rules believe it is somebody's mail from within.
 */
#ifndef SENDMAIL_POLICY_H
#define SENDMAIL_POLICY_H

#include "attempt.h"
#include "base/arena.h"
#include "base/buf.h"
#include "conf.h"
#include "rule/rule.h"

enum policy_moment {
	POLICY_CLT_FEATURES,		/* before the greeting; host $| address */
	POLICY_TRY_TLS,			/* before STARTTLS; host */
	POLICY_TLS_CLT_FEATURES,	/* the same; host $| address */
	POLICY_TLS_SERVER,		/* STARTTLS was said, or should have been; {verify} */
	POLICY_TLS_RCPT,		/* before RCPT; each recipient */
	POLICY_AUTHINFO,		/* before AUTH; host $| address */
	POLICY_MOMENTS
};

#define POLICY_MACROS	60
#define POLICY_TEXT	((size_t)8 << 10)	/* longest argument or value */

struct policy_ask {
	enum policy_moment moment;
	struct attempt_macro *macro;
	size_t		 nmacro;
	struct str	*arg;			/* the first parts */
	size_t		 narg;
	struct str	 arg2;			/* behind $|, or none */
};

struct policy_verdict {
	bool		 refused;		/* $#error, or the rules could not be run */
	int		 smtp;			/* of a refusal */
	struct str	 dsn, text;
	struct str	 said;			/* what stood behind $#, in one line; none: nothing did */
	struct str	 result;		/* the workspace as it was left, for rulesets that return key=value */
};

struct policy_answer {
	struct policy_verdict *v;		/* one for each argument */
	size_t		 n;
};

void	policy_ask_put(struct buf *, const struct policy_ask *);
int	policy_ask_get(struct str, struct arena *, struct policy_ask *);
void	policy_answer_put(struct buf *, const struct policy_answer *);
int	policy_answer_get(struct str, struct arena *, struct policy_answer *);

/* Is this a macro that a client may name? */
bool	policy_may_name(struct str name);
/* Does the configuration say anything at that moment?  If not, there is nothing to ask. */
bool	policy_has(const struct conf *, enum policy_moment);
/* Run it in a context of its own, which gets the macros.  Results in the arena. */
void	policy_run(const struct conf *, struct rule_ctx *, const struct policy_ask *, struct arena *, struct policy_answer *);

/* Who answers a client: a channel to route, or the rules in this process. */
typedef int policy_fn(void *arg, const struct policy_ask *, struct arena *, struct policy_answer *, struct err *);

#endif
