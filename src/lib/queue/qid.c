/*
 * qid - queue identifiers: time and a sequence in base 60, then the process id.
 */
#include "queue/qid.h"

#include <time.h>
#include <unistd.h>

#include "base/fmt.h"
#include "os/load.h"

static const char qid_digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";

#define SEQ_MAX	(60u * 60u)
#define QID_AHEAD	10	/* seconds */

static struct {
	pid_t		pid;
	time_t		second;
	unsigned	seq, used;
} qid_state;

/*
 * The second to use: never one behind the last, and the next one when its sequence is used up, which a busy process may do sooner than a second is over;
 * it waits only when it is far ahead of the clock.
 */
static time_t
qid_second(void)
{
	time_t	now = time(NULL);

	if (qid_state.pid != getpid()) {
		unsigned r;

		os_random(&r, sizeof r);
		qid_state.pid = getpid();
		qid_state.seq = r % SEQ_MAX;
		qid_state.second = 0;
	}
	if (now > qid_state.second)
		return now;
	if (qid_state.used < SEQ_MAX)
		return qid_state.second;
	while (qid_state.second - now >= QID_AHEAD && qid_state.second - now <= QID_AHEAD + 2) {	/* else the clock was set back */
		struct timespec ts = { 0, 20 * 1000 * 1000 };

		nanosleep(&ts, NULL);
		now = time(NULL);
	}
	return now > qid_state.second ? now : qid_state.second + 1;
}

void
qid_next(char dst[QID_MAX])
{
	time_t		t = qid_second();
	struct tm	tm;
	unsigned	f[6];

	if (t != qid_state.second) {
		qid_state.second = t;
		qid_state.used = 0;
	}
	qid_state.used++;
	qid_state.seq = (qid_state.seq + 1) % SEQ_MAX;
	gmtime_r(&t, &tm);
	f[0] = (unsigned)tm.tm_year % 60;
	f[1] = (unsigned)tm.tm_mon;
	f[2] = (unsigned)tm.tm_mday;
	f[3] = (unsigned)tm.tm_hour;
	f[4] = (unsigned)tm.tm_min;
	f[5] = (unsigned)tm.tm_sec % 60;
	for (int i = 0; i < 6; i++)
		dst[i] = qid_digits[f[i]];
	dst[6] = qid_digits[qid_state.seq / 60];
	dst[7] = qid_digits[qid_state.seq % 60];
	(void)fmt_put(dst + 8, QID_MAX - 8, "%06ld", (long)(qid_state.pid % 1000000));
}

bool
qid_valid(struct str s)
{
	if (s.n < 5 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!chr_is_alnum(s.p[i]))
			return false;
	return true;
}

int
qid_file(char *dst, size_t size, char kind, struct str id)
{
	if (size < 3 || id.n > size - 3)
		return -1;
	dst[0] = kind;
	dst[1] = 'f';
	return str_copy(dst + 2, size - 2, id);
}
