/*
 * tokens_test - a delivery that is asked for again with its token is there once: in the list of tokens, in an mbox and a Maildir, after a crash at any point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "os/fd.h"
#include "os/load.h"
#include "store/tokens.h"

static char	dir[64], inbox[128];
static int	side;

static struct store_token
token(int i)
{
	struct store_token	t;

	memset(&t, i, sizeof t);
	return t;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/tokens_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	side = open(dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
	return side == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	pid_t	pid;

	(void)state;
	close(side);
	if ((pid = fork()) == 0) {
		execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

/* What the list says of token i; then what is noted of it, if anything. */
static enum tokens_state
look(int i, int note)
{
	struct store_token	x = token(i);
	struct tokens		t;
	enum tokens_state	was;

	assert_int_equal(tokens_begin(&t, side, &x, os_now_ms() + 1000, NULL), 0);
	was = t.state;
	if (note >= 0)
		assert_int_equal(tokens_note(&t, (enum tokens_state)note, NULL), 0);
	tokens_end(&t);
	return was;
}

static void
add_text(const char *text)
{
	int	fd = openat(side, "tokens", O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(os_write_all(fd, str_c(text)), 0);
	close(fd);
}

static off_t
list_size(void)
{
	struct stat	st;

	assert_int_equal(fstatat(side, "tokens", &st, 0), 0);
	return st.st_size;
}

static void
test_list(void **state)
{
	(void)state;
	assert_int_equal(look(1, TOKENS_BEGUN), TOKENS_NEW);
	assert_int_equal(look(2, TOKENS_DONE), TOKENS_NEW);
	assert_int_equal(look(1, TOKENS_DONE), TOKENS_BEGUN);
	assert_int_equal(look(1, -1), TOKENS_DONE);
	assert_int_equal(look(2, -1), TOKENS_DONE);
	assert_int_equal(look(3, -1), TOKENS_NEW);
}

static void
test_damage(void **state)
{
	(void)state;
	(void)look(1, TOKENS_DONE);
	add_text("0badc0de 17000000");			/* torn off in the middle */
	assert_int_equal(look(2, TOKENS_DONE), TOKENS_NEW);
	add_text("\n\nnonsense\n00000000 1 04040404040404040404040404040404 D\n");
	assert_int_equal(look(1, -1), TOKENS_DONE);
	assert_int_equal(look(2, -1), TOKENS_DONE);
	assert_int_equal(look(4, -1), TOKENS_NEW);
}

static void
old_lines(long long when, int from, int n)
{
	char	body[64], line[80];

	for (int i = 0; i < n; i++) {
		snprintf(body, sizeof body, "%lld %032x D", when, from + i);
		snprintf(line, sizeof line, "%08x %s\n", crc32c(0, body, strlen(body)), body);
		add_text(line);
	}
}

static void
test_cut(void **state)
{
	long long	now = (long long)time(NULL);
	off_t		before;

	(void)state;
	old_lines(now - TOKENS_KEEP - 2 * 86400, 0x1000, 1200);
	(void)look(1, TOKENS_DONE);
	assert_true(list_size() < 1000);			/* too old for anyone to ask again */
	assert_int_equal(look(1, -1), TOKENS_DONE);
	old_lines(now, 0x1000, 1200);
	before = list_size();
	assert_int_equal(look(1, -1), TOKENS_DONE);
	assert_int_equal(list_size(), before);			/* young ones stay */
}

/* The same token waits for who has it, others do not. */
static void
test_lock(void **state)
{
	struct store_token	x = token(1), y = token(2);
	struct tokens		t;
	int			p[2], status;
	char			c;
	pid_t			pid;

	(void)state;
	assert_int_equal(os_pipe(p), 0);
	if ((pid = fork()) == 0) {
		if (tokens_begin(&t, side, &x, os_now_ms() + 1000, NULL) != 0 || write(p[1], "x", 1) != 1)
			_exit(1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(tokens_begin(&t, side, &x, os_now_ms() + 50, NULL), 1);
	assert_int_equal(tokens_begin(&t, side, &y, os_now_ms() + 50, NULL), 0);
	tokens_end(&t);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(tokens_begin(&t, side, &x, os_now_ms() + 50, NULL), 0);
	tokens_end(&t);
	close(p[0]);
	close(p[1]);
}

/* --- deliveries ------------------------------------------------------------------------------- */

static struct store *
open_store(const char *driver)
{
	struct store_conf	c = { .driver = driver, .inbox = inbox, .user = "tester" };
	struct store		*s;

	snprintf(inbox, sizeof inbox, "%s/%s", dir, driver);
	s = store_new(&c, NULL);
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

static enum store_rc
deliver(const char *driver, int i)
{
	char			text[3000];
	struct str		left;
	struct store_source	src = { read_text, &left, -1 };
	struct store_target	t = { .token = token(i), .sender = STR_INIT("a@b") };
	struct store		*s = open_store(driver);
	enum store_rc		rc;

	snprintf(text, sizeof text, "Subject: m%d\r\n\r\n%02000d\r\n", i, i);
	left = str_c(text);
	rc = store_deliver(s, &src, &t);
	store_free(&s);
	return rc;
}

/* How many there are; away: then they are expunged. */
static size_t
count(const char *driver, bool away)
{
	struct store		*s = open_store(driver);
	struct store_view	*v;
	struct store_rec	 r[10];
	struct store_id		 id;
	uint32_t		 uids[10];
	size_t			 n;

	assert_int_equal(store_find_box(s, STR("INBOX"), &id), STORE_OK);
	assert_int_equal(store_open_view(s, &id, true, &v), STORE_OK);
	n = store_read_index(v, 1, 0, r, 10);
	for (size_t i = 0; i < n; i++)
		uids[i] = r[i].uid;
	if (away)
		assert_int_equal(store_expunge(v, uids, n, NULL), STORE_OK);
	assert_int_equal(store_close_view(&v), STORE_OK);
	store_free(&s);
	return n;
}

static void
test_once(void **state)
{
	static const char *const	drivers[] = { "mbox", "maildir" };

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		assert_int_equal(deliver(drivers[d], 1), STORE_OK);
		assert_int_equal(deliver(drivers[d], 1), STORE_OK);
		assert_int_equal(deliver(drivers[d], 2), STORE_OK);
		assert_int_equal(count(drivers[d], true), 2);
		assert_int_equal(deliver(drivers[d], 1), STORE_OK);	/* read and deleted long ago */
		assert_int_equal(deliver(drivers[d], 0), STORE_OK);	/* without a token each is a new one */
		assert_int_equal(deliver(drivers[d], 0), STORE_OK);
		assert_int_equal(count(drivers[d], false), 2);
	}
}

/* A delivery in a child whose files may not grow beyond `limit`.  True: it was killed. */
static bool
killed_at(const char *driver, long limit, int i)
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		struct rlimit	r = { (rlim_t)limit, (rlim_t)limit }, none = { 0, 0 };

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGXFSZ, SIG_DFL);
		(void)setrlimit(RLIMIT_FSIZE, &r);
		_exit(deliver(driver, i) == STORE_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}

/* Each limit kills at another file's growth: the message, the mbox, or the list of tokens, which is made long first. */
static void
test_killed(void **state)
{
	static const char *const	drivers[] = { "mbox", "maildir" };
	char				list[200];
	struct stat			st;

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		size_t	have = 1;
		int	killed = 0;

		assert_int_equal(deliver(drivers[d], 99), STORE_OK);
		snprintf(list, sizeof list, d == 0 ? "%s/.angarium/mbox/tokens" : "%s/maildir/angarium/tokens", dir);
		close(side);
		*strrchr(list, '/') = '\0';
		side = open(list, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
		assert_int_not_equal(side, -1);
		old_lines((long long)time(NULL), 0x5000, 150);		/* longer than a few messages */
		for (int i = 1; i < 9; i++) {
			assert_int_equal(fstatat(side, "tokens", &st, 0), 0);
			killed += killed_at(drivers[d], i < 4 ? 200 * i : (long)st.st_size + 20 * (i - 4), i);
			assert_int_equal(deliver(drivers[d], i), STORE_OK);
			have++;
			if (have == 9 || i == 4) {
				assert_int_equal(count(drivers[d], true), have);
				have = 0;
			}
			assert_int_equal(deliver(drivers[d], i), STORE_OK);
		}
		assert_int_equal(count(drivers[d], false), have);
		assert_true(killed >= 6);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_list, setup, teardown), cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown), cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_once, setup, teardown), cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
