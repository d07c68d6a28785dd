/*
 * route - the route role: the recipients of a message become attempts.
 *
 * A worker takes one message at a time: expands its recipients (alias.c), groups those that share mailer and host, writes sender and header as each
 * mailer wants them, and hands all of it to spool.  Lists with an owner become messages of their own.  It touches no file and no network: alias
 * files and maps come as open descriptors from lookup, .forward and includes as answers of local.
 */
#include "reqtls.h"
#include "route.h"

#include <stdlib.h>
#include <time.h>

#include "ask.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"
#include "maillog.h"
#include "base/utf8.h"
#include "os/file.h"
#include "os/near.h"
#include "policy.h"
#include "queue/qid.h"
#include "req.h"
#include "resolve.h"
#include "roles.h"
#include "say.h"
#include "unquote.h"
#include "why.h"
#include "worker.h"

#define LOG_EXPANSION	10
#define ERROR_HEADER_MAX	((size_t)64 << 10)

/* ---- asking others ---- */

static enum map_rc
route_ask_alias(void *arg, struct str name, struct buf *value, struct err *e)
{
	struct route	*rt = arg;
	size_t		 part;

	return maps_alias(rt->maps, name, value, &part, e);
}

static int
route_ask_user(void *arg, struct str name, struct arena *m, struct os_user *u, struct err *e)
{
	struct route		*rt = arg;
	struct user_answer	 a;
	struct frame		 f;
	struct buf		 b;
	int			 rc;

	buf_init(&b, 0);
	user_ask_put(&b, &(struct user_ask){ .name = name });
	rc = req_ask(rt->ctx, R_LOOKUP, Q_USER, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1 || user_answer_get(f.body, &a) == -1)
		return -1;
	*u = a.user;
	u->name = arena_str(m, a.user.name);
	u->gecos = arena_str(m, a.user.gecos);
	u->home = arena_str(m, a.user.home);
	u->shell = arena_str(m, a.user.shell);
	return a.rc;
}

static int
route_ask_list(void *arg, bool include, const struct list_ask *q, struct arena *m, struct list_answer *a, struct err *e)
{
	struct route	*rt = arg;
	struct frame	 f;
	struct buf	 b;
	int		 rc;

	buf_init(&b, 0);
	list_ask_put(&b, q);
	rc = req_ask(rt->ctx, R_LOCAL, include ? Q_INCLUDE : Q_FORWARD, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	if (list_answer_get(arena_str(m, f.body), m, a) == -1)
		return err_set(e, ERR_BUG, "an answer of local that cannot be read");
	return 0;
}

static struct str
route_ask_seal(void *arg, struct str item, struct str alias, struct arena *m)
{
	struct route	*rt = arg;
	struct frame	 f;
	struct buf	 b;
	struct str	 seal = STR_NONE;

	buf_init(&b, 0);
	seal_ask_put(&b, &(struct seal_ask){ item, alias });
	if (req_ask(rt->ctx, R_LOCAL, Q_SEAL, buf_str(&b), -1, &f, NULL) == 0)
		seal = arena_str(m, f.body);
	buf_done(&b);
	return seal;
}

/* LogLevel 10: aliases and .forward files, as sendmail says it. */
static void
route_told(void *arg, struct str addr, const char *how, struct str text)
{
	struct route	*rt = arg;
	const char	*what = strcmp(how, "aliased to") == 0 ? "alias" : strcmp(how, "forwarding to") == 0 ? "forward" : NULL;

	if (rt->ctx->verbose)
		say_alias(NULL, addr, how, text);
	if (what != NULL)
		log_line(LOG_EXPANSION, LOG_P_INFO, rt->id, "%s %.*s => %.*s", what, STR_ARG(addr), STR_ARG(str_first(text, 1000)));
}

/* ---- one message ---- */

struct str
route_unbracket(struct str a)
{
	a = str_trim(a);
	if (a.n >= 2 && a.p[0] == '<' && a.p[a.n - 1] == '>')
		return str_sub(a, 1, a.n - 1);
	return a;
}

struct str
route_sender(struct routing *r, int mailer, int *ex)
{
	const struct mailer	*ml = &r->rt->conf->mailers[mailer];
	struct str		 out;

	if (r->sender[mailer].p == NULL) {
		r->sender_ex[mailer] = EXIT_OK;
		rule_reset(r->rules);
		if (r->qf.sender.n == 0 && ml->kind == MAILER_IPC && !mailer_has(ml, 'g'))
			out = STR("");
		else
			resolve_rewrite(r->rules, r->rt->conf, route_from(r, ml), mailer, RESOLVE_SENDER, &out, &r->sender_ex[mailer]);
		if (r->mailname_unknown && mailer_has(ml, 'i'))
			r->sender_ex[mailer] = EXIT_TEMPFAIL;
		out = route_unbracket(out);
		r->sender[mailer] = out.n == 0 ? STR("") : arena_str(r->m, out);
	}
	*ex = r->sender_ex[mailer];
	return r->sender[mailer];
}

/* Things that end the whole message before anyone is asked. */
static bool
route_refuse_all(struct routing *r, struct str *status, struct str *text)
{
	int64_t	hops = 0, max = r->rt->conf->opt.max_hop_count;

	for (size_t i = 0; i < r->qf.nhdr; i++)
		hops += str_caseeq_c(r->qf.hdr[i].name, "Received");
	if (max <= 0 || hops <= max)
		return false;
	*status = STR("5.4.6");
	*text = arena_fmt(r->m, "Too many hops %lld (%lld max): from %.*s", (long long)hops, (long long)max, STR_ARG(r->qf.sender));
	return true;
}

struct answer_list {
	struct routed	 out;
	size_t		 room_done, room_attempt;
};

static void
route_done(struct routing *r, struct answer_list *a, const struct alias_rcpt *x, uint32_t index, enum outcome o, int ex,
    struct str status, struct str text)
{
	if (a->out.ndone == a->room_done) {
		struct result_rcpt *v;

		a->room_done = a->room_done == 0 ? 16 : 2 * a->room_done;
		v = ARENA_ARRAY(r->m, struct result_rcpt, a->room_done);
		if (a->out.ndone > 0)
			memcpy(v, a->out.done, a->out.ndone * sizeof *v);
		a->out.done = v;
	}
	if (r->rt->ctx->verbose && !str_eq_c(text, ROUTE_EXPANDED) && !str_eq_c(text, ROUTE_LISTED))
		say("%.*s... %.*s", STR_ARG(x->q.addr), STR_ARG(text));
	a->out.done[a->out.ndone++] = (struct result_rcpt){ .index = index, .outcome = o, .ex = ex, .status = status, .text = text };
}

static size_t
route_max_rcpts(const struct mailer *ml)
{
	if (!mailer_has(ml, 'm'))
		return 1;
	return ml->max_rcpts > 0 && ml->max_rcpts < ATTEMPT_RCPT_MAX ? (size_t)ml->max_rcpts : ATTEMPT_RCPT_MAX;
}

static struct attempt *
route_new_attempt(struct routing *r, struct answer_list *a, const struct alias_rcpt *x)
{
	const struct qf		*q = &r->qf;
	const struct mailer	*ml = &r->rt->conf->mailers[x->mailer];
	struct attempt		*t;
	int			 ex;

	if (a->out.nattempt == a->room_attempt) {
		struct attempt *v;

		a->room_attempt = a->room_attempt == 0 ? 8 : 2 * a->room_attempt;
		v = ARENA_ARRAY(r->m, struct attempt, a->room_attempt);
		if (a->out.nattempt > 0)
			memcpy(v, a->out.attempt, a->out.nattempt * sizeof *v);
		a->out.attempt = v;
	}
	t = &a->out.attempt[a->out.nattempt++];
	*t = (struct attempt){
		.id = q->id, .mailer = ml->name, .mailer_index = (uint32_t)x->mailer, .host = x->host, .auth = q->auth, .envid = q->envid,
		.body = q->body, .deliver_by = q->deliver_by, .by_mode = q->by_mode, .by_trace = q->by_trace, .created = q->created, .size = r->size
	};
	t->header = route_header(r, x->mailer);
	t->sender = route_from_path(r, ml, route_sender(r, x->mailer, &ex));
	t->charset = route_from_charset(r);
	t->flags = (q->flags & QF_HAS8BIT ? ATTEMPT_8BIT : 0) | (q->flags & QF_RET_HDRS ? ATTEMPT_RET : 0) |
	    (q->flags & QF_NO_BODY_RET ? ATTEMPT_HDRS : 0) | (q->flags & QF_RESPONSE ? ATTEMPT_DSN : 0) |
	    (q->flags & QF_UTF8 ? ATTEMPT_UTF8 : 0) | reqtls_flags(r->rt->conf, q);
	t->rcpt = ARENA_ARRAY(r->m, struct attempt_rcpt, route_max_rcpts(ml));
	return t;
}

static void
route_leaf(struct routing *r, struct answer_list *a, const struct alias_rcpt *x, uint32_t index)
{
	const struct conf	*c = r->rt->conf;
	const struct mailer	*ml = &c->mailers[x->mailer];
	struct attempt		*t = NULL;
	struct check_verdict	 v;
	struct str		 user = x->user;
	size_t			 max = route_max_rcpts(ml);
	int			 ex;

	if (ml->max_size > 0 && (int64_t)r->size > ml->max_size && !(r->qf.flags & QF_RESPONSE)) {	/* what we have to say is never too long */
		route_done(r, a, x, index, OUTCOME_FAILED, EXIT_UNAVAILABLE, STR("5.3.4"),
		    arena_fmt(r->m, "Message is too large; %lld bytes max", (long long)ml->max_size));
		return;
	}
	if (mailer_has(ml, 'e') && c->opt.hold_expensive && r->qf.tries == 0) {
		route_done(r, a, x, index, OUTCOME_DEFERRED, EXIT_TEMPFAIL, STR("4.0.0"), STR("queued: expensive mailer"));
		return;
	}
	if (mailer_has(ml, '%') && !r->demand) {
		route_done(r, a, x, index, OUTCOME_DEFERRED, EXIT_TEMPFAIL, STR("4.0.0"), STR("queued: delivery on demand only"));
		return;
	}
	if (route_compat(r, x, &v)) {
		if (v.kind == CHECK_DISCARD)
			route_done(r, a, x, index, OUTCOME_SENT, EXIT_OK, STR("2.0.0"), STR("discarded"));
		else if (v.kind != CHECK_QUARANTINE) {
			/* "$@ TEMPFAIL" says so even if the text has no code (Compat: TEMP:text) */
			bool later = v.kind == CHECK_TEMPFAIL || v.ex == EXIT_TEMPFAIL;

			route_done(r, a, x, index, later ? OUTCOME_DEFERRED : OUTCOME_FAILED, v.ex,
			    v.dsn.n != 0 && (v.dsn.p[0] == '4') == later ? arena_str(r->m, v.dsn) : later ? STR("4.7.1") : STR("5.7.1"), arena_str(r->m, v.text));
		}
		if (v.kind != CHECK_QUARANTINE)
			return;
	}
	route_sender(r, x->mailer, &ex);
	if (ex == EXIT_TEMPFAIL) {
		route_done(r, a, x, index, OUTCOME_DEFERRED, EXIT_TEMPFAIL, STR("4.3.0"), STR("sender rewriting: map temporarily unavailable"));
		return;
	}
	if (mailer_has(ml, 'm'))
		for (size_t i = 0; i < a->out.nattempt && t == NULL; i++)
			if (a->out.attempt[i].mailer_index == (uint32_t)x->mailer && a->out.attempt[i].nrcpt < max &&
			    str_caseeq(a->out.attempt[i].host, x->host))
				t = &a->out.attempt[i];
	if (t == NULL) {
		t = route_new_attempt(r, a, x);
		route_attempt_macros(r, t);
	}
	if (x->mailer != c->m_prog && x->mailer != c->m_file)	/* a program's own quotes are none of an address */
		user = unquote_user(r->m, ml, user);
	t->rcpt[t->nrcpt++] = (struct attempt_rcpt){
		.index = index, .addr = user, .user = user, .orig = x->q.addr,
		.notify = x->q.flags & (QR_NOTIFY | QR_SUCCESS | QR_FAILURE | QR_DELAY), .orcpt = x->q.orcpt, .home = x->home,
		.ctl_user = x->q.ctl_user, .ctl_uid = x->q.ctl_uid, .ctl_gid = x->q.ctl_gid, .ctl_alias = x->q.ctl_alias, .seal = x->q.seal
	};
}

/* Final-Recipient of what has none yet: the address in the envelope. */
static void
route_final(struct routing *r, struct qf_rcpt *q)
{
	if (q->final.n == 0 && q->ctl_alias.n == 0)
		q->final = str_chr(q->addr, '@') != SIZE_MAX ? arena_fmt(r->m, "%s; %.*s", str_is_ascii(q->addr) ? "RFC822" : "UTF-8", STR_ARG(q->addr)) :
		    arena_fmt(r->m, "RFC822; %.*s@%.*s", STR_ARG(q->addr), STR_ARG(rule_macro_value(r->rules, STR("j"))));
}

/* It has an owner, to whom its failures go: what its sender hears of ends here. */
static bool
route_is_list(const struct routing *r, const struct alias_set *set, const struct alias_rcpt *x)
{
	for (size_t i = 0; i < set->n && r->qf.sender.n > 0; i++)
		if (set->v[i]->parent == x && set->v[i]->owner.n > 0)
			return true;
	return false;
}

/* It is not the sender's own any more: in the log it is its owner's, if that is a user here (maillog.h). */
static void
route_split_control(struct routing *r, const struct alias_set *set, struct qf *q)
{
	struct resolved	to;
	struct os_user	u;
	struct err	e = ERR_INIT;
	struct str	ids = STR("");

	rule_reset(r->rules);
	if (set->ops->user != NULL && q->sender.n > 0 && resolve_addr(r->rules, r->rt->conf, q->sender, RESOLVE_SENDER, &to) == 0 && to.kind == RES_MAILER &&
	    to.mailer == r->rt->conf->m_local && to.user.n > 0 && set->ops->user(set->ops->arg, to.user, r->m, &u, &e) == 1)
		ids = arena_fmt(r->m, "%lu/%lu", (unsigned long)u.uid, (unsigned long)u.gid);
	if (ids.n == 0 && qf_macro(q, STR(MAILLOG_CTL)).n == 0)
		return;
	/* the table is still that of the message itself, whose sender stays who he is */
	q->macro = NULL;
	q->nmacro = 0;
	for (size_t i = 0; i < r->qf.nmacro; i++)
		(void)qf_set_macro(q, r->m, r->qf.macro[i].name, r->qf.macro[i].value);
	(void)qf_set_macro(q, r->m, STR(MAILLOG_CTL), ids);
}

/* A message of its own for those whose list has this owner. */
static int
route_split(struct routing *r, struct alias_set *set, struct str owner, struct split *sp, struct err *e)
{
	struct qf	q = r->qf;
	struct buf	b;
	char		id[QID_MAX];
	int		rc;

	qid_next(id);
	q.id = sp->id = arena_str(r->m, str_c(id));
	q.sender = route_unbracket(owner);
	q.sender_given = qf_given(r->m, owner, q.sender);
	q.flags |= QF_SPLIT;
	route_split_control(r, set, &q);
	q.rcpt = NULL;
	q.nrcpt = 0;
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i]->state != ALIAS_EXPANDED && set->v[i]->state != ALIAS_DUPLICATE && str_eq(set->v[i]->owner, owner))
			*qf_add_rcpt(&q, r->m) = set->v[i]->q;
	buf_init(&b, QF_TEXT_MAX + 1);
	rc = qfile_print(&q, &b, e);
	sp->qf = arena_str(r->m, buf_str(&b));
	buf_done(&b);
	return rc;
}

static int
route_splits(struct routing *r, struct alias_set *set, struct answer_list *a, struct err *e)
{
	struct hash *owners = hash_new(r->m, 0);

	for (size_t i = 0; i < set->n; i++) {
		struct alias_rcpt *x = set->v[i];

		if (r->qf.sender.n == 0)
			x->owner = STR_NONE;		/* a bounce stays one */
		if (x->owner.n == 0 || x->state == ALIAS_EXPANDED || x->state == ALIAS_DUPLICATE || hash_has(owners, x->owner))
			continue;
		hash_put(owners, x->owner, x);
	}
	if (hash_count(owners) == 0)
		return 0;
	a->out.split = ARENA_ARRAY(r->m, struct split, hash_count(owners));
	for (size_t i = 0; i < set->n; i++) {
		struct alias_rcpt *x = set->v[i];

		if (x->owner.n != 0 && hash_get(owners, x->owner) == x &&
		    route_split(r, set, x->owner, &a->out.split[a->out.nsplit++], e) == -1)
			return -1;
	}
	return 0;
}

/* The recipients of the message itself, in their new order, and what is to be done with each. */
static int
route_main(struct routing *r, struct alias_set *set, struct answer_list *a, struct err *e)
{
	struct qf	q = r->qf;
	struct str	status, text;
	struct buf	b;
	bool		refused = route_refuse_all(r, &status, &text);
	int		rc;

	q.rcpt = NULL;
	q.nrcpt = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct alias_rcpt	*x = set->v[i];
		uint32_t		 index = (uint32_t)q.nrcpt;

		if (x->state == ALIAS_EXPANDED && x->q.flags & QR_SUCCESS && (x->nchild > 1 || route_is_list(r, set, x))) {
			/* RFC 3461 5.2.7.3: success of a list is told here, not by its members. */
			*qf_add_rcpt(&q, r->m) = x->q;
			route_done(r, a, x, index, OUTCOME_SENT, EXIT_OK, STR("2.0.0"),
			    route_is_list(r, set, x) ? STR(ROUTE_LISTED) : STR(ROUTE_EXPANDED));
			continue;
		}
		if (x->state == ALIAS_EXPANDED || x->state == ALIAS_DUPLICATE || x->owner.n != 0 || x->part != 0)
			continue;
		*qf_add_rcpt(&q, r->m) = x->q;
		if (refused)
			route_done(r, a, x, index, OUTCOME_FAILED, EXIT_UNAVAILABLE, status, text);
		else if (x->state == ALIAS_LEAF)
			route_leaf(r, a, x, index);
		else if (x->state == ALIAS_DISCARDED)
			route_done(r, a, x, index, OUTCOME_SENT, EXIT_OK, STR("2.0.0"), STR("discarded"));
		else
			route_done(r, a, x, index, x->state == ALIAS_FAILED ? OUTCOME_FAILED : OUTCOME_DEFERRED, x->ex, x->status, x->text);
	}
	a->out.qf = STR_NONE;
	if (q.nrcpt == 0)
		return 0;
	buf_init(&b, QF_TEXT_MAX + 1);
	rc = qfile_print(&q, &b, e);
	a->out.qf = arena_str(r->m, buf_str(&b));
	buf_done(&b);
	return rc;
}

int
route_plan(struct route *rt, const struct alias_ops *ops, const struct route_ask *q, struct arena *m, struct routed *out, struct err *e)
{
	struct routing		 r = { .rt = rt, .m = m, .now = q->now, .size = q->size, .demand = q->demand };
	struct alias_set	 set;
	struct answer_list	 a = { 0 };
	struct route_bcc	 bcc;
	int			 rc = -1;

	if (qfile_parse(q->qf, m, &r.qf, e) == -1)
		return -1;
	r.qf.id = q->id;
	r.header = ARENA_ARRAY(m, struct str, rt->conf->nmailers);
	r.sender = ARENA_ARRAY(m, struct str, rt->conf->nmailers);
	r.sender_ex = ARENA_ARRAY(m, int, rt->conf->nmailers);
	r.rules = rule_ctx_new(rt->conf->rules, rt->base, maps_lookup, rt->maps);
	maps_check(rt->maps);
	route_macros(&r);
	route_mailname(&r);
	alias_init(&set, m, rt->conf, r.rules, ops);
	set.no_alias = qf_macro(&r.qf, STR(ALIAS_NONE)).n > 0;
	set.why = rt->why;
	set.sender = r.qf.sender;
	if (!route_bcc_mark(&r, e, &bcc))
		goto out;
	for (size_t i = 0; i < r.qf.nrcpt; i++) {
		route_final(&r, &r.qf.rcpt[i]);
		(void)route_bcc_way(&r, alias_add(&set, &r.qf.rcpt[i]));
	}
	alias_run(&set);
	if (route_splits(&r, &set, &a, e) == 0 && route_groups(&r, &set, &a.out, e) == 0 && route_bcc_split(&r, &bcc, &a.out, e) == 0 &&
	    route_main(&r, &set, &a, e) == 0)
		rc = 0;
	route_sort(&r, &a.out, route_max_rcpts);
out:
	*out = a.out;
	rule_ctx_free(&r.rules);
	return rc;
}

static int
route_message(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct route		*rt = ctx->state;
	struct arena		*m = arena_new(ROUTE_ROOM);
	const struct alias_ops	 ops = {
		.alias = route_ask_alias, .userdb = route_ask_userdb, .user = route_ask_user, .list = route_ask_list, .seal = route_ask_seal,
		.told = ctx->verbose || log_level() >= LOG_EXPANSION ? route_told : NULL, .arg = rt
	};
	struct route_ask	 q;
	struct routed		 r;
	int			 rc = -1;

	(void)out_fd;
	if (route_ask_get(f->body, &q) == -1)
		worker_bad(ctx);
	os_aside((int)(q.aside - 1u));
	str_copy(rt->id, sizeof rt->id, q.id);
	/* The body is the channel's: asking others would lose it. */
	q.qf = arena_str(m, q.qf);
	q.id = arena_str(m, q.id);
	if (route_plan(rt, &ops, &q, m, &r, e) == 0) {
		routed_put(out, &r);
		rc = buf_ok(out) ? 0 : err_set(e, ERR_TEMP, "out of memory");
	}
	arena_free(&m);
	return rc;
}

/* What a client asks of the rules about a server. */
static int
route_policy(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct route		*rt = ctx->state;
	struct arena		*m = arena_new(ROUTE_ROOM);
	struct rule_ctx		*rules = rule_ctx_new(rt->conf->rules, rt->base, maps_lookup, rt->maps);
	struct policy_ask	 q;
	struct policy_answer	 a;

	(void)out_fd;
	/* The body is the channel's: maps are asked through others. */
	if (policy_ask_get(arena_str(m, f->body), m, &q) == -1)
		worker_bad(ctx);
	maps_check(rt->maps);
	policy_run(rt->conf, rules, &q, m, &a);
	policy_answer_put(out, &a);
	rule_ctx_free(&rules);
	arena_free(&m);
	return buf_ok(out) ? 0 : err_set(e, ERR_TEMP, "out of memory");
}

/* ---- the role ---- */

static int
route_start(struct role_ctx *ctx)
{
	struct route	*rt = ctx->state != NULL ? ctx->state : ARENA_NEW(ctx->arena, struct route);
	struct err_list	 errors;

	err_list_init(&errors);
	rt->ctx = ctx;
	rt->conf = ctx->conf;
	rt->maps = maps_role(ctx, &errors);
	err_list_done(&errors);
	rt->base = rule_ctx_new(rt->conf->rules, NULL, maps_lookup, rt->maps);
	rule_on_run(rt->base, maps_run);
	if (rt->why == NULL)
		rt->why = why_new();
	ctx->state = rt;
	role_use_dns(ctx);
	return rt->maps == NULL || rt->base == NULL ? -1 : 0;
}

int
route_prepare(struct role_ctx *ctx, struct err *e)
{
	struct route	*rt = ARENA_NEW(ctx->arena, struct route);
	struct str	 text = ctx->conf->opt.error_header;

	(void)e;
	/* A file that cannot be read is as good as none. */
	if (text.n > 0 && text.p[0] == '/' && os_slurp(arena_cstr(ctx->arena, text), ctx->arena, ERROR_HEADER_MAX, &text, NULL) == -1)
		text = STR_NONE;
	rt->error_header = text;
	ctx->state = rt;
	return 0;
}

int
route_sandbox(struct role_ctx *ctx, const char **read_paths, const char **write_paths, size_t max)
{
	(void)ctx;
	(void)write_paths;
	(void)max;
	read_paths[0] = "/usr/share/zoneinfo";
	read_paths[1] = "/etc/localtime";
	return 0;
}

int
route_run(struct role_ctx *ctx)
{
	static const struct worker_ops ops = {
		.max = 8, .spare = 1, .recycle = 1000, .deadline_ms = 600000, .start = route_start
	};

	return worker_master(ctx, &ops);
}

const struct work route_works[] = {
	{ Q_ROUTE,	route_message },
	{ Q_REPORT,	route_report },
	{ Q_POLICY,	route_policy },
	{ 0, NULL }
};
