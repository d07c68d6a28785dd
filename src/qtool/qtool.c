/*
 * qtool - move, delete or bounce messages in the queue, with the locks of a running sendmail.
 *
 * A move makes the message durable in its new place before it is taken out of the old one.  A message that another process works on is left alone and
 * named.  What daemons keep in the journal of a directory is put into files first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/status.h"
#include "os_conf.h"
#include "qtool_expr.h"
#include "queue/journal.h"
#include "queue/qfile.h"
#include "queue/qid.h"
#include "queue/scan.h"
#include "queue/spool.h"
#include "queue/spool_place.h"

#define FLUSH_MS	30000

enum what { MOVE, DELETE, BOUNCE };

struct tool {
	enum what	 what;
	const char	*cf, *sendmail;
	char		 kind;		/* 'q', or 'h' with -Q */
	bool		 verbose, dry;
	int64_t		 older;		/* -s */
	struct str	 rcpt, sender;	/* -R, -S: parts of them */
	struct expr	*expr;		/* -e */
	struct spool_dir *from, *to;
	struct str	 only;		/* one message */
	struct spool_dir *content;	/* where the message's df is: a directory of its own, or NULL, beside the qf */
	unsigned	 done, failed, locked;
};

static int
usage(void)
{
	fputs("usage: qtool [-Qnv] [-e expression] [-s seconds] [-R recipient] [-S sender] target_directory source ...\n"
	      "       qtool -d [-Qnv] [-e expression] [-s seconds] [-R recipient] [-S sender] source ...\n"
	      "       qtool -b [-nv] [-C cffile] [-e expression] [-s seconds] [-R recipient] [-S sender] source ...\n", stderr);
	return EXIT_USAGE;
}

/* ---- which ---- */

static bool
tool_is_old(const struct tool *t, struct str id)
{
	char		name[QID_MAX];
	struct stat	st;

	if (t->older <= 0)
		return true;
	return qid_file(name, sizeof name, t->kind, id) == 0 && fstatat(t->from->qfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (int64_t)time(NULL) - (int64_t)st.st_mtime > t->older;
}

/* 1, 0; -1: the expression broke down. */
static int
tool_wants(const struct tool *t, const struct qf *q, struct str id, struct str text, struct err *e)
{
	bool	hit = t->rcpt.n == 0;

	for (size_t i = 0; i < q->nrcpt && !hit; i++)
		hit = str_casefind(q->rcpt[i].addr, t->rcpt) != SIZE_MAX;
	if (!hit || (t->sender.n > 0 && str_casefind(q->sender, t->sender) == SIZE_MAX))
		return 0;
	return t->expr == NULL ? 1 : expr_wants(t->expr, t->from, t->content, t->kind, id, text, e);
}

/* ---- what ---- */

/* The qf without its d line: content stands beside it from now on. */
static struct str
tool_image(const struct tool *t, struct arena *m, struct str image)
{
	struct str	rest = image, line;
	struct buf	b;

	if (t->content == NULL)
		return image;
	buf_init(&b, image.n);
	while (str_split(&rest, '\n', &line))
		if (line.n > 0 && line.p[0] != 'd') {
			buf_add(&b, line);
			buf_addch(&b, '\n');
		}
	image = arena_str(m, buf_str(&b));
	buf_done(&b);
	return image;
}

static int
tool_delete(const struct tool *t, struct str id, struct err *e)
{
	if (spool_remove(t->from, id, t->kind, e) == -1)
		return -1;
	if (t->content != NULL)
		spool_remove_df(t->content, id);
	return 0;
}

static int
tool_move(struct tool *t, struct str id, struct str image, struct err *e)
{
	const struct spool_dir	*of = t->content != NULL ? t->content : t->from;
	struct arena		*m = arena_new(ARENA_DEFAULT);
	uint64_t		 size;
	bool			 there = t->content != NULL && spool_df_size(t->to, id, &size, NULL) == 0;	/* its d line named the target */
	int			 lock = -1, df, rc;

	image = tool_image(t, m, image);
	rc = there ? spool_write(t->to, id, STR_NONE, image, &lock, e) : spool_write_link(t->to, id, of, id, image, &lock, e);
	if (rc == -1 && e->sys == EXDEV) {
		err_clear(e);
		if ((rc = spool_df_open(of, id, &df, &size, e)) == 0) {
			rc = spool_write_from(t->to, id, df, image, &lock, e);
			close(df);
		}
	}
	arena_free(&m);
	if (rc == -1)
		return -1;
	if (spool_commit(t->to, id, true, t->kind, e) == -1 || spool_sync_dir(t->to, e) == -1) {
		if (there)
			spool_abort_image(t->to, id);
		else
			spool_abort(t->to, id);
		rc = -1;
	} else if (there)
		rc = spool_remove(t->from, id, t->kind, e);
	else
		rc = tool_delete(t, id, e);
	if (lock != -1)
		close(lock);
	return rc;
}

/* sendmail itself reports and removes: it gives up at once. */
static int
tool_bounce(struct tool *t, struct str id, struct err *e)
{
	char	sel[QID_MAX + 4];
	int	status;
	pid_t	pid;

	(void)snprintf(sel, sizeof sel, "-qI%.*s", STR_ARG(id));
	(void)fflush(NULL);
	if ((pid = fork()) == -1)
		return err_sys(e, ERR_TEMP, "fork");
	if (pid == 0) {
		execlp(t->sendmail, t->sendmail, "-C", t->cf, "-OTimeout.queuereturn=now", sel, (char *)NULL);
		fprintf(stderr, "qtool: %s: %s\n", t->sendmail, strerror(errno));
		_exit(EXIT_UNAVAILABLE);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return err_sys(e, ERR_TEMP, "wait");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : err_set(e, ERR_TEMP, "%s failed", t->sendmail);
}

static const char *const tool_did[] = { [MOVE] = "moved", [DELETE] = "deleted", [BOUNCE] = "bounced" };

/* The message is locked, and wanted. */
static int
tool_do(struct tool *t, struct str id, struct str text, int *lock, struct err *e)
{
	if (t->dry)
		return 0;
	switch (t->what) {
	case MOVE:
		return tool_move(t, id, text, e);
	case DELETE:
		return tool_delete(t, id, e);
	case BOUNCE:
		break;
	}
	close(*lock);			/* sendmail wants it */
	*lock = -1;
	return tool_bounce(t, id, e);
}

static int
tool_one(void *arg, char kind, struct str id)
{
	struct tool	*t = arg;
	struct arena	*m;
	struct buf	 text;
	struct qf	 q;
	struct err	 e = ERR_INIT;
	bool		 trusted;
	int		 lock = -1, rc;

	if (kind != t->kind || (t->only.n > 0 && !str_eq(id, t->only)) || !tool_is_old(t, id))
		return 0;
	if ((rc = spool_lock(t->from, id, kind, &lock, &e)) != 0) {
		t->locked += rc == 1;
		t->failed += rc == -1;
		fprintf(stderr, "qtool: %.*s: %s\n", STR_ARG(id), rc == 1 ? "locked" : e.text);
		return 0;
	}
	m = arena_new(ARENA_DEFAULT);
	buf_init(&text, QF_TEXT_MAX + 1);
	if (spool_read(lock, &text, &trusted, &e) == -1 || qfile_parse(buf_str(&text), m, &q, &e) == -1)
		rc = -1;
	else if (q.df_dir.n > 0 && spool_place(t->from, id, q.df_dir, &t->content, t->what == DELETE ? NULL : &e) == -1 && t->what != DELETE)
		rc = -1;
	else if ((rc = tool_wants(t, &q, id, buf_str(&text), &e)) == 1) {
		if ((rc = tool_do(t, id, buf_str(&text), &lock, &e)) == 0) {
			t->done++;
			if (t->verbose || t->dry)
				printf("%.*s: %s%s\n", STR_ARG(id), t->dry ? "would be " : "", tool_did[t->what]);
		}
	}
	if (rc == -1) {
		t->failed++;
		fprintf(stderr, "qtool: %.*s: %s\n", STR_ARG(id), e.text);
	}
	spool_close(&t->content);
	buf_done(&text);
	arena_free(&m);
	if (lock != -1)
		close(lock);
	return 0;
}

/* ---- where ---- */

static bool
tool_same_dir(int a, int b)
{
	struct stat	x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A directory, or in one a control file or an identifier. */
static int
tool_source(struct tool *t, const char *source, struct err *e)
{
	struct stat	st;
	struct str	s = str_c(source), id;
	size_t		slash;
	char		dir[1024];
	int		rc;

	t->only = STR_NONE;
	if (stat(source, &st) == 0 && S_ISDIR(st.st_mode))
		(void)str_copy(dir, sizeof dir, s);
	else {
		slash = str_rchr(s, '/');
		id = slash == SIZE_MAX ? s : str_from(s, slash + 1);
		if (id.n > 2 && (str_starts(id, STR("qf")) || str_starts(id, STR("hf"))) &&
		    id.p[0] == t->kind)
			id = str_from(id, 2);
		if (!qid_valid(id) || str_copy(dir, sizeof dir, slash == SIZE_MAX ? STR(".") : str_first(s, slash)) == -1)
			return err_set(e, ERR_PERM, "%s: neither a directory nor a message", source);
		t->only = id;
	}
	if ((t->from = spool_open(dir, 0600, e)) == NULL)
		return -1;
	if (t->to != NULL && tool_same_dir(t->from->fd, t->to->fd))
		rc = err_set(e, ERR_PERM, "%s is the target, too", source);
	else {
		unsigned before = t->done + t->failed + t->locked;

		if (journal_flush(&t->from, 1, 0, FLUSH_MS, e) == -1)
			fprintf(stderr, "qtool: %s: %s\n", dir, e->text);
		err_clear(e);
		rc = scan_files(t->from, tool_one, t, e);
		if (rc == 0 && t->only.n > 0 && before == t->done + t->failed + t->locked && t->rcpt.n == 0 && t->sender.n == 0 && t->older <= 0 && t->expr == NULL)
			rc = err_set(e, ERR_PERM, "%s: no such message", source);
	}
	spool_close(&t->from);
	return rc;
}

int
main(int argc, char **argv)
{
	struct tool	t = { .kind = 'q', .cf = CONF_ETCDIR "/sendmail.cf", .sendmail = getenv("QTOOL_SENDMAIL") };
	struct err	e = ERR_INIT;
	const char	*expression = NULL;
	int		c;

	while ((c = getopt(argc, argv, "bC:de:nQR:s:S:v")) != -1)
		switch (c) {
		case 'b':	t.what = BOUNCE; break;
		case 'C':	t.cf = optarg; break;
		case 'd':	t.what = DELETE; break;
		case 'e':	expression = optarg; break;
		case 'n':	t.dry = true; break;
		case 'Q':	t.kind = 'h'; break;
		case 'R':	t.rcpt = str_c(optarg); break;
		case 'S':	t.sender = str_c(optarg); break;
		case 'v':	t.verbose = true; break;
		case 's':
			if (num_i64(str_c(optarg), 0, INT32_MAX, &t.older) == 0)
				break;
			/* fallthrough */
		default:
			return usage();
		}
	if (t.sendmail == NULL)
		t.sendmail = CONF_MBINDIR "/sendmail";
	if (t.what == BOUNCE && t.kind == 'h')
		return usage();
	if (argc - optind < (t.what == MOVE ? 2 : 1))
		return usage();
	if (expression != NULL && (t.expr = expr_new(expression, &e)) == NULL) {
		fprintf(stderr, "qtool: %s\n", e.text);
		return EXIT_USAGE;
	}
	if (t.what == MOVE && (t.to = spool_open(argv[optind++], 0600, &e)) == NULL) {
		fprintf(stderr, "qtool: %s\n", e.text);
		return EXIT_CANTCREAT;
	}
	for (; optind < argc; optind++)
		if (tool_source(&t, argv[optind], &e) == -1) {
			fprintf(stderr, "qtool: %s\n", e.text);
			err_clear(&e);
			t.failed++;
		}
	spool_close(&t.to);
	expr_free(&t.expr);
	if (fflush(stdout) != 0)
		return EXIT_IOERR;
	return t.failed > 0 ? EXIT_UNAVAILABLE : t.locked > 0 ? EXIT_TEMPFAIL : EXIT_OK;
}
