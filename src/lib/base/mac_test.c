/*
 * mac_test - the reference vectors of SipHash-2-4-128: key 00..0f, input 00 01 02 ...
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mac.h"

static void
test_vectors(void **state)
{
	static const struct { size_t n; uint8_t want[MAC_SIZE]; } cases[] = {
		{ 0, { 0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93 } },
		{ 1, { 0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45 } },
	};
	uint8_t	key[MAC_KEY], out[MAC_SIZE];
	char	in[8];

	(void)state;
	for (uint8_t i = 0; i < MAC_KEY; i++)
		key[i] = i;
	for (char i = 0; i < 8; i++)
		in[(int)i] = i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		mac_siphash128(key, str_mem(in, cases[i].n), out);
		assert_memory_equal(out, cases[i].want, MAC_SIZE);
	}
}

static void
test_equal(void **state)
{
	(void)state;
	assert_true(mac_equal(STR("abc"), STR("abc")));
	assert_false(mac_equal(STR("abc"), STR("abd")));
	assert_false(mac_equal(STR("abc"), STR("ab")));
	assert_true(mac_equal(STR(""), STR("")));
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = { cmocka_unit_test(test_vectors), cmocka_unit_test(test_equal) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
