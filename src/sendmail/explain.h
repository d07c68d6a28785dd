/*
 * explain - a decision as a person reads it: which map keys were tried and hit, which rule decided, which line of the .mc wrote it.
 *
 * A question is one line of words:
 *
 *	[-v] [--svg FILE] [client=NAME[ADDR]] [auth=NAME] [from=SENDER] [to=]RECIPIENT ...
 *
 * With a recipient alone its route is told.  With client=, from= or auth= the rulesets check_relay, check_mail and check_rcpt are asked
 * too, in the order of an SMTP session, with the macros that they would see.  The rules are run on a context of their own:
 * nothing that they set stays.
 */
#ifndef SENDMAIL_EXPLAIN_H
#define SENDMAIL_EXPLAIN_H

#include "base/buf.h"
#include "base/err.h"
#include "conf.h"
#include "rule/rule.h"

#define EXPLAIN_RCPTS	16

struct explain_ask {
	struct str	 client_name, client_addr;	/* STR_NONE: not said */
	struct str	 auth, from;
	struct str	 to[EXPLAIN_RCPTS];
	size_t		 nto;
	bool		 verbose;	/* every rule that applied */
	struct str	 svg;		/* file to draw into */
};

/* Words of a line; the strings borrow from it. -1: what is wrong. */
int	explain_parse(struct str line, struct explain_ask *, struct err *);
/* The same from single words. */
int	explain_word(struct str word, struct explain_ask *, struct err *);

enum explain_row_kind {
	ROW_TITLE,		/* what is asked */
	ROW_READ,		/* how the rules read the address */
	ROW_MAP,		/* a map: its class, file and who wrote it */
	ROW_MISS, ROW_HIT, ROW_TEMP,	/* a key of it */
	ROW_STEP,		/* a rule that applied (verbose) */
	ROW_RULE,		/* the rule that decided */
	ROW_NOTE,		/* belongs to the row above */
	ROW_GOOD, ROW_BAD	/* what came out */
};
struct explain_row {
	enum explain_row_kind kind;
	struct str	 label, text;
};
struct explain_rows {
	struct arena	*arena;
	struct explain_row *v;
	size_t		 n, size;
};

/*
 * Ask the rules. `parent` lends its macros; lookup and arg are as for rule_ctx_new.  Rows are in `a`, in order.  The exit code of the last
 * decision: EXIT_OK, or what a refusal would give.
 */
int	explain_run(const struct conf *, struct rule_ctx *parent, rule_lookup_fn *, void *arg, const struct explain_ask *,
		struct arena *a, struct explain_rows *);
void	explain_rows_add(struct explain_rows *, enum explain_row_kind, struct str label, struct str text);

void	explain_text(const struct explain_rows *, struct buf *);
/* A picture: one SVG document, without scripts, fonts or references to elsewhere. */
void	explain_svg(const struct explain_rows *, struct buf *);
/* It is written to a file that is not there yet, or replaces a plain one of ours. */
int	explain_svg_write(const struct explain_rows *, const char *path, struct err *);

/*
 * Who wrote a line: "FEATURE(`access_db'), site.mc:7", "site.mc:12", "m4/route.m4:276", "sendmail.cf:214".  The .mc is looked for beside
 * the sendmail.cf, to name the line; without it the feature's name must do.
 */
struct explain_origin;
struct explain_origin *explain_origin_new(struct arena *, const struct conf *);
void	explain_origin_add(struct explain_origin *, struct str origin, struct str file, unsigned line, struct buf *);

#endif
