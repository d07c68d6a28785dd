/*
 * mbox_scan_fuzz - any text as an mbox: messages do not overlap, and it makes no difference how the text is cut into pieces.
 */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "store/mbox_scan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct sum {
	size_t		n;
	uint64_t	at, hash, end;
};

static int
add(void *arg, const struct mbox_msg *m)
{
	struct sum	*s = arg;

	must(m->place.from >= s->at && m->place.head > m->place.from && m->place.body >= m->place.head);
	must(m->place.end >= m->place.body && m->place.next >= m->place.end && m->place.next <= s->end);
	must(m->place.status == 0 || m->place.status + m->place.status_len <= m->place.body);
	must(m->wire <= 2 * (m->place.end - m->place.head) + 2);
	s->at = m->place.next;
	s->n++;
	s->hash = s->hash * 31 + m->digest + m->flags + m->wire + m->place.end * 7 + m->place.xstatus * 3;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const size_t	cuts[] = { 1, 7, 4096 };
	struct sum		 first = { 0, 0, 0, n };
	int			 rc = 0, r;

	for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
		struct mbox_scan	s;
		struct sum		x = { 0, 0, 0, n };

		mbox_scan_init(&s, 0, add, &x);
		r = 0;
		for (size_t at = 0; at < n && r == 0; at += cuts[i])
			r = mbox_scan_feed(&s, (const char *)p + at, n - at < cuts[i] ? n - at : cuts[i]);
		r = mbox_scan_end(&s);
		if (i == 0) {
			first = x;
			rc = r;
		}
		must(r == rc && x.n == first.n && x.hash == first.hash);
	}
	return 0;
}
