/*
 * child - run a program as one user with a clean environment.
 *
 * Everything between fork and exec uses only calls that are safe there.  A failure
 * before exec comes back through a close-on-exec pipe as a step number and errno, so the
 * caller can say which step failed for which file.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/id.h"
#include "os/load.h"
#include "os/sandbox.h"
#include "proc/child.h"
#include "proc/sig.h"

static const char *const child_steps[] = {
	"prepare descriptors", "change root", "set priority", "become the user", "change folder", "execute"
};
enum child_step { CHILD_FDS, CHILD_ROOT, CHILD_NICE, CHILD_USER, CHILD_DIR, CHILD_EXEC, CHILD_STEPS };

struct child_report {
	int	step, sys;
};

static _Noreturn void
child_fail(int report, enum child_step step)
{
	struct child_report r = { (int)step, errno };

	(void)os_write_all(report, str_mem(&r, sizeof r));
	_exit(71);
}

/* in, out, err become 0, 1, 2; they may be any descriptors, also 0 to 2 themselves. */
static int
child_descriptors(const struct child_spec *c)
{
	const int	want[3] = { c->in, c->out, c->err };
	int		tmp[3];

	for (int i = 0; i < 3; i++) {
		if (want[i] == -1)
			tmp[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		else
			tmp[i] = want[i];
		if (tmp[i] == -1 || (tmp[i] = fcntl(tmp[i], F_DUPFD_CLOEXEC, 3)) == -1)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(tmp[i], i) == -1)
			return -1;
	return 0;
}

static _Noreturn void
child_exec(const struct child_spec *c, int report)
{
	static char *const empty[] = { NULL };
	struct err	   e = ERR_INIT;

	sig_reset();
	sig_writes_fail(false);
	if (child_descriptors(c) == -1)
		child_fail(report, CHILD_FDS);
	os_fd_close_from(3, &report, 1);
	if (c->root != NULL && os_chroot(c->root) == -1)
		child_fail(report, CHILD_ROOT);
	if (c->nice != 0 &&
	    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + c->nice) == -1)
		child_fail(report, CHILD_NICE);
	if (c->drop && os_id_drop(c->user, c->uid, c->gid, &e) == -1) {
		errno = e.sys;
		child_fail(report, CHILD_USER);
	}
	if (chdir(c->dir != NULL ? c->dir : "/") == -1)
		child_fail(report, CHILD_DIR);
	execve(c->path, c->argv, c->envp != NULL ? c->envp : empty);
	child_fail(report, CHILD_EXEC);
}

pid_t
child_start(const struct child_spec *c, struct err *e)
{
	struct child_report	r;
	int			p[2];
	pid_t			pid;
	ssize_t			n;

	if (os_pipe(p) == -1)
		return err_sys(e, ERR_TEMP, "pipe for %s", c->path);
	if ((pid = sig_fork()) == -1) {
		err_sys(e, ERR_TEMP, "fork for %s", c->path);
		close(p[0]);
		close(p[1]);
		return -1;
	}
	if (pid == 0)
		child_exec(c, p[1]);
	close(p[1]);
	n = os_read_full(p[0], &r, sizeof r);
	close(p[0]);
	if (n == 0)
		return pid;
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof r || r.step < 0 || r.step >= CHILD_STEPS)
		return err_set(e, ERR_TEMP, "%s: the child process failed", c->path);
	errno = r.sys;
	return err_sys(e, r.step == CHILD_EXEC && r.sys != ENOMEM && r.sys != EAGAIN && r.sys != ETXTBSY ? ERR_PERM : ERR_TEMP,
	    "%s: %s", c->path, child_steps[r.step]);
}

static void
child_sleep(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&ts, NULL);
}

/* 1 ended, 0 still running at the end of the time, -1. */
static int
child_poll(pid_t pid, uint64_t end, int *status)
{
	long pause = 1;

	for (;;) {
		pid_t w = waitpid(pid, status, WNOHANG);

		if (w == pid)
			return 1;
		if (w == -1 && errno != EINTR)
			return -1;
		if (os_now_ms() >= end)
			return 0;
		child_sleep(pause);
		if (pause < 50)
			pause *= 2;
	}
}

int
child_wait(pid_t pid, int timeout_ms, int *status, struct err *e)
{
	pid_t	w;
	int	rc;

	if (timeout_ms < 0) {
		while ((w = waitpid(pid, status, 0)) == -1 && errno == EINTR)
			;
		return w == pid ? 0 : err_sys(e, ERR_TEMP, "wait for a program");
	}
	if ((rc = child_poll(pid, os_now_ms() + (uint64_t)timeout_ms, status)) == 1)
		return 0;
	if (rc == -1)
		return err_sys(e, ERR_TEMP, "wait for a program");
	kill(pid, SIGTERM);
	if (child_poll(pid, os_now_ms() + 2000, status) == 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, status, 0) == -1 && errno == EINTR)
			;
	}
	return err_set(e, ERR_TEMP, "a program did not end within %d seconds", (timeout_ms + 999) / 1000);
}

/* Feed and drain until the output is closed: 0, 1 time is over, 2 the output is longer than its cap, -1. */
static int
child_talk(int *to, int from, struct str input, struct buf *out, uint64_t end)
{
	char	b[4096];
	ssize_t	n;

	for (;;) {
		struct pollfd	p[2] = { { from, POLLIN, 0 }, { *to, POLLOUT, 0 } };
		uint64_t	now = os_now_ms();
		int		rc = poll(p, 2, end <= now ? 0 : (int)(end - now));

		if (rc == 0)
			return 1;
		if (rc == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (*to != -1 && p[1].revents != 0) {
			n = input.n == 0 ? 0 : write(*to, input.p, input.n);
			if (n > 0)
				input = str_from(input, (size_t)n);
			if (input.n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
				close(*to);
				*to = -1;
			}
		}
		if (p[0].revents == 0)
			continue;
		n = read(from, b, sizeof b);
		if (n == 0)
			return 0;
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0 && buf_addmem(out, b, (size_t)n) == -1)
			return 2;
	}
}

int
child_run(const struct child_spec *spec, struct str input, struct buf *out, int timeout_ms, int *status, struct err *e)
{
	struct child_spec	c = *spec;
	int			in[2] = { -1, -1 }, o[2] = { -1, -1 }, rc = -1, talk;
	uint64_t		end = os_now_ms() + (uint64_t)(timeout_ms < 0 ? INT32_MAX : timeout_ms);
	uint64_t		now;
	pid_t			pid;

	if (os_pipe(in) == -1 || os_pipe(o) == -1) {
		err_sys(e, ERR_TEMP, "pipes for %s", c.path);
		goto out;
	}
	c.in = in[0];
	c.out = o[1];
	if ((pid = child_start(&c, e)) == -1)
		goto out;
	close(in[0]);
	close(o[1]);
	in[0] = o[1] = -1;
	(void)os_fd_nonblock(in[1], true);
	(void)os_fd_nonblock(o[0], true);
	talk = child_talk(&in[1], o[0], input, out, end);
	now = os_now_ms();
	rc = child_wait(pid, talk != 0 || end <= now ? 0 : (int)(end - now), status, e);
	if (talk == 2)
		rc = err_set(e, ERR_PERM, "%s: more than %zu octets of output", c.path, out->cap);
	else if (talk == -1 && rc == 0)
		rc = err_set(e, ERR_TEMP, "%s: its output could not be read", c.path);
out:
	for (int i = 0; i < 2; i++) {
		if (in[i] != -1)
			close(in[i]);
		if (o[i] != -1)
			close(o[i]);
	}
	return rc;
}
