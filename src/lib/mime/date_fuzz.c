/*
 * Every date that is accepted prints, in each of its forms, as one that reads the same.
 */
#include "base/must.h"
#include "mime/date.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
again(const struct date *d)
{
	char		text[DATE_MAX];
	struct date	e;

	date_print(text, d);
	must(date_parse(str_c(text), &e) == 0 && date_to_time(&e) == date_to_time(d) && e.zone == d->zone);
	date_print_imap(text, d);
	must(date_parse_imap(str_c(text), &e) == 0 && date_to_time(&e) == date_to_time(d));
	date_print_ctime(text, d);
	must(date_parse(str_c(text), &e) == 0 && date_days(&e) == date_days(d));
	date_from_time(date_to_time(d), d->zone, &e);
	must(date_to_time(&e) == date_to_time(d));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct date	d;

	if (date_parse(str_mem(p, n), &d) == 0)
		again(&d);
	if (date_parse_imap(str_mem(p, n), &d) == 0)
		again(&d);
	if (date_parse_day(str_mem(p, n), &d) == 0)
		again(&d);
	return 0;
}
