/*
 * mac - SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): a keyed fingerprint that only the owner of the key can make.
 */
#include "base/mac.h"

struct mac_state {
	uint64_t	v0, v1, v2, v3;
};

static uint64_t
mac_rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static uint64_t
mac_le64(const uint8_t *p)
{
	uint64_t	x = 0;

	for (unsigned i = 0; i < 8; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

static void
mac_put64(uint8_t *p, uint64_t x)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(x >> (8 * i));
}

static void
mac_rounds(struct mac_state *s, int n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v1 = mac_rotl(s->v1, 13) ^ s->v0;
		s->v0 = mac_rotl(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = mac_rotl(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = mac_rotl(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = mac_rotl(s->v1, 17) ^ s->v2;
		s->v2 = mac_rotl(s->v2, 32);
	}
}

void
mac_siphash128(const uint8_t key[MAC_KEY], struct str in, uint8_t out[MAC_SIZE])
{
	uint64_t		k0 = mac_le64(key), k1 = mac_le64(key + 8), m;
	struct mac_state	s = {
		k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du ^ 0xee, k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u
	};
	const uint8_t		*p = (const uint8_t *)in.p;
	size_t			 whole = in.n / 8 * 8;

	for (size_t i = 0; i < whole; i += 8) {
		m = mac_le64(p + i);
		s.v3 ^= m;
		mac_rounds(&s, 2);
		s.v0 ^= m;
	}
	m = (uint64_t)(in.n & 0xff) << 56;
	for (size_t i = whole; i < in.n; i++)
		m |= (uint64_t)p[i] << (8 * (i - whole));
	s.v3 ^= m;
	mac_rounds(&s, 2);
	s.v0 ^= m;
	s.v2 ^= 0xee;
	mac_rounds(&s, 4);
	mac_put64(out, s.v0 ^ s.v1 ^ s.v2 ^ s.v3);
	s.v1 ^= 0xdd;
	mac_rounds(&s, 4);
	mac_put64(out + 8, s.v0 ^ s.v1 ^ s.v2 ^ s.v3);
}

bool
mac_equal(struct str a, struct str b)
{
	unsigned	diff = a.n != b.n;

	for (size_t i = 0; i < a.n && i < b.n; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}
