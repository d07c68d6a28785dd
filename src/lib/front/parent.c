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
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/parent_int.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/id.h"
#include "os/load.h"
#include "proc/daemonize.h"
#include "proc/logsink.h"
#include "proc/reexec.h"
#include "proc/sig.h"

#define PARENT_RESTART		1000		/* ms before a role that died is started again */

struct chan *
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

int
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

/* Who may ask the parent for what. */
static const struct {
	const char	*who;
	enum front_msg	 what;
	bool		 fd;		/* with a descriptor, or without */
} asked[] = {
	{ "auth",	FM_GRANT,	false },
	{ "front",	FM_BOOT,	false },	/* it is ready */
	{ "front",	FM_RETIRE,	false },	/* it has no auth any more */
	{ "front",	FM_CLAIM,	true },
	{ "session",	FM_SPOOL,	false },
};

bool
parent_asked(const char *who, const struct frame *f)
{
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
		if ((uint16_t)asked[i].what == f->type && strcmp(asked[i].who, who) == 0 && asked[i].fd == (f->fd != -1) && f->flags == 0)
			return true;
	return false;
}

void
parent_expel(const char *who, pid_t pid, const struct frame *f)
{
	log_line(1, LOG_P_ERR, NULL, "%s %ld asked what it may not ask (%u)", who, (long)pid, f->type);
	(void)kill(pid, SIGKILL);
}

/* The next generation; it takes over when it is ready. */
static void
parent_renew(struct parent *p)
{
	struct generation	*g, *was = p->now;
	struct err		 e = ERR_INIT;

	p->again = p->coming != NULL;
	if (p->again)
		return;
	if ((g = generation_new(p, &e)) != NULL && generation_start(g, &e) == 0) {
		p->coming = g;
		return;
	}
	log_line(0, LOG_P_ERR, NULL, "configuration not taken over: %s", e.text);
	if (g != NULL)
		generation_free(g);
	if (was == NULL || was->old)
		parent_later(p);
}

/* The old one's front ends with its last connection, and its auth with it. */
void
parent_take_over(struct parent *p)
{
	struct generation	*was = p->now;

	p->now = p->coming;
	p->coming = NULL;
	logsink_init(p->proto->name, p->log_fd, p->now->conf.log_level);
	parent_ping_anew(p);
	if (p->again)
		parent_soon(p);
	if (was == NULL)
		return;
	if (was->old) {				/* it lost a role: fronts that are left have sessions */
		if (generation_fronts(was) > 0)
			generation_retire(was);
		else
			generation_free(was);
		return;
	}
	was->old = true;
	generation_retire(was);
	log_line(9, LOG_P_NOTICE, NULL, "configuration taken over from %s", p->file);
}

void
parent_soon(struct parent *p)
{
	(void)loop_timer_set(p->restart, PARENT_RESTART);
}

void
parent_later(struct parent *p)
{
	(void)loop_timer_set(p->restart, p->again ? PARENT_RESTART : 10 * PARENT_RESTART);
}

static void
parent_restart(void *arg)
{
	struct parent	*p = arg;
	struct err	 e = ERR_INIT;

	if (p->coming != NULL)
		return;				/* what becomes of it brings us here again */
	if (p->again || p->now == NULL || p->now->old)
		parent_renew(p);
	else if (generation_mend(p->now, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "start a front: %s", e.text);
		parent_later(p);
	}
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
	LIST_EACH(it, &p->generations)
		generation_kill(LIST_OF(it, struct generation, link), SIGTERM);
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
	sig_writes_fail(true);
	if ((p->loop = loop_new()) == NULL || (p->restart = loop_timer_new(p->loop, parent_restart, p)) == NULL || parent_ping_start(p) == -1)
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
