/*
 * shadow - password hashes of the system's users; see shadow.h.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1	/* getspnam, crypt */
#endif
#include "os/shadow.h"

#include "os_conf.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_CRYPT_H
#include <crypt.h>
#endif
#ifdef HAVE_SHADOW_H
#include <shadow.h>
#endif

static int
shadow_copy(char *dst, size_t size, const char *hash)
{
	size_t n = strlen(hash);

	if (n == 0 || n >= size)		/* an empty password lets no one in from the network */
		return 0;
	memcpy(dst, hash, n + 1);
	return 1;
}

int
os_shadow_hash(const char *user, char *dst, size_t size, struct err *e)
{
	struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(user)) == NULL)
		return errno == 0 || errno == ENOENT || errno == ESRCH ? 0 : err_sys(e, ERR_TEMP, "user %s", user);
#ifdef HAVE_SHADOW_H
	if (strcmp(pw->pw_passwd, "x") == 0 || strcmp(pw->pw_passwd, "*") == 0) {
		struct spwd	*sp;
		long		 today = (long)(time(NULL) / 86400);

		errno = 0;
		if ((sp = getspnam(user)) == NULL)
			return errno == EACCES || errno == EPERM ? err_sys(e, ERR_TEMP, "password of %s", user) : 0;
		if (sp->sp_expire > 0 && today >= sp->sp_expire)
			return 0;
		return shadow_copy(dst, size, sp->sp_pwdp);
	}
#endif
	return shadow_copy(dst, size, pw->pw_passwd);
}

bool
os_crypt_matches(const char *password, const char *hash)
{
	const char	*got = crypt(password, hash);
	size_t		 n = strlen(hash);
	unsigned char	 diff = 0;

	if (got == NULL || strlen(got) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		diff |= (unsigned char)(got[i] ^ hash[i]);
	return diff == 0;
}
