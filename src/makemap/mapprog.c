/*
 * mapprog - what makemap, editmap and praliases share.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/status.h"
#include "mapprog.h"
#include "os/file.h"
#include "os/user.h"

#define MAPPROG_CF	((size_t)16 << 20)

struct str
mapprog_option(struct str text, struct str name)
{
	struct str	line, found = STR_NONE, rest;

	while (str_split(&text, '\n', &line)) {
		if (!str_starts(line, STR("O ")) || !str_casestarts(str_from(line, 2), name))
			continue;
		rest = str_ltrim(str_from(line, 2 + name.n));
		if (rest.n > 0 && rest.p[0] == '=')
			found = str_trim(str_from(rest, 1));
	}
	return found;
}

int
mapprog_read_cf(const char *prog, const char *cf, bool given, struct arena *a, struct map_build_how *how)
{
	struct str	text, user;
	struct err	e = ERR_INIT;
	struct os_user	u;
	int64_t		n;

	if (os_slurp(cf, a, MAPPROG_CF, &text, &e) == -1) {
		if (!given && e.sys == ENOENT)
			return EXIT_OK;
		fprintf(stderr, "%s: %s\n", prog, e.text);
		return EXIT_NOINPUT;
	}
	user = mapprog_option(text, STR("TrustedUser"));
	if (user.n == 0 || geteuid() != 0)
		return EXIT_OK;
	if (os_user_by_name(user, a, &u, &e) == 1)
		how->uid = u.uid;
	else if (num_any(user, 0, INT32_MAX, &n) == 0)
		how->uid = (uid_t)n;
	else {
		fprintf(stderr, "%s: %s: TrustedUser: unknown user %.*s\n", prog, cf, STR_ARG(user));
		return EXIT_CONFIG;
	}
	how->gid = (gid_t)-1;
	how->chown = true;
	return EXIT_OK;
}

int
mapprog_unknown(const char *type, struct err *e)
{
	if (strcmp(type, "dbm") == 0 || strcmp(type, "ndbm") == 0)
		return err_set(e, ERR_PERM, "ndbm files are not made; hash, btree and cdb are");
	return err_set(e, ERR_PERM, "Unknown database type");
}

struct bdb *
mapprog_open(const char *type, const char *name, bool unsafe, struct arena *a, const struct bdb_ops **ops, struct err *e)
{
	unsigned	 allow = unsafe ? ~0u : OS_SAFE_ANYOWNER | OS_SAFE_NOPATH | OS_SAFE_GROUPWRITE | OS_SAFE_LINK;
	enum bdb_type	 t = map_build_type(str_c(type));
	const char	*suffix = map_build_suffix(t);
	char		*path = arena_cstr(a, str_ends(str_c(name), str_c(suffix)) ? str_c(name) : arena_fmt(a, "%s%s", name, suffix));
	struct bdb	*db;
	int		 fd;

	if (t == BDB_ANY) {
		mapprog_unknown(type, e);
		return NULL;
	}
	if ((fd = os_open_safe(path, O_RDONLY, 0, geteuid(), allow, NULL, e)) == -1)
		return NULL;
	if ((*ops = t == BDB_LMDB ? bdb_lmdb(e) : &bdb_ops_own) == NULL) {
		close(fd);
		return NULL;
	}
	db = (*ops)->open_fd(fd, e);
	return db;
}

int
mapprog_failed(const char *prog, const char *type, const char *name, const struct err *e)
{
	fprintf(stderr, "%s: error opening type %s map %s: %s\n", prog, type, name, e->sys != 0 ? strerror(e->sys) : e->text);
	return EXIT_CANTCREAT;
}

void
mapprog_print(FILE *f, struct str s)
{
	if (s.n > 0)
		fwrite(s.p, 1, s.n, f);
}
