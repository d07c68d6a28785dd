/*
 * explain - what runs of rules did, kept for people and for logs.
 *
 * While a struct explain is set on a context, each call of a ruleset, each rule that applied and each lookup becomes a step.  Steps
 * live in the record until explain_clear; there is a limit to their number, beyond which only explain_is_cut tells.  Recording costs
 * memory and time: it is switched on for one address that somebody asks about.
 *
 * A light record keeps what explain_brief needs and nothing else: keys that hit, and rules that wrote a $#, without texts of workspaces.
 * It costs a few comparisons a rule, so that every recipient of every message can have one.
 */
#ifndef RULE_EXPLAIN_H
#define RULE_EXPLAIN_H

#include "rule/rule.h"

enum explain_kind { EXPLAIN_CALL, EXPLAIN_RETURN, EXPLAIN_RULE, EXPLAIN_LOOKUP };

struct explain_step {
	enum explain_kind kind;
	unsigned	 depth;		/* of calls; 1 is the ruleset that was run */
	int		 set;		/* index of the ruleset */
	unsigned	 rule;		/* RULE, LOOKUP: its index in the ruleset */
	struct str	 before;	/* CALL, RULE: the workspace as text */
	struct str	 after;		/* RULE, RETURN: the same afterwards */
	bool		 makes;		/* RULE: it wrote the $# that the run ended with */
	bool		 ends;		/* RULE: it ended its ruleset ($@, or $#) */
	/* LOOKUP: */
	int		 map;		/* number of the map, -1 unknown */
	struct str	 name, key, value;
	enum map_rc	 rc;
};

struct explain;

struct explain	*explain_new(void);
/* A light one: explain_brief alone makes sense of it.  explain_clear makes it as new, with the memory it has. */
struct explain	*explain_new_light(void);
void		 explain_free(struct explain **);
void		 explain_clear(struct explain *);
/* From now on the context's runs are recorded; NULL: no more. */
void		 rule_explain(struct rule_ctx *, struct explain *);

size_t		 explain_count(const struct explain *);
const struct explain_step *explain_at(const struct explain *, size_t);
bool		 explain_is_cut(const struct explain *);

/*
 * The step that decided: the rule that wrote the $# of the first run that gave one (of several that wrote the same words the first), or,
 * when none did, the rule that ended the last run (or one in a ruleset that it called, if that gave the answer).  NULL: no rule applied.
 */
const struct explain_step *explain_decider(const struct explain *);

/*
 * One line for logs and queue listings, at most `max` bytes: which map keys and which rule decided.
 *
 *	virtuser[joe@virt.test]=ann access[To:ann]=ERROR:550+20no parse/7@site.mc:12
 *
 * Items stand in the order in which they happened, a blank between them.
 *	MAP[KEY]=VALUE	the key was found		MAP[KEY]?	the map could not say, for now
 *	RULESET/N@PLACE	the rule that decided: number N (from 1) of RULESET; PLACE is the line of the .mc or of the m4 tree that wrote
 *			it (its last two names), without marks the line of the sendmail.cf ("sendmail.cf:214")
 * Keys that were not found are left out.  Bytes that are not printable, blanks, "[", "]" and "+" are written as +XX (hexadecimal).
 * When not everything fits, the items in front go and "..." stands there.
 */
void		 explain_brief(const struct explain *, const struct rules *, size_t max, struct buf *);

/* A text as it stands in that line: bytes that are not printable, blanks, "[", "]" and "+" as +XX. */
void		 explain_escape(struct str, struct buf *);

/* "site.mc:12", "route.m4:276" or "sendmail.cf:214": where a rule was written. */
void		 explain_place(const struct rules *, int set, size_t rule, struct buf *);

#endif
