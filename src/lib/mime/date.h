/*
 * date - dates of header fields (RFC 5322 3.3, 4.3), of IMAP (RFC 3501 date-time) and of mbox lines.
 */
#ifndef MIME_DATE_H
#define MIME_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct date {
	int	year;		/* 1900 .. 9999 */
	int	month;		/* 1 .. 12 */
	int	day;
	int	hour, min, sec;	/* sec may be 60 */
	int	zone;		/* minutes east of Greenwich */
	bool	zone_known;	/* false for -0000 and unknown names; zone is then 0 */
};

#define DATE_MAX	48		/* room for every print here */

/* "Tue, 1 Jul 2003 10:52:37 +0200 (comment)", with two-digit years, zone names, missing weekday or seconds.  -1: no date. */
int	date_parse(struct str, struct date *);
/* IMAP: "17-Jul-1996 02:44:25 -0700", day padded with a blank or not, without quotes. */
int	date_parse_imap(struct str, struct date *);
/* IMAP: "17-Jul-1996", for SEARCH and friends. */
int	date_parse_day(struct str, struct date *);

/* Seconds since 1970 UTC, and back in a zone (minutes east). */
int64_t	date_to_time(const struct date *);
void	date_from_time(int64_t t, int zone, struct date *);
/* The local zone at that time, by the C library (TZ). */
int	date_local_zone(int64_t t);
/* Days since 1970 of the date as written, zone ignored: what IMAP's SENTON and BEFORE compare. */
int64_t	date_days(const struct date *);

void	date_print(char dst[DATE_MAX], const struct date *);		/* "Tue, 1 Jul 2003 10:52:37 +0200" */
void	date_print_imap(char dst[DATE_MAX], const struct date *);	/* "01-Jul-2003 10:52:37 +0200" */
void	date_print_ctime(char dst[DATE_MAX], const struct date *);	/* "Tue Jul  1 10:52:37 2003" as in mbox From_ lines */

#endif
