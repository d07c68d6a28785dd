/*
 * route_bcc - AddBcc: the ruleset `bcc' names somebody who gets a blind copy for a recipient.
 *
 * The ruleset sees each recipient of the envelope, once, when the message is routed for the first time.  What it gives back is an address, or
 * $#mailer $@host $:address for a way of its own, or nothing.  Copies are a message of their own without a sender: nobody outside hears
 * when they fail.  The macro ${bcc} marks it (and holds the way), and marks the first message as done.
 */
#include "base/hash.h"
#include "base/status.h"
#include "queue/qid.h"
#include "resolve.h"
#include "route.h"

#define MARK		"bcc"
#define MARK_DONE	"done"

static void
bcc_parse(struct routing *r, const struct rule_out *o, struct bcc_copy *c)
{
	struct str	host;

	c->way = STR("-");
	if (!o->is_triple) {
		c->addr = arena_str(r->m, rule_join(r->rules, o->tok, o->ntok, -1));
		return;
	}
	host = arena_str(r->m, o->host);
	c->way = arena_fmt(r->m, "%.*s:%.*s", STR_ARG(o->mailer), STR_ARG(host));
	c->addr = arena_str(r->m, rule_join(r->rules, o->user_tok, o->nuser, -1));
}

/* 1: *c is a copy, 0: none, -1: cannot be told now. */
static int
bcc_ask(struct routing *r, int set, struct str rcpt, struct bcc_copy *c, struct err *e)
{
	struct check_verdict	v;

	rule_reset(r->rules);
	if (resolve_check_set(r->rules, r->rt->conf, set, rcpt, STR_NONE, 0, &v) == -1)
		return 0;
	if (v.kind == CHECK_TEMPFAIL)
		return err_set(e, ERR_TEMP, "ruleset bcc for %.*s: %.*s", STR_ARG(rcpt), STR_ARG(v.text));
	if (v.kind != CHECK_OK)
		return 0;
	bcc_parse(r, &v.out, c);
	if (c->addr.n > 2 && c->addr.p[0] == '<' && c->addr.p[c->addr.n - 1] == '>')
		c->addr = str_sub(c->addr, 1, c->addr.n - 1);
	return c->addr.n > 0;
}

/* The message with the copies of this way. */
static int
bcc_split(struct routing *r, const struct bcc_copy *c, size_t n, struct str way, struct split *sp, struct err *e)
{
	struct qf	q = r->qf;
	struct qf_rcpt	*x;
	struct hash	*seen = hash_new(r->m, 0);
	struct buf	b;
	char		id[QID_MAX];
	int		rc;

	qid_next(id);
	q.id = sp->id = arena_str(r->m, str_c(id));
	q.sender = STR("");
	q.flags |= QF_SPLIT;
	q.rcpt = NULL;
	q.nrcpt = 0;
	q.macro = NULL;
	q.nmacro = 0;
	for (size_t i = 0; i < r->qf.nmacro; i++)
		qf_set_macro(&q, r->m, r->qf.macro[i].name, r->qf.macro[i].value);
	qf_set_macro(&q, r->m, STR(MARK), way);
	for (size_t i = 0; i < n; i++) {
		struct str key = arena_lower(r->m, c[i].addr);

		if (!str_eq(c[i].way, way) || hash_has(seen, key))
			continue;
		hash_put(seen, key, sp);
		x = qf_add_rcpt(&q, r->m);
		x->addr = c[i].addr;
		x->flags = QR_PRIMARY | QR_FAILURE;
	}
	buf_init(&b, QF_TEXT_MAX + 1);
	rc = qfile_print(&q, &b, e);
	sp->qf = arena_str(r->m, buf_str(&b));
	buf_done(&b);
	return rc;
}

bool
route_bcc_mark(struct routing *r, struct err *e, struct route_bcc *out)
{
	int	set = rules_find(r->rt->conf->rules, STR("bcc"));

	*out = (struct route_bcc){ 0 };
	if (!r->rt->conf->opt.add_bcc || set < 0 || r->qf.tries > 0 || (r->qf.flags & (QF_RESPONSE | QF_SPLIT)) ||
	    qf_macro(&r->qf, STR(MARK)).n > 0)
		return true;
	out->copy = ARENA_ARRAY(r->m, struct bcc_copy, r->qf.nrcpt + 1);
	for (size_t i = 0; i < r->qf.nrcpt; i++)
		switch (bcc_ask(r, set, r->qf.rcpt[i].addr, &out->copy[out->n], e)) {
		case 1:
			out->n++;
			break;
		case -1:
			return false;
		}
	if (out->n > 0)
		qf_set_macro(&r->qf, r->m, STR(MARK), STR(MARK_DONE));
	return true;
}

int
route_bcc_split(struct routing *r, const struct route_bcc *b, struct routed *out, struct err *e)
{
	struct hash	*ways;
	struct split	*v;

	if (b->n == 0)
		return 0;
	ways = hash_new(r->m, 0);
	v = ARENA_ARRAY(r->m, struct split, out->nsplit + b->n);
	if (out->nsplit > 0)
		memcpy(v, out->split, out->nsplit * sizeof *v);
	out->split = v;
	for (size_t i = 0; i < b->n; i++) {
		if (hash_has(ways, b->copy[i].way))
			continue;
		hash_put(ways, b->copy[i].way, out);
		if (bcc_split(r, b->copy, b->n, b->copy[i].way, &out->split[out->nsplit++], e) == -1)
			return -1;
	}
	return 0;
}

bool
route_bcc_way(struct routing *r, struct alias_rcpt *x)
{
	const struct conf	*c = r->rt->conf;
	struct str		 way = qf_macro(&r->qf, STR(MARK)), name, user;
	size_t			 colon = str_chr(way, ':');
	int			 ml, ex;

	if (colon == SIZE_MAX || r->qf.sender.n > 0)
		return false;
	name = str_first(way, colon);
	for (ml = 0; (size_t)ml < c->nmailers && !str_caseeq(c->mailers[ml].name, name); ml++)
		;
	if ((size_t)ml >= c->nmailers || c->mailers[ml].kind != MAILER_IPC)
		return false;		/* that mailer is gone: as any other address */
	rule_reset(r->rules);
	resolve_rewrite(r->rules, c, x->q.addr, ml, RESOLVE_RCPT, &user, &ex);
	if (ex != EXIT_OK)
		return false;
	x->mailer = ml;
	x->host = arena_str(r->m, str_from(way, colon + 1));
	x->user = arena_str(r->m, user);
	x->group = c->mailers[ml].queue_group;
	x->state = ALIAS_LEAF;
	return true;
}
