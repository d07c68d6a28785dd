/*
 * test_input - for unit tests only: inputs in heap blocks of exactly their size, so that a sanitizer sees one byte too far.
 *
 * The blocks are freed by the next test_input_free(), best called at the end of a test.
 */
#ifndef BASE_TEST_INPUT_H
#define BASE_TEST_INPUT_H

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { TEST_INPUTS = 4096 };

static void	*test_inputs[TEST_INPUTS];
static size_t	 test_ninputs;

static inline void
test_input_free(void)
{
	while (test_ninputs > 0)
		free(test_inputs[--test_ninputs]);
}

static inline struct str
test_input_mem(const void *p, size_t n)
{
	char	*copy;

	if (test_ninputs == TEST_INPUTS)
		test_input_free();
	if ((copy = malloc(n == 0 ? 1 : n)) == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	test_inputs[test_ninputs++] = copy;
	return str_mem(copy, n);
}

/* Of a C string, without its NUL; NULL gives STR_NONE. */
static inline struct str
test_input(const char *c)
{
	return c == NULL ? STR_NONE : test_input_mem(c, strlen(c));
}

#endif
