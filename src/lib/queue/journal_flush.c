/*
 * journal_flush - messages out of the journal into files, for programs that know only files.
 *
 * Whoever has the journal's lock does it: a daemon is asked through its socket in the directory (who can get at the directory may ask); without one we
 * take the lock and do it ourselves, in the order that loses nothing: files durable first, then the done marks.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/fd.h"
#include "queue/journal_int.h"
#include "queue/spool.h"
#include "queue/spool_spare.h"

#define FLUSH_BOUND	JOURNAL_SOCKET ".new"
#define FLUSH_AGAIN_MS	20		/* an owner that begins does not listen yet, one that ends does so no more */

/* ---- the socket ---- */

/* Its name is short, however long the directory's: we stand in the directory for the moment. */
static int
flush_socket(const struct spool_dir *d, const char *name, int (*fn)(int, const struct sockaddr *, socklen_t), int *sock)
{
	struct sockaddr_un	sa = { .sun_family = AF_UNIX };
	int			here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = -1, saved;

	str_copy(sa.sun_path, sizeof sa.sun_path, str_c(name));
	if ((*sock = socket(AF_UNIX, SOCK_STREAM, 0)) != -1 && os_fd_cloexec(*sock, true) == 0 && fchdir(d->fd) == 0) {
		rc = fn(*sock, (const struct sockaddr *)&sa, sizeof sa);
		saved = errno;
		if (here == -1 || fchdir(here) == -1)
			rc = chdir("/") == 0 ? rc : -1;
		errno = saved;
	}
	if (here != -1)
		close(here);
	if (rc == -1 && *sock != -1) {
		saved = errno;
		close(*sock);
		*sock = -1;
		errno = saved;
	}
	return rc;
}

int
journal_listen(const struct spool_dir *d, struct err *e)
{
	mode_t	old = umask(0177);
	int	sock, rc;

	unlinkat(d->fd, FLUSH_BOUND, 0);
	rc = flush_socket(d, FLUSH_BOUND, bind, &sock);
	umask(old);
	if (rc == 0 && listen(sock, 16) == 0 && os_fd_nonblock(sock, true) == 0)
		return sock;
	err_sys(e, ERR_TEMP, "%s/%s", d->path, JOURNAL_SOCKET);
	if (rc == 0)
		close(sock);
	return -1;
}

int
journal_publish(const struct spool_dir *d, struct err *e)
{
	return renameat(d->fd, FLUSH_BOUND, d->fd, JOURNAL_SOCKET) == 0 ? 0 : err_sys(e, ERR_TEMP, "%s/%s", d->path, JOURNAL_SOCKET);
}

/* 1: nobody listens. */
static int
flush_ask(const struct spool_dir *d, int timeout_ms, struct err *e)
{
	struct pollfd	p;
	char		answer = 0;
	int		rc = -1;

	if (flush_socket(d, JOURNAL_SOCKET, connect, &p.fd) == -1) {
		err_sys(e, ERR_TEMP, "%s: the journal is in use, and nobody listens", d->path);
		return 1;
	}
	p.events = POLLIN;
	if (os_write_all(p.fd, STR("f")) == -1 || poll(&p, 1, timeout_ms) != 1 || read(p.fd, &answer, 1) != 1)
		err_set(e, ERR_TEMP, "%s: who has the journal does not answer", d->path);
	else if (answer == '+')
		rc = 0;
	else
		err_set(e, ERR_TEMP, "%s: not all of the journal could be written into files", d->path);
	close(p.fd);
	return rc;
}

/* ---- without a daemon ---- */

struct flush {
	struct journal		 *j;
	struct spool_dir *const	 *v;		/* all directories */
	size_t			  n, at;
	struct err		 *e;
	bool			  stays;	/* a message could not be moved */
};

static bool
flush_has(int dir, char kind, struct str id)
{
	char		name[QID_MAX];
	struct stat	st;

	return qid_file(name, sizeof name, kind, id) == 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
flush_has_file(const struct flush *f, struct str id)
{
	for (size_t i = 0; i < f->n; i++)
		for (const char *kind = "qhQ"; *kind != '\0'; kind++)
			if (flush_has(f->v[i]->qfd, *kind, id))
				return true;
	return false;
}

/* Where its files go: beside its content.  NULL: that is nowhere. */
static const struct spool_dir *
flush_place(const struct flush *f, const struct jrec_message *m)
{
	uint64_t	size;

	if (!m->in_df || (m->place != 0 && spool_body_size(f->v[f->at], m->place - 1, &size, NULL) == 0) || flush_has(f->v[f->at]->dfd, 'd', m->id))
		return f->v[f->at];
	for (size_t i = 0; i < f->n; i++)
		if (flush_has(f->v[i]->dfd, 'd', m->id))
			return f->v[i];
	return NULL;
}

/* Run by root, the files belong to whom the directory belongs, who may be all that the daemon is. */
static void
flush_own(const struct spool_dir *d, struct str id, int lock)
{
	struct stat	st;
	char		name[QID_MAX];

	if (geteuid() != 0 || fstat(d->fd, &st) == -1 || st.st_uid == 0 || qid_file(name, sizeof name, 'd', id) == -1)
		return;
	(void)!fchown(lock, st.st_uid, st.st_gid);
	(void)!fchownat(d->dfd, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW);
}

static int
flush_files(struct flush *f, const struct spool_dir *d, const struct jrec_message *m)
{
	uint64_t size;
	int	 lock = -1, rc = -1;
	bool	 own = m->in_df && m->place != 0 && spool_body_size(d, m->place - 1, &size, NULL) == 0;

	(m->in_df && !own ? spool_abort_image : spool_abort)(d, m->id);	/* an earlier attempt that did not come to its end */
	if (own && spool_body_link(d, m->place - 1, d, m->id, f->e) == -1)
		return -1;
	if (spool_write(d, m->id, m->in_df ? STR_NONE : str_mem(m->content.n == 0 ? "" : m->content.p, m->content.n), m->qf, &lock, f->e) == -1)
		return -1;
	flush_own(d, m->id, lock);
	if (spool_commit(d, m->id, true, 'q', f->e) == 0 && spool_sync_dir(d, f->e) == 0)
		rc = 0;
	close(lock);
	return rc;
}

static int
flush_message(void *arg, const struct jref *ref, const struct jrec_message *m)
{
	struct flush		*f = arg;
	const struct spool_dir	*d;

	if (!flush_has_file(f, m->id)) {
		if ((d = flush_place(f, m)) == NULL) {
			f->stays = true;
			err_set(f->e, ERR_TEMP, "%s: the content of %.*s is in none of the directories", f->v[f->at]->path, STR_ARG(m->id));
			return 0;
		}
		if (flush_files(f, d, m) == -1)
			return -1;
	}
	journal_done(f->j, ref, m->id);
	return 0;
}

static int
flush_ourselves(struct flush *f)
{
	const struct spool_dir	*d = f->v[f->at];
	struct journal		*j = f->j;
	struct err		*e = f->e;
	struct journal_found	found;
	struct journal_batch	b;
	struct journal_make	m;
	int			rc;

	rc = journal_replay(j, flush_message, f, &found, e);
	if (f->stays)
		rc = -1;
	if (j->nmarks > j->written && journal_wants(j, &m))
		journal_made(j, &m, journal_make_segment(d->fd, &j->conf, &m, e) == 0);
	if (j->nmarks > j->written)
		rc = -1;
	for (journal_sync_begin(j, &b); b.n > 0; journal_sync_begin(j, &b)) {
		bool ok = true;

		for (unsigned i = 0; i < b.n; i++)
			ok = journal_sync_slot(d->fd, b.slot[i], e) == 0 && ok;
		journal_sync_end(j, &b, ok);
		rc = ok ? rc : -1;
	}
	for (unsigned n = 0; rc == 0 && n < SPOOL_SPARES; n++)	/* nothing in them is owed any more */
		spool_spare_remove(d, SPARE_BODY, n);
	return rc;
}

int
journal_flush(struct spool_dir *const *v, size_t n, size_t at, int timeout_ms, struct err *e)
{
	const struct spool_dir		*d = v[at];
	const struct journal_conf	 c = { .segments = JOURNAL_SEGMENTS_MAX, .mode = d->mode };
	struct journal			*j;
	struct err			 why = ERR_INIT;
	int				 rc;

	if (!journal_exists(d->fd))
		return 0;
	for (int waited = 0; (j = journal_open(d->fd, &c, &why)) == NULL; waited += FLUSH_AGAIN_MS) {
		if (why.sys != EWOULDBLOCK) {
			if (e != NULL)
				*e = why;
			return -1;
		}
		if ((rc = flush_ask(d, timeout_ms, e)) != 1 || waited >= timeout_ms)
			return rc == 0 ? 0 : -1;
		err_clear(&why);
		if (e != NULL)
			err_clear(e);
		poll(NULL, 0, FLUSH_AGAIN_MS);
	}
	if (j->n > 0)
		j->conf.segment_size = j->seg[j->n - 1].size;
	rc = flush_ourselves(&(struct flush){ .j = j, .v = v, .n = n, .at = at, .e = e });
	journal_close(&j);
	return rc;
}
