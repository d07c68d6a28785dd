#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/test_input.h"

static void
allocations(void **state)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	char		*p;

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		p = arena_alloc(a, i % 97);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t k = 0; k < i % 97; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, i % 97);
	}
	assert_true(str_eq_c(arena_str(a, test_input("abc")), "abc"));
	assert_string_equal(arena_cstr(a, STR_NONE), "");
	assert_true(str_eq_c(arena_lower(a, test_input("AbC")), "abc"));
	assert_true(str_eq_c(arena_fmt(a, "%d-%s", 5, "x"), "5-x"));
	assert_int_equal(arena_fmt(a, "%01000d", 5).n, 1000);
	assert_true(str_eq_c(arena_cat(a, test_input("a"), test_input("b")), "ab"));
	assert_non_null(arena_bytes(a, 5000000));
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	assert_non_null(arena_alloc(a, 1));
	arena_free(&a);
	assert_null(a);
	arena_free(&a);
	test_input_free();
}

static void
soft_cap(void **state)
{
	struct arena	*a = arena_new_soft(10000);
	size_t		 n = 0;

	(void)state;
	while (arena_alloc(a, 100) != NULL)
		n++;
	assert_true(n >= 80 && n <= 100);
	assert_null(arena_array(a, SIZE_MAX / 2, 4));
	assert_true(str_is_none(arena_str(a, str_mem("x", SIZE_MAX / 2))));
	assert_true(str_is_none(arena_fmt(a, "%09000d", 1)));
	arena_reset(a);
	assert_non_null(arena_alloc(a, 4000));
	arena_free(&a);
}

static void
marks(void **state)
{
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct arena_mark	 m = arena_mark(a), m2;
	char			*keep;

	(void)state;
	arena_alloc(a, 100);
	arena_release(a, m);
	assert_int_equal(arena_used(a), 0);
	keep = arena_bytes(a, 10);
	memset(keep, 'k', 10);
	m2 = arena_mark(a);
	for (int i = 0; i < 100; i++) {
		memset(arena_bytes(a, 10000), 'x', 10000);
		arena_release(a, m2);
	}
	assert_memory_equal(keep, "kkkkkkkkkk", 10);
	arena_free(&a);
}

static void
sink_none(void *arg, enum log_prio prio, const char *line)
{
	(void)arg;
	(void)prio;
	(void)line;
}

static int
exit_of_shortage(void)
{
	struct arena	*a;
	int		 status;
	pid_t		 pid = fork();

	if (pid == 0) {
		log_set_sink(sink_none, NULL);
		a = arena_new(1000);
		arena_alloc(a, 1001);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void
hard_cap_ends_the_process(void **state)
{
	(void)state;
	assert_int_equal(exit_of_shortage(), 75);
}

static void
fill_and_check(struct hash *h)
{
	char		key[16];
	struct str	k;
	void		*v;
	size_t		n = 0;

	for (uintptr_t i = 1; i <= 3000; i++) {
		snprintf(key, sizeof key, "key%d", (int)i);
		assert_int_equal(hash_put(h, str_c(key), (void *)i), 0);
	}
	for (uintptr_t i = 1; i <= 3000; i += 2) {
		snprintf(key, sizeof key, "key%d", (int)i);
		assert_true(hash_del(h, str_c(key)));
		assert_false(hash_del(h, str_c(key)));
	}
	assert_int_equal(hash_count(h), 1500);
	for (uintptr_t i = 1; i <= 3000; i++) {
		snprintf(key, sizeof key, "key%d", (int)i);
		assert_ptr_equal(hash_get(h, str_c(key)), i % 2 ? NULL : (void *)i);
	}
	for (size_t i = 0; hash_next(h, &i, &k, &v);)	/* in order of insertion */
		assert_ptr_equal(v, (void *)(2 * ++n));
	assert_int_equal(n, 1500);
	assert_int_equal(hash_put(h, STR("key2"), NULL), 0);
	assert_int_equal(hash_count(h), 1500);
	assert_true(hash_has(h, STR("key2")));
	assert_int_equal(hash_put(h, STR_NONE, h), 0);
	assert_ptr_equal(hash_get(h, STR("")), h);
}

static void
tables(void **state)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct hash	*h = hash_new(NULL, 0);

	(void)state;
	assert_null(hash_get(h, STR("x")));
	fill_and_check(h);
	hash_free(&h);
	assert_null(h);
	fill_and_check(hash_new(a, 0));
	fill_and_check(hash_new(a, HASH_TRUSTED));
	h = hash_new(NULL, HASH_NOCASE|HASH_BORROW);
	hash_put(h, STR("Some-Long-Name"), a);
	assert_ptr_equal(hash_get(h, test_input("sOME-lONG-nAME")), a);
	assert_null(hash_get(h, test_input("some-long-nam")));
	hash_free(&h);
	arena_free(&a);
	test_input_free();
}

/* A sanitizer takes all address space there is: the limit would end it. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void
reserve_child(void)
{
	const struct rlimit	none = { 0, 0 };
	struct arena		*a, *b = arena_new(ARENA_DEFAULT);

	if (arena_reserve(4) == -1 || arena_is_short() || setrlimit(RLIMIT_AS, &none) == -1)
		_exit(1);
	for (size_t n = 1 << 20; n >= 16; n /= 2)
		while (malloc(n) != NULL)
			;
	a = arena_new(ARENA_DEFAULT);
	for (int i = 0; i < 3; i++)
		if (arena_alloc(a, 60000) == NULL)
			_exit(2);
	arena_free(&a);			/* what is free again goes back into it */
	if (arena_alloc(b, 60000) == NULL || !arena_is_short())
		_exit(3);
	for (;;)
		arena_alloc(b, 60000);
}

static void
a_reserve_when_memory_is_short(void **state)
{
	int	status;
	pid_t	pid = fork();

	(void)state;
	if (pid == 0)
		reserve_child();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 75);
}
#define RESERVE_TEST	cmocka_unit_test(a_reserve_when_memory_is_short),
#else
#define RESERVE_TEST
#endif

static void
hashes(void **state)
{
	(void)state;
	assert_true(hash_seed() == hash_seed());
	assert_true(hash_bytes(STR("a"), 1) != hash_bytes(STR("a"), 2));
	assert_true(hash_bytes(STR("a"), 1) != hash_bytes(STR("b"), 1));
	assert_true(hash_bytes(STR("a\0"), 1) != hash_bytes(STR("a"), 1));
	assert_true(hash_bytes(test_input("123456789"), 1) == hash_bytes(test_input("123456789"), 1));
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations), cmocka_unit_test(soft_cap), cmocka_unit_test(marks),
		cmocka_unit_test(hard_cap_ends_the_process), RESERVE_TEST cmocka_unit_test(tables), cmocka_unit_test(hashes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
