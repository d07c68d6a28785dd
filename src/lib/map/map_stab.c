/*
 * map_stab - class stab: the text of an alias file, read whole into a table when it is opened.  Names are compared without regard to case.
 */
#include "base/hash.h"
#include "map/map_int.h"
#include "os/fd.h"

#define MAP_STAB_MAX	((size_t)64 << 20)

struct map_stab {
	struct arena	*arena;
	struct hash	*table;		/* name -> struct str */
	bool		 join;		/* -A */
	bool		 failed;
};

static int
map_stab_entry(void *arg, struct str name, struct str value)
{
	struct map_stab	*t = arg;
	struct str	*old = hash_get(t->table, name), *v;

	if (old != NULL && !t->join)
		return 0;
	if (old != NULL) {
		*old = arena_fmt(t->arena, "%.*s,%.*s", STR_ARG(value), STR_ARG(*old));
		t->failed |= str_is_none(*old);
		return 0;
	}
	if ((v = arena_alloc(t->arena, sizeof *v)) == NULL || hash_put(t->table, arena_lower(t->arena, name), v) == -1) {
		t->failed = true;
		return -1;
	}
	*v = arena_str(t->arena, value);
	return 0;
}

int
map_stab_load(struct map *m, int fd, struct map_stab **out, struct err *e)
{
	struct arena	*a = arena_new_soft(MAP_STAB_MAX * 4);
	struct map_stab	*t = a == NULL ? NULL : arena_alloc(a, sizeof *t);
	struct buf	 text;

	if (t == NULL || (t->table = hash_new(a, HASH_NOCASE)) == NULL) {
		arena_free(&a);
		return err_set(e, ERR_TEMP, "out of memory");
	}
	t->arena = a;
	t->join = m->flags & MF_APPEND;
	buf_init(&text, MAP_STAB_MAX);
	if (m->env->aliases == NULL)
		err_set(e, ERR_TEMP, "%s: alias texts are not read here", m->path);
	else if (os_read_file(fd, &text) == -1)
		err_sys(e, ERR_TEMP, "%s", m->path);
	else if (m->env->aliases(m->env->arg, buf_str(&text), a, map_stab_entry, t) == -1 || t->failed)
		err_set(e, ERR_TEMP, "%s: too large to be read", m->path);
	else
		*out = t;
	buf_done(&text);
	if (*out != t)
		arena_free(&a);
	return *out == t ? 0 : -1;
}

void
map_stab_free(struct map_stab **t)
{
	struct arena	*a = *t == NULL ? NULL : (*t)->arena;

	*t = NULL;
	if (a != NULL)
		arena_free(&a);
}

enum map_result
map_stab_find(const struct map_stab *t, struct str key, struct buf *out)
{
	struct str	*v = hash_get(t->table, key);

	if (v == NULL)
		return MAPR_NONE;
	buf_add(out, *v);
	return MAPR_FOUND;
}

int
map_stab_all(const struct map_stab *t, int (*fn)(void *, struct str, struct str), void *arg)
{
	struct str	 key;
	void		*v;
	int		 rc;

	for (size_t i = 0; hash_next(t->table, &i, &key, &v);)
		if ((rc = fn(arg, key, *(struct str *)v)) != 0)
			return rc;
	return 0;
}

static int
map_stab_open(struct map *m, int fd, struct err *e)
{
	struct map_stab	*t = NULL;
	int		 rc = map_stab_load(m, fd, &t, e);

	m->inside = t;
	return rc;
}

static void
map_stab_close(struct map *m)
{
	struct map_stab	*t = m->inside;

	map_stab_free(&t);
	m->inside = NULL;
}

static enum map_result
map_stab_get(MAP_GET_ARGS)
{
	(void)call;
	(void)args;
	(void)nargs;
	(void)e;
	return map_stab_find(m->inside, key, out);
}

static int
map_stab_each(struct map *m, int (*fn)(void *, struct str, struct str), void *arg, struct err *e)
{
	(void)e;
	return map_stab_all(m->inside, fn, arg);
}

const struct map_class map_class_stab = {
	"stab", MC_FILE, NULL, NULL, NULL, map_stab_open, map_stab_get, map_stab_each, map_stab_close, NULL
};
