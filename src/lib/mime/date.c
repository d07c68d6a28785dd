/*
 * date - dates of mail, as bad as they come, to numbers and back.
 *
 * A header date is read as a bag of parts: a number of one or two digits is the day, the
 * next number the year, a name the month, what has colons is the time, what has a sign
 * or is a known name the zone.  That takes RFC 5322, its obsolete forms and ctime(3)'s.
 */
#include "mime/date.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fmt.h"
#include "base/num.h"

#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

static const char	date_months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char	date_weekdays[] = "SunMonTueWedThuFriSat";

static const struct {
	const char	*name;
	int		 zone;
} date_zones[] = {
	{ "UT", 0 }, { "GMT", 0 }, { "UTC", 0 }, { "Z", 0 },
	{ "EST", -300 }, { "EDT", -240 }, { "CST", -360 }, { "CDT", -300 },
	{ "MST", -420 }, { "MDT", -360 }, { "PST", -480 }, { "PDT", -420 },
	{ "CET", 60 }, { "CEST", 120 }, { "BST", 60 }, { "JST", 540 },
};

/* Days since 1970 of a date in the Gregorian calendar. */
static int64_t
date_civil(int year, int month, int day)
{
	int64_t	y = month <= 2 ? year - 1 : year;
	int64_t	era = (y >= 0 ? y : y - 399) / 400;
	int64_t	yoe = y - era * 400;
	int64_t	doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int
date_month_days(int year, int month)
{
	static const int	days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool			leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool
date_ok(const struct date *d)
{
	return d->year >= 1900 && d->year <= 9999 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
	    d->day <= date_month_days(d->year, d->month) && d->hour >= 0 && d->hour <= 23 && d->min >= 0 &&
	    d->min <= 59 && d->sec >= 0 && d->sec <= 60;
}

/* 1..12 by the first three letters, or 0. */
static int
date_month(struct str s)
{
	for (int i = 0; s.n >= 3 && i < 12; i++)
		if (str_caseeq(str_first(s, 3), str_mem(date_months + 3 * i, 3)))
			return i + 1;
	return 0;
}

/* h:mm or h:mm:ss */
static int
date_time_of(struct str s, struct date *d)
{
	struct str	h, m;

	if (!str_split(&s, ':', &h) || !str_split(&s, ':', &m) || num_int(h, 0, 23, &d->hour) == -1 ||
	    num_int(m, 0, 59, &d->min) == -1)
		return -1;
	d->sec = 0;
	s = str_first(s, str_chr(s, '.'));		/* fractions of a second are seen */
	return str_is_none(s) ? 0 : num_int(s, 0, 60, &d->sec);
}

/* +hhmm */
static int
date_zone_number(struct str s, struct date *d)
{
	int	v;

	if (s.n != 5 || !chr_is_digit(s.p[1]) || num_int(str_from(s, 1), 0, 9959, &v) == -1 || v % 100 > 59)
		return -1;
	d->zone = (v / 100 * 60 + v % 100) * (s.p[0] == '-' ? -1 : 1);
	d->zone_known = v != 0 || s.p[0] == '+';
	return 0;
}

static void
date_zone_name(struct str s, struct date *d)
{
	for (size_t i = 0; i < COUNT(date_zones); i++)
		if (str_caseeq_c(s, date_zones[i].name)) {
			d->zone = date_zones[i].zone;
			d->zone_known = true;
		}
}

static int
date_year(struct str s, struct date *d)
{
	if (s.n > 4 || num_int(s, 0, 9999, &d->year) == -1)
		return -1;
	if (s.n <= 2)				/* RFC 5322 4.3 */
		d->year += d->year < 50 ? 2000 : 1900;
	else if (s.n == 3)
		d->year += 1900;
	return 0;
}

struct date_seen {
	bool	day, month, year, time;
};

static int
date_part(struct str w, struct date *d, struct date_seen *seen)
{
	int	month;

	if ((w.p[0] == '+' || w.p[0] == '-') && seen->time)
		return date_zone_number(w, d);
	if (chr_is_digit(w.p[0]) && str_chr(w, ':') != SIZE_MAX) {
		if (seen->time)
			return -1;
		seen->time = true;
		return date_time_of(w, d);
	}
	if (chr_is_digit(w.p[0])) {
		if (!seen->day) {
			seen->day = true;
			return num_int(w, 1, 31, &d->day);
		}
		if (seen->year)
			return -1;
		seen->year = true;
		return date_year(w, d);
	}
	if ((month = date_month(w)) != 0 && !seen->month) {
		seen->month = true;
		d->month = month;
	} else if (seen->time)
		date_zone_name(w, d);
	return 0;				/* a weekday, or what nobody knows */
}

/* Does s.p[i] stand between two parts?  So does the '-' of "17-Jul-2003", but not that of "-0700". */
static bool
date_is_gap(struct str s, size_t i)
{
	if (s.p[i] != '-')
		return chr_is_space(s.p[i]) || s.p[i] == ',' || s.p[i] == '\0';
	if (i == 0 || i + 1 >= s.n)
		return false;
	if (chr_is_digit(s.p[i - 1]) && chr_is_alpha(s.p[i + 1]))
		return true;
	return i >= 3 && chr_is_digit(s.p[i + 1]) && date_month(str_sub(s, i - 3, i)) != 0;
}

/* The next part; comments are skipped. */
static bool
date_word(struct str *s, struct str *out)
{
	size_t	depth = 0, i, end;

	for (i = 0; i < s->n; i++) {
		if (s->p[i] == '(')
			depth++;
		else if (s->p[i] == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !date_is_gap(*s, i))
			break;
	}
	for (end = i; end < s->n && s->p[end] != '('; end++)
		if (date_is_gap(*s, end))
			break;
	*out = str_sub(*s, i, end);
	*s = str_from(*s, end < s->n && s->p[end] == '-' ? end + 1 : end);
	return out->n > 0;
}

int
date_parse(struct str s, struct date *d)
{
	struct date_seen	seen = { false, false, false, false };
	struct date		v = { .zone_known = false };
	struct str		w;

	while (date_word(&s, &w))
		if (date_part(w, &v, &seen) == -1)
			return -1;
	if (!seen.day || !seen.month || !seen.year || !date_ok(&v))
		return -1;
	*d = v;
	return 0;
}

int
date_parse_day(struct str s, struct date *d)
{
	struct date	v = { .zone_known = false };
	struct str	day, month;

	if (!str_split(&s, '-', &day) || !str_split(&s, '-', &month) || str_is_none(s) || day.n > 2 ||
	    month.n != 3 || s.n != 4)
		return -1;
	day = str_ltrim(day);
	if (num_int(day, 1, 31, &v.day) == -1 || (v.month = date_month(month)) == 0 ||
	    num_int(s, 1900, 9999, &v.year) == -1 || !date_ok(&v))
		return -1;
	*d = v;
	return 0;
}

int
date_parse_imap(struct str s, struct date *d)
{
	struct date	v, t = { .zone_known = false };
	struct str	time, zone;

	/* dd-Mon-yyyy hh:mm:ss +zzzz, the day of one digit or padded */
	if (s.n < 25 || s.n > 26)
		return -1;
	zone = str_from(s, s.n - 5);
	time = str_sub(s, s.n - 14, s.n - 6);
	if (s.p[s.n - 6] != ' ' || s.p[s.n - 15] != ' ' ||
	    date_parse_day(str_first(s, s.n - 15), &v) == -1 || date_time_of(time, &t) == -1 ||
	    (zone.p[0] != '+' && zone.p[0] != '-') || date_zone_number(zone, &t) == -1)
		return -1;
	v.hour = t.hour;
	v.min = t.min;
	v.sec = t.sec;
	v.zone = t.zone;
	v.zone_known = t.zone_known;
	*d = v;
	return 0;
}

int64_t
date_days(const struct date *d)
{
	return date_civil(d->year, d->month, d->day);
}

int64_t
date_to_time(const struct date *d)
{
	return date_days(d) * 86400 + d->hour * 3600 + d->min * 60 + d->sec - (int64_t)d->zone * 60;
}

/* The inverse of date_civil: 400-year eras, years beginning in March. */
void
date_from_time(int64_t t, int zone, struct date *d)
{
	int64_t	days, secs, era, doe, yoe, doy, mp;

	t += (int64_t)zone * 60;
	days = t / 86400;
	secs = t % 86400;
	if (secs < 0) {
		secs += 86400;
		days--;
	}
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	d->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	d->year = (int)(yoe + era * 400 + (d->month <= 2));
	d->hour = (int)(secs / 3600);
	d->min = (int)(secs / 60 % 60);
	d->sec = (int)(secs % 60);
	d->zone = zone;
	d->zone_known = true;
}

int
date_local_zone(int64_t t)
{
	time_t		c = (time_t)t;
	struct date	d = { .zone = 0 };
	struct tm	tm;

	if (localtime_r(&c, &tm) == NULL)
		return 0;
	d.year = tm.tm_year + 1900;
	d.month = tm.tm_mon + 1;
	d.day = tm.tm_mday;
	d.hour = tm.tm_hour;
	d.min = tm.tm_min;
	d.sec = tm.tm_sec;
	return (int)((date_to_time(&d) - t) / 60);
}

static const char *
date_weekday(const struct date *d)
{
	int64_t	w = (date_days(d) + 4) % 7;

	return date_weekdays + 3 * (w < 0 ? w + 7 : w);
}

static int
date_zone_hhmm(const struct date *d)
{
	int	z = d->zone < 0 ? -d->zone : d->zone;

	return z / 60 % 100 * 100 + z % 60;
}

static char
date_zone_sign(const struct date *d)
{
	return d->zone < 0 || !d->zone_known ? '-' : '+';
}

static const char *
date_month_name(const struct date *d)
{
	return date_months + 3 * (d->month - 1);
}

void
date_print(char dst[DATE_MAX], const struct date *d)
{
	(void)fmt_put(dst, DATE_MAX, "%.3s, %d %.3s %04d %02d:%02d:%02d %c%04d", date_weekday(d), d->day,
	    date_month_name(d), d->year, d->hour, d->min, d->sec, date_zone_sign(d), date_zone_hhmm(d));
}

void
date_print_imap(char dst[DATE_MAX], const struct date *d)
{
	(void)fmt_put(dst, DATE_MAX, "%02d-%.3s-%04d %02d:%02d:%02d %c%04d", d->day, date_month_name(d), d->year,
	    d->hour, d->min, d->sec, date_zone_sign(d), date_zone_hhmm(d));
}

void
date_print_ctime(char dst[DATE_MAX], const struct date *d)
{
	(void)fmt_put(dst, DATE_MAX, "%.3s %.3s %2d %02d:%02d:%02d %04d", date_weekday(d), date_month_name(d), d->day,
	    d->hour, d->min, d->sec, d->year);
}
