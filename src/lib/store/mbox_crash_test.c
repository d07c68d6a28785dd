/*
 * mbox_crash_test - an mbox whose writer is killed at every point of a change, by a limit on how far it may write.
 *
 * The limit of file size kills (SIGXFSZ) at the first byte behind it.  A change of the mailbox overwrites bytes from some place on, so each limit between
 * that place and the end is another instant; the next opener must find either everything as it was or everything done.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/store.h"

#define MESSAGES	5

static char	dir[64], inbox[80];

static struct store *
open_store(void)
{
	struct store_conf	c = { .driver = "mbox", .inbox = inbox, .user = "tester" };
	struct store		*s = store_new(&c, NULL);

	assert_non_null(s);
	store_set_timeout(s, 3000);
	return s;
}

static ssize_t
read_text(void *arg, void *p, size_t n)
{
	struct str	*s = arg;
	size_t		 k = s->n < n ? s->n : n;

	memcpy(p, s->p, k);
	*s = str_from(*s, k);
	return (ssize_t)k;
}

static void
message(char *dst, size_t size, int i)
{
	int	n = snprintf(dst, size, "Subject: m%d\r\nX-Pad: %0*d\r\n\r\n", i, 20 + i * 7, i);

	for (int k = 0; k < 30; k++)
		n += snprintf(dst + n, size - (size_t)n, "message %d line %d\r\n", i, k);
}

static void
fill(void)
{
	struct store	*s = open_store();

	for (int i = 0; i < MESSAGES; i++) {
		char			text[2000];
		struct str		left;
		struct store_source	src = { read_text, &left, -1 };
		struct store_target	t = { .date = 1700000000 + i };

		message(text, sizeof text, i);
		left = str_c(text);
		assert_int_equal(store_find_box(s, STR("INBOX"), &t.box), STORE_OK);
		assert_int_equal(store_append(s, &src, &t, 1), STORE_OK);
	}
	store_free(&s);
}

/* uid 2 goes, 3 and 5 get flags. */
static void
change(void)
{
	struct store		*s = open_store();
	struct store_view	*v;
	struct store_id		 id;
	struct store_flagset	 set = { STORE_FLAGGED|STORE_SEEN, NULL, 0 };
	uint32_t		 some[] = { 3, 5 }, gone[] = { 2 };

	if (store_find_box(s, STR("INBOX"), &id) == STORE_OK && store_open_view(s, &id, true, &v) == STORE_OK) {
		(void)store_set_flags(v, some, 2, STORE_ADD, &set, 0, NULL, NULL, NULL);
		(void)store_expunge(v, gone, 1, NULL);
		(void)store_close_view(&v);
	}
	store_free(&s);
}

static long
inbox_size(void)
{
	struct stat	st;

	return stat(inbox, &st) == 0 ? (long)st.st_size : -1;
}

/* In a child that may write that far.  True: it was killed. */
static bool
killed_at(long limit)
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		struct rlimit	r = { (rlim_t)limit, (rlim_t)limit }, none = { 0, 0 };

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGXFSZ, SIG_DFL);
		(void)setrlimit(RLIMIT_FSIZE, &r);
		change();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}

/* Everything there is whole, and either 2 is there or it is not; gives whether it is. */
static bool
check(void)
{
	struct store		*s = open_store();
	struct store_view	*v;
	struct store_id		 id;
	struct store_rec	 r[MESSAGES + 1];
	struct buf		 b;
	size_t			 n;
	bool			 has2 = false;

	assert_int_equal(store_find_box(s, STR("INBOX"), &id), STORE_OK);
	assert_int_equal(store_open_view(s, &id, true, &v), STORE_OK);
	n = store_read_index(v, 1, 0, r, MESSAGES + 1);
	assert_true(n == MESSAGES || n == MESSAGES - 1);
	buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		char	text[2000];

		message(text, sizeof text, (int)r[i].uid - 1);
		buf_clear(&b);
		assert_int_equal(store_read_part(v, r[i].uid, 0, STORE_CHUNK, &b), STORE_OK);
		assert_string_equal(buf_c(&b), text);
		has2 |= r[i].uid == 2;
	}
	buf_done(&b);
	assert_int_equal(n, has2 ? MESSAGES : MESSAGES - 1);
	assert_int_equal(store_close_view(&v), STORE_OK);
	store_free(&s);
	return has2;
}

static void
remove_all(void)
{
	pid_t	pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void
test_every_point(void **state)
{
	long	size, step = 41;
	int	killed = 0, done = 0;

	(void)state;
	for (long limit = 600; ; limit += step) {
		bool	died;

		snprintf(dir, sizeof dir, "/tmp/mbox_crash.XXXXXX");
		assert_non_null(mkdtemp(dir));
		snprintf(inbox, sizeof inbox, "%s/inbox", dir);
		fill();
		size = inbox_size();
		died = killed_at(limit);
		killed += died;
		done += !check();
		(void)check();				/* and again: a second opener finds nothing to mend */
		remove_all();
		if (!died)
			break;
		assert_true(limit < 4 * size + 4000);
	}
	assert_true(killed > 20);
	assert_true(done > 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_every_point) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
