/*
 * mac - SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): a keyed fingerprint that only the owner of the key can make.
 *
 * For seals that live as long as a process's key and are checked on line, and for names that nobody gains by forging; not for seals that are kept.
 */
#ifndef BASE_MAC_H
#define BASE_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define MAC_KEY		16
#define MAC_SIZE	16

void	mac_siphash128(const uint8_t key[MAC_KEY], struct str, uint8_t out[MAC_SIZE]);
/* Takes the same time wherever they differ. */
bool	mac_equal(struct str, struct str);

#endif
