/*
 * qrun - run the queue: everything that matches is due now, and when nothing is in hand any more the run is over.
 *
 * It may run beside a daemon, or beside a real sendmail: a message belongs to whoever has its qf locked.
 */
#include "qrun.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "parent.h"
#include "queue/journal.h"
#include "queue/qfile.h"
#include "queue/scan.h"
#include "req.h"
#include "spoold_scan.h"

#define FLUSH_MS	30000

static int
qrun_body(struct role_ctx *ctx, void *arg)
{
	const struct opts	*o = arg;
	struct qrun_answer	 a;
	struct frame		 f;
	struct buf		 b;
	struct err		 e = ERR_INIT;
	int			 rc;

	buf_init(&b, 0);
	qrun_ask_put(&b, &o->queue_select);
	rc = req_ask(ctx, R_SPOOL, Q_QRUN, buf_str(&b), -1, &f, &e);
	buf_done(&b);
	if (rc == -1 || qrun_answer_get(f.body, &a) == -1) {
		fprintf(stderr, "%s: cannot run the queue: %s\n", o->name, e.text);
		return EXIT_TEMPFAIL;
	}
	return EXIT_OK;
}

/* ---- -Q: quarantine, release ---- */

struct quarantine {
	const struct opts	*o;
	struct spool_dir	*dir;
	unsigned		 n, failed;
	char			 from, to;	/* -qQ: only the names of files change */
};

/* The envelope with its new reason.  Whatever is interrupted, the message stays quarantined until it is released whole. */
static int
quarantine_write(struct quarantine *q, struct str id, struct qf *qf, char kind, int *lock, struct err *e)
{
	const char	*reason = q->o->quarantine;
	struct buf	 b;
	int		 rc = -1, new_lock = -1;

	qf->quarantine = reason[0] == '\0' ? STR_NONE : str_c(reason);
	buf_init(&b, QF_TEXT_MAX + 1);
	if (qfile_print(qf, &b, e) == 0 && (kind == 'h' || spool_rename(q->dir, id, 'q', 'h', e) == 0) &&
	    spool_rewrite(q->dir, id, buf_str(&b), &new_lock, e) == 0 && spool_commit(q->dir, id, false, 'h', e) == 0 &&
	    spool_sync_dir(q->dir, e) == 0)
		rc = reason[0] == '\0' ? spool_rename(q->dir, id, 'h', 'q', e) : 0;
	buf_done(&b);
	if (new_lock != -1) {
		close(*lock);
		*lock = new_lock;
	}
	return rc;
}

static int
quarantine_do(struct quarantine *q, struct str id, struct qf *qf, char kind, int *lock, struct err *e)
{
	if (q->from != 0)
		return spool_rename(q->dir, id, q->from, q->to, e);
	return quarantine_write(q, id, qf, kind, lock, e);
}

static bool
quarantine_is_ours(const struct quarantine *q, char kind)
{
	return kind == (q->from != 0 ? q->from : q->o->queue_select.quarantined ? 'h' : 'q');
}

static int
quarantine_one(void *arg, char kind, struct str id)
{
	struct quarantine	*q = arg;
	struct arena		*m;
	struct err		 e = ERR_INIT;
	struct buf		 text;
	struct qf		 qf;
	bool			 trusted;
	int			 lock;

	if (!quarantine_is_ours(q, kind) || spool_lock(q->dir, id, kind, &lock, &e) != 0)
		return 0;
	m = arena_new(ARENA_DEFAULT);
	buf_init(&text, QF_TEXT_MAX + 1);
	if (spool_read(lock, &text, &trusted, &e) == 0 && qfile_parse(buf_str(&text), m, &qf, &e) == 0 &&
	    qrun_matches(&q->o->queue_select, id, &qf)) {
		if (quarantine_do(q, id, &qf, kind, &lock, &e) == 0) {
			q->n++;
			if (q->o->verbose && q->from == 0)
				printf("%.*s: %s\n", STR_ARG(id), q->o->quarantine[0] == '\0' ? "released" : "quarantined");
		} else {
			q->failed++;
			fprintf(stderr, "%.*s: %s\n", STR_ARG(id), e.text);
		}
	}
	buf_done(&text);
	arena_free(&m);
	close(lock);
	return 0;
}

/* The directories of QueueDirectory, then those that only queue groups have. */
static int
queue_paths(struct cmd *c, struct str **path, size_t *n, struct err *e)
{
	if (scan_dirs(c->conf->opt.queue_directory, c->arena, path, n, e) == -1)
		return -1;
	for (size_t i = 0; i < c->conf->ngroups; i++)
		if (c->conf->groups[i].path.n != 0)
			(void)scan_more_dirs(c->conf->groups[i].path, c->arena, path, n, NULL);
	return 0;
}

static int
quarantine_run(struct cmd *c, char from, char to)
{
	struct quarantine	q = { .o = c->opts, .from = from, .to = to };
	struct str		*path;
	struct err		 e = ERR_INIT;
	size_t			 n;
	mode_t			 mode = spool_file_mode(c->conf->opt.queue_file_mode);

	if (queue_paths(c, &path, &n, &e) == -1) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_NOPERM;
	}
	for (size_t i = 0; i < n; i++) {
		if ((q.dir = spool_open(path[i].p, mode, &e)) == NULL || scan_files(q.dir, quarantine_one, &q, &e) == -1) {
			fprintf(stderr, "%s\n", e.text);
			q.failed++;
		}
		spool_close(&q.dir);
	}
	return q.failed > 0 ? EXIT_TEMPFAIL : EXIT_OK;
}

/* Mail that is only in the journal gets files: by the daemon, or, after one that died, by us. */
static void
qrun_flush_journal(struct cmd *c)
{
	struct spool_dir	**v;
	struct str		 *path;
	struct err		  e = ERR_INIT;
	size_t			  n, nv = 0;
	mode_t			  mode;

	if (c->conf == NULL && mode_load(c) != EXIT_OK)
		return;				/* the roles will say it, too */
	mode = spool_file_mode(c->conf->opt.queue_file_mode);
	if (queue_paths(c, &path, &n, &e) == -1 || (v = calloc(n + 1, sizeof *v)) == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		if ((v[nv] = spool_open(path[i].p, mode, &e)) != NULL)
			nv++;
	for (size_t i = 0; i < nv; i++)
		if (journal_flush(v, nv, i, FLUSH_MS, &e) == -1)
			fprintf(stderr, "%s: %s\n", c->opts->name, e.text);
	while (nv > 0)
		spool_close(&v[--nv]);
	free(v);
}

/*
 * -qQ: the quarantined ones are tried, as they are.  While the run goes on they have the names of messages that are free; what is left of them is
 * locked up again afterwards.
 */
static int
qrun_quarantined(struct cmd *c, const struct parent_args *args)
{
	int	code, back;

	if (c->conf == NULL && (code = mode_load(c)) != EXIT_OK)
		return code;
	if ((code = quarantine_run(c, 'h', 'q')) == EXIT_OK)
		code = parent_command(args, qrun_body, (void *)(uintptr_t)c->opts);
	back = quarantine_run(c, 'q', 'h');
	return code != EXIT_OK ? code : back;
}

/* Is there nothing to run?  Lost files are nobody's turn, and a group that is none has no messages. */
static bool
qrun_is_void(struct cmd *c)
{
	const struct qrun_ask *a = &c->opts->queue_select;

	for (uint32_t i = 0; i < a->nterm; i++) {
		bool known = a->term[i].what != 'G' || a->term[i].negate || str_caseeq(a->term[i].text, STR("mqueue"));

		if (a->term[i].what == 'L')
			return true;
		for (size_t g = 0; !known && c->conf != NULL && g < c->conf->ngroups; g++)
			known = str_caseeq(c->conf->groups[g].name, a->term[i].text);
		if (!known && c->conf != NULL) {
			printf("Queue group %.*s unknown\n", STR_ARG(a->term[i].text));
			return true;
		}
	}
	return false;
}

/* PrivacyOptions=restrictqrun: root, and who owns the queue.  What cannot be looked at is nobody's. */
static bool
qrun_allowed(const struct cmd *c)
{
	struct str	*path;
	struct stat	 st;
	struct err	 e = ERR_INIT;
	size_t		 n;

	if (c->conf == NULL || !(c->conf->opt.privacy & PRIV_RESTRICTQRUN) || getuid() == 0)
		return true;
	if (scan_dirs(c->conf->opt.queue_directory, c->arena, &path, &n, &e) == -1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (stat(path[i].p, &st) == -1 || st.st_uid != getuid())
			return false;
	return true;
}

int
qrun_run(struct cmd *c, const char *cf)
{
	const struct opts		*o = c->opts;
	const struct parent_args	 args = {
		.argc = c->argc, .argv = c->argv, .cf = cf, .over = o->over, .nover = o->nover, .verbose = o->verbose,
		.trace = o->trace, .tag = o->tag, .queue_interval = o->queue_interval > 0 ? o->queue_interval : ROLE_ON_DEMAND,
		.no_listen = true, .foreground = o->queue_foreground,
		.transcript = c->transcript
	};

	int				 code = EXIT_OK;

	if (c->conf == NULL && (o->quarantine != NULL || o->queue_interval <= 0 || getuid() != 0))
		code = mode_load(c);		/* if it cannot be read the roles will say so */
	if (!qrun_allowed(c)) {
		puts("You do not have permission to process the queue");
		return EXIT_NOPERM;
	}
	if (o->quarantine != NULL) {
		if (code == EXIT_OK)
			qrun_flush_journal(c);
		return code != EXIT_OK ? code : quarantine_run(c, 0, 0);
	}
	if (o->queue_interval > 0)
		return parent_daemon(&args);
	if (qrun_is_void(c))
		return EXIT_OK;
	qrun_flush_journal(c);
	if (o->queue_select.quarantined)
		return qrun_quarantined(c, &args);
	return parent_command(&args, qrun_body, (void *)(uintptr_t)o);
}
