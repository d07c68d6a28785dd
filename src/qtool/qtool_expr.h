/*
 * qtool_expr - which messages a Perl expression wants (qtool -e).
 *
 * The expression is Perl, so it is Perl that evaluates it: one process of it for all messages, which is told the fields of each.
 */
#ifndef QTOOL_EXPR_H
#define QTOOL_EXPR_H

#include "base/err.h"
#include "queue/spool.h"

struct expr;

/* Starts `perl` of the caller's PATH.  NULL: it is not there, or says that this is no expression. */
struct expr	*expr_new(const char *expression, struct err *);
/* 1: it is true for this message, whose control file is `text` and whose df is in `content` (NULL: beside it); 0: it is not; -1: it broke down. */
int		 expr_wants(struct expr *, const struct spool_dir *, const struct spool_dir *content, char kind, struct str id, struct str text, struct err *);
void		 expr_free(struct expr **);

#endif
