/*
 * auth_child - who checks passwords: the checker and its children.
 *
 * The checker enters the sandbox that the data base of users allows before it forks the first child, so each child has it too.  PAM's modules may be
 * anything that the administrator chose, programs included: they get all but what nobody gets.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/sasl.h"
#include "base/log.h"
#include "base/status.h"
#include "front/auth_int.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/sandbox.h"
#include "proc/sig.h"

struct child {
	struct role	*role;
	struct chan	*chan;
	struct sasl	*sasl;
	struct arena	*arena;
};

/* What it says: word, challenge, name, and who that is. */
static int
child_say(struct child *c, const struct frame *f, enum auth_rc rc, struct str challenge, const struct mbuser *u)
{
	struct buf	b;
	int		r;

	buf_init(&b, CHAN_MAX);
	front_found_put(&b, &(struct front_found){ rc, challenge, str_first(sasl_exchange_user(c->sasl), 255), *u });
	r = chan_answer(c->chan, f, buf_str(&b), -1);
	buf_done(&b);
	return r;
}

/* The mailbox behind a login; a realm that is our own name may be missing in the data base. */
static enum auth_rc
child_find(struct child *c, struct mbuser *u, struct err *e)
{
	struct str	name = sasl_exchange_user(c->sasl);
	size_t		at = str_rchr(name, '@');
	int		rc = mbuser_find(&c->role->conf, name, c->arena, u, e);

	if (rc == 0 && at != SIZE_MAX && str_caseeq(str_from(name, at + 1), c->role->boot.host))
		rc = mbuser_find(&c->role->conf, str_first(name, at), c->arena, u, e);
	return rc == 1 ? AUTH_OK : rc == 0 ? AUTH_NO : AUTH_TEMP;
}

/* One question of the front: 1 the exchange goes on. */
static int
child_answer(struct child *c, const struct frame *f)
{
	struct mbuser		u = { .name = STR("") };
	struct front_begin	begin;
	struct front_step	step;
	struct buf		out;
	struct err		e = ERR_INIT;
	enum auth_rc		rc = AUTH_BAD;
	int			more;

	buf_init(&out, CHAN_MAX);
	if (f->type == FM_BEGIN && front_begin_get(f->body, &begin) == 0) {
		sasl_exchange_peer(c->sasl, begin.peer);
		rc = sasl_exchange_begin(c->sasl, begin.mech, begin.initial, begin.plain, &out, &e);
	} else if (f->type != FM_BEGIN && front_step_get(f->body, &step) == 0)
		rc = sasl_exchange_step(c->sasl, step.response, &out, &e);
	if (rc == AUTH_OK)
		rc = child_find(c, &u, &e);
	if (rc == AUTH_TEMP)
		log_line(1, LOG_P_ERR, NULL, "auth: %s", e.text);
	more = child_say(c, f, rc, buf_str(&out), &u) == 0 && rc == AUTH_CONTINUE;
	buf_done(&out);
	return more;
}

/* One exchange. */
static _Noreturn void
child_run(struct role *r, int sock)
{
	struct child	c = { .role = r };
	struct frame	f;
	struct err	e = ERR_INIT;

	sig_reset();
	(void)alarm(2 * AUTH_CHILD_WAIT / 1000);	/* whatever a library waits for: nobody else does any more */
	c.arena = arena_new(ARENA_DEFAULT);
	if ((c.chan = chan_new(sock)) == NULL)
		_exit(EXIT_TEMPFAIL);
	c.sasl = sasl_exchange_new(&r->conf, r->proto->sasl_service, arena_cstr(c.arena, r->boot.host), &e);
	if (c.sasl == NULL) {
		log_line(1, LOG_P_ERR, NULL, "auth: %s", e.text);
		if (chan_recv(c.chan, &f, AUTH_CHILD_WAIT, NULL) == 0)
			(void)chan_answer_err(c.chan, &f, &e);
		_exit(EXIT_TEMPFAIL);
	}
	while (chan_recv(c.chan, &f, AUTH_CHILD_WAIT, NULL) == 0 && child_answer(&c, &f))
		continue;
	sasl_exchange_free(&c.sasl);
	_exit(EXIT_OK);
}

/* --- the checker ------------------------------------------------------------------------------ */

static int
checker_sandbox(const struct role *r, struct err *e)
{
	struct os_sandbox	box = { "auth checker", role_may("checker"), NULL, (const char *const[]){ NULL } };

	if (r->conf.users == MB_USERS_PAM) {
		if (geteuid() != 0)
			return 0;		/* set-user-id helpers of modules would not work in any */
		box.may |= CHECKER_PAM_MAY;
		box.write_paths = NULL;
	}
	return os_sandbox_enter(&box, e) == -1 ? -1 : 0;
}

static void
checker_fork(struct role *r, int from, int sock)
{
	pid_t	pid = sig_fork();

	if (pid == 0) {
		close(from);
		child_run(r, sock);
	}
	if (pid == -1)
		log_line(1, LOG_P_ERR, NULL, "auth: no process could be started");
	close(sock);
}

/* Until the role is gone. */
static _Noreturn void
checker_run(struct role *r, int from)
{
	struct err	e = ERR_INIT;
	char		c;
	int		fd;

	os_title_set("%s: auth checker", r->proto->name);
	sig_ignore(SIGCHLD);			/* nobody waits for them */
	if (checker_sandbox(r, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "auth: %s", e.text);
		_exit(EXIT_OSERR);
	}
	while (os_recv_fd(from, &c, 1, &fd) > 0)
		if (fd >= 0)
			checker_fork(r, from, fd);
	_exit(EXIT_OK);
}

int
auth_checker(struct auth *a)
{
	int	p[2];
	pid_t	pid;

	if (os_socketpair(p) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		close(p[0]);
		chan_abandon(&a->role->parent);
		checker_run(a->role, p[1]);
	}
	close(p[1]);
	a->checker = p[0];
	return os_fd_nonblock(p[0], true);
}

/* --- mechanisms ------------------------------------------------------------------------------- */

int
auth_find_mechs(struct auth *a)
{
	int	p[2], status;
	char	both[512];
	ssize_t	n;
	pid_t	pid;

	if (os_pipe(p) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		struct buf	b;
		struct err	e = ERR_INIT;
		struct sasl	*x;

		buf_init(&b, 512);
		x = sasl_exchange_new(&a->role->conf, a->role->proto->sasl_service, arena_cstr(a->role->arena, a->role->boot.host), &e);
		if (x == NULL || sasl_mechanisms(x, true, &b, &e) == -1 || os_write_all(p[1], buf_str(&b)) == -1) {
			log_line(0, LOG_P_ERR, NULL, "auth: %s", e.text);
			_exit(EXIT_CONFIG);
		}
		buf_clear(&b);
		(void)sasl_mechanisms(x, false, &b, &e);
		(void)os_write_all(p[1], STR("\n"));
		(void)os_write_all(p[1], buf_str(&b));
		_exit(EXIT_OK);
	}
	close(p[1]);
	n = os_read_full(p[0], both, sizeof both);
	close(p[0]);
	if (waitpid(pid, &status, 0) == pid && status == 0 && n > 0) {
		struct str	rest = str_mem(both, (size_t)n), first;

		if (str_split(&rest, '\n', &first) && str_copy(a->mechs, sizeof a->mechs, first) == 0 &&
		    str_copy(a->mechs_clear, sizeof a->mechs_clear, rest) == 0)
			return 0;
	}
	return -1;
}
