/*
 * gate_accept - connections come in, or are refused before anybody looks at them.
 *
 * A burst at a time, so that a flood of new ones does not hold up those that are here; a descriptor is kept in reserve, so that a client can be told that
 * there are none left.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "gate.h"
#include "os/fd.h"

#define GATE_SPARE	12		/* descriptors that connections leave to answers of other roles */
#define GATE_FULL	"421 4.3.2 too many open connections\r\n"
#define GATE_COMPLAIN	60		/* seconds between log lines about it */
#define GATE_BURST	64		/* connections accepted in one turn of the loop */

void
gate_refuse_fd(int fd, const char *line)
{
	(void)send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	gate_drain(fd);
	close(fd);
}

static void
gate_complain(void)
{
	static time_t	told;
	time_t		now = time(NULL);

	if (now - told < GATE_COMPLAIN)
		return;
	told = now;
	log_line(1, LOG_P_WARNING, NULL, "no descriptors left (ulimit -n): connections are refused");
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
		gate_refuse_fd(fd, GATE_FULL);
	g->reserve = dup(lfd);
	(void)os_fd_cloexec(g->reserve, true);
	gate_complain();
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
		if (fd >= g->files - GATE_SPARE) {	/* the lowest that was free: connections to filters are counted so, too */
			gate_refuse_fd(fd, GATE_FULL);
			gate_complain();
			continue;
		}
		if (gate_is_full(g, l, why, sizeof why)) {
			gate_refuse_fd(fd, why);
			continue;
		}
		gate_take(g, l, fd, &client);
	}
}
