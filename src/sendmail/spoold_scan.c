/*
 * spoold_scan - look at the queue directories.
 *
 * Of a qf only the first lines are read here: a message costs one open until its turn comes.  Leftovers: a tf that nobody has locked is the rest of a
 * writer that died before it could promise anything, and goes; a df without any control file goes when it is days old (a sendmail may
 * still be writing into a younger one).
 */
#include "spoold_scan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "jspool.h"
#include "os/load.h"
#include "os/lock.h"
#include "queue/scan.h"

#define STALE_TF	((int64_t)600)
#define SLICE_MS	10		/* of reading queue files at a time: others wait for us */
#define SLICE_ALL	UINT64_MAX
#define SCAN_HEAD	4096		/* of a qf: its schedule, and for most its first recipient */
#define STALE_DF	((int64_t)3 * 86400)

struct scan_run {
	struct spoold	*s;
	uint32_t	 dir;
	int64_t		 now;
	bool		 first;
	bool		 transcripts;
	size_t		 found, leftovers;
};

static bool
scan_is_there(const struct spool_dir *d, char kind, struct str id)
{
	char		name[QID_MAX];
	struct stat	st;

	return qid_file(name, sizeof name, kind, id) == 0 &&
	    fstatat(kind == 'd' ? d->dfd : d->qfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
scan_is_old(const struct spool_dir *d, char kind, struct str id, int64_t now, int64_t age)
{
	char		name[QID_MAX];
	struct stat	st;

	return qid_file(name, sizeof name, kind, id) == 0 &&
	    fstatat(kind == 'd' ? d->dfd : d->qfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && now - (int64_t)st.st_mtime >= age;
}

static void
scan_unlink(const struct spool_dir *d, char kind, struct str id)
{
	char	name[QID_MAX];

	if (qid_file(name, sizeof name, kind, id) == 0 && unlinkat(kind == 'd' ? d->dfd : d->qfd, name, 0) == 0)
		log_line(0, LOG_P_NOTICE, NULL, "spool: removed %s/%s, left over by a process that died", d->path, name);
}

/* tf: its writer holds a lock on it as long as it lives. */
static void
scan_stale_tf(struct scan_run *r, struct str id)
{
	struct spool_dir	*d = r->s->dir[r->dir];
	char			 name[QID_MAX];
	int			 fd;

	if (!scan_is_old(d, 't', id, r->now, STALE_TF) || qid_file(name, sizeof name, 't', id) == -1)
		return;
	if ((fd = openat(d->qfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return;
	if (os_flock(fd, OS_LOCK_EXCL, false) == 0)
		scan_unlink(d, 't', id);
	close(fd);
}

/* Of any directory: a sendmail's qf may name content in another one. */
static bool
scan_has_control(const struct spoold *s, struct str id)
{
	for (size_t i = 0; i < s->ndir; i++)
		for (const char *kind = "qhQt"; *kind != '\0'; kind++)
			if (scan_is_there(s->dir[i], *kind, id))
				return true;
	return false;
}

static void
scan_stale_df(struct scan_run *r, struct str id)
{
	struct spool_dir *d = r->s->dir[r->dir];

	if (sched_find(r->s, id) != NULL || scan_has_control(r->s, id))
		return;
	if (scan_is_old(d, 'd', id, r->now, STALE_DF))
		scan_unlink(d, 'd', id);
	else
		r->leftovers++;
}

/* When is a message due that was found? */
static int64_t
scan_due(const struct scan_run *r, const struct scan_head *h, const struct msg *m)
{
	const struct spoold	*s = r->s;
	const struct order_conf	*order = &s->group[m->group].order;
	char			 mode = s->conf->opt.delivery_mode;
	int64_t			 last = h->last_try != 0 ? h->last_try : h->created;

	if (last > r->now)			/* written before the clock was set back */
		last = r->now;
	if (s->ctx->queue_interval == ROLE_ON_DEMAND)
		return INT64_MAX;
	if (h->tries == 0 && mode != 'q' && mode != 'd')
		return r->now;			/* accepted, and then something died */
	if (order->interval == 0)
		return INT64_MAX;
	if (r->first)
		return r->now - last >= order->min_age || h->last_try == 0 ? r->now : last + order->min_age;
	return order_next(order, h->tries, last, (uint32_t)hash_bytes(str_c(m->id), 1));
}

static int64_t
scan_written(const struct spool_dir *d, struct str id)
{
	char		name[QID_MAX];
	struct stat	st;

	return qid_file(name, sizeof name, 'q', id) == 0 && fstatat(d->qfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (int64_t)st.st_mtime : 0;
}

/* ---- what has to be opened, a few at a time ---- */

/* A file that was found and is not looked at yet. */
struct scan_item {
	uint32_t	 dir;
	char		 kind;
	bool		 first;
	char		 id[QID_MAX];
};

struct scan_job {
	struct scan_item *v;
	size_t		 n, room, at;
	size_t		 found, leftovers;
	struct loop_timer *timer;
};

static void
scan_one(struct scan_run *r, char kind, struct str id)
{
	struct spoold		*s = r->s;
	struct scan_head	 h;
	struct msg		*m;
	char			 head[SCAN_HEAD];
	size_t			 n;

	if (kind == 't')
		scan_stale_tf(r, id);
	else if (kind == 'd')
		scan_stale_df(r, id);
	if (kind != 'q' || sched_find(s, id) != NULL || spool_peek(s->dir[r->dir], id, 'q', head, sizeof head, &n) == -1)
		return;
	if (n == 0)
		return;				/* a foreign one that is being written */
	scan_head(str_mem(head, n), &h);	/* a bad one is found out when its turn comes */
	if ((m = sched_add(s, id, r->dir, group_of(s, scan_group(str_mem(head, n)), r->dir))) == NULL)
		return;
	m->priority = h.priority;
	m->created = h.created;
	m->seen = true;
	m->sort = sched_sort_key(s, str_mem(head, n), s->conf->opt.queue_sort_order == 'm' ? scan_written(s->dir[r->dir], id) : 0);
	sched_at(s, m, scan_due(r, &h, m));
}

/* For at most that many milliseconds; SLICE_ALL: to the end. */
static void
scan_slice(struct spoold *s, uint64_t ms)
{
	struct scan_job	*j = s->scan;
	struct scan_run	 r = { .s = s, .now = spoold_now() };
	uint64_t	 end = ms == SLICE_ALL ? UINT64_MAX : os_now_ms() + ms;

	while (j->at < j->n) {
		struct scan_item *x = &j->v[j->at++];

		req_busy(s->ctx);

		r.dir = x->dir;
		r.first = x->first;
		scan_one(&r, x->kind, str_c(x->id));
		if (j->at % 32 == 0 && os_now_ms() >= end)
			break;
	}
	j->leftovers += r.leftovers;
	if (j->at < j->n)
		return;
	if (j->found > 0)
		log_line(s->ctx->queue_interval == ROLE_ON_DEMAND ? 12 : 8, LOG_P_INFO, NULL, "spool: %zu messages in the queue, %zu files without one", j->found, j->leftovers);
	free(j->v);
	loop_timer_free(&j->timer);
	free(j);
	s->scan = NULL;
}

static void
scan_tick(void *arg)
{
	struct spoold *s = arg;

	if (s->scan == NULL)
		return;
	if (s->stopping)
		s->scan->at = s->scan->n;	/* nobody's turn comes any more */
	scan_slice(s, SLICE_MS);
	if (s->scan != NULL)
		loop_timer_set(s->scan->timer, 0);
	sched_run(s);
}

void
spoold_scan_finish(struct spoold *s)
{
	if (s->scan != NULL)
		scan_slice(s, SLICE_ALL);
}

static int
scan_later(struct scan_run *r, char kind, struct str id)
{
	struct spoold	 *s = r->s;
	struct scan_job	 *j = s->scan;
	struct scan_item *v;

	if (j == NULL) {
		if ((j = calloc(1, sizeof *j)) == NULL)
			return -1;
		if ((j->timer = loop_timer_new(s->ctx->loop, scan_tick, s)) == NULL) {
			free(j);
			return -1;
		}
		loop_timer_set(j->timer, 0);
		s->scan = j;
	}
	if (j->n == j->room) {
		size_t room = j->room == 0 ? 256 : 2 * j->room;

		if ((v = realloc(j->v, room * sizeof *v)) == NULL)
			return -1;
		j->v = v;
		j->room = room;
	}
	j->v[j->n] = (struct scan_item){ .dir = r->dir, .kind = kind, .first = r->first };
	if (str_copy(j->v[j->n].id, sizeof j->v[j->n].id, id) == 0)
		j->n++;
	j->found += r->first && kind == 'q';
	return 0;
}

/* What is known is settled at once; what must be opened or looked at waits. */
static int
scan_found(void *arg, char kind, struct str id)
{
	struct scan_run	*r = arg;
	struct spoold	*s = r->s;
	struct msg	*m = sched_find(s, id);

	req_busy(s->ctx);
	r->transcripts |= kind == 'x';
	/* It moved into files, durably, and only its mark in the journal was lost. */
	if (m != NULL && m->j.gen != 0 && !m->spilling && !m->parked && m->hand == NULL && strchr("qhQ", kind) != NULL) {
		jspool_moved(s, m);
		sched_drop_kept(s, m);
		m->dir = r->dir;
		if (kind != 'q')
			sched_forget(s, m);
	}
	if (kind == 'q' && m != NULL)
		m->seen = true;
	else if (kind == 'q' || (r->first && (kind == 't' || kind == 'd')))
		(void)scan_later(r, kind, id);	/* no memory: the next look finds it */
	return 0;
}

static void
scan_all(struct spoold *s, bool first)
{
	struct scan_run	r = { .s = s, .now = spoold_now(), .first = first };
	struct err	e = ERR_INIT;
	size_t		at;
	struct str	key;
	void		*v;
	bool		whole = true;

	if (s->scan != NULL && !first)
		return;				/* the last look is not at its end */
	spoold_scan_finish(s);
	for (at = 0; hash_next(s->msgs, &at, &key, &v);)
		((struct msg *)v)->seen = false;
	for (r.dir = 0; r.dir < s->ndir; r.dir++) {
		r.transcripts = false;
		if (scan_files(s->dir[r.dir], scan_found, &r, &e) == -1) {
			log_line(0, LOG_P_ERR, NULL, "spool: %s", e.text);
			whole = false;
		} else
			s->dir[r.dir]->transcripts = r.transcripts;
	}
	/* Gone without us: another program finished with it. */
	for (bool more = whole; more;) {
		struct msg	*gone[256];
		size_t		 n = 0;

		for (at = 0; n < 256 && hash_next(s->msgs, &at, &key, &v);) {
			struct msg *m = v;

			req_busy(s->ctx);
			if (!m->seen && m->kept == NULL && m->j.gen == 0 && sched_waits(m) && !scan_is_there(s->dir[m->dir], 'q', str_c(m->id)))
				gone[n++] = m;
		}
		more = n == 256;
		while (n > 0)
			sched_forget(s, gone[--n]);
	}
}

void
spoold_first_scan(struct spoold *s)
{
	scan_all(s, true);
}

void
spoold_scan(struct spoold *s)
{
	scan_all(s, false);
}

/* ---- runs that a person asked for ---- */

static bool
qrun_any_rcpt(const struct qf *q, struct str text)
{
	for (size_t i = 0; i < q->nrcpt; i++)
		if (str_casefind(q->rcpt[i].addr, text) != SIZE_MAX)
			return true;
	return false;
}

/* ETRN (RFC 1985): a name, or @domain with everything below it. */
static bool
qrun_any_domain(const struct qf *q, struct str domain)
{
	bool	below = domain.n > 0 && domain.p[0] == '@';

	if (below)
		domain = str_from(domain, 1);
	for (size_t i = 0; i < q->nrcpt; i++) {
		struct str	a = q->rcpt[i].addr;
		size_t		at = str_rchr(a, '@');
		struct str	d = at == SIZE_MAX ? STR_NONE : str_from(a, at + 1);

		if (str_caseeq(d, domain) || (below && d.n > domain.n && d.p[d.n - domain.n - 1] == '.' && str_caseends(d, domain)))
			return true;
	}
	return false;
}

bool
qrun_matches(const struct qrun_ask *a, struct str id, const struct qf *q)
{
	if (a->quarantined && q->quarantine.n == 0)
		return false;
	for (uint32_t i = 0; i < a->nterm; i++) {
		struct str	t = a->term[i].text;
		bool		hit = false;

		switch (a->term[i].what) {
		case 'L':	continue;	/* lost ones: only mailq shows them */
		case 'I':	hit = str_casefind(id, t) != SIZE_MAX; break;
		case 'R':	hit = qrun_any_rcpt(q, t); break;
		case 'S':	hit = str_casefind(q->sender, t) != SIZE_MAX; break;
		case 'Q':	hit = str_casefind(q->quarantine, t) != SIZE_MAX; break;
		case 'G':	hit = str_caseeq(q->group.n != 0 ? q->group : STR("mqueue"), t); break;
		case 'E':	hit = qrun_any_domain(q, t); break;
		}
		if (hit == a->term[i].negate)
			return false;
	}
	return true;
}

static bool
qrun_wants_journal(struct spoold *s, const struct qrun_ask *a, struct msg *m)
{
	struct arena		*ar = arena_new(ARENA_DEFAULT);
	struct jrec_message	 r;
	struct buf		 b;
	struct qf		 q;
	bool			 yes;

	buf_init(&b, 0);
	yes = jspool_read(s, m, &b, &r, NULL) == 0 && qfile_parse(r.qf, ar, &q, NULL) == 0 && qrun_matches(a, str_c(m->id), &q);
	buf_done(&b);
	arena_free(&ar);
	return yes;
}

static bool
qrun_wants(struct spoold *s, const struct qrun_ask *a, struct msg *m)
{
	const struct order_conf *order = &s->group[m->group].order;
	struct arena	*ar = NULL;
	struct buf	 text;
	struct qf	 q;
	bool		 yes = false, trusted;
	char		 name[QID_MAX];
	int		 fd;

	if (a->nterm == 0 && !a->quarantined) {
		struct scan_head	h;
		char			head[2048];
		size_t			n;

		/* MinQueueAge holds in a run over everything, too. */
		if (s->group[m->group].limit == 0)
			return false;
		return order->min_age <= 0 || spool_peek(s->dir[m->dir], str_c(m->id), 'q', head, sizeof head, &n) == -1 ||
		    !scan_head(str_mem(head, n), &h) || spoold_now() - h.last_try >= order->min_age || h.last_try > spoold_now();
	}
	if (m->j.gen != 0)
		return qrun_wants_journal(s, a, m);
	if (qid_file(name, sizeof name, 'q', str_c(m->id)) == -1 ||
	    (fd = openat(s->dir[m->dir]->qfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return false;
	buf_init(&text, QF_TEXT_MAX + 1);
	ar = arena_new(ARENA_DEFAULT);
	if (spool_read(fd, &text, &trusted, NULL) == 0 && qfile_parse(buf_str(&text), ar, &q, NULL) == 0)
		yes = qrun_matches(a, str_c(m->id), &q);
	arena_free(&ar);
	buf_done(&text);
	close(fd);
	return yes;
}

uint32_t
spoold_qrun(struct spoold *s, const struct qrun_ask *a)
{
	uint32_t	 hits = 0;
	int64_t		 now = spoold_now();
	struct str	 key;
	void		*v;

	for (size_t at = 0; hash_next(s->msgs, &at, &key, &v);) {
		struct msg *m = v;

		req_busy(s->ctx);
		if (!sched_waits(m) || !qrun_wants(s, a, m))
			continue;
		hits++;
		m->demand = a->nterm > 0 || a->quarantined;
		if (m->due > now || m->demand)
			sched_at(s, m, now);
	}
	return hits;
}
