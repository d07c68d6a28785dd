/*
 * mbuser - system and virtual users; see mbuser.h.
 */
#include <stdint.h>

#include "auth/mbuser.h"
#include "base/buf.h"
#include "base/num.h"
#include "os/file.h"
#include "os/user.h"

#define MBUSER_FILE_MAX	((size_t)64 << 20)
#define MBUSER_PATH_MAX	((size_t)2048)

bool
mbuser_name_ok(struct str s)
{
	if (s.n == 0 || s.n > 255 || s.p[0] == '.' || s.p[0] == '-' || str_find(s, STR("..")) != SIZE_MAX || str_find(s, STR("@.")) != SIZE_MAX ||
	    s.p[s.n - 1] == '@')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '/' || s.p[i] == ':')
			return false;
	return true;
}

size_t
mbuser_line(struct str text, struct str name, struct str *field, size_t n)
{
	struct str	line, f;

	while (str_split(&text, '\n', &line)) {
		size_t	k = 0;

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n <= name.n || line.p[0] == '#' || line.p[name.n] != ':' || !str_eq(str_first(line, name.n), name))
			continue;
		while (k + 1 < n && str_split(&line, ':', &f))
			field[k++] = f;
		if (!str_is_none(line))
			field[k++] = line;
		return k;
	}
	return 0;
}

static int
mbuser_ids(struct mbuser *u, const char *file, struct str uid, struct str gid, struct str home, struct arena *a, struct err *err)
{
	uint64_t	id, group;

	if (num_u64(uid, 1, UINT32_MAX - 1, &id) == -1 || num_u64(gid, 1, UINT32_MAX - 1, &group) == -1 || home.n == 0 || home.p[0] != '/')
		return err_set(err, ERR_TEMP, "%s: %.*s needs a uid and a gid that are not 0, and an absolute home", file, STR_ARG(u->name));
	u->uid = (uid_t)id;
	u->gid = (gid_t)group;
	u->home = arena_str(a, home);
	u->is_virtual = true;
	return 1;
}

int
mbuser_find(const struct mbconf *c, struct str name, struct arena *a, struct mbuser *u, struct err *err)
{
	struct os_user	sys;
	struct str	text, f[7];
	size_t		n;
	int		rc;

	memset(u, 0, sizeof *u);
	if (!mbuser_name_ok(name))
		return 0;
	u->name = arena_str(a, name);
	if (c->virtual_users != NULL) {
		if (os_slurp(c->virtual_users, a, MBUSER_FILE_MAX, &text, err) == -1)
			return -1;
		if ((n = mbuser_line(text, name, f, 5)) > 0)
			return n < 4 ? err_set(err, ERR_TEMP, "%s: %.*s: a line is name:uid:gid:home", c->virtual_users, STR_ARG(name)) :
			    mbuser_ids(u, c->virtual_users, f[1], f[2], f[3], a, err);
	}
	if (c->users == MB_USERS_FILE) {
		if (os_slurp(c->user_file, a, MBUSER_FILE_MAX, &text, err) == -1)
			return -1;
		if ((n = mbuser_line(text, name, f, 7)) >= 6 && f[2].n > 0)
			return mbuser_ids(u, c->user_file, f[2], f[3], f[5], a, err);
	}
	if ((rc = os_user_by_name(name, a, &sys, err)) != 1)
		return rc;
	u->uid = sys.uid;
	u->gid = sys.gid;
	u->home = sys.home;
	return 1;
}

struct str
mbuser_path(struct arena *a, const char *pattern, const struct mbuser *u)
{
	size_t		at = str_rchr(u->name, '@');
	struct str	local = str_first(u->name, at), domain = at == SIZE_MAX ? STR("") : str_from(u->name, at + 1), out = STR_NONE;
	struct buf	b;

	buf_init(&b, MBUSER_PATH_MAX);
	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p != '%') {
			buf_addch(&b, *p);
			continue;
		}
		switch (*++p) {
		case 'u':	buf_add(&b, u->name); break;
		case 'n':	buf_add(&b, local); break;
		case 'd':	buf_add(&b, domain); break;
		case 'h':	buf_add(&b, u->home); break;
		default:	buf_addch(&b, *p == '\0' ? *--p : *p); break;
		}
	}
	if (buf_ok(&b) && b.n > 0 && b.p[0] == '/')
		out = arena_str(a, buf_str(&b));
	buf_done(&b);
	return out;
}
