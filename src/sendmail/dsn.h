/*
 * dsn - what the files that make reports share.
 */
#ifndef SENDMAIL_DSN_H
#define SENDMAIL_DSN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "queue/qid.h"
#include "route.h"

#define DSN_RETURN_MAX	((uint64_t)8 << 20)	/* a longer message is not returned, only its header */

/* One report in the making. */
struct dsn {
	struct route	*rt;
	struct arena	*m;
	struct rule_ctx	*rules;
	struct qf	 qf;		/* of the message reported on */
	struct report_ask q;
	enum report_kind worst;		/* what the subject says */
	struct str	 host;		/* $j */
	struct str	 boundary;
	char		 id[QID_MAX];	/* of the report */
	int		 content_fd;
	bool		 mime;		/* SendMimeErrors: else it is one text */
	bool		 twice;		/* to the postmaster, about a message without a sender */
	bool		 with_body, has8bit;
	bool		 utf8;		/* SMTPUTF8: addresses and fields may be UTF-8 */
	struct buf	 body;
};

/* dsn_prune.c: the address without hops of its route that are not needed. */
struct str	dsn_prune(struct arena *, struct str addr);

/* dsn_text.c.  The parts of the body, in this order; boundaries between them are theirs where the report is MIME. */
void		dsn_for_people(struct dsn *);
void		dsn_for_programs(struct dsn *);
/* The message or its header; -1: its content cannot be read. */
int		dsn_returned(struct dsn *, struct err *);
/* A time as in a Date field; "3 days", "1 hour", "20 seconds". */
struct str	dsn_date(struct dsn *, int64_t);
struct str	dsn_span(struct dsn *, int64_t seconds);
/* How long a message waits until its sender hears of it: what a warning speaks of. */
int64_t		dsn_warned_after(const struct dsn *);

#endif
