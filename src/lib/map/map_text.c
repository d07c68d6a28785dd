/*
 * map_text - class text: a file of columns, read whole when it is opened.
 *
 * -k and -v number the columns from 0, both 0 unless given; -z is the delimiter, else any run of blanks and tabs.  Keys are compared without regard to case unless
 * -f.  The first line with the key wins.  Lines that begin with # are comments.
 */
#include "base/hash.h"
#include "base/num.h"
#include "map/map_int.h"
#include "os/fd.h"

#define MAP_TEXT_MAX	((size_t)64 << 20)

struct map_text {
	struct arena	*arena;		/* of the file's text and table, gone with it */
	struct hash	*table;		/* key -> struct str */
	int		 key, value;
};

/* Column number n of a line; none when there are fewer. */
static struct str
map_text_column(const struct map *m, struct str line, int n)
{
	struct str	col = STR_NONE;

	for (int i = 0; i <= n; i++) {
		if (m->delim.n > 0) {
			if (!str_split(&line, m->delim.p[0], &col))
				return STR_NONE;
		} else if (!str_word(&line, &col))
			return STR_NONE;
	}
	return col;
}

static int
map_text_number(struct map *m, struct str s, char letter, int *n, struct err *e)
{
	*n = 0;
	if (s.n > 0 && num_int(s, 0, 1000, n) == -1)
		return err_set(e, ERR_PERM, "flag -%c of class text wants a column number, not \"%.*s\"", letter, STR_ARG(s));
	(void)m;
	return 0;
}

static int
map_text_load(struct map *m, struct map_text *t, struct str text)
{
	struct str	line, key, value, *v;

	while (str_split(&text, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		key = map_text_column(m, line, t->key);
		value = map_text_column(m, line, t->value);
		if (key.n == 0 || str_is_none(value) || hash_has(t->table, key))
			continue;
		if ((v = arena_alloc(t->arena, sizeof *v)) == NULL)
			return -1;
		*v = value;
		if (hash_put(t->table, key, v) == -1)
			return -1;
	}
	return 0;
}

static int
map_text_open(struct map *m, int fd, struct err *e)
{
	struct map_text	*t = m->inside;
	struct buf	 text;
	int		 rc = -1;

	if (t == NULL)
		t = m->inside = ARENA_NEW(m->arena, struct map_text);
	if (map_text_number(m, m->key_col, 'k', &t->key, e) == -1 || map_text_number(m, m->value_col, 'v', &t->value, e) == -1)
		return -1;
	buf_init(&text, MAP_TEXT_MAX);
	if (os_read_file(fd, &text) == -1) {
		err_sys(e, ERR_TEMP, "%s", m->path);
		goto out;
	}
	t->arena = arena_new_soft(MAP_TEXT_MAX * 4);
	if (t->arena == NULL || (t->table = hash_new(t->arena, HASH_BORROW | (m->flags & MF_KEEPCASE ? 0 : HASH_NOCASE))) == NULL ||
	    map_text_load(m, t, arena_str(t->arena, buf_str(&text))) == -1) {
		err_set(e, ERR_TEMP, "%s: too large to be read", m->path);
		arena_free(&t->arena);
		goto out;
	}
	rc = 0;
out:
	buf_done(&text);
	return rc;
}

static void
map_text_close(struct map *m)
{
	struct map_text	*t = m->inside;

	if (t != NULL)
		arena_free(&t->arena);
}

static enum map_result
map_text_get(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct map_text	*t = m->inside;
	struct str	*v = hash_get(t->table, key);

	(void)call;
	(void)args;
	(void)nargs;
	(void)e;
	if (v == NULL)
		return MAPR_NONE;
	buf_add(out, *v);
	return MAPR_FOUND;
}

static int
map_text_each(struct map *m, int (*fn)(void *, struct str, struct str), void *arg, struct err *e)
{
	struct map_text	*t = m->inside;
	struct str	 key;
	void		*v;
	int		 rc;

	(void)e;
	for (size_t i = 0; hash_next(t->table, &i, &key, &v);)
		if ((rc = fn(arg, key, *(struct str *)v)) != 0)
			return rc;
	return 0;
}

const struct map_class map_class_text = {
	"text", MC_FILE, NULL, NULL, NULL, map_text_open, map_text_get, map_text_each, map_text_close, NULL
};
