/*
 * out - standard output through one buffer; written when it is full and when asked.
 */
#include "base/out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char	out_buf[65536];
static size_t	out_n;
static int	out_error;	/* errno of the first failure */

static void
out_put(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t	k = write(STDOUT_FILENO, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			if (out_error == 0)
				out_error = k < 0 ? errno : EIO;
			return;
		}
		p += k;
		n -= (size_t)k;
	}
}

int
out_flush(void)
{
	int	e;

	out_put(out_buf, out_n);
	out_n = 0;
	e = out_error;
	out_error = 0;
	if (e == 0)
		return 0;
	errno = e;
	return -1;
}

void
out_write(struct str s)
{
	if (s.n > sizeof out_buf - out_n) {
		out_put(out_buf, out_n);
		out_n = 0;
		if (s.n >= sizeof out_buf) {
			out_put(s.p, s.n);
			return;
		}
	}
	if (s.n > 0)
		memcpy(out_buf + out_n, s.p, s.n);
	out_n += s.n;
}

void
out_c(const char *s)
{
	out_write(str_c(s));
}

void
out_ch(char c)
{
	out_write(str_mem(&c, 1));
}

void
out_format(void (*to)(struct str), const char *fmt, va_list ap)
{
	char	small[1024], *big;
	va_list	again;
	int	n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof small, fmt, ap);
	if (n >= 0 && (size_t)n < sizeof small)
		to(str_mem(small, (size_t)n));
	else if (n >= 0 && (big = malloc((size_t)n + 1)) != NULL) {
		vsnprintf(big, (size_t)n + 1, fmt, again);
		to(str_mem(big, (size_t)n));
		free(big);
	}
	va_end(again);
}

void
out_printf(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	out_format(out_write, fmt, ap);
	va_end(ap);
}
