/*
 * why - the decision about a recipient, kept with it in one short line: what /explain would have said on that day.
 *
 *	aliases[crew] mailertable[there.test]=esmtp:+5B192.0.2.1+5D MailerToTriple/12@m4/route.m4:24
 *
 * The form of rule/explain.h's explain_brief; in front of it the lists that the address came from: aliases[NAME], forward[USER],
 * include[/FILE].  At most QF_WHY_MAX bytes: what is more goes from the front.
 */
#ifndef SENDMAIL_WHY_H
#define SENDMAIL_WHY_H

#include "base/arena.h"
#include "base/str.h"
#include "queue/qfile.h"
#include "rule/explain.h"

/* A light record and what it needs; made once, used for one address after the other. */
struct why;

struct why	*why_new(void);
void		 why_free(struct why **);
/* What runs on this context from now on is about one address. */
void		 why_begin(struct why *, struct rule_ctx *);
/* No more; *line gets longer by what was decided. */
void		 why_end(struct why *, struct rule_ctx *, const struct rules *, struct arena *, struct str *line);
/* The address was found in a list. */
struct str	 why_via(struct why *, struct arena *, struct str line, const char *what, struct str name);
/*
 * A recipient that was routed before, when `old` was its line: `now` with the lists that it came from, when these are known from `old`
 * or else from the alias of its C line.
 */
struct str	 why_again(struct why *, struct arena *, const struct qf_rcpt *, struct str now);

#endif
