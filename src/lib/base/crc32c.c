/*
 * crc32c - the Castagnoli checksum (RFC 3720 12.1), by the processor or eight bytes at a time from tables.
 */
#include <stdbool.h>

#include "base/base_int.h"
#include "base/enc.h"

static uint32_t	crc32c_table[8][256];

static void
crc32c_fill(void)
{
	uint32_t	v;

	for (uint32_t i = 0; i < 256; i++) {
		v = i;
		for (int k = 0; k < 8; k++)
			v = v >> 1 ^ (v & 1 ? 0x82f63b78u : 0);
		crc32c_table[0][i] = v;
	}
	for (size_t i = 0; i < 256; i++)
		for (size_t k = 1; k < 8; k++) {
			v = crc32c_table[k - 1][i];
			crc32c_table[k][i] = v >> 8 ^ crc32c_table[0][v & 255];
		}
}

static uint32_t
crc32c_le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t
crc32c_soft(uint32_t crc, const unsigned char *p, size_t n)
{
	uint32_t	a, b;
#define T(k, v)	crc32c_table[k][(v) & 255]

	if (crc32c_table[0][1] == 0)
		crc32c_fill();
	for (; n >= 8; p += 8, n -= 8) {
		a = crc ^ crc32c_le32(p);
		b = crc32c_le32(p + 4);
		crc = T(7, a) ^ T(6, a >> 8) ^ T(5, a >> 16) ^ T(4, a >> 24) ^
		    T(3, b) ^ T(2, b >> 8) ^ T(1, b >> 16) ^ T(0, b >> 24);
	}
	while (n-- > 0)
		crc = crc >> 8 ^ T(0, crc ^ *p++);
#undef T
	return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
static bool
crc32c_can(void)
{
	static int	can = -1;

	if (can == -1)
		can = __builtin_cpu_supports("sse4.2") != 0;
	return can == 1;
}

__attribute__((target("sse4.2"))) static uint32_t
crc32c_hard(uint32_t crc, const unsigned char *p, size_t n)
{
	unsigned long long	v = crc, w;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		v = __builtin_ia32_crc32di(v, w);
	}
	crc = (uint32_t)v;
	while (n-- > 0)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}
#else
static bool
crc32c_can(void)
{
	return false;
}
#define crc32c_hard	crc32c_soft
#endif

uint32_t
crc32c_portable(uint32_t crc, const void *p, size_t n)
{
	return ~crc32c_soft(~crc, p, n);
}

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	return crc32c_can() ? ~crc32c_hard(~crc, p, n) : crc32c_portable(crc, p, n);
}
