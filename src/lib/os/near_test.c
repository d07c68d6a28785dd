/*
 * near_test - where a process runs: with its connection, and wherever it might before.
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/near.h"
#include "os_conf.h"

/* A connection over the loopback, with an octet that came in at fd[0]. */
static void
connection(int fd[2])
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		n = sizeof a;
	int			l = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_not_equal(l, -1);
	assert_int_equal(bind(l, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a, &n), 0);
	assert_int_not_equal(fd[1] = socket(AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(connect(fd[1], (struct sockaddr *)&a, n), 0);
	assert_int_not_equal(fd[0] = accept(l, NULL, NULL), -1);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(read(fd[0], &(char){ 0 }, 1), 1);
	close(l);
}

#ifdef HAVE_INCOMING_CPU

/* All we may use, and one of them; false: there is only one. */
static bool
choose(cpu_set_t *all, cpu_set_t *one, int nth)
{
	size_t cpu = 0;

	assert_int_equal(sched_getaffinity(0, sizeof *all, all), 0);
	if (CPU_COUNT(all) < 2) {
		printf("# one processor: where a process runs is not tried\n");
		return false;
	}
	for (; !CPU_ISSET(cpu, all) || nth-- > 0; cpu++)
		;
	CPU_ZERO(one);
	CPU_SET(cpu, one);
	return true;
}

static void
runs_on(const cpu_set_t *want)
{
	cpu_set_t now;

	assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
	assert_true(CPU_EQUAL(&now, want));
}

/* A connection from a peer on this processor, where we stay. */
static void
from(const cpu_set_t *there, int fd[2])
{
	assert_int_equal(sched_setaffinity(0, sizeof *there, there), 0);
	connection(fd);
}

/* Whoever sends is on one processor: over the loopback that is where it comes in. */
static void
goes_where_it_comes_in(void **state)
{
	cpu_set_t	all, one, other;
	int		fd[2], fd2[2];

	(void)state;
	if (!choose(&all, &one, 0) || !choose(&all, &other, 1))
		return;
	from(&one, fd);
	from(&other, fd2);
	assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
	for (int i = 0; i < 2; i++) {
		os_near(os_near_of(fd[0]));
		runs_on(&one);
	}
	for (int i = 0; i < 3; i++) {		/* once elsewhere is nothing, twice in a row is */
		os_near(os_near_of(i == 1 ? fd[0] : fd2[0]));
		runs_on(&one);
	}
	os_near(os_near_of(fd2[0]));
	runs_on(&other);
	assert_int_equal(os_near_at(), os_near_of(fd2[0]));
	os_anywhere();
	assert_int_equal(os_near_at(), OS_NEAR_UNKNOWN);
	runs_on(&all);
	for (int i = 0; i < 2; i++) {
		close(fd[i]);
		close(fd2[i]);
	}
}

/* Who was told to keep to one processor stays there, whatever comes in elsewhere. */
static void
keeps_to_its_own(void **state)
{
	cpu_set_t	all, one, other;
	int		fd[2];

	(void)state;
	if (!choose(&all, &one, 0) || !choose(&all, &other, 1))
		return;
	from(&one, fd);
	assert_int_equal(sched_setaffinity(0, sizeof other, &other), 0);
	os_near(os_near_of(fd[0]));
	runs_on(&other);
	os_anywhere();
	runs_on(&other);
	assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
	close(fd[0]);
	close(fd[1]);
}

/* From one place to everywhere but there, and back; what is no processor, or not one of ours, takes none away. */
static void
makes_room(void **state)
{
	static const int	none[] = { OS_NEAR_UNKNOWN, -2, 1 << 20 };
	cpu_set_t		all, one, rest;
	int			cpu = 0;

	(void)state;
	if (!choose(&all, &one, 1))
		return;
	while (!CPU_ISSET((size_t)cpu, &one))
		cpu++;
	rest = all;
	CPU_CLR((size_t)cpu, &rest);
	for (int i = 0; i < 3; i++) {
		os_near(cpu);
		runs_on(&one);
		os_aside(cpu);
		assert_int_equal(os_near_at(), OS_NEAR_UNKNOWN);
		runs_on(&rest);
	}
	for (int i = 0; i < 3; i++) {
		os_aside(cpu);
		os_aside(none[i]);
		runs_on(&all);
	}
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);		/* the only one we have */
	os_aside(cpu);
	runs_on(&one);
	os_anywhere();
	assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

#endif

/* What has no packets moves nobody. */
static void
other_descriptors(void **state)
{
	int	p[2], fd[2];

	(void)state;
	os_anywhere();
	assert_int_equal(pipe(p), 0);
	os_near(os_near_of(p[0]));
	assert_int_equal(os_near_of(-1), OS_NEAR_UNKNOWN);
	os_near(OS_NEAR_UNKNOWN);
	os_near(1 << 20);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	os_near(os_near_of(fd[0]));
	os_anywhere();
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(fd[i]);
	}
	connection(fd);
	os_near(os_near_of(fd[0]));
	os_anywhere();
	close(fd[0]);
	close(fd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_INCOMING_CPU
		cmocka_unit_test(goes_where_it_comes_in),
		cmocka_unit_test(keeps_to_its_own),
		cmocka_unit_test(makes_room),
#endif
		cmocka_unit_test(other_descriptors)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
