#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "os/fd.h"

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static bool
is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

/* The wait status of fn in a child. */
static int
in_child(void (*fn)(void))
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
check(bool ok, int code)
{
	if (!ok)
		_exit(code);
}

static void
child_std(void)
{
	close(0);
	close(2);
	check(os_fd_std() == 0, 1);
	check(is_open(0) && is_open(1) && is_open(2) && read(0, &(char){ 0 }, 1) == 0, 2);
}

static void
child_close(void)
{
	int	a[2], b[2], c[2];

	check(os_pipe(a) == 0 && os_pipe(b) == 0 && os_pipe(c) == 0, 1);
	os_fd_close_from(3, (const int[]){ b[1], c[0], 1 }, 3);
	check(!is_open(a[0]) && !is_open(a[1]) && !is_open(b[0]) && is_open(b[1]) && is_open(c[0]) && !is_open(c[1]), 2);
	check(is_open(0) && is_open(1) && is_open(2), 3);
	os_fd_close_from(3, NULL, 0);
	check(!is_open(b[1]) && !is_open(c[0]), 4);
}

static void
children(void **state)
{
	(void)state;
	assert_int_equal(in_child(child_std), 0);
	assert_int_equal(in_child(child_close), 0);
}

static void
flags(void **state)
{
	int	p[2];

	(void)state;
	assert_int_equal(os_pipe(p), 0);
	assert_true(is_cloexec(p[0]) && is_cloexec(p[1]));
	assert_int_equal(os_fd_cloexec(p[0], false), 0);
	assert_false(is_cloexec(p[0]));
	assert_int_equal(os_fd_nonblock(p[0], true), 0);
	assert_int_equal(read(p[0], &(char){ 0 }, 1), -1);
	assert_int_equal(errno, EAGAIN);
	close(p[0]);
	close(p[1]);
	assert_int_equal(os_fd_cloexec(p[0], true), -1);
}

static void
whole_files(void **state)
{
	struct buf	b;
	char		small[4];
	int		fd;

	(void)state;
	fd = os_memfile("test", STR("content"), NULL);
	assert_true(fd != -1 && is_cloexec(fd));
	buf_init(&b, 0);
	assert_int_equal(os_read_file(fd, &b), 0);
	assert_string_equal(buf_c(&b), "content");
	assert_int_equal(write(fd, "x", 1), -1);	/* sealed, or opened for reading alone */
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(os_read_full(fd, small, 4), 4);
	assert_int_equal(os_read_full(fd, small, 4), 3);
	buf_done(&b);
	buf_init(&b, 7);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(os_read_file(fd, &b), 0);
	buf_done(&b);
	buf_init(&b, 6);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(os_read_file(fd, &b), -1);
	assert_int_equal(errno, EFBIG);
	buf_done(&b);
	close(fd);
	assert_int_equal(os_write_all(-1, STR("x")), -1);
}

static void
passing(void **state)
{
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(3 * sizeof(int))];
	} control = { .room = { 0 } };
	char		text[8];
	struct iovec	iov = { .iov_base = text, .iov_len = 1 };
	struct msghdr	msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room };
	int		s[2], p[2], fd, first;
	uid_t		uid;
	gid_t		gid;

	(void)state;
	assert_int_equal(os_socketpair(s), 0);
	assert_int_equal(os_pipe(p), 0);
	assert_int_equal(os_peer_ids(s[0], &uid, &gid), 0);
	assert_true(uid == geteuid() && gid == getegid());
	assert_int_equal(os_peer_ids(p[0], &uid, &gid), -1);
	assert_int_equal(os_send_fd(s[0], "ab", 2, -1), 2);
	assert_int_equal(os_recv_fd(s[1], text, sizeof text, &fd), 2);
	assert_int_equal(fd, -1);
	assert_int_equal(os_send_fd(s[0], "c", 1, p[1]), 1);
	assert_int_equal(os_recv_fd(s[1], text, sizeof text, &fd), 1);
	assert_true(fd != -1 && is_cloexec(fd));
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(p[0], text, 1), 1);
	close(fd);
	/* three at once: one is kept, no other is left open */
	CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
	CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
	CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(3 * sizeof(int));
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), (int[]){ p[0], p[1], p[0] }, 3 * sizeof(int));
	assert_int_equal(sendmsg(s[0], &msg, 0), 1);
	first = dup(0);
	close(first);
	assert_int_equal(os_recv_fd(s[1], text, sizeof text, &fd), 1);
	assert_int_equal(fd, first);
	assert_false(is_open(first + 1) || is_open(first + 2));
	close(fd);
	close(s[1]);
	assert_int_equal(os_send_fd(s[0], "x", 1, -1), -1);	/* and no SIGPIPE */
	assert_int_equal(errno, EPIPE);
	close(s[0]);
	close(p[0]);
	close(p[1]);
}

/* There is room where the system has a way for it, and what is short comes in as ever. */
static void
more_room(int fd)
{
	int		before = 0, after = 0, low = 0;
	socklen_t	n = sizeof before;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &before, &n), 0);
	os_sock_expect(fd, (size_t)1 << 20);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &after, &n), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low, &n), 0);
	assert_int_equal(low, 1);
#ifdef __linux__
	assert_true(after > before);
#endif
	os_sock_expect(fd, SIZE_MAX);
	os_sock_expect(-1, 1);
}

static void
accepting(void **state)
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from;
	socklen_t		len = sizeof a;
	size_t			n = sizeof from;
	int			l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), fd;

	(void)state;
	assert_int_equal(bind(l, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(os_fd_nonblock(l, true), 0);
	assert_int_equal(os_accept(l, (struct sockaddr *)&from, &n), -1);
	assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(connect(c, (struct sockaddr *)&a, len), 0);
	n = sizeof from;
	assert_int_not_equal(fd = os_accept(l, (struct sockaddr *)&from, &n), -1);
	assert_true(is_cloexec(fd) && (fcntl(fd, F_GETFL) & O_NONBLOCK));
	len = sizeof a;
	assert_int_equal(getsockname(c, (struct sockaddr *)&a, &len), 0);
	assert_true(n >= sizeof from && from.sin_family == AF_INET && from.sin_port == a.sin_port);
	more_room(fd);
	close(fd);
	close(c);
	close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children), cmocka_unit_test(flags), cmocka_unit_test(whole_files), cmocka_unit_test(passing), cmocka_unit_test(accepting)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
