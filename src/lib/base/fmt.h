/*
 * fmt - vsnprintf for the formats that are used all the time.
 *
 * Replies, log lines, macros and queue files are put together from "%.*s", "%s" and plain numbers, a hundred times a message; the C library takes five times as
 * long for it.  Whatever else a format asks for is left to vsnprintf: what comes out is the same in any case.
 */
#ifndef BASE_FMT_H
#define BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

int	fmt_v(char *dst, size_t size, const char *fmt, va_list) __attribute__((format(printf, 3, 0)));	/* as vsnprintf */
int	fmt_put(char *dst, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));	/* as snprintf */

#endif
