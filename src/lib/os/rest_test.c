/*
 * rest_test - when a process rests, by a clock and a poll of our own: the second of silence takes no time.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/rest.h"

static int	first, second;
static long	now_ms = 1000000;

/* In place of the C library's: what is not ready at once never is, and the time is over in no time. */
int
poll(struct pollfd *p, nfds_t n, int ms)
{
	struct timespec	none = { 0, 0 };
	int		rc = ppoll(p, n, &none, NULL);

	if (rc == 0) {
		assert_true(ms >= 0);
		now_ms += ms;
	}
	return rc;
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	(void)id;
	*t = (struct timespec){ .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 };
	return 0;
}

static void
one(void)
{
	first++;
}

static void
two(void)
{
	assert_int_equal(second, first - 1);	/* in their order */
	second++;
}

/* By its address: a sanitizer puts such a variable elsewhere. */
static int
is_whole(const int *v, int n)
{
	return v[0] == n && v[1] == n && v[2] == n && v[3] == n;
}

static int	(*volatile whole)(const int *, int) = is_whole;

static void
each_function_once(void **state)
{
	(void)state;
	os_rest_also(one);
	os_rest_also(two);
	os_rest_also(one);
	os_rest();
	assert_int_equal(first, 1);
	assert_int_equal(second, 1);
}

static void
only_silence_rests(void **state)
{
	int		p[2];
	struct pollfd	in;
	long		begun;

	(void)state;
	assert_int_equal(pipe(p), 0);
	in = (struct pollfd){ p[0], POLLIN, 0 };
	first = second = 0;
	assert_int_equal(os_wait(&in, 1, 0), 0);
	assert_int_equal(os_wait(&in, 1, 20), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(os_wait(&in, 1, -1), 1);
	assert_int_equal(first, 0);
	assert_int_equal(read(p[0], &(char){ 0 }, 1), 1);
	assert_int_equal(os_wait(&in, 1, 1000), 0);
	assert_int_equal(first, 0);
	begun = now_ms;
	assert_int_equal(os_wait(&in, 1, 1001), 0);
	assert_int_equal(first, 1);
	assert_int_equal(now_ms - begun, 1001);
	/* and not again soon: these waits end before its time has come */
	for (begun = now_ms; now_ms - begun < 2000;)
		assert_int_equal(os_wait(&in, 1, 1010), 0);
	assert_int_equal(first, 1);
	/* a long one has it in its middle, once, and ends when it is to end */
	begun = now_ms;
	assert_int_equal(os_wait(&in, 1, 60000), 0);
	assert_int_equal(first, 2);
	assert_int_equal(now_ms - begun, 60000);
	close(p[0]);
	close(p[1]);
}

/* What a process wrote to and freed goes, and what it has in use does not. */
static void
memory_in_use_stays(void **state)
{
	enum { N = 2000, SIZE = 3000 };
	static char	*kept[N];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		assert_non_null(kept[i] = malloc(SIZE));
		memset(kept[i], (int)(i & 127), SIZE);
	}
	for (size_t i = 0; i < N; i++)
		if (i % 64 != 0) {
			free(kept[i]);
			kept[i] = NULL;
		}
	os_rest();
	for (size_t i = 0; i < N; i += 64) {
		for (size_t k = 0; k < SIZE; k++)
			assert_int_equal(kept[i][k], (int)(i & 127));
		free(kept[i]);
	}
}

static int
deeper(int n)
{
	int	mine[4] = { n, n, n, n }, below = 0;

	if (n == 0)
		os_rest();
	else
		below = deeper(n - 1);
	return below + whole(mine, n);
}

/* The stack that is given back is what nobody has anything in, wherever the compiler keeps variables. */
static void
stack_in_use_stays(void **state)
{
	(void)state;
	assert_int_equal(deeper(4000), 4001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_function_once), cmocka_unit_test(only_silence_rests), cmocka_unit_test(memory_in_use_stays), cmocka_unit_test(stack_in_use_stays)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
