/*
 * mem - the driver in memory; see mem.h.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/load.h"
#include "store/mem.h"
#include "store/mem_faults.h"
#include "store/store_int.h"

struct mem_msg {
	uint32_t	uid;
	char		*p;
	size_t		 n;
};

struct mem_mbox {
	struct list	 link;
	char		*name;
	struct state	 st;
	struct mem_msg	*msg;
	size_t		 n;
	bool		 deleted;
	unsigned	 refs;
};

struct mem_world {
	struct list	 boxes;
	uint32_t	 validity;
	struct mem_faults plan;
	char		*sub[256];
	size_t		 nsub;
};

struct mem_box {
	struct box	 b;
	struct mem_mbox	*m;
};

struct mem_world *
mem_world_new(void)
{
	struct mem_world	*w = calloc(1, sizeof *w);

	if (w != NULL) {
		list_init(&w->boxes);
		w->validity = (uint32_t)time(NULL);
	}
	return w;
}

static void
mem_mbox_free(struct mem_mbox *m)
{
	list_remove(&m->link);
	for (size_t i = 0; i < m->n; i++)
		free(m->msg[i].p);
	free(m->msg);
	free(m->name);
	state_done(&m->st);
	free(m);
}

void
mem_world_free(struct mem_world **wp)
{
	struct mem_world	*w = *wp;

	if (w == NULL)
		return;
	LIST_EACH(l, &w->boxes)
		mem_mbox_free(LIST_OF(l, struct mem_mbox, link));
	for (size_t i = 0; i < w->nsub; i++)
		free(w->sub[i]);
	free(w);
	*wp = NULL;
}

void
mem_plan(struct mem_world *w, enum mem_op op, enum mem_fault fault, unsigned skip, unsigned times, int ms)
{
	mem_faults_add(&w->plan, &(struct mem_rule){ op, fault, skip, times, ms });
}

unsigned
mem_calls(const struct mem_world *w, enum mem_op op)
{
	return w->plan.calls[op];
}

static char *
mem_dup(struct str s)
{
	char	*p = malloc(s.n + 1);

	if (p != NULL) {
		if (s.n > 0)
			memcpy(p, s.p, s.n);
		p[s.n] = '\0';
	}
	return p;
}

static struct mem_mbox *
mem_find(struct mem_world *w, struct str name)
{
	LIST_EACH(l, &w->boxes) {
		struct mem_mbox	*m = LIST_OF(l, struct mem_mbox, link);

		if (!m->deleted && str_eq_c(name, m->name))
			return m;
	}
	return NULL;
}

static struct mem_mbox *
mem_make(struct mem_world *w, struct str name)
{
	struct mem_mbox	*m = calloc(1, sizeof *m);
	struct uidline	 l = { .what = UIDLINE_BOX };

	if (m == NULL || (m->name = mem_dup(name)) == NULL) {
		free(m);
		return NULL;
	}
	state_init(&m->st);
	os_random(l.id.b, sizeof l.id.b);
	l.uidvalidity = ++w->validity;
	state_apply(&m->st, &l);
	list_append(&w->boxes, &m->link);
	return m;
}

static int
mem_put(struct mem_mbox *m, const char *p, size_t n, struct uidline *l)
{
	void	*q = realloc(m->msg, (m->n + 1) * sizeof *m->msg);
	char	*copy = mem_dup(str_mem(p, n));

	if (q != NULL)
		m->msg = q;
	l->what = UIDLINE_MSG;
	l->uid = m->st.uidnext;
	l->modseq = m->st.modseq + 1;
	l->size = n;
	l->key = STR("-");
	if (q == NULL || copy == NULL || state_apply(&m->st, l) == -1) {
		free(copy);
		return -1;
	}
	m->msg[m->n++] = (struct mem_msg){ l->uid, copy, n };
	return 0;
}

/* --- faults ----------------------------------------------------------------------------------- */

/* What the plan has for this call.  True: answer *rc now.  *after: the call is to be done, and then answered with UNKNOWN. */
static bool
mem_fault(struct store *s, enum mem_op op, struct mem_mbox *m, enum store_rc *rc, bool *after)
{
	struct mem_world	*w = s->driver;
	struct uidline		 l = { .date = time(NULL) };
	enum mem_met		 met = mem_faults_meet(&w->plan, s, op, rc);

	if (met == MEM_MET_OTHER && m != NULL)
		mem_put(m, "Subject: other\r\n\r\nother\r\n", 25, &l);
	*after = met == MEM_MET_AFTER;
	return met == MEM_MET_ANSWER;
}

static enum store_rc
mem_after(struct store *s, bool after, enum store_rc rc)
{
	return after && rc == STORE_OK ? store_fail(s, STORE_UNKNOWN, STORE_WHY_NONE, "planned: unknown") : rc;
}

/* --- the driver ------------------------------------------------------------------------------- */

static int
mem_init(struct store *s, const struct store_conf *c, struct err *err)
{
	if (c->mem == NULL)
		return err_set(err, ERR_BUG, "store: mem needs a world");
	s->driver = c->mem;
	if (mem_find(c->mem, STR("INBOX")) == NULL && mem_make(c->mem, STR("INBOX")) == NULL)
		return err_set(err, ERR_TEMP, "store: out of memory");
	return 0;
}

static void
mem_done(struct store *s)
{
	(void)s;				/* the world lives on */
}

static enum store_rc
mem_list(struct store *s, struct arena *a, struct store_box **out, size_t *n)
{
	struct mem_world	*w = s->driver;
	enum store_rc		 rc;
	bool			 after;
	size_t			 count = 0;

	if (mem_fault(s, MEM_LIST, NULL, &rc, &after))
		return rc;
	for (struct list *l = w->boxes.next; l != &w->boxes; l = l->next)
		count++;
	*out = ARENA_ARRAY(a, struct store_box, count + 1);
	*n = 0;
	LIST_EACH(l, &w->boxes) {
		struct mem_mbox	*m = LIST_OF(l, struct mem_mbox, link);

		if (!m->deleted && strcmp(m->name, "INBOX") != 0)
			(*out)[(*n)++] = (struct store_box){ arena_str(a, str_c(m->name)), 0 };
	}
	return STORE_OK;
}

static enum store_rc
mem_create(struct store *s, struct str name)
{
	enum store_rc	rc;
	bool		after;

	if (mem_fault(s, MEM_CREATE, NULL, &rc, &after))
		return rc;
	if (mem_find(s->driver, name) != NULL)
		return store_fail(s, STORE_NO, STORE_WHY_EXISTS, "the mailbox exists");
	if (mem_make(s->driver, name) == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	return mem_after(s, after, STORE_OK);
}

static enum store_rc
mem_rename(struct store *s, struct str from, struct str to)
{
	struct mem_world	*w = s->driver;
	struct arena		*a;
	enum store_rc		 rc;
	bool			 after, found = false;

	if (mem_fault(s, MEM_RENAME, NULL, &rc, &after))
		return rc;
	LIST_EACH(l, &w->boxes) {
		struct str	n = str_c(LIST_OF(l, struct mem_mbox, link)->name);

		if (LIST_OF(l, struct mem_mbox, link)->deleted)
			continue;
		if (str_starts(n, to) && (n.n == to.n || n.p[to.n] == '/'))
			return store_fail(s, STORE_NO, STORE_WHY_EXISTS, "the mailbox exists");
		found |= str_starts(n, from) && (n.n == from.n || n.p[from.n] == '/');
	}
	if (!found)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	a = arena_new(ARENA_DEFAULT);
	LIST_EACH(l, &w->boxes) {
		struct mem_mbox	*m = LIST_OF(l, struct mem_mbox, link);
		struct str	 n = str_c(m->name);
		char		*name;

		if (m->deleted || !str_starts(n, from) || (n.n > from.n && n.p[from.n] != '/'))
			continue;
		if ((name = mem_dup(arena_cat(a, to, str_from(n, from.n)))) != NULL) {
			free(m->name);
			m->name = name;
		}
	}
	arena_free(&a);
	return mem_after(s, after, STORE_OK);
}

static enum store_rc
mem_remove(struct store *s, struct str name)
{
	struct mem_mbox	*m = mem_find(s->driver, name);
	enum store_rc	 rc;
	bool		 after;

	if (mem_fault(s, MEM_DELETE, m, &rc, &after))
		return rc;
	if (m == NULL)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	m->deleted = true;
	if (m->refs == 0)
		mem_mbox_free(m);
	return mem_after(s, after, STORE_OK);
}

static enum store_rc
mem_subscribe(struct store *s, struct str name, bool on)
{
	struct mem_world	*w = s->driver;

	for (size_t i = 0; i < w->nsub; i++)
		if (str_eq_c(name, w->sub[i])) {
			if (!on) {
				free(w->sub[i]);
				w->sub[i] = w->sub[--w->nsub];
			}
			return STORE_OK;
		}
	if (!on)
		return STORE_OK;
	if (w->nsub == sizeof w->sub / sizeof w->sub[0] || (w->sub[w->nsub] = mem_dup(name)) == NULL)
		return store_fail(s, STORE_NO, STORE_WHY_QUOTA, "too many subscriptions");
	w->nsub++;
	return STORE_OK;
}

static enum store_rc
mem_subscribed(struct store *s, struct arena *a, struct str **out, size_t *n)
{
	struct mem_world	*w = s->driver;

	*out = ARENA_ARRAY(a, struct str, w->nsub + 1);
	for (*n = 0; *n < w->nsub; (*n)++)
		(*out)[*n] = arena_str(a, str_c(w->sub[*n]));
	return STORE_OK;
}

static enum store_rc
mem_open(struct store *s, struct str name, struct box **out)
{
	struct mem_mbox	*m = mem_find(s->driver, name);
	struct mem_box	*b;
	enum store_rc	 rc;
	bool		 after;

	if (mem_fault(s, MEM_OPEN, m, &rc, &after))
		return rc;
	if (m == NULL)
		return store_fail(s, STORE_NO, STORE_WHY_NOSUCH, "no such mailbox");
	if ((b = calloc(1, sizeof *b)) == NULL)
		return store_fail(s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	b->m = m;
	m->refs++;
	*out = &b->b;
	return STORE_OK;
}

static void
mem_free(struct box *box)
{
	struct mem_box	*b = (struct mem_box *)box;

	if (--b->m->refs == 0 && b->m->deleted)
		mem_mbox_free(b->m);
	free(b);
}

/* The world's state is printed and read again: connections share nothing but that. */
static enum store_rc
mem_copy_state(struct box *box)
{
	struct mem_box	*b = (struct mem_box *)box;
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct buf	 text;
	struct str	 rest, line;
	struct uidline	 l;
	bool		 ok = true;

	buf_init(&text, (size_t)256 << 20);
	state_settle(&b->m->st);
	state_print(&b->m->st, &text);
	state_done(&box->st);
	state_init(&box->st);
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line)) {
		if (line.n > 0 && (uidline_parse(a, line, &l) == -1 || state_apply(&box->st, &l) == -1))
			ok = false;
		arena_reset(a);
	}
	buf_done(&text);
	arena_free(&a);
	return ok ? STORE_OK : store_fail(box->s, STORE_DAMAGED, STORE_WHY_NONE, "mem: a state does not read back");
}

static enum store_rc
mem_refresh(struct box *box)
{
	struct mem_box	*b = (struct mem_box *)box;
	enum store_rc	 rc;
	bool		 after;

	if (mem_fault(box->s, MEM_REFRESH, b->m, &rc, &after))
		return rc;
	if (b->m->deleted || strcmp(b->m->name, box->name) != 0)
		return store_fail(box->s, STORE_GONE, STORE_WHY_NOSUCH, "the mailbox was deleted or renamed");
	return mem_copy_state(box);
}

static enum store_rc
mem_claim(struct box *box)
{
	struct uidline	l = { .what = UIDLINE_RECENT, .uid = box->st.uidnext - 1 };

	state_apply(&((struct mem_box *)box)->m->st, &l);
	state_apply(&box->st, &l);
	return STORE_OK;
}

static enum store_rc
mem_read(struct box *box, uint32_t uid, uint64_t off, size_t len, struct buf *out)
{
	struct mem_mbox	*m = ((struct mem_box *)box)->m;
	enum store_rc	 rc;
	bool		 after;

	if (mem_fault(box->s, MEM_READ, m, &rc, &after))
		return rc;
	for (size_t i = 0; i < m->n; i++)
		if (m->msg[i].uid == uid) {
			struct str	s = str_mem(m->msg[i].p, m->msg[i].n);

			buf_add(out, str_first(str_from(s, off > s.n ? s.n : (size_t)off), len));
			return STORE_OK;
		}
	return store_fail(box->s, STORE_NO, STORE_WHY_NOSUCH, "no such message");
}

/* Everything from the source, with CRLF at every line's end. */
static int
mem_slurp(const struct store_source *src, struct buf *b)
{
	char		chunk[4096];
	ssize_t		n;
	off_t		at = 0;
	char		last = '\0';

	for (;;) {
		n = src->read != NULL ? src->read(src->arg, chunk, sizeof chunk) : pread(src->fd, chunk, sizeof chunk, at);
		if (n <= 0)
			return n == 0 && buf_ok(b) ? 0 : -1;
		at += n;
		for (ssize_t i = 0; i < n; i++) {
			if (chunk[i] == '\n' && last != '\r')
				buf_addch(b, '\r');
			buf_addch(b, last = chunk[i]);
		}
	}
}

static enum store_rc
mem_append(struct box *box, const struct store_source *src, struct store_target *t)
{
	struct mem_mbox	*m = ((struct mem_box *)box)->m;
	struct uidline	 l = { .date = t->date, .token = t->token, .flags = t->set.flags & STORE_FLAGS };
	const struct rec *had;
	struct buf	 b;
	enum store_rc	 rc;
	bool		 after;
	uint32_t	 uid;

	if (mem_fault(box->s, MEM_APPEND, m, &rc, &after))
		return rc;
	if ((had = state_by_token(&m->st, &t->token)) != NULL || state_gone_token(&m->st, &t->token, &uid)) {
		t->uid = had != NULL ? had->r.uid : uid;
		return STORE_OK;
	}
	if ((rc = store_keywords(box, &t->set, &l.keywords)) != STORE_OK)
		return rc;
	buf_init(&b, (size_t)256 << 20);
	if (mem_slurp(src, &b) == -1)
		rc = store_fail(box->s, STORE_AGAIN, STORE_WHY_NONE, "the message could not be read whole");
	else if (mem_put(m, b.n ? b.p : "", b.n, &l) == -1)
		rc = store_fail(box->s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	else {
		t->uid = l.uid;
		rc = mem_copy_state(box);
	}
	buf_done(&b);
	return mem_after(box->s, after, rc);
}

static enum store_rc
mem_keyword(struct box *box, struct str name)
{
	struct mem_mbox	*m = ((struct mem_box *)box)->m;
	struct uidline	 l = { .what = UIDLINE_KEYWORD, .uid = (uint32_t)m->st.nkw, .key = name };

	if (state_keyword(&m->st, name) == -1)
		state_apply(&m->st, &l);
	return mem_copy_state(box);
}

static enum store_rc
mem_flags(struct box *box, struct store_request *q)
{
	struct mem_mbox	*m = ((struct mem_box *)box)->m;
	struct uidline	*l;
	size_t		 n;
	enum store_rc	 rc;
	bool		 after;

	if (mem_fault(box->s, MEM_FLAGS, m, &rc, &after) || (rc = mem_copy_state(box)) != STORE_OK || (rc = store_plan(box, q, &l, &n)) != STORE_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		l[i].modseq = box->st.modseq + 1;
		state_apply(&m->st, &l[i]);
	}
	free(l);
	return mem_after(box->s, after, mem_copy_state(box));
}

static enum store_rc
mem_expunge(struct box *box, const uint32_t *uids, size_t n)
{
	struct mem_mbox	*m = ((struct mem_box *)box)->m;
	enum store_rc	 rc;
	bool		 after;
	uint64_t	 modseq;

	if (mem_fault(box->s, MEM_EXPUNGE, m, &rc, &after))
		return rc;
	modseq = m->st.modseq + 1;
	for (size_t i = 0; i < n; i++) {
		struct uidline	l = { .what = UIDLINE_GONE, .uid = uids[i], .modseq = modseq };

		if (state_find(&m->st, uids[i]) != NULL)
			state_apply(&m->st, &l);
	}
	return mem_after(box->s, after, mem_copy_state(box));		/* bytes stay for other views */
}

static enum store_rc
mem_settle(struct box *box)
{
	(void)box;
	return STORE_OK;
}

const struct store_ops store_mem = {
	.name = "mem", .caps = STORE_CAP_DELETED_READ|STORE_CAP_NEST, .init = mem_init, .done = mem_done, .list = mem_list, .create = mem_create,
	.rename = mem_rename, .remove = mem_remove, .subscribe = mem_subscribe, .subscribed = mem_subscribed, .open = mem_open, .free = mem_free,
	.refresh = mem_refresh, .claim = mem_claim, .read = mem_read, .append = mem_append, .keyword = mem_keyword, .flags = mem_flags,
	.expunge = mem_expunge, .settle = mem_settle,
};
