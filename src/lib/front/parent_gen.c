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
	if (p->coming == g)
		p->coming = NULL;
	chan_free(&g->auth);
	chan_free(&g->keys);
	for (size_t i = 0; i < g->nfronts; i++)
		chan_free(&g->front[i].chan);
	for (size_t i = 0; i < g->conf.nlisten; i++)
		if (g->sock[i] != -1)
			close(g->sock[i]);
	share_close(&g->share);
	if (g->share_fd != -1)
		close(g->share_fd);
	arena_free(&g->arena);
	free(g);
}

void
generation_kill(const struct generation *g, int signo)
{
	for (size_t i = 0; i < g->nfronts; i++)
		if (g->front[i].chan != NULL)
			(void)kill(g->front[i].pid, signo);
	if (g->auth_pid > 0)
		(void)kill(g->auth_pid, signo);
	if (g->keys_pid > 0)
		(void)kill(g->keys_pid, signo);
}

size_t
generation_fronts(const struct generation *g)
{
	size_t	n = 0;

	for (size_t i = 0; i < g->nfronts; i++)
		n += g->front[i].chan != NULL;
	return n;
}

/* To its fronts: no more connections. */
static void
generation_quiet(const struct generation *g)
{
	for (size_t i = 0; i < g->nfronts; i++)
		if (g->front[i].chan != NULL)
			(void)chan_send(g->front[i].chan, FM_RETIRE, 0, 0, STR(""), -1, NULL);
}

void
generation_retire(struct generation *g)
{
	for (size_t i = 0; i < g->conf.nlisten; i++) {
		if (g->sock[i] != -1)
			close(g->sock[i]);
		g->sock[i] = -1;
	}
	generation_quiet(g);
}

/* An old one whose last front is gone has done its work; the sockets of the one in force wait for the next. */
static void
generation_done(struct generation *g)
{
	if (generation_fronts(g) > 0)
		return;
	generation_kill(g, SIGTERM);
	if (g != g->p->now)
		generation_free(g);
}

/* One that was to come cannot be, a key that is none being the usual reason: what is in force stays. */
static void
generation_failed(struct generation *g, const char *role)
{
	struct parent	*p = g->p;

	log_line(0, LOG_P_ERR, NULL, "configuration not taken over: role %s ended before it was ready", role);
	p->coming = NULL;
	g->old = true;
	generation_kill(g, SIGKILL);
	generation_done(g);
	parent_later(p);
}

/* Auth, keys, or the only front, is gone: the generation in force is started again.  Whoever has a session in a front that is left keeps it. */
static void
generation_lost(struct generation *g, const char *role)
{
	struct parent	*p = g->p;

	if (g->old) {
		generation_done(g);
		return;
	}
	if (g == p->coming) {
		generation_failed(g, role);
		return;
	}
	if (!g->ready && !p->started) {
		p->rc = EXIT_CONFIG;
		loop_stop(p->loop);
		return;
	}
	log_line(0, LOG_P_ERR, NULL, "role %s died, it is started again", role);
	g->old = true;
	generation_quiet(g);
	parent_soon(p);
}

/* One front of several: the others go on, and so do their connections. */
static void
front_lost(struct front_proc *fp)
{
	struct generation	*g = fp->g;

	chan_free(&fp->chan);
	share_clear(g->share, (size_t)(fp - g->front));
	if (generation_fronts(g) == 0 || g == g->p->coming || (!g->ready && !g->p->started)) {
		generation_lost(g, "front");
		return;
	}
	if (g->old)
		return;
	log_line(0, LOG_P_ERR, NULL, "role front died, it is started again");
	parent_soon(g->p);
}

static void
generation_auth(void *arg, struct chan *ch, struct frame *f)
{
	struct generation	*g = arg;

	if (f == NULL) {
		chan_free(&g->auth);
		g->auth_pid = 0;
		generation_lost(g, "auth");
		return;
	}
	if (!parent_asked("auth", f) || parent_grant(g->p, ch, f) == -1)
		parent_expel("auth", g->auth_pid, f);
	if (f->fd != -1)
		close(f->fd);
}

static void
generation_keys(void *arg, struct chan *ch, struct frame *f)
{
	struct generation	*g = arg;

	(void)ch;
	if (f == NULL) {
		chan_free(&g->keys);
		g->keys_pid = 0;
		generation_lost(g, "keys");
		return;
	}
	parent_expel("keys", g->keys_pid, f);		/* it has nothing to ask */
	if (f->fd != -1)
		close(f->fd);
}

static void
front_ready(struct front_proc *fp)
{
	struct generation	*g = fp->g;
	bool			 all = true;

	fp->ready = true;
	for (size_t i = 0; i < g->nfronts; i++)
		all = all && g->front[i].ready;
	if (all && !g->ready)
		log_line(9, LOG_P_NOTICE, NULL, "%s: ready", g->p->proto->name);
	if (!all)
		return;
	g->ready = g->p->started = true;
	if (g == g->p->coming)
		parent_take_over(g->p);
}

/* A front has no auth: one that is dead, or one that broke the rules of their channel. */
static void
front_bereft(struct front_proc *fp)
{
	if (!fp->g->old)
		generation_lost(fp->g, "auth");
}

static void
front_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct front_proc	*fp = arg;

	(void)ch;
	if (f == NULL) {
		front_lost(fp);
		return;
	}
	if (!parent_asked("front", f) || (f->type == FM_CLAIM ? parent_claim(fp, f) == -1 : f->body.n > 0))
		parent_expel("front", fp->pid, f);
	else if (f->type == FM_RETIRE)
		front_bereft(fp);
	else if (f->type == FM_BOOT)
		front_ready(fp);
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

/* One of the key files must be there: whoever starts us is told at once, role keys could only tell the log. */
static int
generation_key_there(const struct generation *g, struct err *e)
{
	const struct mbconf	*c = &g->conf;
	struct str		 files, one;
	char			 name[1024];

	if (c->cert_file == NULL)
		return 0;
	files = str_c(c->key_file != NULL ? c->key_file : c->cert_file);
	while (str_split(&files, ',', &one)) {
		if (str_copy(name, sizeof name, str_trim(one)) == -1)
			return err_set(e, ERR_PERM, "ServerKeyFile: too long");
		if (access(name, R_OK) == 0)
			return 0;
		err_sys(e, ERR_PERM, "ServerKeyFile %s", name);
	}
	return -1;
}

static int
front_send_listeners(struct front_proc *fp, struct err *e)
{
	const struct generation	*g = fp->g;
	struct buf		 b;
	int			 rc = 0;

	for (size_t i = 0; i < g->conf.nlisten && rc == 0; i++) {
		if (g->sock[i] == -1)
			continue;
		buf_init(&b, 16);
		msg_put_u32(&b, (uint32_t)i);
		rc = chan_send(fp->chan, FM_LISTEN, 0, 0, buf_str(&b), g->sock[i], e);
		buf_done(&b);
	}
	return rc;
}

/* Both ends of a channel, one to auth or keys and one to the front. */
static int
front_introduce(struct front_proc *fp, struct chan *to, enum front_msg what, struct err *e)
{
	struct buf	b;
	int		pair[2], rc;

	if (os_socketpair(pair) == -1)
		return err_sys(e, ERR_TEMP, "channel between roles");
	buf_init(&b, 16);
	msg_put_u32(&b, fp->number);
	rc = chan_send(to, FM_CHANNEL, 0, 0, buf_str(&b), pair[0], e);
	if (rc == 0)
		rc = chan_send(fp->chan, (uint16_t)what, 0, 0, STR(""), pair[1], e);
	buf_done(&b);
	close(pair[0]);
	close(pair[1]);
	return rc;
}

static int
front_start(struct front_proc *fp, struct err *e)
{
	struct generation	*g = fp->g;
	struct buf		 b;
	int			 rc;

	fp->number = ++g->p->next;
	fp->ready = false;
	if ((fp->chan = parent_start(g->p, "front", &fp->pid, e)) == NULL || parent_boot(g->p, g, fp->chan, NULL, e) == -1)
		return -1;
	buf_init(&b, 16);
	msg_put_u32(&b, (uint32_t)g->nfronts);
	msg_put_u32(&b, (uint32_t)(fp - g->front));
	rc = chan_send(fp->chan, FM_SHARE, 0, 0, buf_str(&b), g->share_fd, e);
	buf_done(&b);
	if (rc == -1 || (g->keys != NULL && front_introduce(fp, g->keys, FM_KEYS, e) == -1) || front_introduce(fp, g->auth, FM_CHANNEL, e) == -1 ||
	    front_send_listeners(fp, e) == -1)
		return -1;
	return chan_on_loop(fp->chan, g->p->loop, front_frame, fp, FRONT_CHAN_CAP) == 0 ? 0 : err_set(e, ERR_TEMP, "out of memory");
}

int
generation_mend(struct generation *g, struct err *e)
{
	for (size_t i = 0; i < g->nfronts; i++)
		if (g->front[i].chan == NULL && front_start(&g->front[i], e) == -1) {
			chan_free(&g->front[i].chan);
			return -1;
		}
	return 0;
}

int
generation_start(struct generation *g, struct err *e)
{
	struct parent	*p = g->p;

	if ((g->auth = parent_start(p, "auth", &g->auth_pid, e)) == NULL || parent_boot(p, g, g->auth, NULL, e) == -1)
		return -1;
	if (chan_on_loop(g->auth, p->loop, generation_auth, g, FRONT_CHAN_CAP) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	if (g->conf.cert_file != NULL && ((g->keys = parent_start(p, "keys", &g->keys_pid, e)) == NULL || parent_boot(p, g, g->keys, NULL, e) == -1))
		return -1;
	if (g->keys != NULL && chan_on_loop(g->keys, p->loop, generation_keys, g, FRONT_CHAN_CAP) == -1)
		return err_set(e, ERR_TEMP, "out of memory");
	return generation_mend(g, e);
}

static void
generation_name(struct generation *g)
{
	if (g->conf.host_name != NULL)
		snprintf(g->host, sizeof g->host, "%s", g->conf.host_name);
	else if (os_hostname(g->host, sizeof g->host) == -1)
		snprintf(g->host, sizeof g->host, "localhost");
}

static int
generation_count(struct generation *g, struct err *e)
{
	unsigned	n = g->conf.fronts > 0 ? (unsigned)g->conf.fronts : os_cores();

	g->nfronts = n < MB_FRONTS_MAX ? n : MB_FRONTS_MAX;
	for (size_t i = 0; i < g->nfronts; i++) {
		g->front[i].g = g;
		g->front[i].ping.role = "front";
	}
	if ((g->share_fd = share_new(g->nfronts, e)) == -1)
		return -1;
	return (g->share = share_open(g->share_fd, g->nfronts, 0, e)) == NULL ? -1 : 0;
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
	g->share_fd = -1;
	g->auth_ping.role = "auth";
	g->keys_ping.role = "keys";
	g->arena = arena_new(ARENA_DEFAULT);
	for (size_t i = 0; i < MB_LISTEN_MAX; i++)
		g->sock[i] = -1;
	list_append(&p->generations, &g->link);
	if (mbconf_load(p->file, g->arena, &g->conf, &g->text, e) == 0 && generation_key_there(g, e) == 0 && generation_listen(g, e) == 0 &&
	    generation_count(g, e) == 0) {
		generation_name(g);
		return g;
	}
	generation_free(g);
	return NULL;
}
