/*
 * num - numbers, sizes and times out of text, and back.
 *
 * The whole slice is the number or it is refused: no blanks, no rest, no overflow.
 */
#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fmt.h"

bool
num_add(size_t a, size_t b, size_t *out)
{
	if (b > SIZE_MAX - a)
		return false;
	*out = a + b;
	return true;
}

bool
num_mul(size_t a, size_t b, size_t *out)
{
	if (a != 0 && b > SIZE_MAX / a)
		return false;
	*out = a * b;
	return true;
}

static int
num_digit(char c)
{
	if (chr_is_digit(c))
		return c - '0';
	c = chr_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static int
num_base(struct str s, unsigned base, uint64_t *out)
{
	uint64_t	v = 0;
	unsigned	d;

	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		d = (unsigned)num_digit(s.p[i]);
		if (d >= base || v > (UINT64_MAX - d) / base)
			return -1;
		v = v * base + d;
	}
	*out = v;
	return 0;
}

int
num_u64(struct str s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t	v;

	if (num_base(s, 10, &v) == -1 || v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

/* A magnitude and its sign within [min, max]. */
static int
num_signed(uint64_t v, bool minus, int64_t min, int64_t max, int64_t *out)
{
	int64_t	r;

	if (v > (uint64_t)INT64_MAX + (minus ? 1 : 0))
		return -1;
	if (!minus)
		r = (int64_t)v;
	else
		r = v == 0 ? 0 : -(int64_t)(v - 1) - 1;
	if (r < min || r > max)
		return -1;
	*out = r;
	return 0;
}

static bool
num_sign(struct str *s)
{
	bool	minus = s->n > 0 && s->p[0] == '-';

	if (minus || (s->n > 0 && s->p[0] == '+'))
		*s = str_from(*s, 1);
	return minus;
}

int
num_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool		minus = num_sign(&s);
	uint64_t	v;

	return num_base(s, 10, &v) == -1 ? -1 : num_signed(v, minus, min, max, out);
}

int
num_int(struct str s, int min, int max, int *out)
{
	int64_t	v;

	if (num_i64(s, min, max, &v) == -1)
		return -1;
	*out = (int)v;
	return 0;
}

int
num_any(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool		minus = num_sign(&s);
	unsigned	base = 10;
	uint64_t	v;

	if (str_casestarts(s, STR("0x"))) {
		base = 16;
		s = str_from(s, 2);
	} else if (s.n > 1 && s.p[0] == '0')
		base = 8;
	return num_base(s, base, &v) == -1 ? -1 : num_signed(v, minus, min, max, out);
}

static int64_t
num_unit(char c)
{
	static const struct {
		char	name;
		int64_t	seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (units[i].name == chr_lower(c))
			return units[i].seconds;
	return 0;
}

int
num_time(struct str s, char unit, int64_t *out)
{
	int64_t		sum = 0, each;
	uint64_t	v;
	size_t		n;

	if (s.n == 0)
		return -1;
	while (s.n > 0) {
		for (n = 0; n < s.n && chr_is_digit(s.p[n]); n++)
			;
		each = num_unit(n < s.n ? s.p[n] : unit);
		if (each == 0 || num_u64(str_first(s, n), 0, (uint64_t)(INT64_MAX / each), &v) == -1 ||
		    (int64_t)v * each > INT64_MAX - sum)
			return -1;
		sum += (int64_t)v * each;
		s = str_from(s, n + 1);
	}
	*out = sum;
	return 0;
}

int
num_time_print(char *dst, size_t size, int64_t seconds)
{
	int64_t	days;
	int	n, s;

	if (seconds < 0)
		seconds = 0;
	days = seconds / 86400;
	s = (int)(seconds % 86400);
	if (days > 0)
		n = snprintf(dst, size, "%" PRId64 "+%02d:%02d:%02d", days, s / 3600, s / 60 % 60, s % 60);
	else
		n = fmt_put(dst, size, "%02d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}
