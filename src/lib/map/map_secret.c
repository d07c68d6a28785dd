/*
 * map_secret - the first line of a file that a K line names: a password, a connection.
 *
 * It is read when the map is made, by whoever will ask (role lookup before it gives its rights up, or a command).  Should it be unreadable at a reload, what was read
 * before is used on.  A file that could not be read at all makes the map's lookups fail for now, not the configuration.
 */
#include <stdlib.h>
#include <unistd.h>

#include "map/map_int.h"
#include "os/fd.h"

#define MAP_SECRET_MAX	((size_t)4096)

static struct map_secret {		/* of this process */
	struct map_secret	*next;
	char			*path;
	struct buf		 line;
	bool			 known;
} *map_secrets;

static struct map_secret *
map_secret_of(const char *path)
{
	struct map_secret	*s;

	for (s = map_secrets; s != NULL; s = s->next)
		if (strcmp(s->path, path) == 0)
			return s;
	if ((s = calloc(1, sizeof *s)) == NULL || (s->path = strdup(path)) == NULL) {
		free(s);
		return NULL;
	}
	buf_init_secret(&s->line, MAP_SECRET_MAX);
	s->next = map_secrets;
	return map_secrets = s;
}

struct str
map_secret_line(struct map *m, const char *path)
{
	struct map_secret	*s;
	struct err		 why = ERR_INIT;
	struct str		 text, line = STR("");
	struct buf		 b;
	int			 fd;

	if (m->env->ask != NULL)
		return STR("");			/* not us: role lookup asks */
	if ((s = map_secret_of(path)) == NULL || m->env->open(m->env->arg, m, path, &fd, &why) == -1) {
		if (s == NULL || !s->known)
			m->unready = arena_fmt(m->arena, "%s", s == NULL ? "out of memory" : why.text).p;
		return s == NULL ? STR("") : arena_str(m->arena, buf_str(&s->line));
	}
	buf_init_secret(&b, MAP_SECRET_MAX);
	if (os_read_file(fd, &b) == 0) {
		text = buf_str(&b);
		str_split(&text, '\n', &line);
		buf_clear(&s->line);
		buf_add(&s->line, str_trim(line));
		s->known = true;
	} else
		m->unready = arena_fmt(m->arena, "%s: cannot be read, or is longer than %zu octets", path, MAP_SECRET_MAX).p;
	buf_done(&b);
	close(fd);
	return arena_str(m->arena, buf_str(&s->line));
}
