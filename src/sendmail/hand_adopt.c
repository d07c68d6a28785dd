/*
 * hand_adopt - content that a sendmail put into another queue directory than its qf.
 *
 * It does so when a message is split among queue groups on several file systems; its qf names the directory in a d line.  Ours stand together, so
 * the content is copied once: durable beside the qf, then the qf without its d line, and only then the old df goes.  A crash in between leaves a qf
 * that still names the old one, or an old df that nobody needs.
 */
#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "hand.h"

/* "m1", below the folder of QueueDirectory, or a whole path. */
static struct spool_dir *
adopt_from(const struct spoold *s, struct str name)
{
	if (str_ends(name, STR("/df")))		/* where it has folders of their own for them */
		name = str_first(name, name.n - 3);
	for (size_t i = 0; i < s->ndir; i++) {
		struct str path = str_c(s->dir[i]->path);

		if (str_eq(path, name) || (path.n > name.n && path.p[path.n - name.n - 1] == '/' && str_ends(path, name)))
			return s->dir[i];
	}
	return NULL;
}

int
hand_adopt(struct hand *w, struct buf *text)
{
	struct spool_dir *to = w->s->dir[w->m->dir], *from = adopt_from(w->s, w->qf.df_dir);
	struct str	 id = str_c(w->m->id);
	struct err	 e = ERR_INIT;
	uint64_t	 size;
	int		 fd;

	if (w->m->j.gen != 0 || w->m->lock == -1 || from == to)
		return 0;
	if (from == NULL && spool_df_open(to, id, &fd, &size, NULL) == 0) {
		close(fd);
		return 0;			/* it is here all the same */
	}
	if (from == NULL) {
		err_set(&e, ERR_TEMP, "its content is in %.*s, which is no queue directory any more", STR_ARG(w->qf.df_dir));
		goto bad;
	}
	if (spool_copy_df(from, to, id, &e) == -1) {
		if (e.sys == ENOENT)
			return 0;		/* perhaps it is here: hand_open_content will see */
		goto bad;
	}
	w->qf.df_dir = STR_NONE;
	buf_clear(text);
	if (qfile_print(&w->qf, text, &e) == -1 || spool_replace(to, id, buf_str(text), &w->m->lock, &e) == -1)
		goto bad;
	spool_remove_df(from, id);
	return 0;
bad:
	log_line(0, LOG_P_ERR, w->m->id, "%s", e.text);
	hand_put_back(w, e.text);
	return -1;
}
