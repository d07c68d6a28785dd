/*
 * Whatever string is read is written so that it reads the same; a set prints as itself; no reader moves back or past the end.
 */
#include "base/must.h"
#include "wire/imap_arg.h"
#include "wire/imap_put.h"
#include "wire/imap_set.h"
#include "wire/pop_cmd.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

typedef bool	read_fn(struct imap_in *, struct str *);

static read_fn *const	readers[] = {
	imap_tag, imap_atom, imap_string, imap_nstring, imap_astring, imap_list_mailbox, imap_mailbox, imap_flag,
	imap_date_text, imap_set_text
};

static void
write_and_read(struct arena *m, struct str s, bool utf8)
{
	struct imap_in	in;
	struct str	again;
	struct buf	b;

	if (str_is_none(s))
		return;
	buf_init(&b, 0);
	imap_put_astring(&b, s, utf8);
	if (str_has_nul(s)) {
		buf_done(&b);
		return;
	}
	imap_in_init(&in, m, buf_str(&b));
	in.utf8 = utf8;
	must(imap_astring(&in, &again) && imap_end(&in) && str_eq(s, again));
	buf_done(&b);
}

static void
command(struct arena *m, const uint8_t *p, size_t n)
{
	struct imap_in	in;
	struct str	out, *v, was;
	size_t		count;
	uint32_t	num;

	imap_in_init(&in, m, str_mem(p, n));
	in.utf8 = n > 0 && (p[0] & 1);
	while (in.s.n > 0 && in.bad == NULL) {
		was = in.s;
		out = STR_NONE;
		if (!imap_next(&in, ' ') && !imap_next(&in, '(') && !imap_next(&in, ')')) {
			if (chr_is_digit(in.s.p[0]))
				imap_number(&in, &num);
			else if (imap_peek(&in, '\\'))
				imap_flags(&in, true, &v, &count);
			else if (imap_astring(&in, &out))
				write_and_read(m, out, in.utf8);
		}
		must(in.s.n < was.n || in.bad != NULL);
		must(in.s.p + in.s.n == was.p + was.n);
	}
}

static void
sets(struct arena *m, struct str s)
{
	struct imap_set	set, again;
	struct buf	b;

	if (imap_set_parse(m, s, 77, &set) == -1 || set.saved)
		return;
	buf_init(&b, 0);
	must(imap_set_print(&b, &set) == 0 && imap_set_parse(m, buf_str(&b), 0, &again) == 0 && again.n == set.n);
	for (size_t i = 0; i < set.n; i++) {
		must(set.v[i].lo == again.v[i].lo && set.v[i].hi == again.v[i].hi && set.v[i].lo <= set.v[i].hi);
		must(i == 0 || set.v[i - 1].hi + 1 < set.v[i].lo);
		must(imap_set_has(&set, set.v[i].hi));
	}
	must(imap_set_add(m, &set, 5) == 0 && imap_set_has(&set, 5));
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*m = arena_new(ARENA_FUZZ * 4);
	struct imap_literal	 l;
	struct imap_in		 in;
	struct pop_cmd		 c;
	struct str		 out;

	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
		imap_in_init(&in, m, str_mem(p, n));
		out = STR_NONE;
		must(readers[i](&in, &out) == (in.bad == NULL));
	}
	command(m, p, n);
	sets(m, str_mem(p, n));
	(void)imap_literal_at(str_mem(p, n), &l);
	must((pop_cmd_parse(str_mem(p, n), &c) == NULL) <= (c.verb != POP_NONE));
	arena_free(&m);
	return 0;
}
