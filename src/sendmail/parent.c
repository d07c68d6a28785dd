/*
 * parent - starts the roles, introduces them to each other, replaces those that end, hears signals.
 *
 * It keeps root for binding sockets and for starting roles; what it reads comes from
 * the roles' control channels (two short messages) and from the administrator's
 * configuration.  Mail, addresses and answers from the network never pass here.
 */
#include "parent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "capacity.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "parent_int.h"
#include "proc/sig.h"
#include "queue/scan.h"
#include "req.h"
#include "rule/build.h"
#include "tally.h"
#include "secure.h"
#include "tlsfiles.h"

#define PARENT_FILES		65536

/* ---- reload ---- */

/* Is the program at our path another one than we are? */
static bool
parent_is_outdated(const struct parent *p)
{
	struct stat st;

	/* A relative -C means another file now that we are in another folder. */
	if (!p->args->foreground && p->args->cf[0] != '/')
		return false;
	return stat(p->self, &st) == 0 && (st.st_mtime != p->self_time || st.st_ino != p->self_ino);
}

static void
parent_replace(struct parent *p, struct proc *old)
{
	struct err	 e = ERR_INIT;
	struct proc	*new;

	old->leaving = true;
	if ((new = parent_start_role(p, old->role, &e)) == NULL) {
		log_line(0, LOG_P_CRIT, NULL, "%s", e.text);
		loop_timer_set(p->retry[old->role].timer, PARENT_RETRY_MS);
	}
	if (parent_tell(old, Q_RETIRE, STR(""), -1) == -1)
		kill(old->pid, SIGKILL);
}

/* Roles that not every configuration has a use for. */
static bool
parent_needs(const struct conf *c, enum role_id role)
{
	if (role == R_KEYS)
		return tlsfiles_any(c, true) || tlsfiles_any(c, false);
	return role != R_STS || secure_sts(c) || secure_dane(c);
}

/* Certificates or keys were replaced: whoever holds them is, too. */
void
parent_renew_tls(struct parent *p)
{
	static const enum role_id roles[] = { R_KEYS, R_CLIENT, R_SMTPD };
	struct proc *pr;

	log_line(0, LOG_P_INFO, NULL, "certificates or keys changed: read again");
	p->reloading = true;
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if ((pr = parent_proc(p, roles[i])) != NULL && pr->peer != NULL)
			parent_replace(p, pr);
}

static bool
parent_is_asked(enum role_id role)
{
	return role == R_KEYS || role == R_STS;
}

/* What the new configuration needs and the old one did not; and the other way round. */
static void
parent_reload_needs(struct parent *p)
{
	static const enum role_id roles[] = { R_KEYS, R_STS };
	struct err	 e = ERR_INIT;

	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		struct proc *pr = parent_proc(p, roles[i]);
		bool need = parent_needs(p->ctx.conf, roles[i]);

		if (need && pr == NULL && parent_start_role(p, roles[i], &e) == NULL)
			log_line(0, LOG_P_CRIT, NULL, "%s", e.text);
		else if (!need && pr != NULL) {
			pr->leaving = true;
			if (parent_tell(pr, Q_RETIRE, STR(""), -1) == -1)
				kill(pr->pid, SIGKILL);
		}
	}
}

static void
parent_reload(struct parent *p)
{
	struct err	 e = ERR_INIT;
	struct proc	*gate, *old[R_MAX];
	size_t		 nold = 0;

	p->reloading = true;
	if (parent_conf_load(p, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "%s: the configuration in use stays in force", e.text);
		return;
	}
	if (!p->args->no_listen && parent_listen(p, &e) == -1)
		log_line(0, LOG_P_ERR, NULL, "%s: the sockets in use stay open", e.text);
	if (tally_is_wanted(p->ctx.conf) && parent_proc(p, R_TALLY) == NULL && parent_start_role(p, R_TALLY, &e) == NULL)
		log_line(0, LOG_P_ERR, NULL, "%s", e.text);
	p->tls_stamp = p->tls_seen = tlsfiles_stamp(p->ctx.conf);
	parent_ping_anew(p);
	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (pr->leaving || pr->peer == NULL)
			continue;
		if (role_row(pr->role)->reconf != NULL)
			(void)parent_tell(pr, Q_CONF, STR(""), p->conf_fd);
		else if (nold < R_MAX)
			old[nold++] = pr;	/* their successors join the list that is being walked */
	}
	/* Those whom others ask as soon as they live come first. */
	for (size_t i = 0; i < nold; i++)
		if (parent_is_asked(old[i]->role))
			parent_replace(p, old[i]);
	parent_reload_needs(p);
	for (size_t i = 0; i < nold; i++)
		if (!parent_is_asked(old[i]->role))
			parent_replace(p, old[i]);
	if ((gate = parent_proc(p, R_GATE)) != NULL && gate->peer != NULL)
		(void)parent_send_sockets(p);
	parent_control(p);
	log_line(0, LOG_P_INFO, NULL, "configuration %s was loaded again", p->args->cf);
}

/* SIGUSR1: who is there, as debugging lines of the log. */
static void
parent_dump(struct parent *p)
{
	log_line(0, LOG_P_DEBUG, NULL, "--- dumping state on user signal: pid %ld, load average %d ---", (long)getpid(), os_load_avg());
	LIST_EACH(it, &p->procs) {
		const struct proc *pr = LIST_OF(it, struct proc, link);

		log_line(0, LOG_P_DEBUG, NULL, "role %s: pid %ld%s%s", role_name(pr->role), (long)pr->pid, pr->peer == NULL ? ", not ready" : "",
		    pr->leaving ? ", leaving" : "");
	}
	log_line(0, LOG_P_DEBUG, NULL, "--- end of state ---");
}

static void
parent_signal(void *arg, int signo)
{
	struct parent *p = arg;

	if (p->phase != 0)
		return;
	switch (signo) {
	case SIGHUP:
		log_line(0, LOG_P_INFO, NULL, "restarting %s due to signal", p->self);
		if (parent_is_outdated(p)) {
			p->reexec = true;
			parent_stop(p, "new program");
		} else
			parent_reload(p);
		break;
	case SIGTERM:
	case SIGINT:
		parent_stop(p, "signal");
		break;
	case SIGUSR1:
		parent_dump(p);
		break;
	default:
		break;
	}
}

/* ---- the beginning ---- */

/* What roles get of our environment: nothing that a library could be led by, but what names our own build tree. */
static int
parent_environment(struct parent *p)
{
	static const char *const kept[] = { "ANGARIUM_MODULES", "ANGARIUM_LOG", "TZ", "HOSTALIASES" };
	size_t			 n = 0;

	p->env = ARENA_ARRAY(p->ctx.arena, char *, sizeof kept / sizeof kept[0] + 2);
	p->env[n++] = arena_cstr(p->ctx.arena, STR("PATH=/usr/bin:/bin"));
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		const char *v = getenv(kept[i]);

		if (v != NULL)
			p->env[n++] = arena_cstr(p->ctx.arena, arena_fmt(p->ctx.arena, "%s=%s", kept[i], v));
	}
	return 0;
}

/* An empty folder that nobody can write to, for roles that need no files at all. */
static int
parent_empty_dir(struct parent *p, struct err *e)
{
	static const char *const places[] = { "/var/empty", "/run/sendmail-empty", "/var/run/sendmail-empty" };

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		if (i > 0)
			(void)mkdir(places[i], 0555);
		if (parent_is_empty(places[i])) {
			p->empty = places[i];
			return 0;
		}
	}
	return err_set(e, ERR_PERM, "no empty folder for roles: %s is missing or not empty", places[0]);
}

/* Roles hold many connections; what the system allows us is theirs. */
static int
parent_limits(struct err *e)
{
	int files;

	os_fd_limit_raise(PARENT_FILES);
	files = os_fd_limit();
	return files >= CAPACITY_FILES ? 0 : err_set(e, ERR_PERM, "%d descriptors a process are too few (ulimit -n): a daemon needs %d", files, CAPACITY_FILES);
}

/* What the limit of descriptors takes away is said once. */
static void
parent_tell_capacity(const struct parent *p)
{
	struct capacity c;

	capacity_here(&p->ctx.conf->opt, &c);
	if (c.tight && p->body == NULL)
		log_line(1, LOG_P_WARNING, NULL, "%d descriptors a process (ulimit -n): at most %d SMTP sessions at work, %d connections and %d deliveries at one time",
		    c.files, c.sessions, c.connections, c.deliveries);
}

static int
parent_log(struct parent *p, struct err *e)
{
	int s[2], size = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == -1)
		return err_sys(e, ERR_TEMP, "log channel");
	(void)os_fd_cloexec(s[0], true);
	(void)os_fd_cloexec(s[1], true);
	(void)setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	(void)setsockopt(s[1], SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	p->log_in = s[0];
	p->log_out = s[1];
	role_log_sink(p->log_in, false);
	return 0;
}

int
parent_init(struct parent *p, const struct parent_args *args, struct err *e)
{
	struct stat st;

	memset(p, 0, sizeof *p);
	p->args = args;
	p->conf_fd = -1;
	p->report = -1;
	p->empty = "";
	p->ctx.row = &parent_row;
	p->ctx.argv0 = args->argv[0];
	p->ctx.state = p;
	p->ctx.arena = arena_new(ARENA_DEFAULT);
	p->ctx.peer_gone = parent_peer_gone;
	list_init(&p->ctx.peers);
	list_init(&p->procs);
	sig_writes_fail(true);
	if (parent_limits(e) == -1)
		return -1;
	if (os_self_path(args->argv[0], p->self, sizeof p->self) == -1 || stat(p->self, &st) == -1)
		return err_set(e, ERR_PERM, "%s: cannot find my own program to start roles from", args->argv[0]);
	if (realpath(args->cf, p->cf) == NULL)
		return err_sys(e, ERR_PERM, "%s", args->cf);
	p->self_time = st.st_mtime;
	p->self_ino = st.st_ino;
	if (parent_environment(p) == -1 || parent_empty_dir(p, e) == -1)
		return -1;
	return parent_log(p, e);
}

/* Everything that needs the loop, in the process that will stay. */
int
parent_start(struct parent *p, unsigned wanted, struct err *e)
{
	static const enum role_id order[] = {
		R_LOG, R_RESOLVER, R_TALLY, R_KEYS, R_STS, R_LOOKUP, R_AUTH, R_LOCAL, R_CLIENT, R_ROUTE, R_SPOOL, R_SMTPD, R_GATE
	};
	static const int signals[] = { SIGHUP, SIGTERM, SIGINT, SIGUSR1 };

	if ((p->ctx.loop = loop_new()) == NULL ||
	    (p->phase_timer = loop_timer_new(p->ctx.loop, parent_phase_late, p)) == NULL)
		return err_set(e, ERR_TEMP, "no event loop");
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (loop_signal(p->ctx.loop, signals[i], parent_signal, p) == -1)
			return err_set(e, ERR_TEMP, "signals");
	if ((p->watch = loop_timer_new(p->ctx.loop, parent_watch, p)) == NULL)
		return err_set(e, ERR_TEMP, "no memory");
	loop_timer_set(p->watch, PARENT_WATCH_MS);
	p->tls_stamp = p->tls_seen = tlsfiles_stamp(p->ctx.conf);
	if (loop_signal(p->ctx.loop, SIGCHLD, parent_child, p) == -1)
		return err_set(e, ERR_TEMP, "signals");
	for (int r = 0; r < R_MAX; r++) {
		p->retry[r].parent = p;
		p->retry[r].role = (enum role_id)r;
		if ((p->retry[r].timer = loop_timer_new(p->ctx.loop, parent_retry, &p->retry[r])) == NULL)
			return err_set(e, ERR_TEMP, "no memory");
	}
	if (parent_ping_start(p) == -1)
		return err_set(e, ERR_TEMP, "no memory");
	parent_tell_capacity(p);
	if (!tally_is_wanted(p->ctx.conf) || p->body != NULL)
		wanted &= ~ROLE_BIT(R_TALLY);
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (wanted & ROLE_BIT(order[i]) && parent_needs(p->ctx.conf, order[i]) && parent_start_role(p, order[i], e) == NULL)
			return -1;
	return 0;
}

int
parent_queue(struct parent *p, struct err *e)
{
	struct str	path = p->ctx.conf->opt.queue_directory, *paths;
	/* root may be nobody there (NFS): spool is who owns the directory */
	int		rights = geteuid() == 0 ? F_OK : R_OK | W_OK | X_OK;
	size_t		n = 0;

	errno = ENOENT;
	(void)scan_dirs(path, p->ctx.arena, &paths, &n, NULL);
	for (size_t i = 0; i < n; i++)
		if (faccessat(AT_FDCWD, arena_cstr(p->ctx.arena, path = paths[i]), rights, AT_EACCESS) == -1)
			n = 0;
	return n > 0 ? 0 : err_sys(e, ERR_PERM, "can not chdir(%.*s/)", STR_ARG(path));
}

int
parent_queue_code(const struct err *e)
{
	return e->sys == EACCES ? EXIT_NOPERM : EXIT_CONFIG;
}

/* Nobody may be reading what a daemon says on stderr when the host boots. */
static int
parent_fail(const struct parent_args *a, const struct err *e, int code)
{
	if (getenv("ANGARIUM_LOG") == NULL) {		/* there is no role log yet */
		openlog(a->tag != NULL ? a->tag : "sendmail", LOG_PID, LOG_MAIL);
		syslog(LOG_CRIT, "NOQUEUE: not started: %s", e->text);
		closelog();
	}
	(void)fprintf(stderr, "%s: %s\n", a->argv[0], e->text);
	return code;
}

/* Go on in a child of our own session; the one who called us waits until parent_told says how the start went. */
static int
parent_detach(struct parent *p)
{
	unsigned char	code = EXIT_OSERR;
	int		fd, tell[2];
	pid_t		pid;

	if (os_pipe(tell) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid != 0) {
		close(tell[1]);
		(void)os_read_full(tell[0], &code, 1);
		_exit(code);
	}
	close(tell[0]);
	p->report = tell[1];
	(void)setsid();
	if ((fd = open("/dev/null", O_RDWR)) == -1)
		return -1;
	for (int i = 0; i < 3; i++)
		if (dup2(fd, i) == -1)
			return -1;
	if (fd > 2)
		close(fd);
	return chdir("/");
}

static void
parent_told(struct parent *p, int code)
{
	unsigned char c = (unsigned char)code;

	if (p->report == -1)
		return;
	(void)os_write_all(p->report, str_mem(&c, 1));
	close(p->report);
	p->report = -1;
}

static void
parent_announce(const struct parent *p)
{
	char	delay[40];
	int64_t	s = p->args->queue_interval;
	struct str title = p->ctx.conf->opt.process_title_prefix, j = rules_macro(p->ctx.conf->rules, 'j');

	(void)snprintf(delay, sizeof delay, "queueing@%02d:%02d:%02d", (int)(s / 3600 % 100), (int)(s / 60 % 60), (int)(s % 60));
	log_line(0, LOG_P_INFO, NULL, "starting daemon (%s): %s%s%s", CONF_VERSION, p->args->no_listen ? "" : "SMTP",
	    s > 0 && !p->args->no_listen ? "+" : "", s > 0 ? delay : "");
	if (str_chr(j, '.') == SIZE_MAX)
		log_line(0, LOG_P_CRIT, NULL, "unable to qualify my own domain name (%.*s) -- using short name", STR_ARG(j));
	if (s > 0 && p->args->no_listen)
		os_title_set("sendmail: %.*s%sQueue runner@%02d:%02d:%02d", STR_ARG(title), title.n > 0 ? ": " : "",
		    (int)(s / 3600 % 100), (int)(s / 60 % 60), (int)(s % 60));
	else
		os_title_set("sendmail: %.*s%saccepting connections", STR_ARG(title), title.n > 0 ? ": " : "");
}

/* SIGHUP found a new program: become it, with the command line we were given. */
static int
parent_again(struct parent *p)
{
	sig_reset();
	sig_writes_fail(false);
	os_fd_close_from(parent_bequeath(p), NULL, 0);
	execv(p->self, p->args->argv);
	return EXIT_OSERR;
}

int
parent_daemon(const struct parent_args *args)
{
	static struct parent	 p;
	struct err		 e = ERR_INIT;
	unsigned		 wanted = ~0u;
	int			 rc;

	if (parent_init(&p, args, &e) == -1)
		return parent_fail(args, &e, EXIT_OSERR);
	if (parent_conf_load(&p, &e) == -1)
		return parent_fail(args, &e, EXIT_CONFIG);
	if (!args->no_listen)
		parent_inherit(&p);
	if (p.nsock == 0 && parent_queue(&p, &e) == -1)		/* who was listening already goes on: spool waits for its directory */
		return parent_fail(args, &e, parent_queue_code(&e));
	if (args->no_listen)
		wanted &= ~(ROLE_BIT(R_GATE) | ROLE_BIT(R_SMTPD));
	else {
		if (parent_listen_first(&p, &e) == -1)
			return parent_fail(args, &e, EXIT_UNAVAILABLE);
	}
	if (!args->foreground && parent_detach(&p) == -1)
		return parent_fail(args, &e, EXIT_OSERR);
	if (parent_pid_file(&p, &e) == -1)
		log_line(0, LOG_P_ERR, NULL, "%s", e.text);
	parent_announce(&p);
	if (parent_start(&p, wanted, &e) == -1) {
		(void)parent_fail(args, &e, EXIT_OSERR);
		p.code = EXIT_OSERR;
		parent_stop(&p, "error");
	}
	else
		parent_control(&p);
	parent_told(&p, p.code);
	rc = loop_run(p.ctx.loop);
	if (p.reexec)
		return parent_again(&p);
	parent_pid_remove(&p);
	parent_control_remove(&p);
	return rc == -1 ? EXIT_OSERR : p.code;
}
