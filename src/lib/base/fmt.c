/*
 * fmt - see the header.
 */
#include "base/fmt.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct fmt_out {
	char	*p;
	size_t	 room, n;	/* octets that fit; octets there are, which may be more */
};

static inline void
fmt_add(struct fmt_out *o, const char *p, size_t n)
{
	if (o->n < o->room)
		memcpy(o->p + o->n, p, n < o->room - o->n ? n : o->room - o->n);
	o->n += n;
}

/* In decimal, at least `width` wide: with zeros in front, else blanks. */
static void
fmt_number(struct fmt_out *o, uint64_t v, bool minus, unsigned width, bool zeros)
{
	char	digits[32];
	size_t	i = sizeof digits;

	do {
		digits[--i] = (char)('0' + v % 10);
	} while ((v /= 10) > 0);
	while (zeros && sizeof digits - i + (minus ? 1 : 0) < width)
		digits[--i] = '0';
	if (minus)
		digits[--i] = '-';
	while (sizeof digits - i < width)
		digits[--i] = ' ';
	fmt_add(o, digits + i, sizeof digits - i);
}

static void
fmt_signed(struct fmt_out *o, int64_t v, unsigned width, bool zeros)
{
	fmt_number(o, v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v, v < 0, width, zeros);
}

enum fmt_long { FMT_INT, FMT_LONG, FMT_LONGLONG, FMT_SIZE };

/* What stands between % and its letter. */
struct fmt_dir {
	bool		given, zeros;	/* its precision is an argument; padded with zeros */
	size_t		most;		/* precision */
	unsigned	width;
	enum fmt_long	size;
};

/* False: it is not one of ours. */
static bool
fmt_directive(const char **fmt, struct fmt_dir *d)
{
	const char	*f = *fmt;

	*d = (struct fmt_dir){ .most = SIZE_MAX };
	if (f[0] == '.') {
		d->given = f[1] == '*';
		if (!d->given && (f[1] < '1' || f[1] > '9'))
			return false;
		d->most = d->given ? SIZE_MAX : (size_t)(f[1] - '0');
		*fmt = f + 2;
		return f[2] == 's';
	}
	if (f[0] == '0') {
		d->zeros = true;
		f++;
	}
	if (f[0] >= '1' && f[0] <= '9')
		d->width = (unsigned)(*f++ - '0');
	if (f[0] == 'z') {
		d->size = FMT_SIZE;
		f++;
	} else if (f[0] == 'l') {
		d->size = f[1] == 'l' ? FMT_LONGLONG : FMT_LONG;
		f += f[1] == 'l' ? 2 : 1;
	}
	*fmt = f;
	if (*f == 'd' || *f == 'u')
		return d->size != FMT_SIZE || *f == 'u';
	return d->width == 0 && !d->zeros && d->size == FMT_INT && (*f == 's' || *f == 'c' || *f == '%');
}

/* False: something is to be done that is not done here. */
static bool
fmt_run(struct fmt_out *o, const char *fmt, va_list ap)
{
	for (;;) {
		const char	*text = fmt, *s;
		struct fmt_dir	 d;
		char		 c;
		int		 given;

		while (*fmt != '\0' && *fmt != '%')
			fmt++;
		fmt_add(o, text, (size_t)(fmt - text));
		if (*fmt == '\0')
			return true;
		fmt++;
		if (!fmt_directive(&fmt, &d))
			return false;
		switch (*fmt++) {
		case '%':
			fmt_add(o, "%", 1);
			break;
		case 'c':
			c = (char)va_arg(ap, int);
			fmt_add(o, &c, 1);
			break;
		case 's':
			if (d.given && (given = va_arg(ap, int)) >= 0)
				d.most = (size_t)given;
			if ((s = va_arg(ap, const char *)) == NULL) {
				if (d.most != 0)		/* what is shown then is the library's affair */
					return false;
				break;
			}
			fmt_add(o, s, d.most == SIZE_MAX ? strlen(s) : strnlen(s, d.most));
			break;
		case 'd':
			fmt_signed(o, d.size == FMT_INT ? va_arg(ap, int) : d.size == FMT_LONG ? va_arg(ap, long) : va_arg(ap, long long), d.width, d.zeros);
			break;
		default:
			fmt_number(o, d.size == FMT_INT ? va_arg(ap, unsigned) : d.size == FMT_LONG ? va_arg(ap, unsigned long) :
			    d.size == FMT_SIZE ? va_arg(ap, size_t) : va_arg(ap, unsigned long long), false, d.width, d.zeros);
			break;
		}
	}
}

int
fmt_v(char *dst, size_t size, const char *fmt, va_list ap)
{
	struct fmt_out	o = { dst, size == 0 ? 0 : size - 1, 0 };
	va_list		again;
	bool		done;

	va_copy(again, ap);
	done = fmt_run(&o, fmt, again);
	va_end(again);
	if (!done || o.n > INT_MAX)
		return vsnprintf(dst, size, fmt, ap);
	if (size > 0)
		dst[o.n < o.room ? o.n : o.room] = '\0';
	return (int)o.n;
}

int
fmt_put(char *dst, size_t size, const char *fmt, ...)
{
	va_list	ap;
	int	n;

	va_start(ap, fmt);
	n = fmt_v(dst, size, fmt, ap);
	va_end(ap);
	return n;
}
