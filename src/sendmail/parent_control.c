/*
 * parent_control - the control socket (ControlSocketName): what a running daemon does, and the order to stop or to begin anew.
 *
 * One command a connection, a word on a line, from root, TrustedUser or the daemon's own user; the kernel says who it is.  Numbers that others
 * know (sessions, messages) are asked for; their answers are numbers and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "parent_int.h"
#include "queue/scan.h"

#define CONTROL_LINE	128
#define CONTROL_MAX	8		/* connections at a time */
#define CONTROL_MS	120000

struct control {
	struct parent	*p;
	int		 fd;
	struct loop_io	*io;
};

struct control_conn {
	struct control	*c;
	int		 fd;		/* -1: gone while an answer was awaited */
	struct loop_io	*io;
	struct loop_timer *timer;
	char		 line[CONTROL_LINE];
	size_t		 n;
	bool		 full;		/* mstat, not status */
	uint64_t	 sessions;
};

static size_t control_open;

/* ---- one connection ---- */

static void
control_end(struct control_conn *k)
{
	if (k->io != NULL)
		loop_io_free(&k->io);
	if (k->timer != NULL)
		loop_timer_free(&k->timer);
	if (k->fd != -1)
		close(k->fd);
	control_open--;
	free(k);
}

static void
control_say(struct control_conn *k, struct buf *b)
{
	char	rest[1024];

	if (k->fd != -1 && buf_ok(b)) {
		(void)send(k->fd, b->p, b->n, MSG_NOSIGNAL | MSG_DONTWAIT);	/* fits into a socket's buffer */
		for (int i = 0; i < 64 && recv(k->fd, rest, sizeof rest, MSG_DONTWAIT) > 0; i++)
			;		/* what is left unread would make the answer disappear */
	}
	buf_done(b);
	control_end(k);
}

/* ---- what is known ---- */

static uint64_t
control_free_blocks(struct parent *p, struct str path)
{
	uint64_t	blocks = 0, bsize, inodes;
	int		fd = open(arena_cstr(p->ctx.arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	if (os_fs_free(fd, &blocks, &bsize, &inodes) == -1)
		blocks = 0;
	close(fd);
	return bsize >= 1024 ? blocks * (bsize / 1024) : blocks;	/* kilobytes, as sendmail counts */
}

static void
control_processes(struct control_conn *k, struct buf *b)
{
	struct parent	*p = k->c->p;
	const char	*tag = k->full ? "P:" : "";

	buf_addf(b, "%s%ld %s\r\n", tag, (long)getpid(), p->args->no_listen ? "Queue runner" : "accepting connections");
	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		buf_addf(b, "%s%ld %s%s\r\n", tag, (long)pr->pid, role_name(pr->role), pr->leaving ? " (leaving)" : "");
	}
}

static void
control_report(struct control_conn *k, const struct status_answer *spool)
{
	struct parent		*p = k->c->p;
	const struct conf	*c = p->ctx.conf;
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct str		*path;
	struct buf		 b;
	size_t			 n = 0;
	int64_t			 max = c->opt.max_daemon_children;

	buf_init(&b, 0);
	if (scan_dirs(c->opt.queue_directory, m, &path, &n, NULL) == -1)
		n = 0;
	for (size_t i = 0; i < c->ngroups; i++)
		(void)scan_more_dirs(c->groups[i].path, m, &path, &n, NULL);
	if (k->full) {
		buf_addf(&b, "C:%llu\r\nM:%lld\r\nL:%d\r\n", (unsigned long long)k->sessions, (long long)(max > 0 ? max : 0), os_load_avg());
		for (size_t i = 0; spool != NULL && i < c->ngroups && i < spool->n; i++)
			buf_addf(&b, "Q:%.*s:%llu\r\n", STR_ARG(c->groups[i].name), (unsigned long long)spool->v[i]);
		for (size_t i = 0; i < n; i++)
			buf_addf(&b, "D:%zu/%.*s/%llu\r\n", i, STR_ARG(path[i]), (unsigned long long)control_free_blocks(p, path[i]));
	} else
		buf_addf(&b, "%llu/%lld/%llu/%d\r\n", (unsigned long long)k->sessions, (long long)(max > 0 ? max : 0),
		    (unsigned long long)(n > 0 ? control_free_blocks(p, path[0]) : 0), os_load_avg());
	control_processes(k, &b);
	arena_free(&m);
	control_say(k, &b);
}

static void
control_from_spool(void *arg, struct frame *f)
{
	struct status_answer	a;
	bool			ok = f != NULL && chan_frame_err(f, NULL) == 0 && status_answer_get(f->body, &a) == 0;

	control_report(arg, ok ? &a : NULL);
}

static void
control_from_gate(void *arg, struct frame *f)
{
	struct control_conn	*k = arg;
	struct status_answer	 a;

	if (f != NULL && chan_frame_err(f, NULL) == 0 && status_answer_get(f->body, &a) == 0 && a.n > 0)
		k->sessions = a.v[0];
	if (!k->full || req_call(&k->c->p->ctx, R_SPOOL, Q_STATUS, STR(""), -1, control_from_spool, k) == -1)
		control_report(k, NULL);
}

static void
control_ask(struct control_conn *k, bool full)
{
	k->full = full;
	loop_io_free(&k->io);
	loop_timer_cancel(k->timer);
	if (req_call(&k->c->p->ctx, R_GATE, Q_STATUS, STR(""), -1, control_from_gate, k) == -1)
		control_from_gate(k, NULL);
}

static void
control_from_filters(void *arg, struct frame *f)
{
	struct control_conn	*k = arg;
	struct buf		 b;

	buf_init(&b, 0);
	if (f != NULL && chan_frame_err(f, NULL) == 0)
		parent_filters_print(f->body, &b);
	control_say(k, &b);
}

/* ---- commands ---- */

static void
control_status(struct control_conn *k)
{
	control_ask(k, false);
}

static void
control_mstat(struct control_conn *k)
{
	control_ask(k, true);
}

static void
control_filters(struct control_conn *k)
{
	loop_io_free(&k->io);
	loop_timer_cancel(k->timer);
	if (req_call(&k->c->p->ctx, R_SPOOL, Q_FILTERSTAT, STR(""), -1, control_from_filters, k) == -1)
		control_from_filters(k, NULL);
}

static void
control_memstat(struct control_conn *k)
{
	struct rusage	me, kids;
	struct buf	b;

	buf_init(&b, 0);
	if (getrusage(RUSAGE_SELF, &me) == 0 && getrusage(RUSAGE_CHILDREN, &kids) == 0)
		buf_addf(&b, "largest resident size: parent %ld, ended roles %ld\r\n", me.ru_maxrss, kids.ru_maxrss);
	buf_addf(&b, "configuration %zu\r\n", arena_used(k->c->p->ctx.conf->arena));
	control_say(k, &b);
}

static void
control_order(struct control_conn *k, bool again)
{
	struct parent	*p = k->c->p;
	struct buf	 b;

	buf_init(&b, 0);
	buf_addc(&b, "OK\r\n");
	control_say(k, &b);
	if (p->phase != 0)
		return;
	if (again && !p->args->foreground && p->args->cf[0] != '/') {
		(void)raise(SIGHUP);		/* that name means another file now: only the configuration is loaded again */
		return;
	}
	p->reexec = again;
	parent_stop(p, again ? "control socket: restart" : "control socket: shutdown");
}

static void
control_restart(struct control_conn *k)
{
	control_order(k, true);
}

static void
control_shutdown(struct control_conn *k)
{
	control_order(k, false);
}

static void	control_help(struct control_conn *);

static const struct control_row {
	const char	*name, *help;
	void		(*run)(struct control_conn *);
} control_rows[] = {
	{ "filters",	"what each mail filter did, and the time it took", control_filters },
	{ "help",	"this list", control_help },
	{ "memstat",	"memory", control_memstat },
	{ "mstat",	"what status tells, for programs, and the messages of each queue group", control_mstat },
	{ "restart",	"stop, and begin anew", control_restart },
	{ "shutdown",	"stop", control_shutdown },
	{ "status",	"sessions / most of them / free disk space / load, and the processes", control_status },
};
#define CONTROL_ROWS	(sizeof control_rows / sizeof control_rows[0])

static void
control_help(struct control_conn *k)
{
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < CONTROL_ROWS; i++)
		buf_addf(&b, "%-9s %s\r\n", control_rows[i].name, control_rows[i].help);
	control_say(k, &b);
}

static void
control_command(struct control_conn *k)
{
	struct str	line = str_mem(k->line, k->n), word;
	struct buf	b;

	word = str_trim(line);
	word = str_first(word, str_chr(word, ' '));
	log_line(10, LOG_P_INFO, NULL, "control socket: %.*s", STR_ARG(word));
	for (size_t i = 0; i < CONTROL_ROWS; i++)
		if (str_caseeq_c(word, control_rows[i].name)) {
			control_rows[i].run(k);
			return;
		}
	buf_init(&b, 0);
	buf_addf(&b, "Bad command (%.*s)\r\n", STR_ARG(word));
	control_say(k, &b);
}

static void
control_readable(void *arg, int fd, unsigned what)
{
	struct control_conn	*k = arg;
	ssize_t			 n = read(fd, k->line + k->n, sizeof k->line - k->n);
	char			*end;

	(void)what;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		control_end(k);
		return;
	}
	k->n += (size_t)n;
	if ((end = memchr(k->line, '\n', k->n)) == NULL && k->n < sizeof k->line)
		return;
	if (end != NULL)
		k->n = (size_t)(end - k->line);
	control_command(k);
}

static void
control_late(void *arg)
{
	control_end(arg);
}

/* ---- the socket ---- */

static bool
control_trusts(const struct parent *p, int fd)
{
	uid_t	uid;
	gid_t	gid;

	return os_peer_ids(fd, &uid, &gid) == 0 &&
	    (uid == 0 || uid == geteuid() || (p->ctx.conf->opt.has_trusted && uid == (uid_t)p->ctx.conf->opt.trusted_uid));
}

static void
control_accept(void *arg, int fd, unsigned what)
{
	struct control		*c = arg;
	struct control_conn	*k;
	int			 s = accept(fd, NULL, NULL);
	int64_t			 t = c->p->ctx.conf->opt.timeout.control;

	(void)what;
	if (s == -1)
		return;
	(void)os_fd_cloexec(s, true);
	(void)os_fd_nonblock(s, true);
	if (!control_trusts(c->p, s) || control_open >= CONTROL_MAX || (k = calloc(1, sizeof *k)) == NULL) {
		close(s);
		return;
	}
	control_open++;
	k->c = c;
	k->fd = s;
	k->io = loop_io_new(c->p->ctx.loop, s, LOOP_READ, control_readable, k);
	k->timer = loop_timer_new(c->p->ctx.loop, control_late, k);
	if (k->io == NULL || k->timer == NULL)
		control_end(k);
	else
		loop_timer_set(k->timer, t > 0 && t < CONTROL_MS / 1000 ? (uint64_t)t * 1000 : CONTROL_MS);
}

static int
control_bind(struct parent *p, const char *path, struct err *e)
{
	struct sockaddr_un	sa = { .sun_family = AF_UNIX };
	struct stat		st;
	mode_t			mask;
	int			fd, rc;

	if (str_copy(sa.sun_path, sizeof sa.sun_path, str_c(path)) == -1)
		return err_set(e, ERR_PERM, "%s: the name is too long for a socket", path);
	if (os_path_safe(path, p->ctx.conf->opt.has_trusted ? (uid_t)p->ctx.conf->opt.trusted_uid : geteuid(), OS_SAFE_STICKY, e) == -1)
		return -1;
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_set(e, ERR_PERM, "%s is there already, and is no socket", path);
	(void)unlink(path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		return err_sys(e, ERR_TEMP, "socket");
	(void)os_fd_cloexec(fd, true);
	(void)os_fd_nonblock(fd, true);
	mask = umask(0117);
	rc = bind(fd, (struct sockaddr *)&sa, sizeof sa);
	(void)umask(mask);
	if (rc == -1 || listen(fd, CONTROL_MAX) == -1) {
		err_sys(e, ERR_TEMP, "control socket %s", path);
		close(fd);
		return -1;
	}
	if (p->ctx.conf->opt.has_trusted && geteuid() == 0 && lchown(path, (uid_t)p->ctx.conf->opt.trusted_uid, (gid_t)-1) == -1)
		log_line(0, LOG_P_WARNING, NULL, "control socket %s: %s", path, strerror(errno));
	return fd;
}

void
parent_control(struct parent *p)
{
	static struct control	c = { .fd = -1 };
	struct str		name = p->ctx.conf->opt.control_socket_name;
	struct err		e = ERR_INIT;

	c.p = p;
	if (c.fd != -1 && str_eq_c(name, p->control))
		return;
	if (c.fd != -1) {
		loop_io_free(&c.io);
		close(c.fd);
		c.fd = -1;
		(void)unlink(p->control);
		p->control[0] = '\0';
	}
	if (name.n == 0 || p->args->no_listen || str_copy(p->control, sizeof p->control, name) == -1)
		return;
	if ((c.fd = control_bind(p, p->control, &e)) == -1 ||
	    (c.io = loop_io_new(p->ctx.loop, c.fd, LOOP_READ, control_accept, &c)) == NULL) {
		log_line(0, LOG_P_WARNING, NULL, "control socket: %s", e.text[0] != '\0' ? e.text : "out of memory");
		p->control[0] = '\0';
	}
}

void
parent_control_remove(struct parent *p)
{
	if (p->control[0] != '\0')
		(void)unlink(p->control);
}
