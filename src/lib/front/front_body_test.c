/*
 * front_body_test - bodies come back as they were put, and in no other length; writes seeds for front_body_fuzz when asked to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/front_body.h"

/* With a folder as argument: each body is kept there as a seed. */
static const char *seeds;

static void
keep(const char *name, const struct buf *b)
{
	char	path[1024];
	FILE	*f;

	if (seeds == NULL)
		return;
	(void)snprintf(path, sizeof path, "%s/%s", seeds, name);
	if ((f = fopen(path, "w")) != NULL) {
		(void)fwrite(b->p, 1, b->n, f);
		(void)fclose(f);
	}
}

#define CHECK(name, ...)									\
	do {											\
		struct name	x = __VA_ARGS__, y;						\
		struct buf	b, c;								\
		buf_init(&b, 0);								\
		buf_init(&c, 0);								\
		name##_put(&b, &x);								\
		for (size_t n = 0; n < b.n; n++) {						\
			char *copy = malloc(n + 1);						\
			memcpy(copy, b.p, n);							\
			assert_int_equal(name##_get(str_mem(copy, n), &y), -1);			\
			free(copy);								\
		}										\
		assert_int_equal(name##_get(buf_str(&b), &y), 0);				\
		name##_put(&c, &y);								\
		assert_true(str_eq(buf_str(&b), buf_str(&c)));					\
		keep(#name, &b);								\
		buf_addch(&b, '\0');								\
		assert_int_equal(name##_get(buf_str(&b), &y), -1);				\
		buf_done(&b);									\
		buf_done(&c);									\
	} while (0)

static const char	ticket[FRONT_TICKET + 1] = "0123456789abcdef";
static const struct mbuser joe = { STR_INIT("joe"), 1000, 1000, STR_INIT("/home/joe"), true };

static void
bodies(void **state)
{
	(void)state;
	CHECK(front_boot, { STR("Host x\n"), STR("mailbox.cf"), STR("mail.test"), -1, true, joe });
	CHECK(front_begin, { 7, STR("PLAIN"), STR("\0joe\0secret"), true, STR("192.0.2.1") });
	CHECK(front_step, { 7, STR("response") });
	CHECK(front_found, { AUTH_OK, STR("v=x"), STR("joe@mail.test"), joe });
	CHECK(front_said, { AUTH_CONTINUE, STR("challenge"), STR(""), STR("joe") });
	CHECK(front_grant, { str_mem(ticket, FRONT_TICKET), 2, joe });
	CHECK(front_start, { STR("a1"), STR("192.0.2.1"), true, STR("a2 NOOP\r\n") });
}

/* Values that decode, but stand for nothing. */
static void
ranges(void **state)
{
	struct front_said	said = { (enum auth_rc)(AUTH_CONTINUE + 1), STR(""), STR(""), STR("") };
	struct front_grant	grant = { str_mem(ticket, FRONT_TICKET - 1), 2, joe };
	struct buf		b;

	(void)state;
	buf_init(&b, 0);
	front_said_put(&b, &said);
	assert_int_equal(front_said_get(buf_str(&b), &said), -1);
	buf_clear(&b);
	front_grant_put(&b, &grant);
	assert_int_equal(front_grant_get(buf_str(&b), &grant), -1);
	grant.ticket = STR_NONE;
	buf_clear(&b);
	front_grant_put(&b, &grant);
	assert_int_equal(front_grant_get(buf_str(&b), &grant), -1);
	buf_done(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(bodies), cmocka_unit_test(ranges) };

	if (argc == 2)
		seeds = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
