/*
 * room_test - what a child of a room's maker gives back, and that nobody finds anything else for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/room.h"

#define PAGES	8u

static size_t	page;

/* KiB of the room's that are this process's own. */
static long
own(const struct os_room *r)
{
	FILE		*f = fopen("/proc/self/smaps", "r");
	char		 line[300];
	unsigned long	 from = 0, to;
	long		 n = 0, kib;

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		unsigned long	a;

		if (sscanf(line, "%lx-%lx ", &a, &to) == 2)
			from = a;
		else if (from >= (uintptr_t)r->at && from < (uintptr_t)r->at + r->kept && sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			n += kib;
	}
	if (f != NULL)
		(void)fclose(f);
	return n;
}

/* Two pages are written to and are as before; one is not; the others are only read. */
static int
child(const struct os_room *r)
{
	volatile char	*p = r->at;	/* each of these is to happen */
	long		 k = (long)page / 1024;

	p[page] = 'x';
	p[page] = 'b';
	p[3 * page] = 'x';
	p[3 * page] = 'd';
	p[7 * page + 5] = 'y';
	if (own(r) != 3 * k)
		return 1;
	os_room_rest(r);
	if (own(r) != k)
		return 2;
	for (size_t i = 0; i < PAGES; i++)
		if (p[i * page] != (char)('a' + i))
			return 3;
	if (p[7 * page + 5] != 'y')
		return 4;
	p[0] = 'z';
	os_room_rest(r);
	return p[0] == 'z' && own(r) == 2 * k ? 0 : 5;
}

static void
falls_back(void **state)
{
	struct os_room	r;
	pid_t		pid;
	int		status;

	(void)state;
	page = (size_t)sysconf(_SC_PAGESIZE);
	if (!os_room_new(&r, 64 * page) || access("/proc/self/smaps", R_OK) == -1) {
		print_message("# falls_back is left out: this system has nothing of the kind, or nothing tells whose pages are\n");
		return;
	}
	for (size_t i = 0; i < PAGES; i++)
		r.at[i * page] = (char)('a' + i);
	os_room_rest(&r);		/* nothing to fall back to: nothing happens */
	assert_int_equal(r.at[0], 'a');
	assert_false(os_room_keep(&r, 65 * page));
	assert_true(os_room_keep(&r, (PAGES - 1) * page + 10));
	assert_false(os_room_keep(&r, page));
	assert_int_equal(r.kept, PAGES * page);
	r.at[20 * page] = 'q';		/* behind what was kept it is memory as any */
	if ((pid = fork()) == 0)
		_exit(child(&r));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(r.at[7 * page + 5], 0);
	r.at[2 * page] = 'p';		/* and the parent's later changes are its own, and its later children's */
	if ((pid = fork()) == 0) {
		os_room_rest(&r);
		_exit(r.at[2 * page] == 'p' && r.at[20 * page] == 'q' ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	os_room_free(&r);
	os_room_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(falls_back) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
