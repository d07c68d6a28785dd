/*
 * fd - descriptors.
 *
 * Everything opened here is close-on-exec, at once where the system can, so that a
 * fork in between leaks nothing.  Passed descriptors come from other roles, which may
 * be hostile: at most one is kept, none is ever left open unseen.
 */
#include "os/fd.h"

#include "os_conf.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef HAVE_MEMFD_CREATE
#include <sys/mman.h>
#endif

#include "base/buf.h"
#include "base/num.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL	0
#endif
#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

enum { FD_PASSED_MAX = 8 };

int
os_fd_limit(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return _POSIX_OPEN_MAX;
	return r.rlim_cur == RLIM_INFINITY || r.rlim_cur > INT_MAX ? INT_MAX : (int)r.rlim_cur;
}

void
os_fd_limit_raise(int most)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max > (rlim_t)most ? (rlim_t)most : r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

int
os_fd_cloexec(int fd, bool on)
{
	int	flags = fcntl(fd, F_GETFD);

	if (flags == -1)
		return -1;
	return fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC);
}

int
os_fd_nonblock(int fd, bool on)
{
	int	flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return -1;
	return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int
os_fd_std(void)
{
	int	fd;

	do {
		if ((fd = open("/dev/null", O_RDWR)) == -1)
			return -1;
	} while (fd <= 2);
	close(fd);
	return 0;
}

static bool
fd_kept(int fd, const int *keep, size_t nkeep)
{
	for (size_t i = 0; i < nkeep; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

/* The lowest kept descriptor that is not below `from`, or -1. */
static int
fd_next_kept(int from, const int *keep, size_t nkeep)
{
	int	next = -1;

	for (size_t i = 0; i < nkeep; i++)
		if (keep[i] >= from && (next == -1 || keep[i] < next))
			next = keep[i];
	return next;
}

/* One system call a gap; -1 where the kernel lacks it. */
static int
fd_close_ranges(int from, const int *keep, size_t nkeep)
{
#ifdef HAVE_CLOSE_RANGE
	int	next;

	while ((next = fd_next_kept(from, keep, nkeep)) != -1) {
		if (next > from && close_range((unsigned)from, (unsigned)next - 1, 0) == -1)
			return -1;
		from = next + 1;
	}
	return close_range((unsigned)from, ~0u, 0);
#else
	(void)from;
	(void)keep;
	(void)nkeep;
	(void)fd_next_kept;
	return -1;
#endif
}

/* Ask the system which are open. */
static int
fd_close_listed(int from, const int *keep, size_t nkeep)
{
	struct dirent	*e;
	DIR		*d;
	int		 fd;

	if ((d = opendir("/proc/self/fd")) == NULL && (d = opendir("/dev/fd")) == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		if (num_int(str_c(e->d_name), from, INT_MAX, &fd) == 0 && fd != dirfd(d) &&
		    !fd_kept(fd, keep, nkeep))
			close(fd);
	closedir(d);
	return 0;
}

void
os_fd_close_from(int from, const int *keep, size_t nkeep)
{
	long	max;

	if (fd_close_ranges(from, keep, nkeep) == 0 || fd_close_listed(from, keep, nkeep) == 0)
		return;
	if ((max = sysconf(_SC_OPEN_MAX)) == -1 || max > 1 << 20)
		max = 1 << 20;
	for (int fd = from; fd < max; fd++)
		if (!fd_kept(fd, keep, nkeep))
			close(fd);
}

int
os_write_all(int fd, struct str s)
{
	ssize_t	n;

	while (s.n > 0) {
		if ((n = write(fd, s.p, s.n)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		s = str_from(s, (size_t)n);
	}
	return 0;
}

ssize_t
os_read_full(int fd, void *p, size_t n)
{
	size_t	got = 0;
	ssize_t	r;

	while (got < n) {
		if ((r = read(fd, (char *)p + got, n - got)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

int
os_read_file(int fd, struct buf *out)
{
	size_t	want;
	ssize_t	n;
	char	*to, last;

	for (;;) {
		want = out->cap - out->n < 65536 ? out->cap - out->n : 65536;
		if (want == 0) {		/* full: then this must be the end */
			if ((n = os_read_full(fd, &last, 1)) == 1)
				errno = EFBIG;
			return n == 0 ? 0 : -1;
		}
		if ((to = buf_reserve(out, want)) == NULL) {
			errno = ENOMEM;
			return -1;
		}
		if ((n = os_read_full(fd, to, want)) == -1) {
			buf_commit(out, 0);
			return -1;
		}
		buf_commit(out, (size_t)n);
		if ((size_t)n < want)
			return 0;
	}
}

int
os_accept(int sock, struct sockaddr *addr, size_t *n)
{
	socklen_t	len = (socklen_t)*n;
	int		fd;

#ifdef HAVE_ACCEPT4
	fd = accept4(sock, addr, &len, SOCK_CLOEXEC|SOCK_NONBLOCK);
#else
	fd = accept(sock, addr, &len);
	if (fd != -1 && (os_fd_cloexec(fd, true) == -1 || os_fd_nonblock(fd, true) == -1)) {
		close(fd);
		fd = -1;
	}
#endif
	*n = len;
	return fd;
}

int
os_socketpair(int fd[2])
{
#ifdef SOCK_CLOEXEC
	return socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, fd);
#else
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		return -1;
	os_fd_cloexec(fd[0], true);
	os_fd_cloexec(fd[1], true);
	return 0;
#endif
}

int
os_pipe(int fd[2])
{
#ifdef HAVE_PIPE2
	return pipe2(fd, O_CLOEXEC);
#else
	if (pipe(fd) == -1)
		return -1;
	os_fd_cloexec(fd[0], true);
	os_fd_cloexec(fd[1], true);
	return 0;
#endif
}

ssize_t
os_send_fd(int sock, const void *p, size_t n, int fd)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec	 iov = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*c;
	ssize_t		 r;

	if (fd != -1) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof control.room;
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	do {
		r = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (r == -1 && errno == EINTR);
	return r;
}

/* Keep the first passed descriptor, close all others. */
static int
fd_take_passed(struct msghdr *msg)
{
	struct cmsghdr	*c;
	int		 fd, kept = -1;
	size_t		 n;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof fd;
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (kept == -1)
				kept = fd;
			else
				close(fd);
		}
	}
	return kept;
}

void
os_sock_expect(int sock, size_t n)
{
#if defined(__linux__) && defined(SO_RCVLOWAT)
	int	low = n < INT_MAX ? (int)n : INT_MAX, one = 1;

	/* Who waits for so much must be able to get it: the system makes room, and goes on to adapt it, which SO_RCVBUF would end. */
	if (setsockopt(sock, SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low) == 0)
		(void)setsockopt(sock, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
#else
	(void)sock;
	(void)n;
#endif
}

ssize_t
os_recv_fd(int sock, void *p, size_t n, int *fd)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(FD_PASSED_MAX * sizeof(int))];
	} control;
	struct iovec	iov = { .iov_base = p, .iov_len = n };
	struct msghdr	msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.room, .msg_controllen = sizeof control.room
	};
	ssize_t		r;

	*fd = -1;
	do {
		r = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (r == -1 && errno == EINTR);
	if (r == -1)
		return -1;
	if ((*fd = fd_take_passed(&msg)) == -1 && (msg.msg_flags & MSG_CTRUNC) != 0)
		*fd = OS_FD_LOST;
	if (*fd >= 0 && MSG_CMSG_CLOEXEC == 0)
		os_fd_cloexec(*fd, true);
	return r;
}

#ifdef HAVE_MEMFD_CREATE
static int
fd_memfile(const char *name, struct str content)
{
	int	fd, e;

	if ((fd = memfd_create(name, MFD_CLOEXEC|MFD_ALLOW_SEALING)) == -1)
		return -1;
	if (os_write_all(fd, content) == -1 || lseek(fd, 0, SEEK_SET) == -1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_WRITE|F_SEAL_SEAL) == -1) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}
#else
static int
fd_memfile(const char *name, struct str content)
{
	(void)name;
	(void)content;
	errno = ENOSYS;
	return -1;
}
#endif

/* A file without a name, open for reading only. */
static int
fd_tempfile(struct str content)
{
	char	path[] = "/tmp/angariumXXXXXX";
	int	w, r = -1, e;

	if ((w = mkstemp(path)) == -1)
		return -1;
	os_fd_cloexec(w, true);
	if (os_write_all(w, content) == 0)
		r = open(path, O_RDONLY|O_CLOEXEC|O_NOFOLLOW);
	e = errno;
	unlink(path);
	close(w);
	errno = e;
	return r;
}

int
os_memfile(const char *name, struct str content, struct err *e)
{
	int	fd = fd_memfile(name, content);

	if (fd == -1 && (errno == ENOSYS || errno == EPERM || errno == EINVAL))
		fd = fd_tempfile(content);
	return fd != -1 ? fd : err_sys(e, ERR_TEMP, "memory file %s", name);
}

static int
fd_sharedfile(const char *name)
{
	char	path[] = "/tmp/angariumXXXXXX";
	int	fd;

#ifdef HAVE_MEMFD_CREATE
	if ((fd = memfd_create(name, MFD_CLOEXEC|MFD_ALLOW_SEALING)) != -1 || (errno != ENOSYS && errno != EPERM && errno != EINVAL))
		return fd;
#else
	(void)name;
#endif
	if ((fd = mkstemp(path)) != -1) {
		unlink(path);
		os_fd_cloexec(fd, true);
	}
	return fd;
}

int
os_sharedfile(const char *name, size_t size, struct err *e)
{
	int	fd = fd_sharedfile(name);

	if (fd == -1)
		return err_sys(e, ERR_TEMP, "shared memory %s", name);
	if (ftruncate(fd, (off_t)size) == -1) {
		err_sys(e, ERR_TEMP, "shared memory %s", name);
		close(fd);
		return -1;
	}
#ifdef F_SEAL_SHRINK
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_SEAL);	/* a plain file has none */
#endif
	return fd;
}

int
os_peer_ids(int sock, uid_t *uid, gid_t *gid)
{
#if defined(HAVE_SO_PEERCRED)
	struct ucred	c;
	socklen_t	n = sizeof c;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &c, &n) == -1)
		return -1;
	if (n != sizeof c || c.uid == (uid_t)-1) {	/* a pair across user namespaces, or no peer */
		errno = ENOTCONN;
		return -1;
	}
	*uid = c.uid;
	*gid = c.gid;
	return 0;
#elif defined(HAVE_GETPEEREID)
	return getpeereid(sock, uid, gid);
#else
	(void)sock;
	(void)uid;
	(void)gid;
	errno = ENOSYS;
	return -1;
#endif
}
