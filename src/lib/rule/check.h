/*
 * check - what can be said against rulesets without running them.
 *
 * Everything that is reported is certain: a rule called dead cannot be reached by any address, one that loops matches what it writes.
 * What depends on maps, calls or macros of the moment is not guessed at.
 */
#ifndef RULE_CHECK_H
#define RULE_CHECK_H

#include "rule/rule.h"

enum rule_fault {
	RULE_CALLS_NOTHING,	/* calls ruleset `name`, which no S line defines */
	RULE_DEAD,		/* rule `other` of the same set takes everything that this one could match */
	RULE_LOOPS,		/* what it writes matches its own left side */
	RULE_CLASS_EMPTY,	/* $=x of a class that nothing fills */
	RULE_MACRO_UNSET,	/* $&x of macro `name`, which the configuration does not define: perhaps sendmail does */
	RULE_MAILER,		/* names mailer `name`: told always, the caller knows which there are */
	RULE_SET_UNUSED		/* no rule calls this ruleset: perhaps sendmail does */
};
struct rule_finding {
	enum rule_fault	 fault;
	int		 set;
	size_t		 rule, other;
	struct str	 name;
};
typedef void	rule_finding_fn(void *arg, const struct rule_finding *);

void	rules_check(const struct rules *, rule_finding_fn *, void *arg);

#endif
