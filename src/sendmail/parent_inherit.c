/*
 * parent_inherit - listening sockets that somebody else bound: systemd's socket activation (sd_listen_fds(3)), and ourselves before a new program was executed.
 *
 * LISTEN_PID names us, LISTEN_FDS says how many there are from descriptor 3 on.  Each goes to the daemon of DaemonPortOptions whose address and port it
 * has; a socket for all addresses of both kinds ("[::]:25") may be that of a daemon for all IPv4 ones.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "os/fd.h"
#include "parent_int.h"

#define FIRST	3

static int
inherit_env(const char *name, int max)
{
	const char	*v = getenv(name);
	int		 n;

	return v != NULL && num_int(str_c(v), 0, max, &n) == 0 ? n : -1;
}

/* Is it a socket that listens, and where?  -1: it is none. */
static int
inherit_socket(int fd, struct parent_socket *s)
{
	union {
		struct sockaddr		sa;
		struct sockaddr_storage	ss;
		struct sockaddr_un	un;
	}		a;
	socklen_t	len = sizeof a, l = sizeof(int);
	int		on = 0;

	memset(s, 0, sizeof *s);
	memset(&a, 0, sizeof a);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &l) == -1 || !on || getsockname(fd, &a.sa, &len) == -1)
		return -1;
	s->fd = fd;
	if (a.sa.sa_family == AF_UNIX)
		return a.un.sun_path[0] != '\0' ? str_copy(s->path, sizeof s->path, str_mem(a.un.sun_path, strnlen(a.un.sun_path, sizeof a.un.sun_path))) : -1;
	return ip_from_sockaddr(&a.sa, len, &s->ip);
}

void
parent_inherit(struct parent *p)
{
	int	n = inherit_env("LISTEN_FDS", PARENT_SOCKETS), pid = inherit_env("LISTEN_PID", INT32_MAX);

	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
	if (n <= 0 || pid != (int)getpid())
		return;
	for (int fd = FIRST; fd < FIRST + n; fd++) {
		(void)os_fd_cloexec(fd, true);
		if (inherit_socket(fd, &p->sock[p->nsock]) == 0)
			p->nsock++;
		else {
			log_line(0, LOG_P_ERR, NULL, "descriptor %d was handed over, but it is no socket that listens", fd);
			(void)close(fd);
		}
	}
}

static bool
inherit_any(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof ip->a; i++)
		if (ip->a[i] != 0)
			return false;
	return true;
}

bool
parent_inherited_both(const struct parent_socket *have, const struct parent_socket *want)
{
	int		off = 1;
	socklen_t	l = sizeof off;

	return have->path[0] == '\0' && want->path[0] == '\0' && have->ip.family == 6 && want->ip.family == 4 && have->ip.port == want->ip.port &&
	    inherit_any(&have->ip) && inherit_any(&want->ip) && getsockopt(have->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, &l) == 0 && !off;
}

/* In the process that is about to become the new program.  Descriptors above the sockets are closed by the caller. */
int
parent_bequeath(struct parent *p)
{
	char	text[24];
	int	n = 0, high[PARENT_SOCKETS];

	for (size_t i = 0; i < p->nsock; i++)		/* out of the way first */
		if ((high[n] = fcntl(p->sock[i].fd, F_DUPFD, FIRST + PARENT_SOCKETS)) != -1)
			n++;
	for (int i = 0; i < n; i++)
		if (dup2(high[i], FIRST + i) == -1)
			return FIRST;
	(void)snprintf(text, sizeof text, "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", text, 1);
	(void)snprintf(text, sizeof text, "%d", n);
	(void)setenv("LISTEN_FDS", text, 1);
	return FIRST + n;
}
