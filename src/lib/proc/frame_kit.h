/*
 * frame_kit - for tests that play a neighbour which was taken over: frames by hand, and a program started as a role by whoever likes.
 */
#ifndef PROC_FRAME_KIT_H
#define PROC_FRAME_KIT_H

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/fd.h"
#include "os/id.h"
#include "proc/chan.h"
#include "proc/msg.h"

#define NOBODY		65534

/* A frame whose head says what it likes; 0x8000 in the flags says that a descriptor goes with it. */
static inline void
put_frame(int sock, unsigned type, unsigned flags, uint32_t length, struct str body, int fd)
{
	struct buf	b;
	size_t		done = 0;

	buf_init(&b, 0);
	msg_put_u32(&b, length);
	msg_put_u16(&b, (uint16_t)type);
	msg_put_u16(&b, (uint16_t)(flags | (fd != -1 ? 0x8000u : 0u)));
	msg_put_u32(&b, 77);
	buf_add(&b, body);
	while (done < b.n) {
		ssize_t n = os_send_fd(sock, b.p + done, b.n - done, done == 0 ? fd : -1);

		if (n <= 0)
			break;			/* it has already closed */
		done += (size_t)n;
	}
	buf_done(&b);
}

/* For chan_on: what the other side sends of its own accord is not wanted. */
static inline void
frame_drop(void *arg, struct chan *ch, struct frame *f)
{
	(void)arg;
	(void)ch;
	if (f != NULL && f->fd != -1)
		close(f->fd);
}

/* Run `path` as `name` -role ROLE with this as descriptor 3 (-1: closed), as `uid` (if we are root): its exit code, 256 after a signal. */
static inline int
switch_run(const char *path, const char *name, const char *role, int three, uid_t uid)
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		char *argv[] = { (char *)(uintptr_t)name, (char *)(uintptr_t)"-role", (char *)(uintptr_t)role, NULL };
		char *env[] = { NULL };
		int   null = open("/dev/null", O_RDWR);

		(void)dup2(null, 2);
		if (three == -1)
			close(3);
		else if (dup2(three, 3) == -1)
			_exit(99);
		os_fd_close_from(4, NULL, 0);
		if (uid != getuid() && os_id_drop(NULL, uid, (gid_t)uid, NULL) == -1)
			_exit(98);
		alarm(120);
		execve(path, argv, env);
		_exit(97);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

#endif
