/*
 * gate_accept - connections come in, or are refused before anybody looks at them.
 *
 * A burst at a time, so that a flood of new ones does not hold up those that are here; a descriptor is kept in reserve, so that a client can be told that
 * there are none left.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "gate.h"
#include "os/fd.h"

#define GATE_BURST	64		/* connections accepted in one turn of the loop */

void
gate_refuse_fd(int fd, const char *line)
{
	(void)send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	gate_drain(fd);
	close(fd);
}

/* No descriptors are left: give up the reserve for a moment, so that the client hears why. */
static void
gate_accept_reserve(struct gate *g, int lfd)
{
	int fd;

	if (g->reserve == -1)
		return;
	close(g->reserve);
	if ((fd = accept(lfd, NULL, NULL)) != -1)
		gate_refuse_fd(fd, "421 4.3.2 too many open connections\r\n");
	g->reserve = dup(lfd);
	(void)os_fd_cloexec(g->reserve, true);
	log_line(1, LOG_P_WARNING, NULL, "no descriptors left: a connection was refused");
}

void
gate_accept(void *arg, int lfd, unsigned what)
{
	struct gate_listener	*l = arg;
	struct gate		*g = l->gate;

	(void)what;
	for (int i = 0; i < GATE_BURST; i++) {
		struct sockaddr_storage	ss;
		size_t			len = sizeof ss;
		struct ip		client;
		char			why[160];
		int			fd;

		if (!gate_may_accept(g, l))
			return;
		fd = os_accept(lfd, (struct sockaddr *)&ss, &len);
		if (fd == -1) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
				gate_accept_reserve(g, lfd);
			return;
		}
		l->accepted++;
		if (ss.ss_family == AF_UNIX) {
			memset(&client, 0, sizeof client);
			client.family = 4;
			client.a[0] = 127;
			client.a[3] = 1;
		} else if (ip_from_sockaddr((struct sockaddr *)&ss, (socklen_t)len, &client) == -1) {
			close(fd);
			continue;
		}
		if (gate_is_full(g, l, why, sizeof why)) {
			gate_refuse_fd(fd, why);
			continue;
		}
		gate_take(g, l, fd, &client);
	}
}
