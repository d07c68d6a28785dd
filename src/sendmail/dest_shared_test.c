#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "dest_shared.h"

static const struct order_conf order = { .interval = 1800 };

static struct attempt_result
refused(struct host_result *v, size_t n, int err)
{
	for (size_t i = 0; i < n; i++)
		v[i].err = err;
	return (struct attempt_result){ .down = true, .host = v, .nhost = n };
}

static void
one_host_of_two_domains(void **state)
{
	struct host_result	dead[] = { { .name = STR("mx.dead.test") } }, same[] = { { .name = STR("MX.Dead.test") } };
	struct attempt_result	r = refused(dead, 1, ECONNREFUSED), s = refused(same, 1, ECONNREFUSED);
	struct dest_hosts	a = { .n = 0 }, b = { .n = 0 };

	(void)state;
	assert_false(shared_down(&a, 0, 1000));
	shared_failed(&a, &r, &order, 100, 1000);		/* left alone until 31000 */
	shared_failed(&b, &s, &order, 101, 2000);		/* nothing new */
	assert_true(shared_down(&a, 0, 30999));
	assert_true(shared_down(&b, 0, 30999));
	assert_false(shared_down(&b, 0, 31000));
	assert_false(shared_down(&b, 100, 30999));		/* asked for since */
	shared_probe(&a, 131, 31000);
	assert_true(shared_down(&b, 0, 31001));			/* one of them finds out ... */
	shared_failed(&a, &r, &order, 132, 32000);		/* ... and the time doubles */
	assert_true(shared_down(&b, 0, 91999));
	assert_false(shared_down(&b, 0, 92000));
	shared_probe(&b, 192, 92000);
	shared_reached(STR("mx.dead.test"));
	assert_false(shared_down(&a, 0, 92001));
	assert_false(shared_down(&b, 0, 92001));
}

static void
other_hosts_and_other_troubles(void **state)
{
	struct host_result	two[] = { { .name = STR("one.test") }, { .name = STR("two.test") } }, many[9];
	struct attempt_result	r = refused(two, 2, ETIMEDOUT), m = refused(many, 9, ETIMEDOUT);
	struct dest_hosts	a = { .n = 0 }, b = { .n = 0 };

	(void)state;
	shared_failed(&a, &r, &order, 100, 1000);
	assert_true(shared_down(&a, 0, 2000));
	shared_reached(STR("two.test"));
	assert_false(shared_down(&a, 0, 2000));			/* one is enough */
	r = refused(two, 2, 0);
	shared_failed(&b, &r, &order, 100, 1000);
	assert_false(shared_down(&b, 0, 2000));			/* it answers, and says no */
	shared_failed(&b, &m, &order, 100, 1000);
	assert_false(shared_down(&b, 0, 2000));			/* more than are kept */
	r = refused(two, 2, ECONNREFUSED);
	shared_failed(&a, &r, &order, 100, 1000);
	shared_revive();
	assert_false(shared_down(&a, 0, 2000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_host_of_two_domains), cmocka_unit_test(other_hosts_and_other_troubles) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
