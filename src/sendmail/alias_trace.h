/*
 * alias_trace - what -d27 tells of recipients that are expanded.
 */
#ifndef SENDMAIL_ALIAS_TRACE_H
#define SENDMAIL_ALIAS_TRACE_H

#include "alias.h"

/* "alias(joe)", "forward(joe)": what is looked at now. */
void	alias_trace_name(const char *what, struct str);
/* An alias and its right side. */
void	alias_trace_found(const struct alias_set *, const struct alias_rcpt *, struct str value);
/* One item of a right side or list; NULL: there were too many. */
void	alias_trace_item(const struct alias_set *, const struct alias_rcpt *, const struct alias_rcpt *item);
/* A .forward that is tried, or an include file. */
void	alias_trace_file(bool forward, struct str path);

#endif
