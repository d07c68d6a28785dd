/*
 * filter_place - see the header.
 */
#include "filter_place.h"

#include <sys/stat.h>

#include "base/log.h"
#include "blame.h"
#include "map/socketmap.h"
#include "os/file.h"

#define FILTER_PATH	256

enum filter_place
filter_place(const struct conf *c, const struct conf_filter *f, struct err *e)
{
	struct socketmap_place at;
	struct err why = ERR_INIT;
	char path[FILTER_PATH];
	struct stat st;

	if (socketmap_place(f->socket, &at) == -1 || at.kind != SOCKETMAP_UNIX || str_copy(path, sizeof path, at.host) == -1)
		return FILTER_SAFE;
	if (lstat(path, &st) == -1) {
		(void)err_set(e, ERR_PERM, "X%.*s: local socket name %s missing", STR_ARG(f->name), path);
		return FILTER_MISSING;
	}
	if (S_ISLNK(st.st_mode))
		(void)err_set(&why, ERR_PERM, "symbolic links are not allowed");
	else if (os_path_safe(path, 0, blame_allow(c, BLAME_SOCKET), &why) == 0)
		return FILTER_SAFE;
	(void)err_set(e, ERR_PERM, "X%.*s: local socket name %s unsafe: %s", STR_ARG(f->name), path, why.text);
	return FILTER_UNSAFE;
}

int
filter_places(const struct conf *c, struct err *e)
{
	for (size_t i = 0; i < c->nfilters; i++) {
		enum filter_place p = filter_place(c, &c->filters[i], e);

		if (p == FILTER_UNSAFE)
			return -1;
		if (p == FILTER_MISSING)
			log_line(0, LOG_P_WARNING, NULL, "WARNING: %s", e->text);
		err_clear(e);
	}
	return 0;
}
