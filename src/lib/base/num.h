/*
 * num - checked numbers, sizes and times.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Whole slice a decimal number within [min, max]: 0, else -1 and *out is untouched. */
int	num_u64(struct str, uint64_t min, uint64_t max, uint64_t *out);
int	num_i64(struct str, int64_t min, int64_t max, int64_t *out);
int	num_int(struct str, int min, int max, int *out);
/* As C's strtol with base 0 (0x.., 0..) for options. */
int	num_any(struct str, int64_t min, int64_t max, int64_t *out);

/*
 * sendmail's interval syntax (operations guide, "Timeouts"): 2h30m, 5d, 10, with units
 * s m h d w; a bare number is in `unit` ('s', 'm', 'h', 'd').  Seconds in *out.
 */
int	num_time(struct str, char unit, int64_t *out);
/* Prints 1+02:03:04 (days+hh:mm:ss), sendmail's form of delays. */
int	num_time_print(char *dst, size_t size, int64_t seconds);

/* Overflow-checked; false when it does not fit. */
bool	num_add(size_t a, size_t b, size_t *out);
bool	num_mul(size_t a, size_t b, size_t *out);

#endif
