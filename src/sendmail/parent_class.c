/*
 * parent_class - files that F lines name, for the loader, which has no rights to open them.
 *
 * Only what the configuration itself names is opened, after the checks of conf_file.c and maps.c; not a byte is read here.  A
 * file that cannot be opened is told with its reason, so that the loader says the same as a command would.
 */
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "classmap.h"
#include "parent_int.h"
#include "req.h"

#define PARENT_CLASS_FILES	256	/* descriptors that a loader is given */

static int
parent_class_send(struct chan *ch, struct str path, int fd, const struct err *why, struct err *e)
{
	struct class_fd	m = { .path = path };
	struct buf	b;
	int		rc;

	if (fd == -1) {
		m.why = str_c(why->text);
		m.sys = why->sys;
	}
	buf_init(&b, 0);
	class_fd_put(&b, &m);
	rc = chan_send(ch, Q_CLASSFD, 0, 0, buf_str(&b), fd, e);
	buf_done(&b);
	return rc;
}

int
parent_class_files(const struct conf *first, struct chan *ch, struct err *e)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	int		 rc = 0;

	for (size_t i = 0; rc == 0 && i < first->nsources; i++) {
		const struct conf_source	*s = &first->sources[i];
		struct str			 path = s->text;
		struct err			 why = ERR_INIT;
		int				 fd = -1;

		if (s->kind == SOURCE_PROGRAM || path.n >= ASK_TEXT_MAX)
			continue;
		if (s->kind == SOURCE_MAP && str_is_none(path = class_map_file(a, s->text)))
			continue;
		if (i >= PARENT_CLASS_FILES)
			err_set(&why, ERR_PERM, "more than %d class files", PARENT_CLASS_FILES);
		else if (s->kind == SOURCE_MAP)
			(void)class_map_open(first, arena_cstr(a, path), &fd, &why);
		else
			(void)conf_file_open(arena_cstr(a, path), s->allow, &fd, &why);
		rc = parent_class_send(ch, path, fd, &why, e);
		if (fd != -1)
			close(fd);
	}
	arena_free(&a);
	return rc;
}
