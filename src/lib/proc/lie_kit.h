/*
 * lie_kit - for test programs that are a daemon one of whose roles gives wrong answers on request: sendmsg below stands in front of the C library's.
 *
 * Only if a file "lie.state" lies beside the program; the test writes there what to lie about while the daemon runs.  Layout (test/lib/lie.py has the
 * same): octets 0 type of the request, 4 how, 8 how many lies are left, 12 how many were told, 16 the role.  With LIE_CHILD defined, what a role forks answers as
 * the role of that name.
 */
#ifndef PROC_LIE_KIT_H
#define PROC_LIE_KIT_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/chan.h"

enum how { L_GARBAGE = 1, L_EMPTY, L_SHORT, L_LONG, L_HUGE, L_DESCRIPTOR, L_NO_DESCRIPTOR, L_PROMISE, L_ERROR, L_ERROR_DESCRIPTOR, L_TWICE, L_OTHERS };

struct lie_state {
	_Atomic uint32_t	type, how;
	_Atomic int32_t		left;
	_Atomic uint32_t	told;
	char			role[28];
};

#define LIE_SIZE	4096
#define HEAD		12
#define FD_FLAG		0x80		/* in the flags' second octet, as chan_int.h has it */
#define HUGE		((size_t)2 << 20)

static struct lie_state	*state;
static char		 own_role[28];
static pid_t		 own_pid;
static int		 spare_fd = -1;		/* what comes as a descriptor that nobody asked for: the test looks for it */

__attribute__((constructor)) static void
lie_begin(void)
{
	char		path[PATH_MAX], line[256] = "";
	ssize_t		n = readlink("/proc/self/exe", path, sizeof path - 32);
	int		fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	const char	*role;
	void		*p;

	if (fd == -1 || n <= 0)
		return;
	if (read(fd, line, sizeof line - 1) <= 0)
		line[0] = '\0';
	close(fd);
	if ((role = memmem(line, sizeof line, "-role", 6)) == NULL)		/* with its NUL */
		return;
	(void)snprintf(own_role, sizeof own_role, "%s", role + 6);
	own_pid = getpid();
	path[n] = '\0';
	(void)snprintf(strrchr(path, '/'), 32, "/lie.state");
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	if ((p = mmap(NULL, LIE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED)
		state = p;
	close(fd);
}

static ssize_t
next_sendmsg(int s, const struct msghdr *m, int flags)
{
	static ssize_t (*next)(int, const struct msghdr *, int);

	if (next == NULL)
		*(void **)(void *)&next = dlsym(RTLD_NEXT, "sendmsg");
	return next(s, m, flags);
}

/* All of it, whatever the socket takes at a time. */
static void
say_all(int s, const char *p, size_t n, int fd)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };

	while (n > 0) {
		struct iovec	iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
		struct msghdr	msg = { .msg_iov = &iov, .msg_iovlen = 1 };
		struct pollfd	w = { s, POLLOUT, 0 };
		ssize_t		r;

		if (fd != -1) {
			msg.msg_control = control.room;
			msg.msg_controllen = sizeof control.room;
			*CMSG_FIRSTHDR(&msg) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd) };
			memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof fd);
		}
		if ((r = next_sendmsg(s, &msg, MSG_NOSIGNAL)) > 0) {
			p += r;
			n -= (size_t)r;
			fd = -1;
		} else if (errno != EINTR && (errno != EAGAIN || poll(&w, 1, 5000) <= 0))
			return;
	}
}

static void
say_frame(int s, const char *head, unsigned more, uint32_t tag, const char *body, size_t n, int fd)
{
	static char frame[HEAD + HUGE];
	const uint32_t length = (uint32_t)n;

	memcpy(frame, &length, 4);
	memcpy(frame + 4, head + 4, 2);
	frame[6] = (char)(CHAN_ANSWER | more);
	frame[7] = fd != -1 ? (char)FD_FLAG : 0;
	memcpy(frame + 8, &tag, 4);
	memcpy(frame + HEAD, body, n);
	say_all(s, frame, HEAD + n, fd);
}

/* The wrong answer instead of the right one `p`. */
static void
lie(int s, const char *p, size_t n, int fd)
{
	static char	wrong[HUGE];
	const char	*body = p + HEAD;
	uint32_t	 tag;
	size_t		 len = n - HEAD;

	memcpy(&tag, p + 8, 4);
	if (spare_fd == -1)
		spare_fd = memfd_create("lie", MFD_CLOEXEC);
	memset(wrong, 0xff, sizeof wrong);
	switch ((enum how)state->how) {
	case L_GARBAGE:		say_frame(s, p, 0, tag, wrong, len == 0 ? 7 : len, fd); break;
	case L_EMPTY:		say_frame(s, p, 0, tag, wrong, 0, fd); break;
	case L_SHORT:		say_frame(s, p, 0, tag, body, len > 0 ? len - 1 : 0, fd); break;
	case L_LONG:
		memcpy(wrong, body, len < HUGE ? len : HUGE);
		say_frame(s, p, 0, tag, wrong, len < HUGE ? len + 1 : HUGE, fd);
		break;
	case L_HUGE:		say_frame(s, p, 0, tag, wrong, HUGE, fd); break;
	case L_DESCRIPTOR:	say_frame(s, p, 0, tag, body, len, spare_fd); break;
	case L_NO_DESCRIPTOR:	say_frame(s, p, 0, tag, body, len, -1); break;
	case L_PROMISE: {
		char frame[HEAD];

		memcpy(frame, p, HEAD);
		memset(frame, 0, 4);
		frame[7] = (char)FD_FLAG;
		say_all(s, frame, HEAD, -1);
		break;
	}
	case L_ERROR:		say_frame(s, p, CHAN_ERROR, tag, wrong, 7, -1); break;
	case L_ERROR_DESCRIPTOR: say_frame(s, p, CHAN_ERROR, tag, wrong, 7, spare_fd); break;
	case L_TWICE:
		say_frame(s, p, 0, tag, body, len, fd);
		say_frame(s, p, 0, tag, body, len, spare_fd);
		break;
	case L_OTHERS:
		for (uint32_t i = 1; i < 20; i++)
			say_frame(s, p, 0, tag + i, wrong, 7, spare_fd);
		say_frame(s, p, 0, tag, body, len, fd);
		break;
	}
}

static bool
lie_is_ours(void)
{
#ifdef LIE_CHILD
	if (getpid() != own_pid)
		return strcmp(state->role, LIE_CHILD) == 0;
#endif
	return strcmp(state->role, own_role) == 0;
}

static bool
lie_is_due(const struct msghdr *m)
{
	const unsigned char *p = m->msg_iovlen == 1 ? m->msg_iov->iov_base : NULL;
	size_t		     n = p != NULL ? m->msg_iov->iov_len : 0;
	uint32_t	     length;

	if (state == NULL || n < HEAD || state->left <= 0 || !lie_is_ours() || !(p[6] & CHAN_ANSWER) || p[6] & CHAN_ERROR)
		return false;
	memcpy(&length, p, 4);
	if (length != n - HEAD || ((uint32_t)p[5] << 8 | p[4]) != state->type)
		return false;
	return atomic_fetch_sub(&state->left, 1) > 0;
}

ssize_t
sendmsg(int s, const struct msghdr *m, int flags)
{
	int fd = -1;

	if (!lie_is_due(m))
		return next_sendmsg(s, m, flags);
	if (m->msg_controllen >= CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(m)), sizeof fd);
	atomic_fetch_add(&state->told, 1);	/* before: who hears it may end us at once */
	lie(s, m->msg_iov->iov_base, m->msg_iov->iov_len, fd);
	return (ssize_t)m->msg_iov->iov_len;
}

#endif
