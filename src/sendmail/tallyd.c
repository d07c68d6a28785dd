/*
 * tallyd - the role that remembers: who was sent away by the greylist, who kept his word, and how much an account has sent.
 *
 * The table is an LMDB file in a folder of the queue's owner; it is written to once a second, if anything changed, so what a crash takes is a second.  When it cannot
 * be had (no library, no folder, a full disk) the role remembers in memory and says so; when nothing more can be remembered, strangers are let in:
 * nobody is refused for a fault of ours.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bdb/keep.h"
#include "base/log.h"
#include "base/status.h"
#include "proc/msg.h"
#include "req.h"
#include "roles.h"
#include "tally.h"
#include "tally_row.h"

#define TALLY_ROWS_MEMORY	200000u		/* in memory, and in a file */
#define TALLY_ROWS_FILE		3000000u
#define TALLY_COMMIT_MS		1000
#define TALLY_EXPIRE_MS		60000
#define TALLY_EXPIRE_ROWS	20000		/* looked at in one turn of the loop */

struct tallyd {
	struct role_ctx		*ctx;
	const struct keep_ops	*ops;
	struct keep		*keep;
	const char		*dir;
	size_t			 max, rows;
	bool			 dirty;
	struct loop_timer	*commit, *expire;
	char			 next[TALLY_KEY];	/* where expiry goes on */
	bool			 has_next;
	struct arena		*scratch;
	struct buf		 value, old[2];
	int64_t			 complained;
};

static void
tallyd_complain(struct tallyd *t, const char *what, const struct err *e)
{
	int64_t	now = (int64_t)time(NULL);

	if (now - t->complained >= 0 && now - t->complained < 600)
		return;
	t->complained = now;
	log_line(1, LOG_P_ERR, NULL, "tally: %s: %s", what, e->text);
}

/* ---- the table ---- */

static int
tallyd_open_memory(struct tallyd *t, struct err *e)
{
	t->ops = &keep_ops_memory;
	t->max = TALLY_ROWS_MEMORY;
	return (t->keep = t->ops->open(NULL, 0, 0, e)) == NULL ? -1 : 0;
}

/* The file, else memory.  A file that cannot be used is put aside once: it holds nothing that would not come again. */
static int
tallyd_open(struct tallyd *t, struct err *e)
{
	char	path[1024], aside[1040];

	if (t->dir == NULL || (t->ops = keep_library(e)) == NULL || snprintf(path, sizeof path, "%s/" TALLY_FILE, t->dir) >= (int)sizeof path) {
		log_line(1, LOG_P_WARNING, NULL, "tally: remembers in memory only: %s", t->dir == NULL ? "no folder" : e->text);
		return tallyd_open_memory(t, e);
	}
	t->max = TALLY_ROWS_FILE;
	if ((t->keep = t->ops->open(path, TALLY_ROOM, 0, e)) == NULL && e->sys != EACCES && e->sys != ENOENT) {
		log_line(1, LOG_P_ERR, NULL, "tally: %s: begun anew, the old one is %s.bad", e->text, path);
		(void)snprintf(aside, sizeof aside, "%s.bad", path);
		(void)rename(path, aside);
		t->keep = t->ops->open(path, TALLY_ROOM, 0, e);
	}
	if (t->keep != NULL) {
		t->rows = t->ops->count(t->keep);
		return t->ops->commit(t->keep, e);
	}
	log_line(1, LOG_P_WARNING, NULL, "tally: remembers in memory only: %s", e->text);
	return tallyd_open_memory(t, e);
}

/* The row of these words; first == 0: there was none. */
static int
tallyd_find(struct tallyd *t, struct tally_row *r, struct buf *b, struct err *e)
{
	struct tally_row	found;
	char			key[TALLY_KEY];
	int			rc;

	buf_clear(b);
	tally_row_key(r, key);
	rc = t->ops->get(t->keep, str_mem(key, sizeof key), b, e);
	if (rc == 1 && tally_row_get(buf_str(b), &found) == 0 && tally_row_same(&found, r))
		*r = found;
	return rc == -1 ? -1 : 0;
}

static int
tallyd_store(struct tallyd *t, const struct tally_row *r, bool is_new, struct err *e)
{
	char	key[TALLY_KEY];

	if (is_new && t->rows >= t->max)
		return err_set(e, ERR_TEMP, "the table is full (%zu rows)", t->rows);
	buf_clear(&t->value);
	tally_row_put(&t->value, r);
	tally_row_key(r, key);
	if (t->ops->put(t->keep, str_mem(key, sizeof key), buf_str(&t->value), e) == -1)
		return -1;
	t->rows += is_new;
	if (!t->dirty)
		(void)loop_timer_set(t->commit, TALLY_COMMIT_MS);
	t->dirty = true;
	return 0;
}

/* ---- questions ---- */

static int
tallyd_grey(struct tallyd *t, const struct map_tally *q, int64_t now, int64_t *seconds, struct err *e)
{
	struct tally_row	net = { .kind = 'n' }, row = { .kind = 'g' };
	bool			good, is_new, net_new;

	net.word[0] = row.word[0] = tally_net(q->key, t->scratch);
	row.word[1] = tally_sender(q->sender, t->scratch);
	row.word[2] = tally_rcpt(q->rcpt, t->scratch);
	if (tallyd_find(t, &row, &t->old[0], e) == -1 || tallyd_find(t, &net, &t->old[1], e) == -1)
		return -1;
	is_new = row.first == 0;
	net_new = net.first == 0;
	*seconds = tally_grey(q, now, &row, &net, &good);
	if (good && tallyd_store(t, &net, net_new, e) == -1)
		return -1;
	if (good && row.first == 0)		/* a trusted network: its triplets are not kept */
		return 0;
	if (*seconds > 0)
		log_line(9, LOG_P_INFO, NULL, "greylist: net=%.*s, from=<%.*s>, to=<%.*s>, tries=%u, wait=%lld", STR_ARG(row.word[0]),
		    STR_ARG(row.word[1]), STR_ARG(row.word[2]), row.held, (long long)*seconds);
	else if (row.passed == 1)
		log_line(9, LOG_P_INFO, NULL, "greylist: net=%.*s, from=<%.*s>, to=<%.*s>, tries=%u, passed after %lld s", STR_ARG(row.word[0]),
		    STR_ARG(row.word[1]), STR_ARG(row.word[2]), row.held, (long long)(now - row.first));
	return tallyd_store(t, &row, is_new, e);
}

static int
tallyd_counter(struct tallyd *t, const struct map_tally *q, int64_t now, int64_t *seconds, struct err *e)
{
	struct tally_row	row = { .kind = 'c' };
	bool			is_new;

	row.word[0] = q->map;
	row.word[1] = q->key;
	if (tallyd_find(t, &row, &t->old[0], e) == -1)
		return -1;
	is_new = row.first == 0;
	*seconds = tally_count(q, now, &row);
	return tallyd_store(t, &row, is_new, e);
}

static int
tallyd_answer(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct tallyd		*t = ctx->state;
	struct map_tally	 q;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	int64_t			 seconds = 0, now = (int64_t)time(NULL);

	if (tally_ask_get(f->body, &q) == -1)
		return -1;
	arena_reset(t->scratch);
	if ((q.grey ? tallyd_grey : tallyd_counter)(t, &q, now, &seconds, &e) == -1) {
		tallyd_complain(t, "cannot remember, so nobody is held up", &e);
		seconds = 0;
	}
	buf_init(&b, 0);
	msg_put_i64(&b, seconds);
	(void)req_answer(p, f, buf_str(&b), -1);
	buf_done(&b);
	return 0;
}

const struct answer tally_answers[] = { { Q_TALLY, tallyd_answer }, { 0, NULL } };

/* ---- time ---- */

static void
tallyd_commit(void *arg)
{
	struct tallyd	*t = arg;
	struct err	 e = ERR_INIT;

	t->dirty = false;
	if (t->ops->commit(t->keep, &e) == -1)
		tallyd_complain(t, "cannot write", &e);
}

struct tallyd_walk {
	struct tallyd	*t;
	int64_t		 now;
	size_t		 seen;
};

static int
tallyd_expire_row(void *arg, struct str key, struct str value)
{
	struct tallyd_walk	*w = arg;
	struct tally_row	 r;

	if (key.n != TALLY_KEY)
		return 0;
	if (++w->seen > TALLY_EXPIRE_ROWS && w->t->ops != &keep_ops_memory) {
		memcpy(w->t->next, key.p, TALLY_KEY);
		w->t->has_next = true;
		return 1;
	}
	if (tally_row_get(value, &r) == -1 || w->now >= r.until)
		(void)buf_add(&w->t->value, key);
	return 0;
}

/* A piece of the table at a time; a whole walk begins each minute. */
static void
tallyd_expire(void *arg)
{
	struct tallyd		*t = arg;
	struct tallyd_walk	 w = { t, (int64_t)time(NULL), 0 };
	struct err		 e = ERR_INIT;
	struct str		 from = t->has_next ? str_mem(t->next, TALLY_KEY) : STR("");
	char			 at[TALLY_KEY];

	memcpy(at, t->next, sizeof at);
	from.p = t->has_next ? at : from.p;
	t->has_next = false;
	buf_clear(&t->value);
	if (t->ops->each(t->keep, from, tallyd_expire_row, &w, &e) == -1)
		tallyd_complain(t, "cannot read", &e);
	for (size_t i = 0; i + TALLY_KEY <= t->value.n; i += TALLY_KEY)
		if (t->ops->del(t->keep, str_sub(buf_str(&t->value), i, i + TALLY_KEY), &e) == -1)
			tallyd_complain(t, "cannot delete", &e);
	t->rows = t->ops->count(t->keep);
	tallyd_commit(t);			/* a reader's transaction ends, too */
	(void)loop_timer_set(t->expire, t->has_next ? 50 : TALLY_EXPIRE_MS);
}

/* ---- the role ---- */

/* With the parent's rights: the folder, which belongs to who we will be. */
int
tally_prepare(struct role_ctx *ctx, struct err *e)
{
	struct tallyd	*t = ARENA_NEW(ctx->arena, struct tallyd);
	struct err	 why = ERR_INIT;
	struct stat	 st;

	(void)e;
	ctx->state = t;
	t->ctx = ctx;
	t->dir = tally_dir(ctx->conf, ctx->arena);
	(void)keep_library(&why);		/* before the sandbox */
	if (t->dir == NULL)
		return 0;
	if (mkdir(t->dir, 0750) == 0 && geteuid() == 0 && ctx->boot != NULL && lchown(t->dir, ctx->boot->uid, ctx->boot->gid) == -1)
		log_line(1, LOG_P_WARNING, NULL, "tally: %s: cannot be given to its owner", t->dir);
	if (lstat(t->dir, &st) == -1 || !S_ISDIR(st.st_mode) || (ctx->boot != NULL && st.st_uid != ctx->boot->uid) || (st.st_mode & 022) != 0) {
		log_line(1, LOG_P_WARNING, NULL, "tally: %s is no folder of ours alone", t->dir);
		t->dir = NULL;
	}
	return 0;
}

int
tally_sandbox(struct role_ctx *ctx, const char **read_paths, const char **write_paths, size_t max)
{
	struct tallyd	*t = ctx->state;

	(void)max;
	read_paths[0] = NULL;
	write_paths[0] = t->dir;
	write_paths[t->dir != NULL] = NULL;
	return 0;
}

int
tally_reconf(struct role_ctx *ctx)
{
	(void)ctx;			/* times come with each question */
	return 0;
}

static void
tally_stop(struct role_ctx *ctx)
{
	struct tallyd	*t = ctx->state;

	tallyd_commit(t);
	t->ops->close(t->keep);
	loop_stop(ctx->loop);
}

int
tally_run(struct role_ctx *ctx)
{
	struct tallyd	*t = ctx->state;
	struct err	 e = ERR_INIT;

	t->scratch = arena_new(ARENA_DEFAULT);
	buf_init(&t->value, 0);
	buf_init(&t->old[0], 0);
	buf_init(&t->old[1], 0);
	t->commit = loop_timer_new(ctx->loop, tallyd_commit, t);
	t->expire = loop_timer_new(ctx->loop, tallyd_expire, t);
	if (t->commit == NULL || t->expire == NULL || tallyd_open(t, &e) == -1) {
		log_line(0, LOG_P_CRIT, NULL, "tally: %s", e.text);
		return EXIT_OSERR;
	}
	(void)loop_timer_set(t->expire, TALLY_COMMIT_MS);
	ctx->stop = tally_stop;
	role_title(ctx, "ready");
	return role_loop(ctx);
}
