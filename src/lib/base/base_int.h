/*
 * base_int - what only the room's tests need.
 */
#ifndef BASE_BASE_INT_H
#define BASE_BASE_INT_H

#include <stddef.h>
#include <stdint.h>

uint32_t	crc32c_portable(uint32_t crc, const void *, size_t);	/* without the processor's help */

#endif
