/*
 * lease - the asker's side: lent workers, and which of them a question goes to.
 */
#include "lease.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "os/load.h"
#include "proc/form.h"
#include "proc/msg.h"

struct lease {
	struct list		 link;		/* set->all; the one used last is first: it is still warm */
	struct lease_set	*set;
	struct peer		*lender;	/* NULL: gone or replaced */
	enum role_id		 role;
	uint32_t		 id;
	struct chan		*ch;
	struct buf		 key;
	bool			 busy;		/* with a question, or its answer is being handled */
	bool			 ends;		/* no more questions */
	enum lease_how		 how;		/* it ends so */
	uint64_t		 used;		/* os_now_ms */
	uint16_t		 type;		/* of the open question */
	chan_done_fn		*done;
	void			*arg;
};

struct lease_set {
	struct role_ctx		*ctx;
	struct list		 all;
	struct loop_timer	*idle;		/* set while there are any */
};

/* ---- messages ---- */

FORM(lend_form, struct lease_lend, NULL,
    FORM_U32(struct lease_lend, id),
    FORM_STR(struct lease_lend, key, LEASE_KEY_MAX));
FORM_PAIR(lease_lend, lease_lend, lend_form)

FORM(id_form, struct lease_id, NULL, FORM_U32(struct lease_id, id));
FORM_PAIR(lease_id, lease_id, id_form)

FORM(back_form, struct lease_back, NULL,
    FORM_U32(struct lease_back, id),
    FORM_ENUM(struct lease_back, how, 0, LEASE_BAD));
FORM_PAIR(lease_back, lease_back, back_form)

/* ---- the end of one ---- */

/* The master hears that it has it back. */
static void
lease_give_back(const struct lease *l)
{
	struct lease_back	m = { l->id, l->how };
	struct buf		b;

	if (l->lender == NULL)
		return;
	buf_init(&b, 0);
	lease_back_put(&b, &m);
	if (buf_ok(&b))
		(void)chan_send(l->lender->ch, Q_BACK, 0, 0, buf_str(&b), -1, NULL);
	buf_done(&b);
}

static void
lease_end(struct lease *l)
{
	list_remove(&l->link);
	chan_free(&l->ch);
	lease_give_back(l);
	buf_done(&l->key);
	free(l);
}

static void
lease_retire(struct lease *l)
{
	l->ends = true;
	if (!l->busy)
		lease_end(l);
}

/* It is gone, or said something without being asked. */
static void
lease_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct lease *l = arg;

	(void)ch;
	l->ends = true;
	l->how = LEASE_ENDS;
	if (f != NULL) {
		if (f->fd != -1)
			close(f->fd);
		l->how = LEASE_BAD;
		log_line(0, LOG_P_CRIT, NULL, "%s: a lent worker of role %s spoke unasked: given back", role_name(l->set->ctx->row->id), role_name(l->role));
	}
	if (l->busy)
		chan_free(&l->ch);	/* lease_done(NULL) ends it */
	else
		lease_end(l);
}

/* What a master says of a worker that died. */
static void
lease_died(const struct lease *l)
{
	struct frame	f = { .type = l->type, .flags = CHAN_ANSWER | CHAN_ERROR, .fd = -1 };
	struct err	e = ERR_INIT;
	struct buf	b;

	log_line(1, LOG_P_WARNING, NULL, "%s: a lent worker of role %s died in %s", role_name(l->set->ctx->row->id), role_name(l->role), req_row(l->type)->name);
	err_set(&e, ERR_TEMP, "%s", "the process that worked on it died");
	buf_init(&b, 0);
	msg_put_err(&b, &e);
	f.body = buf_str(&b);
	l->done(l->arg, buf_ok(&b) ? &f : NULL);
	buf_done(&b);
}

static void
lease_done(void *arg, struct frame *f)
{
	struct lease *l = arg;

	if (f == NULL || f->flags & CHAN_LAST) {
		l->ends = true;
		if (l->how == LEASE_FREE)
			l->how = LEASE_ENDS;
	}
	if (f == NULL)
		lease_died(l);
	else {
		if (f->fd != -1 && !(req_row(l->type)->flags & REQ_FDOUT)) {
			close(f->fd);
			f->fd = -1;
		}
		l->done(l->arg, f);
	}
	l->busy = false;
	l->used = os_now_ms();
	if (l->ends)
		lease_end(l);
}

/* ---- questions ---- */

static struct lease *
lease_find(const struct role_ctx *ctx, enum role_id at, struct str key)
{
	LIST_EACH(it, &ctx->leases->all) {
		struct lease *l = LIST_OF(it, struct lease, link);

		if (l->role == at && !l->busy && !l->ends && str_eq(buf_str(&l->key), key))
			return l;
	}
	return NULL;
}

int
lease_call(struct role_ctx *ctx, enum role_id at, enum req_id q, struct str key, struct str body, int fd, chan_done_fn *done, void *arg)
{
	struct lease *l = ctx->leases == NULL ? NULL : lease_find(ctx, at, key);

	if (l == NULL)
		return req_call(ctx, at, q, body, fd, done, arg);
	l->busy = true;
	l->type = (uint16_t)q;
	l->done = done;
	l->arg = arg;
	if (chan_call(l->ch, l->type, body, fd, lease_done, l, req_row(q)->timeout_ms) == -1) {
		l->how = LEASE_ENDS;
		lease_end(l);
		return req_call(ctx, at, q, body, fd, done, arg);
	}
	list_remove(&l->link);
	list_prepend(&ctx->leases->all, &l->link);
	return 0;
}

/* ---- lent, and given back ---- */

/* Those nobody needed for a while. */
static void
lease_idle(void *arg)
{
	struct lease_set	*set = arg;
	uint64_t		 now = os_now_ms();

	LIST_EACH(it, &set->all) {
		struct lease *l = LIST_OF(it, struct lease, link);

		if (!l->busy && now - l->used >= LEASE_IDLE_MS)
			lease_end(l);
	}
	if (!list_empty(&set->all))
		(void)loop_timer_set(set->idle, LEASE_IDLE_MS);
}

static struct lease_set *
lease_set_of(struct role_ctx *ctx)
{
	struct lease_set *set = ctx->leases;

	if (set != NULL || (set = calloc(1, sizeof *set)) == NULL)
		return set;
	if ((set->idle = loop_timer_new(ctx->loop, lease_idle, set)) == NULL) {
		free(set);
		return NULL;
	}
	set->ctx = ctx;
	list_init(&set->all);
	return ctx->leases = set;
}

static int
lease_count(const struct lease_set *set, const struct peer *lender)
{
	int n = 0;

	LIST_EACH(it, &set->all)
		n += LIST_OF(it, struct lease, link)->lender == lender;
	return n;
}

/* Takes the descriptor.  NULL: no memory; the worker sees its channel closed. */
static struct lease *
lease_new(struct lease_set *set, struct peer *lender, const struct lease_lend *m, int fd)
{
	struct lease *l = calloc(1, sizeof *l);

	if (l == NULL || (l->ch = chan_new(fd)) == NULL) {
		close(fd);
		free(l);
		return NULL;
	}
	l->set = set;
	l->lender = lender;
	l->role = lender->role;
	l->id = m->id;
	l->used = os_now_ms();
	buf_init(&l->key, LEASE_KEY_MAX);
	chan_limit(l->ch, req_longest(set->ctx->row->id, l->role));
	if (buf_add(&l->key, m->key) == -1 || chan_on_loop(l->ch, set->ctx->loop, lease_frame, l, 2 * CHAN_MAX) == -1) {
		chan_free(&l->ch);
		buf_done(&l->key);
		free(l);
		return NULL;
	}
	list_prepend(&set->all, &l->link);
	return l;
}

void
lease_lost(struct peer *p, const struct frame *f)
{
	struct lease		none = { .lender = p, .how = LEASE_FREE };
	struct lease_lend	m;

	if (lease_lend_get(f->body, &m) == -1)
		return;
	none.id = m.id;
	lease_give_back(&none);
}

int
lease_answer_lend(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct lease_set	*set = lease_set_of(ctx);
	struct lease_lend	 m;
	struct lease		*l = NULL;
	int			 fd = f->fd;

	if (lease_lend_get(f->body, &m) == -1)
		return -1;
	f->fd = -1;
	/* One too many: its master saw one of ours end before we did, who read its last answer later. */
	if (set == NULL || lease_count(set, p) >= LEASE_MAX)
		close(fd);
	else if ((l = lease_new(set, p, &m, fd)) != NULL)
		(void)loop_timer_set(set->idle, LEASE_IDLE_MS);
	/* Another process took its place (p->lame), or there is no memory: nothing is asked of it. */
	if (l == NULL)
		lease_lost(p, f);
	else if (p->lame != NULL)
		lease_retire(l);
	return 0;
}

int
lease_answer_recall(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct lease_id m;

	if (lease_id_get(f->body, &m) == -1)
		return -1;
	if (ctx->leases == NULL)
		return 0;
	LIST_EACH(it, &ctx->leases->all) {
		struct lease *l = LIST_OF(it, struct lease, link);

		if (l->lender == p && l->id == m.id)
			lease_retire(l);
	}
	return 0;
}

void
lease_lender_leaves(struct peer *p)
{
	if (p->ctx->leases == NULL)
		return;
	LIST_EACH(it, &p->ctx->leases->all) {
		struct lease *l = LIST_OF(it, struct lease, link);

		if (l->lender == p)
			lease_retire(l);
	}
}

void
lease_lender_gone(struct peer *p)
{
	if (p->ctx->leases == NULL)
		return;
	LIST_EACH(it, &p->ctx->leases->all) {
		struct lease *l = LIST_OF(it, struct lease, link);

		if (l->lender == p) {
			l->lender = NULL;
			lease_retire(l);
		}
	}
}

int
lease_lent(const struct role_ctx *ctx, enum role_id role)
{
	int n = 0;

	if (ctx->leases == NULL)
		return 0;
	LIST_EACH(it, &ctx->leases->all)
		n += LIST_OF(it, struct lease, link)->role == role;
	return n;
}

void
lease_forget(struct role_ctx *ctx)
{
	if (ctx->leases == NULL)
		return;
	LIST_EACH(it, &ctx->leases->all)
		lease_end(LIST_OF(it, struct lease, link));
	loop_timer_free(&ctx->leases->idle);
	free(ctx->leases);
	ctx->leases = NULL;
}
