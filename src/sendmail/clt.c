/*
 * clt - see the header: a session from its opening to its end.
 */
#include "clt_int.h"

#include "base/log.h"
#include "base/status.h"
#include "say.h"

struct clt *
clt_new(const struct clt_conf *conf, struct stream *io)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct clt *c = ARENA_NEW(a, struct clt);

	c->arena = a;
	c->c = *conf;
	c->c.host = arena_str(a, conf->host);
	c->name = arena_fmt(a, "%.*s%s", STR_ARG(conf->host), conf->host.n > 0 && conf->host.p[0] == '[' ? "" : ".");
	c->c.addr = arena_str(a, conf->addr);
	c->c.helo = arena_str(a, conf->helo);
	c->c.self = arena_str(a, conf->self);
	c->c.own.flags = arena_str(a, conf->own.flags);
	c->c.own.addr = arena_str(a, conf->own.addr);
	c->c.own.family = arena_str(a, conf->own.family);
	c->c.own.name = arena_str(a, conf->own.name);
	if (conf->need != NULL)
		c->need = *conf->need;
	c->c.need = NULL;
	c->report_why = STR("");
	c->io = io;
	buf_init(&c->transcript, 0);
	return c;
}

void
clt_end(struct clt **cp)
{
	struct clt *c = *cp;
	struct arena *a;

	if (c == NULL)
		return;
	*cp = NULL;
	if (c->farewell || (c->state != CLT_NEW && c->state != CLT_DEAD)) {	/* RFC 5321 4.1.1.10; the answer is not waited for */
		stream_timeout(c->io, 1000);
		if (c->c.verbose)
			say("Closing connection to %.*s", STR_ARG(c->c.host));
		clt_say(c, CLT_QUIT, STR(""));
		(void)stream_flush(c->io);
	}
	stream_free(&c->io);
	buf_done(&c->transcript);
	a = c->arena;
	arena_free(&a);
}

bool
clt_usable(struct clt *c)
{
	return c->state == CLT_READY &&
	       (c->c.mailer->max_messages == 0 ||
		   c->messages < (unsigned)c->c.mailer->max_messages) &&
	       (c->offer.mail_max == 0 || c->messages < c->offer.mail_max) &&	/* RFC 9422 4.1 */
	       !stream_pending(c->io); /* a 421, or its end */
}

/* ---- opening ---- */

static void
clt_over(struct clt *c)
{
	if (c->state != CLT_DEAD)	/* after a 421 nobody listens */
		c->state = CLT_OVER;
}

/* Do we talk to ourselves?  Another server of the list may be somebody else. */
static bool
clt_loops(struct clt *c, const struct smtp_reply *r, struct arena *a, struct clt_fail *f)
{
	struct str rest = r->lines[0], name;

	if (c->c.lmtp || c->c.self.n == 0 || !str_word(&rest, &name) || !str_caseeq(name, c->c.self))
		return false;
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_FAILED;
	f->ex = EXIT_SOFTWARE;
	f->status = STR("5.3.5");
	f->text = STR("Local configuration error");
	f->reply = arena_fmt(a, "553 5.3.5 %.*s config error: mail loops back to me (MX problem?)", STR_ARG(c->name));
	f->elsewhere = true;
	log_line(0, LOG_P_CRIT, c->now != NULL ? arena_cstr(a, c->now->id) : NULL, "SYSERR(root): %.*s", STR_ARG(str_from(f->reply, 10)));
	clt_over(c);
	return true;
}

static int
clt_hello(struct clt *c, bool esmtp, struct arena *a, struct clt_fail *f)
{
	enum clt_step_id step = c->c.lmtp ? CLT_LHLO : esmtp ? CLT_EHLO : CLT_HELO;
	struct smtp_reply r;

	memset(&c->offer, 0, sizeof c->offer);
	if (clt_ask(c, step, c->c.helo, a, &r, f) == -1)
		return -1;
	if (smtp_reply_class(&r) == 2) {
		if (clt_loops(c, &r, a, f))
			return -1;
		if (step != CLT_HELO) {
			struct smtp_reply *keep = &r;

			smtp_offer_parse(keep, &c->offer);
			c->offer.auth = arena_str(c->arena, c->offer.auth);
			c->offer.name = arena_str(c->arena, c->offer.name);
		}
		c->state = CLT_READY;
		return 0;
	}
	if (step == CLT_EHLO && smtp_reply_class(&r) == 5 && c->state != CLT_DEAD)	/* RFC 5321 3.2 */
		return clt_hello(c, false, a, f);
	clt_refused(CLT_EHLO, &r, a, f);
	clt_over(c);
	return -1;
}

/* RFC 5321 3.1, 4.2: "ESMTP" may stand in any line of the greeting. */
static bool
clt_greets_esmtp(const struct smtp_reply *r)
{
	for (size_t i = 0; i < r->nlines; i++)
		if (str_casefind(r->lines[i], STR("ESMTP")) != SIZE_MAX)
			return true;
	return false;
}

static int
clt_begin(struct clt *c, struct arena *a, struct clt_fail *f)
{
	const struct mailer *m = c->c.mailer;
	struct policy_answer features;
	struct str host = c->c.host;
	struct smtp_reply r;
	bool esmtp;
	int rc;

	if (clt_policy(c, POLICY_CLT_FEATURES, &host, 1, STR(""), a, &features, f) == -1)
		return -1;
	clt_secure_features(c, &features);
	if (clt_hear(c, CLT_GREET, STR(""), a, &r, f) == -1)
		return -1;
	if (smtp_reply_class(&r) != 2) {
		clt_refused(CLT_EHLO, &r, a, f);
		f->elsewhere = f->outcome == OUTCOME_FAILED;	/* this host does not want us; another may */
		clt_over(c);
		return -1;
	}
	esmtp = !mailer_has(m, '2') && (mailer_has(m, 'a') || clt_greets_esmtp(&r));
	if (clt_hello(c, esmtp, a, f) == -1 || clt_starttls(c, a, f) == -1)
		return -1;
	if (c->tls && clt_hello(c, true, a, f) == -1)
		return -1;
	if (mailer_has(m, 'I') && !c->c.lmtp && clt_ask(c, CLT_VERB, STR(""), a, &r, f) == -1)	/* whatever it says to that */
		return -1;
	rc = clt_auth(c, a, f);
	/* a layer that came of it is a new beginning (RFC 4954 4) */
	return rc == 1 ? clt_hello(c, true, a, f) : rc;
}

int
clt_open(struct clt *c, const struct attempt *t, struct arena *a, struct clt_fail *f)
{
	int rc;

	c->now = t;
	c->fallback = c->c.conf->opt.tls_fallback_to_clear || (t != NULL && (t->flags & ATTEMPT_ANYTLS) != 0);
	memset(f, 0, sizeof *f);
	rc = clt_begin(c, a, f);
	f->fallback = rc == -1 && f->tls && c->fallback;
	if (rc == -1)
		tls_session_forget(c->io);	/* the next try looks at all of it anew */
	c->now = NULL;
	return rc;
}
