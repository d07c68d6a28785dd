/*
 * parent - popd's and imapd's main process: binds, starts the roles, and a session for whom auth says.
 *
 * It keeps root and never reads a byte that came from the network: channels of sessions pass through it unread, and what auth and the fronts say is checked
 * against front_int.h's table.  SIGHUP reads the configuration again; one that does not load leaves the old in force.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/front_int.h"
#include "net/conn.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/id.h"
#include "os/load.h"
#include "proc/daemonize.h"
#include "proc/logsink.h"
#include "proc/reexec.h"
#include "proc/sig.h"
#include "store/spool.h"

#define PARENT_GRANT_WAIT	(60 * 1000)
#define PARENT_RESTART		1000		/* ms before a role that died is started again */
#define PARENT_GRANTS		1000u

struct parent;

/* One auth with its front: a reload starts the next generation beside the old one. */
struct generation {
	struct list		 link;
	struct parent		*p;
	struct arena		*arena;
	struct mbconf		 conf;
	struct str		 text;
	struct chan		*auth, *front;
	pid_t			 auth_pid, front_pid;
	uint32_t		 number;
	bool			 ready, old;
	char			 host[256];
	int			 sock[MB_LISTEN_MAX];
};

struct grant {
	struct list	 link;
	struct arena	*arena;
	struct mbuser	 user;
	uint8_t		 ticket[FRONT_TICKET];
	uint32_t	 front;
	uint64_t	 until;
};

struct worker {				/* a session */
	struct list	 link;
	struct parent	*p;
	struct chan	*chan;
	pid_t		 pid;
	uid_t		 uid;
	gid_t		 gid;
	bool		 mbox, locked;
	char		 inbox[2100];
};

struct parent {
	const struct front_proto *proto;
	const char		*file;
	bool			 foreground;
	char			 self[4096];
	struct loop		*loop;
	struct list		 generations, grants, workers;
	struct generation	*now;
	struct loop_timer	*restart;
	size_t			 nworkers, ngrants;
	uint32_t		 next;
	int			 log_fd, rc;
	bool			 started;
	char			*envp[8];
};

static struct chan *
parent_start(struct parent *p, const char *role, pid_t *pid, struct err *e)
{
	struct chan	*ch;
	int		 sock;

	if ((*pid = reexec_start(p->self, p->proto->name, role, p->log_fd, p->envp, &sock, e)) == -1)
		return NULL;
	if ((ch = chan_new(sock)) == NULL) {
		close(sock);
		err_set(e, ERR_TEMP, "out of memory");
	}
	return ch;
}

static int
parent_boot(struct parent *p, const struct generation *g, struct chan *ch, const struct mbuser *u, struct err *e)
{
	struct front_boot	b = { g->text, str_c(p->file), str_c(g->host), g->conf.log_level, p->log_fd == -1, { .name = STR("") } };
	struct buf		body;
	int			rc;

	if (u != NULL)
		b.user = *u;
	buf_init(&body, CHAN_MAX);
	front_boot_put(&body, &b);
	rc = buf_ok(&body) ? chan_send(ch, FM_BOOT, 0, 0, buf_str(&body), -1, e) : err_set(e, ERR_PERM, "the configuration is too long");
	buf_done(&body);
	return rc;
}

/* --- sessions --------------------------------------------------------------------------------- */

static void
worker_free(struct worker *w)
{
	if (w->locked)
		(void)spool_dotlock(w->inbox, false, w->pid, NULL);
	list_remove(&w->link);
	w->p->nworkers--;
	chan_free(&w->chan);
	free(w);
}

static void
worker_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct worker	*w = arg;
	char		 a = SPOOL_BAD;

	if (f == NULL) {
		worker_free(w);
		return;
	}
	if (f->fd != -1)
		close(f->fd);
	if (f->type != FM_SPOOL || f->fd != -1 || f->body.n != (f->body.n > 0 && f->body.p[0] == SPOOL_ALIVE ? 5u : 1u)) {
		log_line(1, LOG_P_ERR, NULL, "session %ld asked what it may not ask (%u)", (long)w->pid, f->type);
		(void)kill(w->pid, SIGKILL);
		worker_free(w);
		return;
	}
	if (f->body.p[0] == SPOOL_ALIVE) {
		struct msg_in	m = msg_in(str_from(f->body, 1));
		pid_t		pid = (pid_t)msg_u32(&m);

		a = pid > 0 && kill(pid, 0) == -1 && errno == ESRCH ? SPOOL_OK : SPOOL_TAKEN;
	} else if (geteuid() == 0 && w->mbox)
		a = spool_serve(f->body.p[0], w->inbox, w->uid, w->gid, w->pid, &w->locked);
	(void)chan_answer(ch, f, str_mem(&a, 1), -1);
}

static int
worker_start(struct parent *p, const struct generation *g, const struct grant *gr, int fd, struct err *e)
{
	struct worker	*w;
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct str	 inbox = mbuser_path(a, g->conf.mailbox_path, &gr->user);
	int		 rc = -1;

	if ((w = calloc(1, sizeof *w)) == NULL || str_is_none(inbox) || str_copy(w->inbox, sizeof w->inbox, inbox) == -1) {
		arena_free(&a);
		free(w);
		return err_set(e, ERR_TEMP, "out of memory, or path of the mailbox too long");
	}
	arena_free(&a);
	w->p = p;
	w->uid = gr->user.uid;
	w->gid = gr->user.gid;
	w->mbox = !g->conf.maildir;
	if ((w->chan = parent_start(p, "session", &w->pid, e)) != NULL && parent_boot(p, g, w->chan, &gr->user, e) == 0 &&
	    chan_send(w->chan, FM_CHANNEL, 0, 0, STR(""), fd, e) == 0 && chan_on_loop(w->chan, p->loop, worker_frame, w, FRONT_CHAN_CAP) == 0)
		rc = 0;
	list_append(&p->workers, &w->link);
	p->nworkers++;
	if (rc == -1)
		worker_free(w);
	return rc;
}

/* --- grants ----------------------------------------------------------------------------------- */

static void
grant_free(struct parent *p, struct grant *g)
{
	list_remove(&g->link);
	p->ngrants--;
	arena_free(&g->arena);
	free(g);
}

static void
grant_expire(struct parent *p)
{
	uint64_t	now = os_now_ms();

	LIST_EACH(it, &p->grants)
		if (LIST_OF(it, struct grant, link)->until <= now)
			grant_free(p, LIST_OF(it, struct grant, link));
}

/* Auth says who logged in: -1 is not decodable. */
static int
parent_grant(struct parent *p, struct chan *auth, struct frame *f)
{
	struct msg_in	 m = msg_in(f->body);
	struct grant	*g;
	struct err	 e = ERR_INIT;
	struct str	 ticket;

	grant_expire(p);
	if (p->ngrants >= PARENT_GRANTS || (g = calloc(1, sizeof *g)) == NULL) {
		err_set(&e, ERR_TEMP, "too many logins at a time");
		return chan_answer_err(auth, f, &e);
	}
	g->arena = arena_new(ARENA_DEFAULT);
	ticket = msg_str(&m, FRONT_TICKET);
	g->front = msg_u32(&m);
	g->user.name = arena_str(g->arena, msg_str(&m, 255));
	g->user.uid = (uid_t)msg_u32(&m);
	g->user.gid = (gid_t)msg_u32(&m);
	g->user.home = arena_str(g->arena, msg_str(&m, 4096));
	g->user.is_virtual = msg_bool(&m);
	g->until = os_now_ms() + PARENT_GRANT_WAIT;
	list_append(&p->grants, &g->link);
	p->ngrants++;
	if (!msg_end(&m) || ticket.n != FRONT_TICKET) {
		grant_free(p, g);
		return -1;
	}
	memcpy(g->ticket, ticket.p, FRONT_TICKET);
	if (g->user.uid == 0)
		err_set(&e, ERR_PERM, "root has no sessions");
	else if (geteuid() != 0 && g->user.uid != geteuid())
		err_set(&e, ERR_PERM, "not our user id, and we are not root");
	if (e.class != ERR_NONE) {
		grant_free(p, g);
		return chan_answer_err(auth, f, &e);
	}
	return chan_answer(auth, f, STR(""), -1);
}

static void
parent_claim(struct generation *g, struct frame *f)
{
	struct parent	*p = g->p;
	struct err	 e = ERR_INIT;
	struct grant	*found = NULL;

	grant_expire(p);
	LIST_EACH(it, &p->grants) {
		struct grant	*x = LIST_OF(it, struct grant, link);

		if (f->body.n == FRONT_TICKET && x->front == g->number && memcmp(x->ticket, f->body.p, FRONT_TICKET) == 0)
			found = x;
	}
	if (found == NULL)
		err_set(&e, ERR_PERM, "no such ticket");
	else if (p->nworkers >= (size_t)g->conf.max_connections)
		err_set(&e, ERR_TEMP, "too many sessions");
	else
		(void)worker_start(p, g, found, f->fd, &e);
	if (found != NULL)
		grant_free(p, found);
	if (e.class != ERR_NONE)
		(void)chan_answer_err(g->front, f, &e);
	else
		(void)chan_answer(g->front, f, STR(""), -1);
}

/* --- generations ------------------------------------------------------------------------------ */

static void
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
	(void)loop_timer_set(p->restart, PARENT_RESTART);
}

static void
generation_auth(void *arg, struct chan *ch, struct frame *f)
{
	struct generation	*g = arg;

	if (f == NULL) {
		generation_lost(g, "auth");
		return;
	}
	if (f->fd != -1)
		close(f->fd);
	if (f->type != FM_GRANT || parent_grant(g->p, ch, f) == -1) {
		log_line(1, LOG_P_ERR, NULL, "auth asked what it may not ask (%u)", f->type);
		(void)kill(g->auth_pid, SIGKILL);
	}
}

static void
generation_front(void *arg, struct chan *ch, struct frame *f)
{
	struct generation	*g = arg;

	(void)ch;
	if (f == NULL) {
		generation_lost(g, "front");
		return;
	}
	if (f->type == FM_CLAIM && f->fd != -1)
		parent_claim(g, f);
	else if (f->type == FM_BOOT && f->fd == -1) {
		if (!g->p->started)
			log_line(9, LOG_P_NOTICE, NULL, "%s: ready", g->p->proto->name);
		g->ready = g->p->started = true;
	} else {
		log_line(1, LOG_P_ERR, NULL, "front asked what it may not ask (%u)", f->type);
		(void)kill(g->front_pid, SIGKILL);
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

static int
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

static struct generation *
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

/* A new generation takes over; the old one's front ends with its last connection, and its auth with it. */
static void
parent_renew(struct parent *p)
{
	struct generation	*g, *was = p->now;
	struct err		 e = ERR_INIT;

	if ((g = generation_new(p, &e)) == NULL || generation_start(g, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "configuration not taken over: %s", e.text);
		if (g != NULL)
			generation_free(g);
		if (was != NULL && was->old)
			(void)loop_timer_set(p->restart, 10 * PARENT_RESTART);
		return;
	}
	p->now = g;
	logsink_init(p->proto->name, p->log_fd, g->conf.log_level);
	if (was == NULL)
		return;
	if (was->old) {				/* it lost a role */
		generation_free(was);
		return;
	}
	was->old = true;
	for (size_t i = 0; i < was->conf.nlisten; i++) {
		if (was->sock[i] != -1)
			close(was->sock[i]);
		was->sock[i] = -1;
	}
	(void)chan_send(was->front, FM_RETIRE, 0, 0, STR(""), -1, NULL);
	log_line(9, LOG_P_NOTICE, NULL, "configuration taken over from %s", p->file);
}

static void
parent_restart(void *arg)
{
	parent_renew(arg);
}

static void
parent_signal(void *arg, int signo)
{
	struct parent	*p = arg;

	switch (signo) {
	case SIGCHLD:
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		break;
	case SIGHUP:
		parent_renew(p);
		break;
	default:
		loop_stop(p->loop);
	}
}

static void
parent_stop(struct parent *p)
{
	LIST_EACH(it, &p->generations) {
		struct generation	*g = LIST_OF(it, struct generation, link);

		if (g->front_pid > 0)
			(void)kill(g->front_pid, SIGTERM);
		if (g->auth_pid > 0)
			(void)kill(g->auth_pid, SIGTERM);
	}
	LIST_EACH(it, &p->workers) {
		struct worker	*w = LIST_OF(it, struct worker, link);

		(void)kill(w->pid, SIGTERM);
		worker_free(w);
	}
}

/* --- start ------------------------------------------------------------------------------------ */

static int
parent_pid_file(const struct parent *p, struct err *e)
{
	char	text[64];
	int	n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	const char	*file = mbconf_pid_file(&p->now->conf, p->now->arena, p->proto->name);

	if (file == NULL)
		return 0;
	return os_replace(file, str_mem(text, (size_t)n), 0644, e);
}

static void
parent_environment(struct parent *p)
{
	static const char *const	keep[] = { "TZ", "ANGARIUM_MODULES", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH" };
	static char			lines[sizeof keep / sizeof keep[0]][1024];
	size_t				n = 0;

	for (size_t i = 0; i < sizeof keep / sizeof keep[0]; i++) {
		const char	*v = getenv(keep[i]);

		if (v != NULL && snprintf(lines[n], sizeof lines[n], "%s=%s", keep[i], v) < (int)sizeof lines[n]) {
			p->envp[n] = lines[n];
			n++;
		}
	}
	p->envp[n] = NULL;
}

static int
parent_run(struct parent *p)
{
	static const int	signals[] = { SIGCHLD, SIGHUP, SIGTERM, SIGINT };
	struct err		e = ERR_INIT;

	if ((p->now = generation_new(p, &e)) == NULL) {
		fprintf(stderr, "%s: %s\n", p->proto->name, e.text);
		return EXIT_CONFIG;
	}
	if (!p->foreground) {
		p->log_fd = logsink_open();
		daemonize();
	}
	logsink_init(p->proto->name, p->log_fd, p->now->conf.log_level);
	sig_ignore(SIGPIPE);
	if ((p->loop = loop_new()) == NULL || (p->restart = loop_timer_new(p->loop, parent_restart, p)) == NULL)
		return EXIT_OSERR;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (loop_signal(p->loop, signals[i], parent_signal, p) == -1)
			return EXIT_OSERR;
	if (generation_start(p->now, &e) == -1 || parent_pid_file(p, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "%s", e.text);
		parent_stop(p);
		return EXIT_OSERR;
	}
	os_title_set("%s: accepting connections", p->proto->name);
	(void)loop_run(p->loop);
	if (p->now != NULL && p->now->conf.pid_file != NULL)
		(void)unlink(mbconf_pid_file(&p->now->conf, p->now->arena, p->proto->name));
	parent_stop(p);
	return p->rc;
}

static _Noreturn void
parent_usage(const char *name)
{
	fprintf(stderr, "usage: %s [-D] [-C file]\n", name);
	exit(EXIT_USAGE);
}

int
front_main(int argc, char **argv, const struct front_proto *proto)
{
	struct parent	p = { .proto = proto, .file = PATH_MAILBOX_CF, .log_fd = -1 };
	struct err	e = ERR_INIT;
	int		c;

	os_title_init(argc, argv);
	if (os_fd_std() == -1)
		return EXIT_OSERR;
	if (argc == 3 && strcmp(argv[1], "-role") == 0)
		return role_main(argv[2], proto);
	if (os_id_is_setid() && os_id_drop_setid(&e) == -1)
		return EXIT_NOPERM;
	while ((c = getopt(argc, argv, "C:D")) != -1) {
		if (c == 'C')
			p.file = optarg;
		else if (c == 'D')
			p.foreground = true;
		else
			parent_usage(proto->name);
	}
	if (argc != optind)
		parent_usage(proto->name);
	if (os_self_path(argv[0], p.self, sizeof p.self) == -1) {
		fprintf(stderr, "%s: where our own program is cannot be found out: call it by its full name\n", proto->name);
		return EXIT_OSERR;
	}
	list_init(&p.generations);
	list_init(&p.grants);
	list_init(&p.workers);
	umask(022);
	parent_environment(&p);
	return parent_run(&p);
}
