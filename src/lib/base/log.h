/*
 * log - one event, one line; foreign bytes are escaped here and only here.
 *
 * The sink is set once per process: stderr, syslog, a file, or a datagram channel to
 * the log role.  Lines longer than LOG_LINE are cut with a mark.  Never called from a
 * signal handler.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/str.h"

enum log_prio {			/* syslog's numbers */
	LOG_P_ALERT = 1, LOG_P_CRIT = 2, LOG_P_ERR = 3, LOG_P_WARNING = 4, LOG_P_NOTICE = 5, LOG_P_INFO = 6, LOG_P_DEBUG = 7
};

#define LOG_LINE	2048

/* What a line is given to; `line` has no newline and is already escaped. */
typedef void log_sink_fn(void *arg, enum log_prio, const char *line);

void	log_set_sink(log_sink_fn *, void *arg);		/* NULL: stderr */
/* sendmail's LogLevel: a line of a higher level is not written. */
void	log_set_level(int);
int	log_level(void);

/*
 * log_line(level, prio, "queue id or NULL", fmt...): written when level <= LogLevel,
 * as "ID: text" (or "NOQUEUE: text" is the caller's word).
 */
void	log_line(int level, enum log_prio, const char *id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	log_vline(int level, enum log_prio, const char *id, const char *fmt, va_list);

/*
 * Escape for a log line into dst: control bytes, backslash and bytes above 0x7e that are not valid UTF-8 become \ooo.
 * Always NUL-terminated, cut with "..." when too long; returns dst.
 */
char	*log_esc(char *dst, size_t size, struct str);

#endif
