/*
 * log - one event, one line.
 *
 * Callers pass foreign bytes as they are; the whole line is escaped once, here, after
 * it was put together.
 */
#include "base/log.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/fmt.h"
#include "base/utf8.h"

static void
log_sink_stderr(void *arg, enum log_prio prio, const char *line)
{
	(void)arg;
	(void)prio;
	fprintf(stderr, "%s\n", line);
}

static log_sink_fn	*log_sink = log_sink_stderr;
static void		*log_sink_arg;
static int		 log_max = 9;	/* sendmail's default */

void
log_set_sink(log_sink_fn *fn, void *arg)
{
	log_sink = fn == NULL ? log_sink_stderr : fn;
	log_sink_arg = arg;
}

void
log_set_level(int level)
{
	log_max = level;
}

int
log_level(void)
{
	return log_max;
}

static inline bool
log_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '\\';
}

/* The printable form of what s begins with: its bytes in out[4], how many of s it stands for. */
static size_t
log_esc_one(struct str s, char out[4], size_t *nout)
{
	unsigned char	c = (unsigned char)s.p[0];
	uint32_t	cp;
	size_t		n = 1;

	/* C1 controls are valid UTF-8 and would still reach a terminal */
	if (c >= 0x80 && (n = utf8_next(s, &cp)) > 0 && cp >= 0xa0) {
		memcpy(out, s.p, n);
		*nout = n;
		return n;
	}
	if (log_plain(s.p[0])) {
		out[0] = (char)c;
		*nout = 1;
		return 1;
	}
	out[0] = '\\';
	if (c == '\\') {
		out[1] = '\\';
		*nout = 2;
		return 1;
	}
	out[1] = (char)('0' + (c >> 6));
	out[2] = (char)('0' + (c >> 3 & 7));
	out[3] = (char)('0' + (c & 7));
	*nout = 4;
	return 1;
}

char *
log_esc(char *dst, size_t size, struct str s)
{
	size_t	at = 0, cut = 0, n, took;
	char	out[4];

	if (size == 0)
		return dst;
	while (s.n > 0) {
		for (n = 0; n < s.n && at + n + 4 < size && log_plain(s.p[n]); n++)
			dst[at + n] = s.p[n];
		if (n > 0) {			/* mostly nothing is to be escaped */
			cut = at += n;
			s = str_from(s, n);
			continue;
		}
		took = log_esc_one(s, out, &n);
		if (at + n >= size) {
			if (size > 3) {
				memcpy(dst + cut, "...", 3);
				at = cut + 3;
			}
			break;
		}
		memcpy(dst + at, out, n);
		at += n;
		if (at + 3 < size)
			cut = at;		/* the last place where "..." still fits */
		s = str_from(s, took);
	}
	dst[at] = '\0';
	return dst;
}

void
log_vline(int level, enum log_prio prio, const char *id, const char *fmt, va_list ap)
{
	char	raw[LOG_LINE + 1], line[LOG_LINE];
	int	n = 0, m;

	if (level > log_max)
		return;
	if (id != NULL && (n = fmt_put(raw, sizeof raw, "%s: ", id)) < 0)
		return;
	if ((size_t)n >= sizeof raw)
		n = 0;
	if ((m = fmt_v(raw + n, sizeof raw - (size_t)n, fmt, ap)) < 0)
		return;
	n += m;
	if ((size_t)n >= sizeof raw)
		n = (int)sizeof raw - 1;	/* longer than `line` in any case, so that it is marked */
	log_sink(log_sink_arg, prio, log_esc(line, sizeof line, str_mem(raw, (size_t)n)));
}

void
log_line(int level, enum log_prio prio, const char *id, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_vline(level, prio, id, fmt, ap);
	va_end(ap);
}
