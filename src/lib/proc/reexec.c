/*
 * reexec - our own program again, as a role.
 *
 * Descriptors 0 to 2 are inherited (the parent has put them on /dev/null or keeps a
 * terminal for -bD), 3 is the channel, 4 the log; every other one is closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/id.h"
#include "proc/reexec.h"
#include "proc/sig.h"

/* Move the descriptor to exactly `to`, inheritable; the source must not be one of the targets. */
static int
reexec_place(int fd, int to)
{
	return dup2(fd, to) == -1 ? -1 : os_fd_cloexec(to, false);
}

static _Noreturn void
reexec_child(const char *self, const char *argv0, const char *role, int sock, int log_fd, char *const envp[])
{
	char *argv[4];
	int   s, l = -1, last = REEXEC_CHAN + 1;

	sig_reset();
	/* Out of the way first: either may stand on a target. */
	if ((s = fcntl(sock, F_DUPFD_CLOEXEC, 10)) == -1)
		_exit(71);
	if (log_fd != -1 && (l = fcntl(log_fd, F_DUPFD_CLOEXEC, 10)) == -1)
		_exit(71);
	if (reexec_place(s, REEXEC_CHAN) == -1)
		_exit(71);
	if (l != -1) {
		if (reexec_place(l, REEXEC_LOG) == -1)
			_exit(71);
		last = REEXEC_LOG + 1;
	}
	os_fd_close_from(last, NULL, 0);
	argv[0] = (char *)(uintptr_t)argv0;
	argv[1] = (char *)(uintptr_t)"-role";
	argv[2] = (char *)(uintptr_t)role;
	argv[3] = NULL;
	execve(self, argv, envp);
	_exit(71);
}

pid_t
reexec_start(const char *self, const char *argv0, const char *role, int log_fd, char *const envp[], int *sock, struct err *e)
{
	int	p[2];
	pid_t	pid;

	if (os_socketpair(p) == -1)
		return err_sys(e, ERR_TEMP, "channel to role %s", role);
	if ((pid = sig_fork()) == -1) {
		err_sys(e, ERR_TEMP, "fork role %s", role);
		close(p[0]);
		close(p[1]);
		return -1;
	}
	if (pid == 0)
		reexec_child(self, argv0, role, p[1], log_fd, envp);
	close(p[1]);
	*sock = p[0];
	return pid;
}

int
reexec_accept(struct err *e)
{
	uid_t	uid;
	gid_t	gid;

	if (getuid() != geteuid())
		return err_set(e, ERR_PERM, "a role is not for a set-user-id program");
	if (getuid() != 0 && getgid() != getegid())
		return err_set(e, ERR_PERM, "a role is not for a set-group-id program");
	if (os_id_is_setid() && getuid() != 0)
		return err_set(e, ERR_PERM, "a role is not for a set-id program");
	if (os_peer_ids(REEXEC_CHAN, &uid, &gid) == -1)
		return err_set(e, ERR_PERM, "a role is started by its parent only: descriptor %d is no channel", REEXEC_CHAN);
	if (uid != getuid())
		return err_set(e, ERR_PERM, "a role is started by its parent only: descriptor %d is another user's", REEXEC_CHAN);
	return os_fd_cloexec(REEXEC_CHAN, true);
}
