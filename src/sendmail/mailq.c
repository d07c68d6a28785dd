/*
 * mailq - print the queue in sendmail's format, which scripts read.
 *
 * A line letter that is not understood is passed over here: whoever looks at a queue wants to see the broken files, too.  What comes out of the files
 * is a stranger's: control characters never reach the terminal.
 */
#include "mailq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/num.h"
#include "base/status.h"
#include "jprint.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/lock.h"
#include "queue/journal.h"
#include "queue/qfile.h"
#include "queue/qid.h"
#include "queue/scan.h"
#include "queue/spool_place.h"
#include "spoold_scan.h"

struct mailq_entry {
	char		 id[QID_MAX];
	char		 host[40];	/* of the first recipient, for the order by host */
	struct scan_head head;
	int64_t		 mtime;
	struct jref	 j;		/* it is in the journal, and has no file */
	int64_t		 size;		/* then */
};

struct mailq {
	const struct conf	*conf;
	const struct qrun_ask	*ask;
	int64_t			 max;		/* MaxQueueRunSize */
	int			 load;
	bool			 verbose, count;	/* -bP: only how many */
	char			 kind;		/* 'q', 'h' quarantined, 'Q' lost */
	struct spool_dir	*dir;
	struct journal		*journal;	/* of this directory, or NULL */
	struct hash		*journaled;	/* id: its place in v, from 1 */
	struct mailq_entry	*v;
	size_t			 n, room;
	uint64_t		 total;
};

/* ---- which messages ---- */

static struct str
mailq_text(struct mailq *q, struct str id, struct buf *b, bool *locked)
{
	char	name[QID_MAX];
	int	fd;

	buf_clear(b);
	*locked = false;
	if (qid_file(name, sizeof name, q->kind, id) == -1 ||
	    (fd = openat(q->dir->qfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return STR_NONE;
	if (os_flock(fd, OS_LOCK_SHARED, false) == -1)
		*locked = errno == EWOULDBLOCK;
	os_read_file(fd, b);
	close(fd);
	return buf_str(b);
}

/* -qR, -qS ...: a file that cannot be parsed matches nothing. */
static bool
mailq_wanted(struct mailq *q, struct str id)
{
	struct arena	*m;
	struct buf	 b;
	struct qf	 qf;
	bool		 locked, yes;

	if (q->ask->nterm == 0)
		return true;
	m = arena_new(ARENA_DEFAULT);
	buf_init(&b, QF_TEXT_MAX + 1);
	yes = qfile_parse(mailq_text(q, id, &b, &locked), m, &qf, NULL) == 0 && qrun_matches(q->ask, id, &qf);
	buf_done(&b);
	arena_free(&m);
	return yes;
}

static void
mailq_host(char *dst, size_t size, struct str head)
{
	struct str	line;
	size_t		at, n = 0;

	while (str_split(&head, '\n', &line))
		if (line.n > 1 && line.p[0] == 'R' && (at = str_rchr(line, '@')) != SIZE_MAX) {
			while (++at < line.n && line.p[at] != '>' && n + 1 < size)
				dst[n++] = chr_lower(line.p[at]);
			break;
		}
	dst[n] = '\0';
}

static int
mailq_grow(struct mailq *q)
{
	struct mailq_entry	*v;
	size_t			 room = q->room == 0 ? 256 : 2 * q->room;

	if (q->n < q->room)
		return 0;
	if ((v = realloc(q->v, room * sizeof *v)) == NULL)
		return -1;
	q->room = room;
	q->v = v;
	return 0;
}

static int
mailq_found(void *arg, char kind, struct str id)
{
	struct mailq	*q = arg;
	struct stat	 st;
	struct mailq_entry *m;
	char		 head[2048], name[QID_MAX];
	size_t		 n = 0, known;

	if (kind != q->kind || !mailq_wanted(q, id))
		return 0;
	known = q->journaled != NULL ? (size_t)(uintptr_t)hash_get(q->journaled, id) : 0;
	if (q->count) {
		q->n += known == 0;
		return 0;
	}
	if (known == 0 && mailq_grow(q) == -1)
		return -1;
	m = &q->v[known != 0 ? known - 1 : q->n++];
	*m = (struct mailq_entry){ .head.priority = INT64_MAX };
	str_copy(m->id, sizeof m->id, id);
	if (spool_peek(q->dir, id, kind, head, sizeof head, &n) == 0 && n > 0)
		scan_head(str_mem(head, n), &m->head);
	if (q->conf->opt.queue_sort_order == 'm' && qid_file(name, sizeof name, kind, id) == 0 &&
	    fstatat(q->dir->qfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		m->mtime = (int64_t)st.st_mtime;
	if (q->conf->opt.queue_sort_order == 'h')
		mailq_host(m->host, sizeof m->host, str_mem(head, n));
	return 0;
}

/* ---- the journal: mail that was not tried yet, or is being tried; looked at before the files, for what moves, moves from here to there ---- */

static int
mailq_journaled(void *arg, const struct jref *ref, const struct jrec_message *m)
{
	struct mailq	*q = arg;
	struct arena	*a;
	struct qf	 qf;
	bool		 wanted = true;

	if (q->ask->nterm > 0) {
		a = arena_new(ARENA_DEFAULT);
		wanted = qfile_parse(m->qf, a, &qf, NULL) == 0 && qrun_matches(q->ask, m->id, &qf);
		arena_free(&a);
	}
	if (!wanted)
		return 0;
	if (mailq_grow(q) == -1)
		return -1;
	q->v[q->n] = (struct mailq_entry){ .j = *ref, .size = (int64_t)m->size };
	str_copy(q->v[q->n].id, sizeof q->v[q->n].id, m->id);
	scan_head(m->qf, &q->v[q->n].head);
	q->v[q->n].mtime = q->v[q->n].head.created;
	q->n++;
	return 0;
}

static void
mailq_look_journal(struct mailq *q)
{
	struct journal_found	found;
	size_t			from = q->n;

	if (q->kind == 'q' && journal_exists(q->dir->fd) && (q->journaled = hash_new(NULL, 0)) != NULL &&
	    (q->journal = journal_look(q->dir->fd, NULL)) != NULL)
		(void)journal_replay(q->journal, mailq_journaled, q, &found, NULL);
	/* the oldest first */
	for (size_t i = from, k = q->n; i + 1 < k; i++) {
		struct mailq_entry x = q->v[i];

		q->v[i] = q->v[--k];
		q->v[k] = x;
	}
	for (size_t i = from; i < q->n; i++)
		(void)hash_put(q->journaled, str_c(q->v[i].id), (void *)(uintptr_t)(i + 1));
}

/* ---- order ---- */

static int
mailq_by(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int
mailq_by_priority(const void *x, const void *y)
{
	const struct mailq_entry *a = x, *b = y;
	int c = mailq_by(a->head.priority, b->head.priority);

	return c != 0 ? c : mailq_by(a->head.created, b->head.created);
}

static int
mailq_by_time(const void *x, const void *y)
{
	return mailq_by(((const struct mailq_entry *)x)->head.created, ((const struct mailq_entry *)y)->head.created);
}

static int
mailq_by_mtime(const void *x, const void *y)
{
	return mailq_by(((const struct mailq_entry *)x)->mtime, ((const struct mailq_entry *)y)->mtime);
}

static int
mailq_by_host(const void *x, const void *y)
{
	const struct mailq_entry *a = x, *b = y;
	int c = strcmp(a->host, b->host);

	return c != 0 ? c : mailq_by_priority(x, y);
}

static int
mailq_by_name(const void *x, const void *y)
{
	return strcmp(((const struct mailq_entry *)x)->id, ((const struct mailq_entry *)y)->id);
}

static void
mailq_sort(struct mailq *q)
{
	static const struct {
		char	order;
		int	(*fn)(const void *, const void *);
	} orders[] = {
		{ 't', mailq_by_time }, { 'f', mailq_by_name }, { 'h', mailq_by_host }, { 'm', mailq_by_mtime }, { 'n', NULL }, { 'r', NULL },
	};
	int	(*fn)(const void *, const void *) = mailq_by_priority;

	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		if (orders[i].order == q->conf->opt.queue_sort_order)
			fn = orders[i].fn;
	if (fn != NULL && q->n > 1)
		qsort(q->v, q->n, sizeof *q->v, fn);
}

/* ---- printing ---- */

/* At most `max` bytes, control characters as '?'. */
static void
mailq_put(struct str s, size_t max)
{
	for (size_t i = 0; i < s.n && i < max; i++) {
		unsigned char c = (unsigned char)s.p[i];

		putchar(c < ' ' || c == 0x7f ? '?' : c);
	}
}

struct mailq_file {
	struct str	body, message, quarantine, df_dir;
	struct str	text;		/* of the next recipient */
	struct str	why;		/* of all from here on */
	bool		warned;
	int64_t		created, priority, held;
	bool		header_done, ours;	/* a report of this host, by its protocol */
};

static const char *
mailq_time(int64_t t, char dst[32])
{
	time_t		now = (time_t)t;
	struct tm	tm;

	if (localtime_r(&now, &tm) == NULL || strftime(dst, 32, "%a %b %e %H:%M", &tm) == 0)
		dst[0] = '\0';
	return dst;
}

static int64_t
mailq_size(struct mailq *q, const char *id, struct str df_dir)
{
	struct spool_dir	*other;
	uint64_t		 size;
	int64_t			 n = -1;

	if (spool_place(q->dir, str_c(id), df_dir, &other, NULL) == -1)
		return -1;
	if (spool_df_size(other != NULL ? other : q->dir, str_c(id), &size, NULL) == 0)
		n = (int64_t)size;
	spool_close(&other);
	return n;
}

/* The line of the message itself, at its S line. */
static void
mailq_head(struct mailq *q, const struct mailq_entry *m, struct mailq_file *f, struct str sender)
{
	char	t[32];

	f->header_done = true;
	printf("%8lld ", (long long)(m->j.gen != 0 ? m->size : mailq_size(q, m->id, f->df_dir)));
	if (q->verbose)
		printf("%10lld%c%.12s ", (long long)f->priority, f->warned ? '+' : ' ', mailq_time(f->created, t) + 4);
	else
		printf("%.16s ", mailq_time(f->created, t));
	mailq_put(f->ours && str_eq_c(sender, "<>") ? STR("MAILER-DAEMON") : sender, q->verbose ? 78 : 39);	/* as sendmail has it */
	if (f->quarantine.n != 0) {
		fputs("\n     QUARANTINE: ", stdout);
		mailq_put(f->quarantine, q->verbose ? 100 : 60);
	}
	if (f->message.n != 0 || f->body.n != 0) {
		printf("\n    %10.*s", (int)(f->body.n > 10 ? 10 : f->body.n), f->body.n == 0 ? "" : f->body.p);
		if (f->message.n != 0) {
			fputs("   (", stdout);
			mailq_put(f->message, 60);
			putchar(')');
		}
	}
	if (f->held > (int64_t)time(NULL))		/* RFC 4865: it is not its time yet */
		printf("\n                 (held until %.16s)", mailq_time(f->held, t));
	putchar('\n');
}

static void
mailq_rcpt(struct mailq *q, struct str v, int64_t version)
{
	size_t	colon = version > 0 ? str_chr(v, ':') : SIZE_MAX;

	if (colon != SIZE_MAX)
		v = str_from(v, colon + 1);
	fputs(q->verbose ? "\t\t\t\t\t\t" : "\t\t\t\t\t ", stdout);
	mailq_put(v, q->verbose ? 71 : 38);
	putchar('\n');
}

static void
mailq_control(struct str v)
{
	fputs("\t\t\t\t\t\t(---", stdout);
	mailq_put(v, 64);
	fputs("---)\n", stdout);
}

/* Below a recipient: why it is still here, and why it is to go where it goes. */
static void
mailq_reasons(const struct mailq_file *f)
{
	if (f->text.n != 0) {
		fputs("\t\t (", stdout);
		mailq_put(f->text, 60);
		fputs(")\n", stdout);
	}
	if (f->why.n != 0) {
		fputs("\t\t [", stdout);
		mailq_put(f->why, QF_WHY_MAX);
		fputs("]\n", stdout);
	}
}

static void
mailq_lines(struct mailq *q, const struct mailq_entry *m, struct str text)
{
	struct mailq_file	f = { 0 };
	struct str		line, v;
	int64_t			version = 0;

	while (str_split(&text, '\n', &line) && !str_eq_c(line, ".")) {
		v = str_from(line, 1);
		switch (line.n == 0 ? 0 : line.p[0]) {
		case 'V':	num_i64(v, 0, 99, &version); break;
		case 'T':	num_i64(v, 0, INT64_MAX / 2, &f.created); break;
		case 'P':	num_i64(v, -INT64_MAX / 2, INT64_MAX / 2, &f.priority); break;
		case 'F':	f.warned = str_chr(v, 'w') != SIZE_MAX; break;
		case 'B':	f.body = v; break;
		case 'q':	f.quarantine = v; break;
		case 'd':	f.df_dir = v; break;
		case 'M':
			if (!f.header_done)
				f.message = v;
			else
				f.text = v;
			break;
		case 'S':	mailq_head(q, m, &f, v); break;
		case 'R':
			mailq_rcpt(q, v, version);
			if (q->verbose)
				mailq_reasons(&f);
			f.text = STR_NONE;
			break;
		case '$':
			f.ours |= str_eq_c(v, "rinternal");
			if (str_starts(v, STR("{hold_until}")))
				num_i64(str_from(v, sizeof "{hold_until}" - 1), 0, INT64_MAX / 2, &f.held);
			if (str_starts(v, STR("{" QF_WHY "}")))
				f.why = str_from(v, sizeof "{" QF_WHY "}" - 1);
			break;
		case 'C':
			if (q->verbose)
				mailq_control(v);
			break;
		}
	}
	if (!f.header_done)
		putchar('\n');
}

/* The character behind the identifier: why nobody works on it. */
static char
mailq_status(const struct mailq *q, const struct mailq_entry *m, bool locked)
{
	const struct conf_opts	*o = &q->conf->opt;
	int64_t			 above = o->queue_la > 0 ? q->load - o->queue_la + 1 : 0;

	if (q->kind == 'Q')
		return '?';
	if (locked)
		return '*';
	if (o->min_queue_age > 0 && m->head.last_try != 0 && (int64_t)time(NULL) - m->head.last_try < o->min_queue_age)
		return '-';
	return above > 0 && m->head.priority != INT64_MAX && m->head.priority > o->queue_factor / above ? 'X' : ' ';
}

static void
mailq_message(struct mailq *q, const struct mailq_entry *m)
{
	struct jrec_message	 r;
	struct buf		 b;
	struct str		 text;
	bool			 locked = false;

	buf_init(&b, QF_TEXT_MAX + 1);
	if (m->j.gen == 0)
		text = mailq_text(q, str_c(m->id), &b, &locked);
	else if (journal_read(q->journal, &m->j, &b, &r, NULL) == 0)
		text = r.qf;
	else					/* its place is used anew: it has files by now, or is delivered */
		text = mailq_text(q, str_c(m->id), &b, &locked);
	printf("%s", m->id);
	if (text.p == NULL)
		fputs("  (job completed)\n", stdout);
	else if (text.n == 0)
		fputs("  (no control file)\n", stdout);
	else {
		putchar(mailq_status(q, m, locked));
		mailq_lines(q, m, text);
	}
	buf_done(&b);
}

static void
mailq_close(struct mailq *q)
{
	journal_close(&q->journal);
	hash_free(&q->journaled);
	spool_close(&q->dir);
}

static int
mailq_directory(struct mailq *q, struct str path)
{
	struct err	e = ERR_INIT;

	q->n = 0;
	if ((q->dir = spool_open(path.p, 0600, &e)) != NULL)
		mailq_look_journal(q);
	if (q->dir == NULL || scan_files(q->dir, mailq_found, q, &e) == -1) {
		fprintf(stderr, "can not chdir(%.*s/): %s\n", STR_ARG(path), e.sys != 0 ? strerror(e.sys) : e.text);
		if (e.sys == EACCES)
			fputs("Program mode requires special privileges, e.g., root or TrustedUser.\n", stderr);
		mailq_close(q);
		return e.sys == EACCES ? EXIT_NOPERM : EXIT_CONFIG;
	}
	if (!q->count)
		mailq_sort(q);
	q->total += q->n;
	if (q->n == 0) {
		printf("%.*s is empty\n", STR_ARG(path));
		mailq_close(q);
		return EXIT_OK;
	}
	if (q->count) {
		printf("%.*s: entries=%zu\n", STR_ARG(path), q->n);
		mailq_close(q);
		return EXIT_OK;
	}
	if (q->max > 0 && q->n > (size_t)q->max)
		q->n = (size_t)q->max;
	printf("\t\t%.*s (%zu request%s)\n", STR_ARG(path), q->n, q->n == 1 ? "" : "s");
	if (q->verbose)
		puts("-----Q-ID----- --Size-- -Priority- ---Q-Time--- --------Sender/Recipient--------");
	else
		puts("-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------");
	for (size_t i = 0; i < q->n; i++)
		mailq_message(q, &q->v[i]);
	mailq_close(q);
	return EXIT_OK;
}

/* --journal */
static int
mailq_print_journal(struct mailq *q, struct str path)
{
	struct err	e = ERR_INIT;
	int		rc = -1;

	if ((q->dir = spool_open(path.p, 0600, &e)) != NULL)
		rc = jprint_directory(q->dir, &e);
	if (rc == -1)
		fprintf(stderr, "%.*s: %s\n", STR_ARG(path), e.text);
	spool_close(&q->dir);
	return rc == 0 ? EXIT_OK : EXIT_NOPERM;
}

/* PrivacyOptions=restrictmailq: root, and the group of the queue directory. */
static bool
mailq_allowed(const struct conf *c, struct str path)
{
	gid_t		 groups[256];
	struct stat	 st;
	int		 n;

	if (!(c->opt.privacy & PRIV_RESTRICTMAILQ) || getuid() == 0)
		return true;
	if (stat(path.p, &st) == -1)
		return false;
	if (st.st_uid == getuid() || st.st_gid == getgid())
		return true;
	n = getgroups(256, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == st.st_gid)
			return true;
	return false;
}

int
mailq_run(struct cmd *c)
{
	struct mailq	 q = { .conf = c->conf, .ask = &c->opts->queue_select, .verbose = c->opts->verbose, .max = c->conf->opt.max_queue_run_size, .load = os_load_avg(), .count = c->opts->mode == 'P' };
	struct str	*path;
	struct err	 e = ERR_INIT;
	size_t		 npath;
	int		 code = EXIT_OK;

	q.kind = q.ask->quarantined ? 'h' : 'q';
	for (uint32_t i = 0; i < q.ask->nterm; i++)
		if (q.ask->term[i].what == 'L')
			q.kind = 'Q';
	if (scan_dirs(c->conf->opt.queue_directory, c->arena, &path, &npath, &e) == -1) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_NOPERM;
	}
	for (size_t i = 0; i < c->conf->ngroups; i++)
		if (c->conf->groups[i].path.n != 0)
			scan_more_dirs(c->conf->groups[i].path, c->arena, &path, &npath, NULL);
	for (size_t i = 0; i < npath && code == EXIT_OK; i++) {
		if (!mailq_allowed(c->conf, path[i])) {
			puts("You are not permitted to see the queue");
			break;
		}
		code = c->opts->journal ? mailq_print_journal(&q, path[i]) : mailq_directory(&q, path[i]);
	}
	if (code == EXIT_OK && !c->opts->journal)
		printf("\t\tTotal requests: %llu\n", (unsigned long long)q.total);
	free(q.v);
	return fflush(stdout) == 0 ? code : EXIT_IOERR;
}
