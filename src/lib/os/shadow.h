/*
 * shadow - password hashes of the system's users, and crypt(3).
 */
#ifndef OS_SHADOW_H
#define OS_SHADOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The hash of a user: 1, 0 no such user (or locked out, or expired), -1 it may not be read. */
int	os_shadow_hash(const char *user, char *dst, size_t size, struct err *);
/* crypt(password, hash) gives hash again.  Takes as long for a hash that no one has. */
bool	os_crypt_matches(const char *password, const char *hash);

#endif
