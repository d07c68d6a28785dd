/*
 * alias - expand recipients.  See alias.h.
 *
 * Each address becomes a node; an alias, .forward or include makes children and is ALIAS_EXPANDED itself.  A node's place is (mailer, host,
 * user): the second one for a place is a duplicate, unless it is its own ancestor: then it is the delivery that "joe: joe, jim" means, or
 * a loop.  The depth is limited by MaxAliasRecursion.
 */
#include "alias.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"
#include "alias_int.h"
#include "alias_trace.h"
#include "forward.h"
#include "resolve.h"
#include "why.h"

#define NODES_MAX	100000
#define ITEM_MAX	(QF_VALUE_MAX - 512)	/* octets: no queue file has room for more, with what stands around it */
#define ITEM_SHOWN	((size_t)200)

void
alias_init(struct alias_set *s, struct arena *m, const struct conf *c, struct rule_ctx *r, const struct alias_ops *ops)
{
	*s = (struct alias_set){ .m = m, .conf = c, .rules = r, .ops = ops };
	s->seen = hash_new(m, 0);
}

static struct alias_rcpt *
alias_node(struct alias_set *s, const struct qf_rcpt *q, struct alias_rcpt *parent)
{
	struct alias_rcpt *x = ARENA_NEW(s->m, struct alias_rcpt);

	if (s->n == s->room) {
		struct alias_rcpt **v;

		s->room = s->room == 0 ? 16 : 2 * s->room;
		v = ARENA_ARRAY(s->m, struct alias_rcpt *, s->room);
		if (s->n > 0)
			memcpy(v, s->v, s->n * sizeof *v);
		s->v = v;
	}
	x->q = *q;
	x->parent = parent;
	x->mailer = -1;
	x->depth = parent == NULL ? 0 : parent->depth + 1;
	s->v[s->n++] = x;
	return x;
}

struct alias_rcpt *
alias_add(struct alias_set *s, const struct qf_rcpt *q)
{
	return alias_node(s, q, NULL);
}

/* ---- how a node ends ---- */

static void
alias_fail(struct alias_set *s, struct alias_rcpt *x, int ex, struct str status, struct str text)
{
	bool	temp = ex == EXIT_TEMPFAIL || (status.n > 0 && status.p[0] == '4');

	x->state = temp ? ALIAS_DEFERRED : ALIAS_FAILED;
	x->ex = ex;
	x->status = arena_str(s->m, status);
	x->text = arena_str(s->m, text);
}

void
alias_fail_c(struct alias_set *s, struct alias_rcpt *x, int ex, const char *status, const char *text)
{
	alias_fail(s, x, ex, str_c(status), str_c(text));
}

/* A program, file or list that no alias led to. */
static void
alias_fail_direct(struct alias_set *s, struct alias_rcpt *x, enum forward_kind kind)
{
	alias_fail_c(s, x, EXIT_USAGE, "5.7.1", forward_direct(kind));
}

/* ---- children ---- */

/* What children inherit of a list with this many items. */
static unsigned
alias_child_flags(const struct alias_rcpt *x, size_t n)
{
	unsigned	f = x->q.flags & ~(unsigned)QR_PRIMARY;

	if (n > 1)
		f &= ~(unsigned)QR_SUCCESS;	/* RFC 3461 5.2.7.3: a list does not pass success requests on */
	return f | QR_ALIAS;
}

static struct alias_rcpt *
alias_child(struct alias_set *s, struct alias_rcpt *x, struct str item, struct str seal, const struct qf_rcpt *ctl, struct str why, size_t n)
{
	struct qf_rcpt		 q = x->q;
	struct alias_rcpt	*c;

	q.addr = arena_str(s->m, item.n > ITEM_MAX ? str_first(item, ITEM_SHOWN) : item);
	q.given = qf_given(s->m, q.addr, q.addr);
	q.flags = alias_child_flags(x, n);
	q.ctl_user = ctl->ctl_user;
	q.ctl_uid = ctl->ctl_uid;
	q.ctl_gid = ctl->ctl_gid;
	q.ctl_alias = ctl->ctl_alias;
	q.seal = seal;
	q.why = why;
	q.text = STR_NONE;
	if (n > 1 && x->owner.n != 0)
		q.orcpt = STR_NONE;
	c = alias_node(s, &q, x);
	if (item.n > ITEM_MAX)
		alias_fail_c(s, c, EXIT_DATAERR, "5.1.3", "Address too long");
	c->owner = x->owner;
	c->of_many = n > 1;
	x->nchild++;
	return c;
}

/* Nobody of it is left out in silence. */
static bool
alias_too_many(struct alias_set *s, struct alias_rcpt *x, size_t n)
{
	if (n <= NODES_MAX && s->n <= NODES_MAX - n)
		return false;
	alias_fail_c(s, x, EXIT_DATAERR, "5.5.3", "Too many recipients");
	return true;
}

static bool
alias_too_deep(struct alias_set *s, struct alias_rcpt *x)
{
	int64_t	max = s->conf->opt.max_alias_recursion;

	if (x->depth < max || max <= 0)
		return false;
	alias_fail(s, x, EXIT_UNAVAILABLE, STR("5.4.6"),
	    arena_fmt(s->m, "aliasing/forwarding loop broken (%d aliases deep; %lld max)", x->depth, (long long)max));
	return true;
}

/* The line of decisions for what comes out of a list: one string, shared by all of them. */
static struct str
alias_via(struct alias_set *s, const struct alias_rcpt *x, const char *what, struct str name)
{
	return s->why == NULL ? STR_NONE : why_via(s->why, s->m, x->q.why, what, name);
}

/* ---- lists ---- */

bool
alias_was_quoted(struct str text, struct str item)
{
	size_t	at = 0;

	if (forward_kind(item) == FORWARD_ADDR)
		return false;
	for (; at < text.n; at++) {
		size_t	next = str_find(str_from(text, at), item);

		if (next == SIZE_MAX)
			return str_chr(item, ' ') != SIZE_MAX;		/* with escapes in it */
		at += next;
		if (at > 0 && text.p[at - 1] == '"')
			return true;
	}
	return false;
}

/* owner-NAME, if there is one: a single address it names, or itself. */
static struct str
alias_owner(struct alias_set *s, struct str name)
{
	struct str	 owner = arena_fmt(s->m, "owner-%.*s", STR_ARG(name)), *items;
	struct buf	 v;
	size_t		 n;

	if (str_casestarts(name, STR("owner-")))
		return STR_NONE;
	buf_init(&v, 65536);
	if (s->ops->alias(s->ops->arg, owner, &v, NULL) != MAP_FOUND)
		owner = STR_NONE;
	else if (forward_parse(buf_str(&v), false, s->m, &items, &n) == 0 && n == 1 && forward_kind(items[0]) == FORWARD_ADDR)
		owner = arena_str(s->m, items[0]);
	buf_done(&v);
	return owner;
}

/* The mailsender of a list in the user database. */
static struct str
alias_mailsender(struct alias_set *s, struct str name)
{
	struct buf	v;
	struct str	owner = STR_NONE;

	buf_init(&v, 0);
	if (s->ops->userdb(s->ops->arg, MAPS_UDB_MAILSENDER, name, &v, NULL) == MAP_FOUND)
		owner = arena_str(s->m, buf_str(&v));
	buf_done(&v);
	return owner;
}

/* Each item of an alias or maildrop becomes a node. */
static void
alias_items(struct alias_set *s, struct alias_rcpt *x, struct str name, struct str value, struct str owner)
{
	struct str	*items, why;
	struct qf_rcpt	 ctl = { .ctl_alias = arena_str(s->m, name) };
	size_t		 n;

	if (forward_parse(arena_str(s->m, value), false, s->m, &items, &n) == -1) {
		alias_fail_c(s, x, EXIT_DATAERR, "5.3.5", "alias with too many addresses");
		return;
	}
	if (alias_too_many(s, x, n))
		return;
	if (owner.n != 0)
		x->owner = owner;
	why = alias_via(s, x, x->by == ALIAS_BY_USERDB ? "userdb" : "aliases", name);
	x->state = ALIAS_EXPANDED;
	for (size_t i = 0; i < n; i++) {
		bool			 plain = forward_kind(items[i]) == FORWARD_ADDR;
		struct str		 seal = plain || s->ops->seal == NULL ? STR_NONE : s->ops->seal(s->ops->arg, items[i], name, s->m);
		struct alias_rcpt	*c = alias_child(s, x, items[i], seal, &ctl, why, n);

		c->quoted = alias_was_quoted(value, items[i]);
		alias_trace_item(s, x, c);
	}
}

/* In an alias file, or as a user with a maildrop.  1 expanded (or ended), 0 there is no such name. */
static int
alias_lookup(struct alias_set *s, struct alias_rcpt *x, enum alias_by by)
{
	bool		 udb = by == ALIAS_BY_USERDB;
	struct str	 name = udb ? arena_lower(s->m, x->user) : x->user, value;
	struct buf	 v;
	struct err	 e = ERR_INIT;
	enum map_rc	 rc;

	if (udb ? s->ops->userdb == NULL || s->conf->opt.user_database_spec.n == 0 : s->no_alias || s->ops->alias == NULL)
		return 0;
	alias_trace_name(udb ? "udbexpand" : "alias", name);
	buf_init(&v, 0);
	rc = udb ? s->ops->userdb(s->ops->arg, MAPS_UDB_MAILDROP, name, &v, &e) : s->ops->alias(s->ops->arg, name, &v, &e);
	value = str_trim(buf_str(&v));
	if (rc == MAP_TEMP)
		alias_fail_c(s, x, EXIT_TEMPFAIL, "4.3.0", udb ? "user database unavailable" : "alias database unavailable");
	else if (rc == MAP_FOUND && value.n > 0 && !alias_too_deep(s, x)) {
		if (s->ops->told != NULL)
			s->ops->told(s->ops->arg, x->q.addr, udb ? "expanded to" : "aliased to", value);
		if (!udb)
			alias_trace_found(s, x, value);
		x->by = by;
		alias_items(s, x, name, buf_str(&v), udb ? alias_mailsender(s, name) : alias_owner(s, name));
	} else if (rc != MAP_FOUND || value.n == 0) {
		buf_done(&v);
		return 0;
	}
	buf_done(&v);
	return 1;
}

static void
alias_tell_forward(struct alias_set *s, struct alias_rcpt *x, const struct list_answer *a)
{
	struct buf	b;

	if (s->ops->told == NULL)
		return;
	buf_init(&b, 2000);
	for (size_t i = 0; i < a->nitem; i++)
		buf_addf(&b, "%s%.*s", i > 0 ? ", " : "", STR_ARG(a->item[i].addr));
	s->ops->told(s->ops->arg, x->q.addr, "forwarding to", buf_str(&b));
	buf_done(&b);
}

/* The answer to a question for a list.  1: expanded or ended, 0: nothing there. */
static int
alias_take_list(struct alias_set *s, struct alias_rcpt *x, const struct list_answer *a, struct str via)
{
	struct qf_rcpt	ctl = { 0 };
	bool		include = forward_kind(x->q.addr) == FORWARD_INCLUDE;
	struct str	why;

	switch (a->state) {
	case LIST_NONE:
		return 0;
	case LIST_TEMP:
		alias_fail(s, x, EXIT_TEMPFAIL, STR("4.2.4"), a->text);
		return 1;
	case LIST_BAD:
		alias_fail(s, x, EXIT_UNAVAILABLE, STR("5.2.4"), a->text);
		return 1;
	case LIST_OK:
		if (a->nitem == 0 && !include)		/* as sendmail: who wants nothing done with his mail gets it */
			return 0;
		break;
	}
	if (alias_too_deep(s, x) || alias_too_many(s, x, a->nitem))
		return 1;
	ctl.ctl_user = a->ctl_user;
	ctl.ctl_uid = a->ctl_uid;
	ctl.ctl_gid = a->ctl_gid;
	ctl.ctl_alias = via;
	x->state = ALIAS_EXPANDED;
	x->by = ALIAS_BY_FORWARD;
	if (!include)
		alias_tell_forward(s, x, a);
	if (a->nitem == 0)
		alias_nobody(x);
	why = include ? alias_via(s, x, "include", forward_include_path(x->q.addr)) : alias_via(s, x, "forward", via);
	for (size_t i = 0; i < a->nitem; i++) {
		enum forward_kind	 kind = forward_kind(a->item[i].addr);
		struct alias_rcpt	*c = alias_child(s, x, a->item[i].addr, a->item[i].seal, &ctl, why, a->nitem);

		c->quoted = a->item[i].quoted;
		alias_trace_item(s, x, c);
		/* No seal, and a reason: its owner may not have programs and files. */
		if (c->state == ALIAS_NEW && (kind == FORWARD_PROG || kind == FORWARD_FILE) && a->item[i].seal.n == 0 && a->text.n > 0)
			alias_fail(s, c, EXIT_UNAVAILABLE, STR("5.7.1"), a->text.p[a->text.n - 1] != ' ' ? a->text :
			    arena_cat(s->m, a->text, kind == FORWARD_PROG ? STR("programs") : STR("files")));
	}
	return 1;
}

static void
alias_include(struct alias_set *s, struct alias_rcpt *x)
{
	struct list_answer	a;
	struct err		e = ERR_INIT;
	enum alias_by		asked;
	struct list_ask		q = {
		.user = x->q.ctl_user, .path = forward_include_path(x->q.addr), .via = x->q.addr
	};

	if (x->parent == NULL && x->q.ctl_alias.n == 0) {
		alias_fail_direct(s, x, FORWARD_INCLUDE);
		return;
	}
	if (q.path.n == 0 || q.path.p[0] != '/' || str_has_nul(q.path)) {
		alias_fail(s, x, EXIT_UNAVAILABLE, STR("5.2.4"), arena_fmt(s->m, "Cannot open %.*s: not a full path name", STR_ARG(q.path)));
		return;
	}
	x->mailer = s->conf->m_include;
	x->user = x->q.addr;
	if (alias_claim(s, x, &asked) == -1)
		return;
	if (s->ops->list == NULL) {
		x->state = ALIAS_LEAF;
		return;
	}
	if (s->ops->told != NULL)
		s->ops->told(s->ops->arg, x->q.addr, "including file", q.path);
	if (s->ops->list(s->ops->arg, true, &q, s->m, &a, &e) == -1)
		alias_fail(s, x, EXIT_TEMPFAIL, STR("4.2.4"), arena_fmt(s->m, ":include: %.*s: %s", STR_ARG(q.path), e.text));
	else if (alias_take_list(s, x, &a, x->q.addr) == 0)
		alias_fail(s, x, EXIT_UNAVAILABLE, STR("5.2.4"), arena_fmt(s->m, "Cannot open %.*s: No such file or directory", STR_ARG(q.path)));
}

/* "|program" and "/file" out of a list. */
static void
alias_special(struct alias_set *s, struct alias_rcpt *x, enum forward_kind kind)
{
	enum alias_by	asked;

	x->mailer = kind == FORWARD_PROG ? s->conf->m_prog : s->conf->m_file;
	x->user = x->q.addr;
	x->host = STR("");
	if (alias_claim(s, x, &asked) == 0)
		x->state = ALIAS_LEAF;
}

/* ---- local users ---- */

/* .forward.  1: expanded or ended. */
static int
alias_forward(struct alias_set *s, struct alias_rcpt *x)
{
	struct list_answer	a;
	struct err		e = ERR_INIT;
	struct list_ask		q = { .user = x->login, .detail = x->host };

	if (s->ops->list == NULL || s->conf->opt.forward_path.n == 0)
		return 0;
	alias_trace_name("forward", x->login);
	if (s->ops->list(s->ops->arg, false, &q, s->m, &a, &e) == -1) {
		alias_fail(s, x, EXIT_TEMPFAIL, STR("4.2.4"), arena_fmt(s->m, "cannot read .forward: %s", e.text));
		return 1;
	}
	if (a.state == LIST_BAD) {
		/* As sendmail: a file that cannot be trusted is not used, and the mailbox gets the message. */
		log_line(4, LOG_P_WARNING, NULL, "forward %.*s: not used: %.*s", STR_ARG(a.path), STR_ARG(a.text));
		return 0;
	}
	return alias_take_list(s, x, &a, x->login);
}

int
alias_user(struct alias_set *s, const struct alias_rcpt *x, struct os_user *u)
{
	struct err	e = ERR_INIT;
	struct str	name = x->user;

	if (name.n > 0 && name.p[0] == '\\')
		name = str_from(name, 1);
	return s->ops->user == NULL ? 0 : s->ops->user(s->ops->arg, name, s->m, u, &e);
}

/* F=w: has it an account?  False: the node has ended. */
static bool
alias_account(struct alias_set *s, struct alias_rcpt *x)
{
	struct os_user	u;

	if (s->ops->user == NULL)
		return true;
	switch (alias_user(s, x, &u)) {
	case 1:
		x->one_user = true;
		x->login = arena_str(s->m, u.name);
		x->home = arena_str(s->m, u.home);
		return true;
	case 0:
		alias_fail_c(s, x, EXIT_NOUSER, "5.1.1", "User unknown");
		return false;
	}
	alias_fail_c(s, x, EXIT_TEMPFAIL, "4.3.0", "user database unavailable");
	return false;
}

static void
alias_set_way(struct alias_set *s, struct alias_rcpt *x, const struct resolved *r)
{
	x->mailer = r->mailer;
	x->host = arena_str(s->m, r->host.p == NULL ? STR("") : r->host);
	x->user = arena_str(s->m, r->user);
	x->group = r->queue_group.n != 0 ? arena_str(s->m, r->queue_group) : s->conf->mailers[x->mailer].queue_group;
}

static void
alias_resolve_error(struct alias_set *s, struct alias_rcpt *x, const struct resolved *r)
{
	const struct status	*st = status_by_ex(r->ex);
	struct str		 dsn = r->dsn;

	if (dsn.n == 0 && r->ex != EXIT_TEMPFAIL && r->smtp >= 400 && r->smtp < 500)
		dsn = STR("4.0.0");
	if (dsn.n == 0)
		dsn = str_c(st != NULL && st->dsn != NULL ? st->dsn : r->ex == EXIT_TEMPFAIL ? "4.0.0" : "5.0.0");
	alias_fail(s, x, r->smtp >= 400 && r->smtp < 500 ? EXIT_TEMPFAIL : r->ex, dsn, r->text.n != 0 ? r->text : STR("cannot be routed"));
}

/* resolve_addr, and what it decided is kept. */
static void
alias_resolve(struct alias_set *s, struct alias_rcpt *x, struct resolved *r)
{
	struct str	now = x->parent == NULL ? STR_NONE : x->q.why;

	if (s->why == NULL) {
		resolve_addr(s->rules, s->conf, x->q.addr, RESOLVE_RCPT, r);
		return;
	}
	why_begin(s->why, s->rules);
	resolve_addr(s->rules, s->conf, x->q.addr, RESOLVE_RCPT, r);
	why_end(s->why, s->rules, s->conf->rules, s->m, &now);
	x->q.why = x->parent == NULL ? why_again(s->why, s->m, &x->q, now) : now;
}

/* The same for ruleset 5. */
static int
alias_resolve_local(struct alias_set *s, struct alias_rcpt *x, const struct resolved *r, struct resolved *r5)
{
	int	rc;

	if (s->why != NULL)
		why_begin(s->why, s->rules);
	rc = resolve_local(s->rules, s->conf, r, r5);
	if (s->why != NULL)
		why_end(s->why, s->rules, s->conf->rules, s->m, &x->q.why);
	return rc;
}

/* An address: rulesets, then, if it is local, aliases, ruleset 5, the account, .forward. */
static void
alias_address(struct alias_set *s, struct alias_rcpt *x)
{
	struct resolved	r, r5;
	enum alias_by	asked = ALIAS_BY_NONE;	/* what led here: no more than what comes after it is asked */
	bool		quoted;
	int		rc;

	rule_reset(s->rules);
	alias_resolve(s, x, &r);
	for (int turns = 0; turns < 20; turns++) {
		const struct mailer *ml;

		if (r.kind == RES_DISCARD) {
			x->state = ALIAS_DISCARDED;
			return;
		}
		if (r.transient) {
			alias_fail_c(s, x, EXIT_TEMPFAIL, "4.4.3", "Transient parse error -- message queued for future delivery");
			return;
		}
		if (r.kind == RES_ERROR || r.mailer < 0 || (size_t)r.mailer >= s->conf->nmailers) {
			alias_resolve_error(s, x, &r);
			return;
		}
		alias_set_way(s, x, &r);
		ml = &s->conf->mailers[x->mailer];
		if (ml->kind == MAILER_INCLUDE || ((x->mailer == s->conf->m_prog || x->mailer == s->conf->m_file) &&
		    x->parent == NULL && x->q.ctl_alias.n == 0)) {
			alias_fail_direct(s, x, ml->kind == MAILER_INCLUDE ? FORWARD_INCLUDE : x->mailer == s->conf->m_prog ? FORWARD_PROG : FORWARD_FILE);
			return;
		}
		quoted = x->user.n > 0 && x->user.p[0] == '\\';
		if ((turns == 0 || !mailer_has(ml, 'A')) && alias_claim(s, x, &asked) == -1)
			return;
		ml = &s->conf->mailers[x->mailer];
		/* A backslash keeps aliases and .forward away, but not ruleset 5: a hub has such users, too. */
		if (!quoted && mailer_has(ml, 'A') && asked < ALIAS_BY_ALIAS && alias_lookup(s, x, ALIAS_BY_ALIAS))
			return;
		if (!quoted && mailer_has(ml, '@') && asked < ALIAS_BY_USERDB && !r.no_local && alias_lookup(s, x, ALIAS_BY_USERDB))
			return;
		if (!mailer_has(ml, '5') || asked > ALIAS_BY_USERDB || r.no_local)
			break;
		if ((rc = alias_resolve_local(s, x, &r, &r5)) == 0)
			break;
		r = r5;
		r.transient = rc == -1;
		if (r.mailer != x->mailer || !str_eq(r.user, x->user))
			asked = ALIAS_BY_NONE;
	}
	if (alias_is_sender(s, x))
		return;
	if (mailer_has(&s->conf->mailers[x->mailer], 'w')) {
		if (!alias_account(s, x))
			return;
		if (!quoted && asked < ALIAS_BY_FORWARD && alias_forward(s, x))
			return;
	}
	if (quoted && x->user.n > 0 && x->user.p[0] == '\\')
		x->user = str_from(x->user, 1);
	x->state = ALIAS_LEAF;
}

static void
alias_one(struct alias_set *s, struct alias_rcpt *x)
{
	enum forward_kind	kind = FORWARD_ADDR;

	if (x->parent != NULL || x->q.ctl_alias.n != 0)
		kind = forward_kind(x->q.addr);
	if (kind == FORWARD_INCLUDE)
		alias_include(s, x);
	else if (kind == FORWARD_ADDR)
		alias_address(s, x);
	else
		alias_special(s, x, kind);
}

/*
 * A recipient of the envelope and what becomes of it.  Depth first, and of a list the last one first: the order in which sendmail finds out
 * what is a duplicate of what, and prints it.
 */
static void
alias_tree(struct alias_set *s, struct alias_rcpt *root, struct alias_rcpt ***stack, size_t *room)
{
	size_t	n = 1;

	(*stack)[0] = root;
	while (n > 0) {
		struct alias_rcpt	*x = (*stack)[--n];
		size_t			 from = s->n;

		x->turn = ++s->turns;
		if (x->state == ALIAS_NEW)
			alias_one(s, x);
		if (s->ops->ended != NULL)
			s->ops->ended(s->ops->arg, x);
		if (n + s->n - from > *room) {
			struct alias_rcpt **v = ARENA_ARRAY(s->m, struct alias_rcpt *, *room = 2 * (n + s->n - from));

			memcpy(v, *stack, n * sizeof *v);
			*stack = v;
		}
		while (from < s->n)
			(*stack)[n++] = s->v[from++];
	}
}

void
alias_run(struct alias_set *s)
{
	size_t			 room = 16, n = s->n;
	struct alias_rcpt	**stack = ARENA_ARRAY(s->m, struct alias_rcpt *, room);

	for (size_t i = 0; i < n; i++)
		alias_tree(s, s->v[i], &stack, &room);
	alias_loops(s);
}
