#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "mime/date.h"

#define COUNT(a)	(sizeof(a) / sizeof (a)[0])

typedef int	parse_fn(struct str, struct date *);

static const struct {
	parse_fn	*parse;
	const char	*in;
	const char	*want;		/* as RFC 5322; NULL: refused */
	int64_t		 time;
} cases[] = {
	{ date_parse, "Tue, 1 Jul 2003 10:52:37 +0200", "Tue, 1 Jul 2003 10:52:37 +0200", 1057049557 },
	{ date_parse, "1 Jul 2003 10:52 -0000 (x)", "Tue, 1 Jul 2003 10:52:00 -0000", 1057056720 },
	{ date_parse, "Thu, 13 Feb 69 23:32 -0330", "Thu, 13 Feb 1969 23:32:00 -0330", -27723480 },
	{ date_parse, "21 Nov 97 09:55:06 GMT", "Fri, 21 Nov 1997 09:55:06 +0000", 880106106 },
	{ date_parse, "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", NULL, 0 },
	{ date_parse, "Fri, 21 Nov 1997 09:55:06 -0600 (CST)", "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
	{ date_parse, "Sat Nov 22 03:41:04 2026", "Sun, 22 Nov 2026 03:41:04 -0000", 1795318864 },
	{ date_parse, "Mon,\r\n 29-Feb-2016 00:00:60 EST", "Mon, 29 Feb 2016 00:00:60 -0500", 1456722060 },
	{ date_parse, "17 July 2020 1:02:03.45 +0530", "Fri, 17 Jul 2020 01:02:03 +0530", 1594927923 },
	{ date_parse, "1 Jan 102 00:00:00 Z", "Tue, 1 Jan 2002 00:00:00 +0000", 1009843200 },
	{ date_parse, "1 Jan 2002", "Tue, 1 Jan 2002 00:00:00 -0000", 1009843200 },
	{ date_parse, "1 Jan 2002 00:00:00 XYZ", "Tue, 1 Jan 2002 00:00:00 -0000", 1009843200 },
	{ date_parse, "29 Feb 2015 00:00:00 +0000", NULL, 0 },
	{ date_parse, "1 Jan 2002 24:00:00 +0000", NULL, 0 },
	{ date_parse, "1 Jan 2002 00:00:00 +0060", NULL, 0 },
	{ date_parse, "32 Jan 2002", NULL, 0 }, { date_parse, "1 Foo 2002", NULL, 0 }, { date_parse, "", NULL, 0 },
	{ date_parse, "now", NULL, 0 }, { date_parse, "1 Jan 20022", NULL, 0 },
	{ date_parse_imap, "17-Jul-1996 02:44:25 -0700", "Wed, 17 Jul 1996 02:44:25 -0700", 837596665 },
	{ date_parse_imap, " 7-Jul-1996 02:44:25 +0000", "Sun, 7 Jul 1996 02:44:25 +0000", 836707465 },
	{ date_parse_imap, "7-Jul-1996 02:44:25 +0000", "Sun, 7 Jul 1996 02:44:25 +0000", 836707465 },
	{ date_parse_imap, "17-Jul-1996 02:44 +0000", NULL, 0 }, { date_parse_imap, "17-Jul-1996 02:44:25 0000", NULL, 0 },
	{ date_parse_imap, "17-Jul-1996", NULL, 0 }, { date_parse_imap, "17 Jul 1996 02:44:25 +0000", NULL, 0 },
	{ date_parse_day, "17-Jul-1996", "Wed, 17 Jul 1996 00:00:00 -0000", 837561600 },
	{ date_parse_day, "7-jul-1996", "Sun, 7 Jul 1996 00:00:00 -0000", 836697600 },
	{ date_parse_day, "17-Jul-96", NULL, 0 }, { date_parse_day, "17-July-1996", NULL, 0 }, { date_parse_day, "", NULL, 0 },
};

static void
reading(void **state)
{
	struct date	d, back;
	char		text[DATE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (cases[i].want == NULL) {
			assert_int_equal(cases[i].parse(test_input(cases[i].in), &d), -1);
			continue;
		}
		assert_int_equal(cases[i].parse(test_input(cases[i].in), &d), 0);
		date_print(text, &d);
		assert_string_equal(text, cases[i].want);
		assert_true(date_to_time(&d) == cases[i].time);
		date_from_time(cases[i].time, d.zone, &back);
		assert_true(date_to_time(&back) == cases[i].time);
	}
	test_input_free();
}

static void
printing(void **state)
{
	struct date	d;
	char		text[DATE_MAX];

	(void)state;
	date_from_time(0, 0, &d);
	date_print(text, &d);
	assert_string_equal(text, "Thu, 1 Jan 1970 00:00:00 +0000");
	date_from_time(-1, -210, &d);
	date_print_imap(text, &d);
	assert_string_equal(text, "31-Dec-1969 20:29:59 -0330");
	date_print_ctime(text, &d);
	assert_string_equal(text, "Wed Dec 31 20:29:59 1969");
	date_from_time(951826154, 60, &d);
	date_print_imap(text, &d);
	assert_string_equal(text, "29-Feb-2000 13:09:14 +0100");
	for (int64_t t = -2000000000; t < 4000000000; t += 8640007) {
		date_from_time(t, 345, &d);
		assert_true(date_to_time(&d) == t);
		assert_true(date_days(&d) == (t + 345 * 60 - (t + 345 * 60 < 0 ? 86399 : 0)) / 86400);
	}
}

static void
local_zone(void **state)
{
	(void)state;
	setenv("TZ", "XXX-5:30", 1);
	tzset();
	assert_int_equal(date_local_zone(1000000000), 330);
	setenv("TZ", "YYY3", 1);
	tzset();
	assert_int_equal(date_local_zone(1000000000), -180);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading), cmocka_unit_test(printing), cmocka_unit_test(local_zone)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
