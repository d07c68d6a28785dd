/*
 * bundle - see the header.
 */
#include "bundle.h"

#include <sys/socket.h>
#include <unistd.h>

#include "os/fd.h"

int
bundle_make(const int *fd, size_t n)
{
	int p[2];

	if (n == 0 || n > BUNDLE_MAX || os_socketpair(p) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (os_send_fd(p[0], "", 1, fd[i]) != 1) {
			close(p[1]);
			p[1] = -1;
			break;
		}
	close(p[0]);
	return p[1];
}

int
bundle_open(int bundle, int *fd, size_t n)
{
	size_t got = 0;
	char byte;
	int one;

	/* whoever made it could leave its other end open and empty: it is not waited for */
	if (os_fd_nonblock(bundle, true) == 0)
		while (os_recv_fd(bundle, &byte, 1, &one) == 1 && one >= 0) {
			if (got == n || got == BUNDLE_MAX) {
				close(one);
				got = n + 1;
				break;
			}
			fd[got++] = one;
		}
	close(bundle);
	if (got == n)
		return 0;
	for (size_t i = 0; i < got && i < n; i++)
		close(fd[i]);
	return -1;
}
