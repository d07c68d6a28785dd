/*
 * trace - sendmail's -d categories and levels (operations guide, "Debugging").
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdbool.h>

#include "base/str.h"

#define TRACE_CATEGORIES	100

/* "21.12,8-10.3,0": -1 on bad syntax.  An empty string means 0-99.1. */
int	trace_set(struct str spec);
extern unsigned char trace_level[TRACE_CATEGORIES];	/* trace.c's */
static inline bool
trace_on(int category, int level)
{
	return category >= 0 && category < TRACE_CATEGORIES && level <= trace_level[category];
}
/* Prints to stdout (or the file of -D) unescaped. */
void	trace_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	trace_write(struct str);
/* What is no debugging but stands among it (-bt): to stdout, also with -D. */
void	trace_say(struct str);
void	trace_set_fd(int fd);
/* What goes to stdout goes there through base/out.h, as everything else that the caller prints (-bt prints much). */
void	trace_buffered(bool);

#endif
