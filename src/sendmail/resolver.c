/*
 * resolver - the DNS role: one cache for all, answered on one loop, so that a slow question never holds up another.
 *
 * With libunbound questions run on the loop.  With the C library's resolver each one is put by a
 * forked child, with no cache; a limit on children is what protects the machine then.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "base/status.h"
#include "dnsconf.h"
#include "ident.h"
#include "net/dns.h"
#include "os/fd.h"
#include "os/file.h"
#include "proc/sig.h"
#include "req.h"
#include "secure.h"
#include "roles.h"

#define RESOLVER_OPEN_MAX	4000		/* questions at one time */
#define RESOLVER_CHILDREN	64
#define RESOLVER_ANCHORS_MAX	((size_t)256 << 10)
#define RESOLVER_ANSWER_MAX	((size_t)256 << 10)

struct resolver {
	struct role_ctx		*ctx;
	struct dns_engine	*engine;
	int			 open, children;
	struct str		 anchors;	/* text of the trust anchors, or none */
	struct str		 root;		/* those that the system has */
};

struct resolver_question {
	struct resolver	*r;
	struct held	*held;
	/* of a child */
	struct chan	*ch;
};

static int
resolver_conf(struct role_ctx *ctx, struct dns_conf *c, struct err *e)
{
	struct resolver *r = ctx->state;

	if (dnsconf_make(ctx->conf, str_is_none(ctx->hosts) ? STR("") : ctx->hosts,
		str_is_none(ctx->resolv) ? STR("") : ctx->resolv, ctx->arena, c, e) == -1)
		return -1;
	if (c->anchor_file == NULL && secure_dane(ctx->conf))
		c->anchors = r->root;
	else
		c->anchors = c->anchor_file == NULL ? STR_NONE : r->anchors;
	return 0;
}

static void
resolver_release(struct resolver_question *q, const struct dns_answer *a)
{
	struct buf b;

	buf_init(&b, RESOLVER_ANSWER_MAX);
	dns_answer_put(&b, a);
	if (buf_ok(&b))
		req_release(&q->held, buf_str(&b), -1);
	else {
		struct err e = ERR_INIT;

		err_set(&e, ERR_TEMP, "a DNS answer of more than %zu octets", RESOLVER_ANSWER_MAX);
		req_release_err(&q->held, &e);
	}
	buf_done(&b);
	q->r->open--;
	free(q);
}

static void
resolver_done(void *arg, const struct dns_answer *a)
{
	resolver_release(arg, a);
}

/* ---- children, where the library can only block ---- */

static _Noreturn void
resolver_child(struct resolver *r, const struct dns_question_ask *ask, int sock)
{
	struct chan		*ch;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct dns_answer	 ans;
	struct buf		 b;

	LIST_EACH(it, &r->ctx->peers)		/* whom the role parts with sees the end at once, not when we are done */
		chan_leave(LIST_OF(it, struct peer, link)->ch);
	sig_reset();
	alarm(ask->patience_ms > 0 && ask->patience_ms < 60000 ? ask->patience_ms / 1000 + 1 : 60);
	if ((ch = chan_new(sock)) == NULL ||
	    dns_engine_ask(r->engine, ask->name, (enum dns_type)ask->type, a, &ans, NULL) == -1)
		_exit(EXIT_TEMPFAIL);
	buf_init(&b, RESOLVER_ANSWER_MAX);
	dns_answer_put(&b, &ans);
	_exit(buf_ok(&b) && chan_send(ch, Q_DNS, 0, 0, buf_str(&b), -1, NULL) == 0 ? EXIT_OK : EXIT_TEMPFAIL);
}

static void
resolver_child_said(void *arg, struct chan *ch, struct frame *f)
{
	struct resolver_question *q = arg;
	struct err		  e = ERR_INIT;

	(void)ch;
	if (f != NULL) {
		req_release(&q->held, f->body, -1);
		if (f->fd != -1)
			close(f->fd);
	} else {
		err_set(&e, ERR_TEMP, "a DNS question failed");
		req_release_err(&q->held, &e);
	}
	chan_free(&q->ch);
	q->r->children--;
	q->r->open--;
	free(q);
}

static int
resolver_fork(struct resolver_question *q, const struct dns_question_ask *ask)
{
	struct resolver	*r = q->r;
	int		 p[2];
	pid_t		 pid;

	if (r->children >= RESOLVER_CHILDREN || os_socketpair(p) == -1)
		return -1;
	if ((pid = sig_fork()) == -1) {
		close(p[0]);
		close(p[1]);
		return -1;
	}
	if (pid == 0) {
		close(p[0]);
		resolver_child(r, ask, p[1]);
	}
	close(p[1]);
	if ((q->ch = chan_new(p[0])) == NULL) {
		close(p[0]);
		return -1;
	}
	if (chan_on_loop(q->ch, r->ctx->loop, resolver_child_said, q, RESOLVER_ANSWER_MAX) == -1) {
		chan_free(&q->ch);
		return -1;
	}
	r->children++;
	return 0;
}

static void
resolver_reap(void *arg, int signo)
{
	(void)arg;
	(void)signo;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* ---- the question ---- */

static int
resolver_answer(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct resolver			*r = ctx->state;
	struct dns_question_ask		 ask;
	struct resolver_question	*q;
	struct err			 e = ERR_INIT;
	int				 rc;

	if (dns_question_get(f->body, &ask) == -1)
		return -1;
	if (r->open >= RESOLVER_OPEN_MAX)
		return req_refuse(p, f, ERR_TEMP, "too many DNS questions"), 0;
	if ((q = calloc(1, sizeof *q)) == NULL || (q->held = req_hold(p, f)) == NULL) {
		free(q);
		return req_refuse(p, f, ERR_TEMP, "no memory"), 0;
	}
	q->r = r;
	r->open++;
	dns_patience((int)ask.patience_ms);
	if (dns_engine_blocks(r->engine)) {
		if ((rc = resolver_fork(q, &ask)) == -1)
			err_set(&e, ERR_TEMP, "too many DNS questions");
	} else
		rc = dns_engine_start(r->engine, ask.name, (enum dns_type)ask.type, resolver_done, q, &e);
	dns_patience(0);
	if (rc == -1) {
		req_release_err(&q->held, &e);
		r->open--;
		free(q);
	}
	return 0;
}

const struct answer resolver_answers[] = { { Q_DNS, resolver_answer }, { Q_IDENT, ident_answer }, { 0, NULL } };

/* Questions that are still open keep the old engine: it is left to them. */
int
resolver_reconf(struct role_ctx *ctx)
{
	struct resolver		*r = ctx->state;
	struct dns_conf		 c;
	struct dns_engine	*d;
	struct err		 e = ERR_INIT;

	if (resolver_conf(ctx, &c, &e) == -1 || (d = dns_engine_open(&c, ctx->loop, &e)) == NULL) {
		log_line(0, LOG_P_ERR, NULL, "resolver: %s", e.text);
		return 0;
	}
	if (r->open == 0)
		dns_engine_close(&r->engine);
	r->engine = d;
	return 0;
}

/* The system's own anchors: without any nothing is validated, and DANE has nothing to go by. */
static void
resolver_root(struct role_ctx *ctx, struct resolver *r)
{
	const char *file = dnsconf_root_anchors();

	r->root = STR_NONE;
	if (file != NULL && os_slurp(file, ctx->arena, RESOLVER_ANCHORS_MAX, &r->root, NULL) == -1)
		r->root = STR_NONE;
	if (str_is_none(r->root) && secure_dane(ctx->conf) && str_casefind(ctx->conf->opt.resolver_options, STR("anchor=")) == SIZE_MAX)
		log_line(1, LOG_P_ERR, NULL, "DANE: no trust anchors of DNSSEC on this system: install them, or name a file with anchor= in ResolverOptions");
}

int
resolver_prepare(struct role_ctx *ctx, struct err *e)
{
	static struct resolver	r;
	struct dns_conf		c;

	r.ctx = ctx;
	ctx->state = &r;
	r.anchors = STR_NONE;
	resolver_root(ctx, &r);
	if (resolver_conf(ctx, &c, e) == -1)
		return -1;
	/* Read now: after a reload there are no files any more, and these anchors hold until the daemon is started anew. */
	if (c.anchor_file != NULL) {
		if (os_slurp(c.anchor_file, ctx->arena, RESOLVER_ANCHORS_MAX, &r.anchors, e) == -1)
			return -1;
		c.anchors = r.anchors;
	}
	r.engine = dns_engine_open(&c, ctx->loop, e);
	return r.engine == NULL ? -1 : 0;
}

int
resolver_run(struct role_ctx *ctx)
{
	struct resolver *r = ctx->state;

	if (loop_signal(ctx->loop, SIGCHLD, resolver_reap, r) == -1)
		return EXIT_OSERR;
	role_title(ctx, "%s", dns_engine_name(r->engine));
	return role_loop(ctx);
}
