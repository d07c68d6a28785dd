/*
 * trace - what -d switched on.
 */
#include "base/trace.h"

#include <stdio.h>
#include <unistd.h>

#include "base/num.h"
#include "base/out.h"

enum { TRACE_LEVEL_MAX = 127 };

unsigned char	trace_level[TRACE_CATEGORIES];
static int		trace_fd = STDOUT_FILENO;
static bool	trace_lazy;

/* One "first[-last][.level]". */
static int
trace_set_one(struct str s)
{
	int		first, last, level = 1;
	struct str	range, from;

	str_split(&s, '.', &range);
	if (!str_is_none(s) && num_int(s, 0, TRACE_LEVEL_MAX, &level) == -1)
		return -1;
	str_split(&range, '-', &from);
	if (num_int(from, 0, TRACE_CATEGORIES - 1, &first) == -1)
		return -1;
	last = first;
	if (!str_is_none(range) && num_int(range, first, TRACE_CATEGORIES - 1, &last) == -1)
		return -1;
	for (int i = first; i <= last; i++)
		trace_level[i] = (unsigned char)level;
	return 0;
}

int
trace_set(struct str spec)
{
	struct str	one;

	if (spec.n == 0)
		spec = STR("0-99.1");
	while (str_split(&spec, ',', &one))
		if (trace_set_one(one) == -1)
			return -1;
	return 0;
}

void
trace_set_fd(int fd)
{
	trace_fd = fd;
}

void
trace_buffered(bool on)
{
	trace_lazy = on;
}

void
trace_say(struct str s)
{
	if (trace_lazy) {
		out_write(s);
		return;
	}
	fwrite(s.p, 1, s.n, stdout);		/* in order with the rest of what stdio prints */
	fflush(stdout);
}

void
trace_write(struct str s)
{
	ssize_t	n;

	if (trace_fd == STDOUT_FILENO) {
		trace_say(s);
		return;
	}
	while (s.n > 0 && (n = write(trace_fd, s.p, s.n)) > 0)
		s = str_from(s, (size_t)n);
}

void
trace_printf(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	out_format(trace_write, fmt, ap);
	va_end(ap);
}
