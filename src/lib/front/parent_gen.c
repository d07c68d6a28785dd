/*
 * parent_gen - one reading of the configuration, with the roles that live by it: a reload starts the next beside the old one.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/parent_int.h"
#include "net/conn.h"
#include "os/fd.h"
#include "os/load.h"

void
generation_free(struct generation *g)
{
	struct parent	*p = g->p;

	list_remove(&g->link);
	if (p->now == g)
		p->now = NULL;
	chan_free(&g->auth);
	chan_free(&g->front);
	for (size_t i = 0; i < g->conf.nlisten; i++)
		if (g->sock[i] != -1)
			close(g->sock[i]);
	arena_free(&g->arena);
	free(g);
}

/* A role of it is gone.  The one in force is started again; an old one has done its work. */
static void
generation_lost(struct generation *g, const char *role)
{
	struct parent	*p = g->p;

	if (g->old) {
		if (g != p->now)		/* else its sockets wait for the next */
			generation_free(g);
		return;
	}
	if (!g->ready && !p->started) {
		p->rc = EXIT_CONFIG;
		loop_stop(p->loop);
		return;
	}
	log_line(0, LOG_P_ERR, NULL, "role %s died, it is started again", role);
	g->old = true;
	(void)kill(g->auth_pid, SIGTERM);
	(void)kill(g->front_pid, SIGTERM);
	parent_soon(p);
}

static void
generation_auth(void *arg, struct chan *ch, struct frame *f)
{
	struct generation	*g = arg;

	if (f == NULL) {
		generation_lost(g, "auth");
		return;
	}
	if (!parent_asked("auth", f) || parent_grant(g->p, ch, f) == -1)
		parent_expel("auth", g->auth_pid, f);
	if (f->fd != -1)
		close(f->fd);
}

static void
generation_front(void *arg, struct chan *ch, struct frame *f)
{
	struct generation	*g = arg;

	if (f == NULL) {
		generation_lost(g, "front");
		return;
	}
	if (!parent_asked("front", f) || (f->type == FM_CLAIM && parent_claim(g, ch, f) == -1))
		parent_expel("front", g->front_pid, f);
	else if (f->type == FM_BOOT) {
		if (!g->ready)
			log_line(9, LOG_P_NOTICE, NULL, "%s: ready", g->p->proto->name);
		g->ready = g->p->started = true;
	}
	if (f->fd != -1)
		close(f->fd);
}

/* A listening socket for line i of the configuration; those of the generation in force are taken over. */
static int
generation_bind(struct generation *g, size_t i, struct err *e)
{
	const struct mb_listen	*l = &g->conf.listen[i];
	struct generation	*was = g->p->now;
	struct ip		 ip;

	for (size_t k = 0; was != NULL && k < was->conf.nlisten; k++) {
		const struct mb_listen	*o = &was->conf.listen[k];

		if (was->sock[k] != -1 && o->port == l->port && strcmp(o->addr, l->addr) == 0)
			return (g->sock[i] = fcntl(was->sock[k], F_DUPFD_CLOEXEC, 3)) == -1 ? err_sys(e, ERR_TEMP, "listener %s", l->name) : 0;
	}
	if (ip_parse(str_c(strcmp(l->addr, "*") == 0 ? "0.0.0.0" : l->addr), &ip) == -1)
		return err_set(e, ERR_PERM, "listener %s: Addr=%s is not an address", l->name, l->addr);
	ip.port = l->port;
	if ((g->sock[i] = net_listen(&ip, 0, e)) == -1)
		return err_prefix(e, "listener %s", l->name);
	return 0;
}

static int
generation_listen(struct generation *g, struct err *e)
{
	size_t	n = 0;

	for (size_t i = 0; i < g->conf.nlisten; i++) {
		if (g->conf.listen[i].service != g->p->proto->service)
			continue;
		if (g->conf.listen[i].tls != MB_TLS_NO && g->conf.cert_file == NULL && g->conf.listen[i].tls == MB_TLS_IMPLICIT)
			return err_set(e, ERR_PERM, "listener %s: TLS needs ServerCertFile and ServerKeyFile", g->conf.listen[i].name);
		if (generation_bind(g, i, e) == -1)
			return -1;
		n++;
	}
	return n > 0 ? 0 : err_set(e, ERR_PERM, "%s: no listener for %s", g->p->file, g->p->proto->name);
}

static int
generation_send_listeners(struct generation *g, struct err *e)
{
	struct buf	b;
	int		rc = 0;

	for (size_t i = 0; i < g->conf.nlisten && rc == 0; i++) {
		if (g->sock[i] == -1)
			continue;
		buf_init(&b, 16);
		msg_put_u32(&b, (uint32_t)i);
		rc = chan_send(g->front, FM_LISTEN, 0, 0, buf_str(&b), g->sock[i], e);
		buf_done(&b);
	}
	return rc;
}

int
generation_start(struct generation *g, struct err *e)
{
	struct parent	*p = g->p;
	struct buf	 b;
	int		 pair[2], rc;

	if ((g->auth = parent_start(p, "auth", &g->auth_pid, e)) == NULL || parent_boot(p, g, g->auth, NULL, e) == -1 ||
	    (g->front = parent_start(p, "front", &g->front_pid, e)) == NULL || parent_boot(p, g, g->front, NULL, e) == -1)
		return -1;
	if (os_socketpair(pair) == -1)
		return err_sys(e, ERR_TEMP, "channel between roles");
	buf_init(&b, 16);
	msg_put_u32(&b, g->number);
	rc = chan_send(g->auth, FM_CHANNEL, 0, 0, buf_str(&b), pair[0], e);
	if (rc == 0)
		rc = chan_send(g->front, FM_CHANNEL, 0, 0, STR(""), pair[1], e);
	buf_done(&b);
	close(pair[0]);
	close(pair[1]);
	if (rc == -1 || generation_send_listeners(g, e) == -1)
		return -1;
	if (chan_on_loop(g->auth, p->loop, generation_auth, g, FRONT_CHAN_CAP) == -1 ||
	    chan_on_loop(g->front, p->loop, generation_front, g, FRONT_CHAN_CAP) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	return 0;
}

static void
generation_name(struct generation *g)
{
	if (g->conf.host_name != NULL)
		snprintf(g->host, sizeof g->host, "%s", g->conf.host_name);
	else if (os_hostname(g->host, sizeof g->host) == -1)
		snprintf(g->host, sizeof g->host, "localhost");
}

struct generation *
generation_new(struct parent *p, struct err *e)
{
	struct generation	*g = calloc(1, sizeof *g);

	if (g == NULL) {
		err_set(e, ERR_TEMP, "out of memory");
		return NULL;
	}
	g->p = p;
	g->number = ++p->next;
	g->arena = arena_new(ARENA_DEFAULT);
	for (size_t i = 0; i < MB_LISTEN_MAX; i++)
		g->sock[i] = -1;
	list_append(&p->generations, &g->link);
	if (mbconf_load(p->file, g->arena, &g->conf, &g->text, e) == 0 && generation_listen(g, e) == 0) {
		generation_name(g);
		return g;
	}
	generation_free(g);
	return NULL;
}
