/*
 * cred - passwords of system users (shadow) and of a file of users; see cred.h.
 */

#include <stdio.h>

#include "auth/cred.h"
#include "auth/mbuser.h"
#include "auth/pam.h"
#include "base/buf.h"
#include "os/file.h"
#include "os/shadow.h"

#define CRED_FILE_MAX	((size_t)64 << 20)
#define CRED_PASS_MAX	1024

/* Of no password: what an unknown user is measured against. */
static const char	cred_nobody[] = "$6$angariumnobody$9aTw2pGrD5kN9v0YxjPt1oHlKlBqcA8Q5wU0s5aYkGm8Z1n0i6S2v7lQbq3Xh4TjR2e8WcU6dF1yKpMzN9Vb/";

static bool
cred_hash_usable(struct str hash)
{
	return hash.n > 2 && hash.p[0] != '*' && hash.p[0] != '!';
}

/*
 * crypt(3) of a password against a stored hash; a hash that cannot be one ("*", "!...") is never matched, but the time of computing
 * `instead` is taken.
 */
static bool
cred_hash_matches(struct str hash, struct str instead, struct str password)
{
	char	h[512], p[CRED_PASS_MAX];
	bool	usable = cred_hash_usable(hash) && str_copy(h, sizeof h, hash) == 0, ok;

	if (!usable && (!cred_hash_usable(instead) || str_copy(h, sizeof h, instead) == -1))
		snprintf(h, sizeof h, "%s", cred_nobody);
	if (str_copy(p, sizeof p, password) == -1) {
		usable = false;
		p[0] = '\0';
	}
	ok = os_crypt_matches(p, h);
	mem_wipe(p, sizeof p);
	return ok && usable;
}

/* The first usable hash of the file: others will be of its kind. */
static struct str
cred_file_kind(struct str text)
{
	struct str	line, hash;

	while (str_split(&text, '\n', &line))
		if (str_split(&line, ':', &hash) && str_split(&line, ':', &hash) && cred_hash_usable(hash))
			return hash;
	return STR("*");
}

static enum auth_rc
cred_file(const struct mbconf *c, struct str user, struct str password, struct err *err)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct str	 text, f[3] = { STR_NONE, STR_NONE, STR_NONE };
	enum auth_rc	 rc = AUTH_NO;

	if (os_slurp(c->user_file, a, CRED_FILE_MAX, &text, err) == -1)
		rc = AUTH_TEMP;
	else {
		bool	found = mbuser_name_ok(user) && mbuser_line(text, user, f, 3) >= 2;

		if (cred_hash_matches(found ? f[1] : STR("*"), cred_file_kind(text), password) && found)
			rc = AUTH_OK;
	}
	arena_free(&a);
	return rc;
}

static enum auth_rc
cred_system(struct str user, struct str password, struct err *err)
{
	char	name[256], hash[512], kind[512] = "*";
	int	rc = 0;

	if (mbuser_name_ok(user) && str_copy(name, sizeof name, user) == 0)
		rc = os_shadow_hash(name, hash, sizeof hash, err);
	if (rc == -1)
		return AUTH_TEMP;
	if (rc == 0)
		(void)os_shadow_hash("root", kind, sizeof kind, NULL);
	return cred_hash_matches(rc == 1 ? str_c(hash) : STR("*"), str_c(kind), password) && rc == 1 ? AUTH_OK : AUTH_NO;
}

static const struct pam_ops *
cred_pam_module(struct err *err)
{
	return (const struct pam_ops *)(const void *)os_module_open("pam", PAM_MODULE_VERSION, err);
}

static enum auth_rc
cred_pam(const struct mbconf *c, struct str user, struct str password, const char *peer, struct err *err)
{
	const struct pam_ops	*ops = cred_pam_module(err);
	char			 name[256], pass[CRED_PASS_MAX];
	enum auth_rc		 rc = AUTH_NO;

	if (ops == NULL)
		return AUTH_TEMP;
	if (mbuser_name_ok(user) && !str_has_nul(password) && str_copy(name, sizeof name, user) == 0 && str_copy(pass, sizeof pass, password) == 0)
		rc = ops->check(c->pam_service, c->pam_conf_dir, name, pass, peer, err);
	mem_wipe(pass, sizeof pass);
	return rc;
}

enum auth_rc
cred_check(const struct mbconf *c, struct str user, struct str password, const char *peer, struct err *err)
{
	if (c->users == MB_USERS_FILE)
		return cred_file(c, user, password, err);
	return c->users == MB_USERS_PAM ? cred_pam(c, user, password, peer, err) : cred_system(user, password, err);
}

int
cred_ready(const struct mbconf *c, struct err *err)
{
	return c->users == MB_USERS_PAM && cred_pam_module(err) == NULL ? -1 : 0;
}
