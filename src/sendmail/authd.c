/*
 * authd - role auth: SMTP AUTH by the Cyrus library, a forked child for each exchange.
 *
 * The only role that reads passwords of users.  Its loop answers two questions: which mechanisms can be offered, and "begin an exchange", whose
 * answer is a channel to a new child.  A wrong guess is answered late, and later with each further one from the same address or for the same
 * account: a child tells the role of it through a pipe, and has the counts of the time when it was born.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auth/saslex.h"
#include "authask.h"
#include "authchild.h"
#include "base/log.h"
#include "base/status.h"
#include "os/fd.h"
#include "os/load.h"
#include "proc/sig.h"
#include "req.h"
#include "roles.h"

#define AUTH_CHILDREN	500		/* exchanges at a time, and sessions that have a security layer */
#define AUTH_GUESSES	4096u		/* slots; two keys may meet in one: both wait */
#define AUTH_MEMORY_S	600		/* a wrong guess is remembered */
#define AUTH_DELAY_MS	300		/* the first one, doubled for each further */
#define AUTH_DELAY_MAX	15000

struct auth_guess {
	int64_t		 last;
	uint32_t	 n;
};

struct authd {
	struct role_ctx	*ctx;
	struct auth_guess guess[AUTH_GUESSES];
	int		 report[2];	/* children write here which slots a wrong guess was in */
	struct loop_io	*reports;
	uint64_t	 seed;
	int		 nchildren;
	char		 dir[1024];
};

/* ---- guesses ---- */

static uint32_t
authd_slot(const struct authd *d, char kind, struct str key)
{
	uint64_t h = d->seed ^ (unsigned char)kind;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3u;
	return (uint32_t)((h ^ h >> 32) % AUTH_GUESSES);
}

static uint32_t
authd_count(struct authd *d, uint32_t slot)
{
	struct auth_guess *g = &d->guess[slot % AUTH_GUESSES];
	int64_t now = (int64_t)time(NULL);

	if (now - g->last > AUTH_MEMORY_S)
		g->n = 0;
	g->last = now;
	return ++g->n;
}

/* One more: milliseconds to wait before it is told. */
static int
authd_wrong(struct authd *d, struct str peer, struct str user)
{
	uint32_t slot[2] = { authd_slot(d, 'i', peer), authd_slot(d, 'u', user) };
	uint32_t a = authd_count(d, slot[0]), b = authd_count(d, slot[1]), most = a > b ? a : b;
	int ms = AUTH_DELAY_MS;

	(void)os_write_all(d->report[1], str_mem((const char *)(const void *)slot, sizeof slot));
	for (uint32_t i = 1; i < most && ms < AUTH_DELAY_MAX; i++)
		ms *= 2;
	return ms < AUTH_DELAY_MAX ? ms : AUTH_DELAY_MAX;
}

static void
authd_reported(void *arg, int fd, unsigned what)
{
	struct authd *d = arg;
	uint32_t slot[2];

	(void)what;
	while (read(fd, slot, sizeof slot) == (ssize_t)sizeof slot)
		for (int i = 0; i < 2; i++)
			(void)authd_count(d, slot[i]);
}

/* Has the administrator said anything about passwords of SMTP?  Without that the library's defaults would make us offer what nobody can use. */
static bool
authd_is_set_up(const struct authd *d)
{
	static const char *const names[] = {
		"/etc/sasl2/Sendmail.conf", "/etc/sasl/Sendmail.conf", "/usr/lib/sasl2/Sendmail.conf", "/usr/local/lib/sasl2/Sendmail.conf",
		"/usr/local/etc/sasl2/Sendmail.conf"
	};

	if (d->dir[0] != '\0')
		return true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (access(names[i], R_OK) == 0)
			return true;
	return false;
}

/* ---- a child: one exchange ---- */

static int
authd_wrong_guess(void *arg, const struct auth_ask *q, struct str account)
{
	return authd_wrong(arg, q->peer, account);
}

static int
authd_begin(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct authd *d = ctx->state;
	struct auth_ask q;
	int s[2], rc;
	pid_t pid;

	if (auth_ask_get(f->body, &q) == -1 || q.client != (p->role == R_CLIENT))
		return -1;
	if (d->nchildren >= AUTH_CHILDREN)
		return req_refuse(p, f, ERR_TEMP, "too many exchanges at a time");
	if (os_socketpair(s) == -1)
		return req_refuse(p, f, ERR_TEMP, "no socket");
	if ((pid = sig_fork()) == 0) {
		close(s[0]);
		if (loop_after_fork(ctx->loop) == -1)
			_exit(EXIT_OSERR);
		LIST_EACH(it, &ctx->peers) {
			struct peer *o = LIST_OF(it, struct peer, link);

			if (o != p)
				chan_abandon(&o->ch);
		}
		authchild_run(&(struct authchild){ d->dir, &ctx->conf->env, authd_wrong_guess, d }, f->body, s[1]);
	}
	close(s[1]);
	if (pid == -1) {
		close(s[0]);
		return req_refuse(p, f, ERR_TEMP, "cannot fork");
	}
	d->nchildren++;
	rc = req_answer(p, f, STR(""), s[0]);
	close(s[0]);
	return rc;
}

/* ---- which mechanisms ---- */

/* In a child, too: the library keeps what it loads, and a plugin that breaks must not take the role with it. */
static void
authd_list(const struct authd *d, struct str body, int fd)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct auth_ask q;
	struct saslex_conf c;
	struct saslex *x;
	struct buf b;
	struct err e = ERR_INIT;

	sig_reset();
	authchild_environment(&d->ctx->conf->env);
	(void)alarm(30);
	buf_init(&b, 4096);
	if (auth_ask_get(arena_str(a, body), &q) == 0) {
		authchild_conf(d->dir, &q, a, &c);
		if ((x = saslex_new(&c, &e)) == NULL)
			log_line(1, LOG_P_ERR, NULL, "auth: %s", e.text);
		else
			(void)saslex_mechs(x, &b);
	}
	(void)os_write_all(fd, buf_str(&b));
	_exit(EXIT_OK);
}

struct authd_listing {
	struct held	*held;
	struct loop_io	*io;
	int		 fd;
	struct buf	 text;
};

static void
authd_listed(void *arg, int fd, unsigned what)
{
	struct authd_listing *l = arg;
	char b[4096];
	ssize_t n = read(fd, b, sizeof b);

	(void)what;
	if (n > 0 && l->text.n < sizeof b) {
		buf_addmem(&l->text, b, (size_t)n);
		return;
	}
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	loop_io_free(&l->io);
	close(l->fd);
	req_release(&l->held, buf_str(&l->text), -1);
	buf_done(&l->text);
	free(l);
}

static int
authd_mechs(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct authd *d = ctx->state;
	struct authd_listing *l;
	struct auth_ask q;
	int fd[2];
	pid_t pid;

	if (auth_ask_get(f->body, &q) == -1 || q.client)
		return -1;
	if (!authd_is_set_up(d))
		return req_answer(p, f, STR(""), -1);
	if ((l = calloc(1, sizeof *l)) == NULL || os_pipe(fd) == -1) {
		free(l);
		return req_refuse(p, f, ERR_TEMP, "no pipe");
	}
	if ((pid = sig_fork()) == 0) {
		if (loop_after_fork(ctx->loop) == -1)
			_exit(EXIT_OSERR);
		authd_list(d, f->body, fd[1]);
	}
	close(fd[1]);
	(void)os_fd_nonblock(fd[0], true);
	l->fd = fd[0];
	buf_init(&l->text, 8192);
	if (pid == -1 || (l->held = req_hold(p, f)) == NULL ||
	    (l->io = loop_io_new(ctx->loop, fd[0], LOOP_READ, authd_listed, l)) == NULL) {
		close(fd[0]);
		if (l->held != NULL)
			req_unhold(&l->held);
		free(l);
		return req_refuse(p, f, ERR_TEMP, "no memory");
	}
	d->nchildren += pid != -1;
	return 0;
}

const struct answer authd_answers[] = { { Q_AUTH, authd_begin }, { Q_AUTHMECHS, authd_mechs }, { 0, NULL } };

/* ---- the role ---- */

static void
authd_reap(void *arg, int signo)
{
	struct authd *d = arg;

	(void)signo;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		d->nchildren--;
}

static void
authd_settings(struct authd *d)
{
	if (str_copy(d->dir, sizeof d->dir, d->ctx->conf->opt.sasl_conf_dir) == -1)
		d->dir[0] = '\0';
}

int
authd_reconf(struct role_ctx *ctx)
{
	authd_settings(ctx->state);
	return 0;
}

int
authd_sandbox(struct role_ctx *ctx, const char **read_paths, const char **write_paths, size_t max)
{
	(void)ctx;
	read_paths[0] = NULL;
	authchild_writes(write_paths, max);
	return 0;
}

int
authd_run(struct role_ctx *ctx)
{
	static struct authd d;

	if (os_pipe(d.report) == -1 || os_fd_nonblock(d.report[0], true) == -1 || os_fd_nonblock(d.report[1], true) == -1 ||
	    (d.reports = loop_io_new(ctx->loop, d.report[0], LOOP_READ, authd_reported, &d)) == NULL)
		return EXIT_OSERR;
	d.ctx = ctx;
	os_random(&d.seed, sizeof d.seed);
	authd_settings(&d);
	ctx->state = &d;
	if (loop_signal(ctx->loop, SIGCHLD, authd_reap, &d) == -1)
		return EXIT_OSERR;
	role_title(ctx, "ready");
	return role_loop(ctx);
}
