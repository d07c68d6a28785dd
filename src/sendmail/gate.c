/*
 * gate - the role that holds every SMTP connection while nothing is to be done for it.
 *
 * A connection is accepted (gate_accept.c), counted, and an smtpd is asked for its verdict (name, check_relay, banner,
 * pause).  After the pause and the banner it waits here until a first line is whole, and goes to an smtpd
 * with all it said; a session between transactions may come back ("parked") and
 * waits here again.  Nothing a client sends is interpreted here: bytes are
 * counted and looked through for a line's end.
 */
#include "gate.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "bundle.h"
#include "base/status.h"
#include "lease.h"
#include "net/conn.h"
#include "net/stream.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/near.h"
#include "req.h"

#define GATE_FIRST_MS	300000		/* Timeout.command is not set: RFC 5321 4.5.3.2.7 */

static void gate_conn_free(struct gate_conn *);
static void gate_readable(void *, int, unsigned);

/* ---- telling the client, without ever waiting for it ---- */

static void
gate_say(struct gate_conn *c, struct str line)
{
	bool mid = false;

	(void)send(c->fd, line.p, line.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)send(c->fd, "\r\n", 2, MSG_DONTWAIT | MSG_NOSIGNAL);
	stream_transcribe(c->gate->ctx->transcript, true, &mid, line);
	if (mid)
		stream_transcribe(c->gate->ctx->transcript, true, &mid, STR("\n"));
}

void
gate_drain(int fd)
{
	char drop[4096];

	(void)recv(fd, drop, sizeof drop, MSG_DONTWAIT);
}

/* ---- a connection's life ---- */

static void
gate_unwatch(struct gate_conn *c)
{
	loop_io_free(&c->io);
	if (c->timer != NULL)
		loop_timer_cancel(c->timer);
}

static void
gate_filters_drop(struct gate_conn *c)
{
	for (size_t i = 0; i < c->nfilters; i++)
		close(c->filters[i]);
	free(c->filters);
	c->filters = NULL;
	c->nfilters = 0;
}

/* A parked session came back with connections to filters: one descriptor for all of them. */
static int
gate_filters_take(struct gate_conn *c, int bundle, uint32_t n)
{
	int fd[BUNDLE_MAX];

	if (n == 0) {
		c->fd = bundle;
		return 0;
	}
	if (bundle_open(bundle, fd, n + 1) == -1)
		return -1;
	c->fd = fd[0];
	if ((c->filters = malloc(n * sizeof *fd)) == NULL) {
		for (uint32_t i = 1; i <= n; i++)
			close(fd[i]);
		return -1;
	}
	memcpy(c->filters, fd + 1, n * sizeof *fd);
	c->nfilters = n;
	return 0;
}

/* The descriptor to hand on: the connection, or a bundle with those to filters; -1. */
static int
gate_filters_give(const struct gate_conn *c)
{
	int fd[BUNDLE_MAX];

	if (c->nfilters == 0)
		return c->fd;
	fd[0] = c->fd;
	memcpy(fd + 1, c->filters, c->nfilters * sizeof *fd);
	return bundle_make(fd, c->nfilters + 1);
}

static void
gate_conn_free(struct gate_conn *c)
{
	struct gate *g = c->gate;

	gate_unwatch(c);
	loop_timer_free(&c->timer);
	if (c->fd != -1)
		close(c->fd);
	gate_filters_drop(c);
	gate_ask_forget(c);
	gate_direct_end(c);
	gate_crowd_leave(c);
	gate_uncount(g, c);
	list_remove(&c->link);
	buf_done(&c->state);
	buf_done(&c->input);
	buf_done(&c->dns);
	free(c->ident);
	free(c);
}

static void
gate_close(struct gate_conn *c, const char *say)
{
	if (say != NULL && c->fd != -1)
		gate_say(c, str_c(say));
	gate_conn_free(c);
}

static int
gate_watch(struct gate_conn *c, int64_t ms)
{
	if (c->io == NULL && (c->io = loop_io_new(c->gate->ctx->loop, c->fd, LOOP_READ, gate_readable, c)) == NULL)
		return -1;
	return loop_timer_set(c->timer, (uint64_t)ms);
}

static int64_t
gate_patience(const struct gate *g)
{
	int64_t s = g->ctx->conf->opt.timeout.command;

	return s > 0 && s < INT32_MAX / 1000 ? s * 1000 : GATE_FIRST_MS;
}

/* The host name of our banner, "220 HOST ...": we know no other. */
static struct str
gate_host(const struct gate_conn *c)
{
	struct park	p;
	struct str	banner, word;

	if (park_get(buf_str(&c->state), &p) == -1)
		return STR("localhost");
	banner = p.verdict.banner;
	if (banner.n > 4 && str_word(&banner, &word) && str_word(&banner, &word))
		return str_rtrim(word);
	return STR("localhost");
}

/* ---- to an smtpd and back ---- */

static int
gate_repark(struct gate_conn *c, const struct park *p)
{
	buf_clear(&c->state);
	park_put(&c->state, p);
	return buf_ok(&c->state) ? 0 : -1;
}

static void
gate_session_over(void *arg, struct frame *f)
{
	struct gate_conn	*c = arg;
	struct session_done	 d;
	struct err		 e = ERR_INIT;
	bool			 direct = c->direct;

	gate_direct_end(c);
	gate_crowd_leave(c);
	if (chan_frame_err(f, &e) == -1) {
		log_line(1, LOG_P_NOTICE, NULL, "session of %s: %s", c->text, e.text);
		gate_conn_free(c);
		return;
	}
	if (session_done_get(f->body, &d) == -1 || d.parked != (f->fd != -1)) {
		log_line(0, LOG_P_CRIT, NULL, "session of %s: malformed end", c->text);
		gate_conn_free(c);
		return;
	}
	if (!d.parked || c->gate->ctx->stopping) {
		if (d.parked) {
			int fd = f->fd;

			f->fd = -1;
			(void)gate_filters_take(c, fd, d.park.nfilters);
			gate_close(c, "421 4.3.2 shutting down");
		} else
			gate_conn_free(c);
		return;
	}
	int fd = f->fd;

	f->fd = -1;
	if (gate_filters_take(c, fd, d.park.nfilters) == -1) {
		gate_close(c, "421 4.3.0 out of memory");
		return;
	}
	if (direct) {
		gate_direct_back(c, &d.park);
		if (!d.park.parked) {			/* it was not greeted: a verdict that needs more than a worker */
			c->step = GATE_VERDICT;
			(void)os_fd_nonblock(c->fd, true);
			gate_ask_told(c, &d.park.verdict);
			return;
		}
	}
	d.park.parked = true;
	d.park.client = c->client;		/* facts of ours, whatever a worker says */
	d.park.local = c->local;
	d.park.daemon = c->daemon;
	d.park.input = STR_NONE;
	c->greeted = true;
	buf_clear(&c->input);
	c->step = GATE_PARKED;
	if (gate_repark(c, &d.park) == -1 || os_fd_nonblock(c->fd, true) == -1 || gate_watch(c, gate_patience(c->gate)) == -1)
		gate_close(c, "421 4.3.0 out of memory");
}

static void
gate_session_done(void *arg, struct frame *f)
{
	struct gate *g = ((struct gate_conn *)arg)->gate;

	gate_session_over(arg, f);
	gate_crowd_next(g);
}

/* Everything this session is goes to an smtpd; the descriptor with it. */
void
gate_hand(struct gate_conn *c)
{
	struct gate	*g = c->gate;
	struct park	 p;
	struct buf	 b;
	int		 rc, fd, near;

	gate_unwatch(c);
	if (gate_crowd_waits(c))
		return;
	near = os_near_of(c->fd);
	if (park_get(buf_str(&c->state), &p) == -1) {
		gate_close(c, "421 4.3.0 internal error");
		return;
	}
	p.input = buf_str(&c->input);
	p.greeted = c->greeted;
	p.early = c->early;
	buf_init(&b, 0);
	park_put(&b, &p);
	c->step = GATE_HANDED;
	fd = gate_filters_give(c);
	rc = buf_ok(&b) && fd != -1 ? lease_call(g->ctx, R_SMTPD, Q_SESSION, STR(""), buf_str(&b), fd, gate_session_done, c) : -1;
	buf_done(&b);
	if (fd != c->fd && fd != -1)
		close(fd);
	if (rc == -1) {
		gate_close(c, "421 4.3.2 service temporarily unavailable");
		return;
	}
	gate_settle(g, near);
	close(c->fd);
	c->fd = -1;
	gate_filters_drop(c);
	buf_done(&c->input);
	buf_init(&c->input, PARK_INPUT_MAX);
}

/* The client as sendmail's log has it: "name [address]". */
static const char *
gate_who(const struct gate_conn *c, char *to, size_t size)
{
	struct park	p;
	bool		named = park_get(buf_str(&c->state), &p) == 0 && p.verdict.name.n > 0 && !str_eq_c(p.verdict.name, c->text);

	(void)snprintf(to, size, "%.*s%s%s%s", STR_ARG(named ? str_first(p.verdict.name, 200) : STR("")), named ? " " : "", c->text,
	    named && p.verdict.resolve == RESOLVE_FORGED ? " (may be forged)" : "");
	return to;
}

/*
 * It spoke before its turn (RFC 5321 4.3.1).  No worker is needed to send it away, unless srv_features might allow what it does.
 */
static void
gate_early(struct gate_conn *c)
{
	struct park	p;
	char		say[200], who[300];
	struct str	host = str_first(gate_host(c), 120);

	c->early = true;
	if (park_get(buf_str(&c->state), &p) == -1 || !p.verdict.early_ends || p.verdict.kind != VERDICT_OK) {
		gate_hand(c);
		return;
	}
	log_line(0, LOG_P_NOTICE, NULL, "rejecting commands from %s due to pre-greeting traffic after %lld seconds",
	    gate_who(c, who, sizeof who), (long long)time(NULL) - (long long)c->started);
	if (p.verdict.pause_ms > 0)
		(void)snprintf(say, sizeof say, "554 %.*s ESMTP not accepting messages", STR_ARG(host));
	else
		(void)snprintf(say, sizeof say, "554 5.5.0 SMTP protocol error");
	gate_unwatch(c);
	gate_say(c, str_c(say));
	(void)shutdown(c->fd, SHUT_WR);
	gate_drain(c->fd);
	gate_conn_free(c);
}

/* ---- waiting for a line ---- */

static void
gate_lost(struct gate_conn *c)
{
	char	who[300];

	log_line(10, LOG_P_INFO, NULL, "NOQUEUE: connect from %s", gate_who(c, who, sizeof who));
	log_line(6, LOG_P_INFO, NULL, "%s did not issue MAIL/EXPN/VRFY/ETRN during connection to %s", who, gate_daemon_name(c->gate, c->daemon));
	gate_conn_free(c);
}

static void
gate_readable(void *arg, int fd, unsigned what)
{
	struct gate_conn	*c = arg;
	char			*p;
	ssize_t			 n;
	size_t			 room = PARK_INPUT_MAX - c->input.n;

	(void)what;
	if (room == 0 || (p = buf_reserve(&c->input, room)) == NULL) {
		gate_hand(c);
		return;
	}
	n = recv(fd, p, room, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n <= 0) {
		if (c->step == GATE_PARKED)	/* its end is smtpd's to log */
			gate_hand(c);
		else
			gate_lost(c);
		return;
	}
	buf_commit(&c->input, (size_t)n);
	if (c->step == GATE_PAUSE) {
		gate_early(c);
		return;
	}
	if (str_chr(buf_str(&c->input), '\n') == SIZE_MAX && c->input.n < PARK_INPUT_MAX)
		return;
	if (c->step == GATE_GREETED)
		gate_direct_spoke(c);
	if (c->tarpit_ms == 0) {
		gate_hand(c);
		return;
	}
	loop_io_free(&c->io);			/* what else it says waits with it */
	c->step = GATE_TARPIT;
	(void)loop_timer_set(c->timer, c->tarpit_ms);
}

static void gate_greet(struct gate_conn *c);

/* The pause is over, or nothing was said for too long. */
static void
gate_timer(void *arg)
{
	struct gate_conn	*c = arg;
	struct str		 host;
	char			 say[200];

	if (c->step == GATE_PAUSE) {
		gate_greet(c);
		return;
	}
	if (c->step == GATE_TARPIT) {
		gate_hand(c);
		return;
	}
	if (c->step == GATE_VERDICT || c->step == GATE_HANDED)
		return;
	host = gate_host(c);
	host = str_first(host, 120);
	(void)snprintf(say, sizeof say, "421 4.4.2 %.*s timeout waiting for input", STR_ARG(host));
	log_line(6, LOG_P_INFO, NULL, "timeout waiting for input from %s during server cmd read", c->text);
	gate_close(c, say);
}

/* Filters are asked about a client before it is greeted: by a session. */
static bool
gate_filters(const struct gate_conn *c)
{
	const struct conf *conf = c->gate->ctx->conf;
	const struct conf_daemon *d = c->daemon < conf->ndaemons ? &conf->daemons[c->daemon] : NULL;

	return conf->nfilters > 0 && (d != NULL && d->has_filters ? d->filters.n : conf->opt.input_mail_filters.n) > 0;
}

static void
gate_greet(struct gate_conn *c)
{
	struct park	p;
	char		peek;

	/* What came before the banner came too early, whether there was a pause or not. */
	if (recv(c->fd, &peek, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
		gate_early(c);
		return;
	}
	if (gate_filters(c) || park_get(buf_str(&c->state), &p) == -1) {
		gate_hand(c);
		return;
	}
	gate_say(c, p.verdict.banner);
	c->greeted = true;
	c->step = GATE_GREETED;
	if (gate_watch(c, gate_patience(c->gate)) == -1)
		gate_close(c, "421 4.3.0 out of memory");
}

/* ---- the verdict ---- */

static void gate_ask_park(const struct gate_conn *c, struct park *p);

void
gate_verdict(struct gate_conn *c, const struct verdict *said)
{
	struct gate	*g = c->gate;
	struct verdict	 v;
	struct park	 p;

	if (said == NULL) {
		gate_close(c, "421 4.3.2 service temporarily unavailable");
		return;
	}
	v = *said;
	v.dns = buf_str(&c->dns);
	c->tarpit_ms = v.tarpit_ms;
	gate_direct_greeted(c, &v);
	if (v.kind == VERDICT_CLOSE) {
		gate_say(c, v.reply.n > 0 ? v.reply : STR("421 4.3.2 connection refused"));
		gate_conn_free(c);
		return;
	}
	gate_ask_park(c, &p);
	p.verdict = v;
	if (gate_repark(c, &p) == -1) {
		gate_close(c, "421 4.3.0 out of memory");
		return;
	}
	buf_done(&c->dns);
	buf_init(&c->dns, ASK_DNS_MAX + 4096);
	if (gate_daemon_is_tls(g, c->daemon)) {
		gate_hand(c);			/* the handshake comes before any banner */
		return;
	}
	if (v.pause_ms == 0) {
		gate_greet(c);
		return;
	}
	c->step = GATE_PAUSE;
	if (gate_watch(c, v.pause_ms) == -1)
		gate_close(c, "421 4.3.0 out of memory");
}

static void
gate_ask_park(const struct gate_conn *c, struct park *p)
{
	memset(p, 0, sizeof *p);
	p->daemon = c->daemon;
	p->client = c->client;
	p->local = c->local;
	p->started = c->started;
	p->client_rate = c->client_rate;
	p->total_rate = c->total_rate;
	p->client_connections = c->client_open;
	p->total_connections = c->total_open;
}

void
gate_begin(struct gate_conn *c)
{
	struct park p;

	gate_ask_park(c, &p);
	p.verdict.kind = VERDICT_WAIT;
	p.verdict.ident = c->ident != NULL ? str_c(c->ident) : STR_NONE;
	p.verdict.dns = buf_str(&c->dns);
	if (gate_repark(c, &p) == -1) {
		gate_close(c, "421 4.3.0 out of memory");
		return;
	}
	gate_direct_begin(c);
	gate_hand(c);
}

/* ---- a new one ---- */

void
gate_take(struct gate *g, const struct gate_listener *l, int fd, const struct ip *client)
{
	struct gate_conn *c = calloc(1, sizeof *c);

	if (c == NULL || (c->timer = loop_timer_new(g->ctx->loop, gate_timer, c)) == NULL ||
	    gate_count(g, c, client) == -1) {
		if (c != NULL)
			loop_timer_free(&c->timer);
		free(c);
		gate_refuse_fd(fd, "421 4.3.0 out of memory\r\n");
		return;
	}
	c->gate = g;
	c->fd = fd;
	c->daemon = l->daemon;
	c->client = *client;
	c->started = (int64_t)time(NULL);
	gate_rates(g, c, &c->client_rate, &c->total_rate, &c->client_open, &c->total_open);
	(void)net_local(fd, &c->local);
	(void)net_nodelay(fd);
	(void)ip_print(client, false, c->text + 1);
	c->text[0] = '[';
	memcpy(c->text + strlen(c->text), "]", 2);
	buf_init(&c->state, 0);
	buf_init(&c->input, PARK_INPUT_MAX);
	buf_init(&c->dns, ASK_DNS_MAX + 4096);
	list_append(&g->conns, &c->link);
	gate_ask(c);
}

/* ---- the role ---- */

static void
gate_stop(struct role_ctx *ctx)
{
	struct gate *g = ctx->state;

	gate_drop_listeners(g);
	LIST_EACH(it, &g->conns) {
		struct gate_conn *c = LIST_OF(it, struct gate_conn, link);

		if (c->fd != -1)
			gate_close(c, "421 4.3.2 shutting down");
	}
	loop_stop(ctx->loop);
}

int
gate_reconf(struct role_ctx *ctx)
{
	(void)ctx;				/* every use of the configuration asks ctx anew */
	return 0;
}

int
gate_run(struct role_ctx *ctx)
{
	struct gate *g = gate_new(ctx);

	if (g == NULL)
		return EXIT_OSERR;
	ctx->state = g;
	ctx->stop = gate_stop;
	role_title(ctx, "accepting connections");
	return role_loop(ctx);
}
