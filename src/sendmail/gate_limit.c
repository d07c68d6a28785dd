/*
 * gate_limit - gate's listeners, counts and limits.
 *
 * Rates are counted in a ring of buckets that together make ConnectionRateWindowSize;
 * a client without connections and without a rate is forgotten when the ring turns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "capacity.h"
#include "gate.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/near.h"
#include "req.h"
#include "roles.h"

#define GATE_COMPLAIN	60		/* seconds between log lines about refusals */

static const struct conf_daemon *
gate_daemon(const struct gate *g, uint32_t i)
{
	return i < g->ctx->conf->ndaemons ? &g->ctx->conf->daemons[i] : NULL;
}

const char *
gate_daemon_name(const struct gate *g, uint32_t i)
{
	static char			name[64];
	const struct conf_daemon	*d = gate_daemon(g, i);

	if (d == NULL || str_copy(name, sizeof name, d->name) == -1 || name[0] == '\0')
		return "MTA";
	return name;
}

bool
gate_daemon_is_tls(const struct gate *g, uint32_t i)
{
	const struct conf_daemon *d = gate_daemon(g, i);

	return d != NULL && d->ssl;
}

/* ---- counting ---- */

static size_t
gate_key(const struct ip *ip, char key[24])
{
	memset(key, 0, 24);
	key[0] = (char)ip->family;
	memcpy(key + 1, ip->a, ip->family == 6 ? 8 : 16);	/* who has one IPv6 address has 2^64 of them */
	return 17;
}

int
gate_count(struct gate *g, struct gate_conn *c, const struct ip *ip)
{
	char			 key[24];
	size_t			 n = gate_key(ip, key);
	struct gate_client	*cl = hash_get(g->clients, str_mem(key, n));

	if (cl == NULL) {
		if ((cl = calloc(1, sizeof *cl)) == NULL)
			return -1;
		memcpy(cl->key, key, sizeof cl->key);
		if (hash_put(g->clients, str_mem(cl->key, n), cl) == -1) {
			free(cl);
			return -1;
		}
	}
	cl->connections++;
	cl->rate[g->bucket]++;
	g->rate[g->bucket]++;
	g->total++;
	c->counted = cl;
	return 0;
}

void
gate_uncount(struct gate *g, struct gate_conn *c)
{
	if (c->counted == NULL)
		return;
	c->counted->connections--;
	c->counted = NULL;
	g->total--;
}

static uint32_t
gate_sum(const uint32_t rate[GATE_BUCKETS])
{
	uint32_t n = 0;

	for (int i = 0; i < GATE_BUCKETS; i++)
		n += rate[i];
	return n;
}

void
gate_rates(const struct gate *g, const struct gate_conn *c, uint32_t *client_rate, uint32_t *total_rate,
    uint32_t *client_open, uint32_t *total_open)
{
	*client_rate = gate_sum(c->counted->rate);
	*total_rate = gate_sum(g->rate);
	*client_open = c->counted->connections;
	*total_open = g->total;
}

void
gate_settle(const struct gate *g, int processor)
{
	if (g->total <= FEW_CONNECTIONS)
		os_near(processor);
	else
		os_anywhere();
}

static uint64_t
gate_bucket_ms(const struct gate *g)
{
	int64_t s = g->ctx->conf->opt.connection_rate_window_size;

	return (uint64_t)(s > 0 && s < 86400 ? s : 60) * 1000 / GATE_BUCKETS;
}

/* Turn the ring; forget clients of whom nothing is left to know. */
static void
gate_turn(void *arg)
{
	struct gate		*g = arg;
	struct str		 key;
	void			*value;
	struct gate_client	*gone[256];
	size_t			 ngone;

	g->bucket = (g->bucket + 1) % GATE_BUCKETS;
	g->rate[g->bucket] = 0;
	ngone = 0;
	for (size_t i = 0; hash_next(g->clients, &i, &key, &value);) {
		struct gate_client *cl = value;

		cl->rate[g->bucket] = 0;
		if (cl->connections == 0 && gate_sum(cl->rate) == 0 && ngone < sizeof gone / sizeof gone[0])
			gone[ngone++] = cl;
	}
	for (size_t i = 0; i < ngone; i++) {
		hash_del(g->clients, str_mem(gone[i]->key, 17));
		free(gone[i]->dns);
		free(gone[i]);
	}
	loop_timer_set(g->window, gate_bucket_ms(g));
}

/* ---- limits ---- */

static int
gate_load(struct gate *g)
{
	int64_t now = (int64_t)time(NULL);

	if (g->load_at != now) {
		g->load = os_load_avg();
		g->load_at = now;
	}
	return g->load;
}

/*
 * A daemon refuses connections: told when it begins, every RejectLogInterval while it lasts, and when it is over.  What comes and goes within a
 * minute is told once.
 */
static void
gate_refuses(struct gate *g, struct gate_listener *l, const char *why)
{
	int64_t	 now = (int64_t)time(NULL), every = g->ctx->conf->opt.reject_log_interval, s;

	if (l->refusing == 0) {
		l->refusing = now;
		if (now - l->told < GATE_COMPLAIN)
			return;
		l->told = now;
		l->announced = true;
		log_line(8, LOG_P_NOTICE, NULL, "rejecting connections on daemon %s: %s", gate_daemon_name(g, l->daemon), why);
	} else if (every > 0 && now - l->told >= every) {
		l->told = now;
		l->announced = true;
		s = now - l->refusing;
		log_line(8, LOG_P_NOTICE, NULL, "have been rejecting connections on daemon %s for %lld+%02lld:%02lld:%02lld",
		    gate_daemon_name(g, l->daemon), (long long)(s / 86400), (long long)(s / 3600 % 24), (long long)(s / 60 % 60),
		    (long long)(s % 60));
	}
}

static void
gate_takes_again(struct gate *g, struct gate_listener *l)
{
	if (l->announced)
		log_line(8, LOG_P_NOTICE, NULL, "accepting connections again for daemon %s", gate_daemon_name(g, l->daemon));
	l->refusing = 0;
	l->announced = false;
}

/* children= is a limit of that daemon's own connections. */
static uint64_t
gate_of_daemon(const struct gate *g, uint32_t daemon)
{
	uint64_t n = 0;

	LIST_EACH(it, &g->conns)
		n += LIST_OF(it, struct gate_conn, link)->daemon == daemon;
	return n;
}

bool
gate_is_full(struct gate *g, struct gate_listener *l, char *why, size_t size)
{
	const struct conf_daemon	*d = gate_daemon(g, l->daemon);
	const struct conf_opts		*o = &g->ctx->conf->opt;
	int64_t				 max = d != NULL && d->children >= 0 ? d->children : o->max_daemon_children;
	int64_t				 la = d != NULL && d->refuse_la >= 0 ? d->refuse_la : o->refuse_la;
	uint64_t			 total = d != NULL && d->children > 0 ? gate_of_daemon(g, l->daemon) : g->total;

	if (max <= 0 || max > g->connections)
		max = g->connections;
	if (total >= (uint64_t)max) {
		(void)snprintf(why, size, "%ld children, max %ld", (long)total, (long)max);
		gate_refuses(g, l, why);
		(void)snprintf(why, size, "421 4.3.2 too many open connections, try again later\r\n");
		return true;
	}
	if (la > 0 && gate_load(g) >= la) {
		(void)snprintf(why, size, "load average: %d", gate_load(g));
		gate_refuses(g, l, why);
		(void)snprintf(why, size, "421 4.3.2 system load is too high, try again later\r\n");
		return true;
	}
	if (l->refusing != 0)
		gate_takes_again(g, l);
	return false;
}

static void gate_watch_listeners(struct gate *g);

static void
gate_resume(void *arg)
{
	struct gate *g = arg;

	g->paused = false;
	gate_watch_listeners(g);
}

bool
gate_may_accept(struct gate *g, struct gate_listener *l)
{
	int64_t max = g->ctx->conf->opt.connection_rate_throttle, now = (int64_t)(os_now_ms() / 1000);

	if (l->second != now) {
		l->second = now;
		l->accepted = 0;
	}
	if (max <= 0 || l->accepted < max)
		return true;
	g->paused = true;
	gate_watch_listeners(g);
	loop_timer_set(g->resume, 1000 - os_now_ms() % 1000);
	return false;
}

/* ---- listeners ---- */

static void
gate_watch_listeners(struct gate *g)
{
	LIST_EACH(it, &g->listeners) {
		struct gate_listener *l = LIST_OF(it, struct gate_listener, link);

		if (l->io != NULL)
			(void)loop_io_set(l->io, g->paused ? 0 : LOOP_READ);
	}
}

static void
gate_listener_free(struct gate_listener *l)
{
	list_remove(&l->link);
	loop_io_free(&l->io);
	close(l->fd);
	free(l);
}

void
gate_drop_listeners(struct gate *g)
{
	LIST_EACH(it, &g->listeners)
		gate_listener_free(LIST_OF(it, struct gate_listener, link));
}

/* The set is whole: it takes the old one's place. */
static void
gate_switch(struct gate *g)
{
	gate_drop_listeners(g);
	LIST_EACH(it, &g->coming) {
		struct gate_listener *l = LIST_OF(it, struct gate_listener, link);

		list_remove(&l->link);
		list_append(&g->listeners, &l->link);
		if ((l->io = loop_io_new(g->ctx->loop, l->fd, LOOP_READ, gate_accept, l)) == NULL)
			log_line(0, LOG_P_CRIT, NULL, "gate: no memory to watch a socket");
	}
}

static int
gate_answer_listen(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct gate		*g = ctx->state;
	struct listen_ask	 ask;
	struct gate_listener	*l;

	(void)p;
	if (listen_ask_get(f->body, &ask) == -1 || ask.last == (f->fd != -1))
		return -1;
	if (ask.last) {
		gate_switch(g);
		return 0;
	}
	if ((l = calloc(1, sizeof *l)) == NULL)
		return 0;
	l->gate = g;
	l->fd = f->fd;
	f->fd = -1;
	l->daemon = ask.daemon;
	(void)os_fd_nonblock(l->fd, true);
	list_append(&g->coming, &l->link);
	return 0;
}

static int
gate_answer_status(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct gate		*g = ctx->state;
	struct status_answer	 a = { .n = 1 };
	struct buf		 b;

	LIST_EACH(l, &g->conns)
		a.v[0]++;
	buf_init(&b, 0);
	status_answer_put(&b, &a);
	req_answer(p, f, buf_str(&b), -1);
	buf_done(&b);
	return 0;
}

const struct answer gate_answers[] = { { Q_LISTEN, gate_answer_listen }, { Q_STATUS, gate_answer_status }, { 0, NULL } };

struct gate *
gate_new(struct role_ctx *ctx)
{
	struct gate *g = calloc(1, sizeof *g);
	struct capacity room;

	if (g == NULL)
		return NULL;
	g->ctx = ctx;
	capacity_here(&ctx->conf->opt, &room);
	g->files = room.files;
	g->connections = room.connections;
	list_init(&g->listeners);
	list_init(&g->coming);
	list_init(&g->conns);
	list_init(&g->crowd);
	g->clients = hash_new(NULL, 0);
	g->window = loop_timer_new(ctx->loop, gate_turn, g);
	g->resume = loop_timer_new(ctx->loop, gate_resume, g);
	g->reserve = dup(chan_fd(ctx->to[R_PARENT]->ch));	/* any descriptor will do */
	if (g->clients == NULL || g->window == NULL || g->resume == NULL || g->reserve == -1 || gate_ask_init(g) == -1)
		return NULL;
	(void)os_fd_cloexec(g->reserve, true);
	loop_timer_set(g->window, gate_bucket_ms(g));
	return g;
}
