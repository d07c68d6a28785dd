/*
 * smtp_value - addresses of type utf-8 (RFC 6533 3) and dates (RFC 3339) in SMTP parameters.  A stranger's text: everything is checked to its last octet.
 */
#include "base/num.h"
#include "base/utf8.h"
#include "wire/wire_int.h"

/* "\x{HEX}" at the front of *s: the character, or 0. */
static uint32_t
smtp_embedded(struct str *s)
{
	size_t end = str_chr(*s, '}');
	struct str hex;
	uint32_t cp = 0;

	if (!str_starts(*s, STR("\\x{")) || end == SIZE_MAX)
		return 0;
	hex = str_sub(*s, 3, end);
	if (hex.n < 2 || hex.n > 6)
		return 0;
	for (size_t i = 0; i < hex.n; i++) {
		char c = hex.p[i];

		if (!chr_is_digit(c) && (c < 'A' || c > 'F') && (c < 'a' || c > 'f'))
			return 0;
		cp = cp << 4 | (uint32_t)(chr_is_digit(c) ? c - '0' : chr_lower(c) - 'a' + 10);
	}
	*s = str_from(*s, end + 1);
	return cp;
}

int
smtp_utf8_addr_read(struct arena *a, struct str v, size_t max, struct str *out)
{
	struct buf b;
	uint32_t cp;
	size_t n;
	int rc = -1;

	buf_init(&b, 4 * max);
	while (v.n > 0) {
		if (v.p[0] == '\\') {
			if ((cp = smtp_embedded(&v)) < ' ' || cp == 0x7f || utf8_add(&b, cp) == -1)
				goto out;
			continue;
		}
		if ((n = utf8_next(v, &cp)) == 0 || cp <= ' ' || cp == 0x7f)
			goto out;
		(void)buf_add(&b, str_first(v, n));
		v = str_from(v, n);
	}
	if (!buf_ok(&b) || b.n > max || b.n == 0 || !utf8_valid(buf_str(&b)))
		goto out;
	*out = arena_str(a, buf_str(&b));
	rc = 0;
out:
	buf_done(&b);
	return rc;
}

void
smtp_utf8_addr_print(struct buf *b, struct str s, bool utf8)
{
	uint32_t cp;
	size_t n;

	for (; s.n > 0; s = str_from(s, n)) {
		if ((n = utf8_next(s, &cp)) == 0) {
			n = 1;
			cp = '?';
		}
		if (cp > ' ' && cp < 0x7f && cp != '+' && cp != '=' && cp != '\\')
			(void)buf_addch(b, (char)cp);
		else if (cp > 0x7f && utf8)
			(void)buf_add(b, str_first(s, n));
		else
			(void)buf_addf(b, "\\x{%02X}", (unsigned)cp);
	}
}

/* ---- dates ---- */

static bool
smtp_digits(struct str s, size_t at, size_t n, int min, int max, int *out)
{
	struct str d = str_sub(s, at, at + n);

	for (size_t i = 0; i < d.n; i++)
		if (!chr_is_digit(d.p[i]))
			return false;
	return d.n == n && num_int(d, min, max, out) == 0;
}

/* Days since 1970 of a day in the proleptic Gregorian calendar. */
static int64_t
smtp_days(int y, int m, int d)
{
	int64_t yy = m <= 2 ? y - 1 : y, era = yy / 400, yoe = yy - era * 400, doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int
smtp_month_days(int y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[m - 1] + (m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)));
}

/* "Z", "+hh:mm", "-hh:mm" behind the time; a fraction before it. */
static int
smtp_zone(struct str s, int *seconds)
{
	int h, m;

	if (s.n > 1 && s.p[0] == '.') {
		s = str_from(s, 1);
		if (s.n == 0 || !chr_is_digit(s.p[0]))
			return -1;
		while (s.n > 0 && chr_is_digit(s.p[0]))
			s = str_from(s, 1);
	}
	*seconds = 0;
	if (s.n == 1 && chr_upper(s.p[0]) == 'Z')
		return 0;
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':' || !smtp_digits(s, 1, 2, 0, 23, &h) || !smtp_digits(s, 4, 2, 0, 59, &m))
		return -1;
	*seconds = (h * 60 + m) * (s.p[0] == '-' ? -60 : 60);
	return 0;
}

int
smtp_date_time(struct str s, int64_t *out)
{
	int y, mo, d, h, mi, sec, zone;

	if (s.n < 20 || s.p[4] != '-' || s.p[7] != '-' || chr_upper(s.p[10]) != 'T' || s.p[13] != ':' || s.p[16] != ':' ||
	    !smtp_digits(s, 0, 4, 1970, 9999, &y) || !smtp_digits(s, 5, 2, 1, 12, &mo) || !smtp_digits(s, 8, 2, 1, smtp_month_days(y, mo), &d) ||
	    !smtp_digits(s, 11, 2, 0, 23, &h) || !smtp_digits(s, 14, 2, 0, 59, &mi) || !smtp_digits(s, 17, 2, 0, 60, &sec) ||
	    smtp_zone(str_from(s, 19), &zone) == -1)
		return -1;
	*out = smtp_days(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec - zone;
	return 0;
}

void
smtp_date_time_print(struct buf *b, int64_t t)
{
	int64_t days = t / 86400, rest = t % 86400;
	int y = 1970, m = 1;

	while (days >= 365 + (smtp_month_days(y, 2) == 29)) {
		days -= 365 + (smtp_month_days(y, 2) == 29);
		y++;
	}
	while (days >= smtp_month_days(y, m)) {
		days -= smtp_month_days(y, m);
		m++;
	}
	(void)buf_addf(b, " HOLDUNTIL=%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, (int)days + 1, (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}
