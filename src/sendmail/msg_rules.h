/*
 * msg_rules - the rulesets of H lines, for mail that comes by SMTP and from programs of this host alike.
 */
#ifndef SENDMAIL_MSG_RULES_H
#define SENDMAIL_MSG_RULES_H

#include "base/arena.h"
#include "conf.h"
#include "queue/qfile.h"
#include "resolve.h"

/* {addr_type} while this field is looked at. */
void	msg_rules_type(struct rule_ctx *, struct str name);
/* The ruleset of this field, -1 none: then there is nothing to ask.  An empty field has none, as in sendmail. */
int	msg_rules_of(const struct conf *, const struct qf_hdr *);
/* Ask it, with {hdr_name}, {hdrlen} and {currHeader} set. */
void	msg_rules_ask(struct rule_ctx *, const struct conf *, struct arena *, const struct qf_hdr *, struct check_verdict *);
/* What the log calls its argument: the field as it came, blank in front, on one line. */
struct str	msg_rules_arg(struct arena *, const struct qf_hdr *);

#endif
