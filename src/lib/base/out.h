/*
 * out - what a command prints on its standard output, through one large buffer.
 *
 * For commands that print much (sendmail -bt): a line costs a copy, not a call of stdio.  Whoever uses it uses nothing else for
 * stdout meanwhile, and calls out_flush before it waits for input, forks or ends.
 */
#ifndef BASE_OUT_H
#define BASE_OUT_H

#include <stdarg.h>

#include "base/str.h"

void	out_write(struct str);
void	out_c(const char *);
void	out_ch(char);
void	out_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What printf would make, given to `to` at once, however long it is. */
void	out_format(void (*to)(struct str), const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
/* 0, or -1 when something could not be written since the last time (errno says what the first one was). */
int	out_flush(void);

#endif
