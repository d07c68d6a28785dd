/*
 * conn - listening and connecting.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/conn.h"
#include "os/fd.h"
#include "os/load.h"

#define NET_PRIVILEGED	1024
#define NET_RESERVED	512	/* so many ports below it are taken: lower ones have services */

static int
net_socket(int family)
{
	int s = socket(family, SOCK_STREAM, 0);

	if (s != -1 && os_fd_cloexec(s, true) == -1) {
		close(s);
		return -1;
	}
	return s;
}

static int
net_family(const struct ip *ip)
{
	return ip->family == 6 ? AF_INET6 : AF_INET;
}

int
net_nodelay(int sock)
{
	int on = 1;

	return setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int
net_listen(const struct ip *ip, int backlog, struct err *e)
{
	struct sockaddr_storage	ss;
	socklen_t		len = ip_to_sockaddr(ip, &ss);
	char			t[IP_TEXT];
	int			s, on = 1;

	if (len == 0)
		return err_set(e, ERR_BUG, "listen: no address");
	if ((s = net_socket(net_family(ip))) == -1)
		return err_sys(e, ERR_TEMP, "socket for %s", ip_text(ip, t));
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == -1)
		goto bad;
	if (ip->family == 6 && setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == -1)
		goto bad;
	if (bind(s, (struct sockaddr *)&ss, len) == -1 || listen(s, backlog > 0 ? backlog : SOMAXCONN) == -1)
		goto bad;
	if (os_fd_nonblock(s, true) == -1)
		goto bad;
	return s;
bad:
	err_sys(e, ERR_TEMP, "listen on %s port %u", ip_text(ip, t), ip->port);
	close(s);
	return -1;
}

static int
net_unix_addr(const char *path, struct sockaddr_un *un, struct err *e)
{
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	if (str_copy(un->sun_path, sizeof un->sun_path, str_c(path)) == -1)
		return err_set(e, ERR_PERM, "%s: too long for a socket's name", path);
	return 0;
}

int
net_listen_unix(const char *path, mode_t mode, struct err *e)
{
	struct sockaddr_un	un;
	struct stat		st;
	mode_t			old;
	int			s, rc;

	if (net_unix_addr(path, &un, e) == -1)
		return -1;
	if ((s = net_socket(AF_UNIX)) == -1)
		return err_sys(e, ERR_TEMP, "socket for %s", path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	old = umask(0777 & ~mode);
	rc = bind(s, (struct sockaddr *)&un, sizeof un);
	umask(old);
	if (rc == -1 || listen(s, SOMAXCONN) == -1 || os_fd_nonblock(s, true) == -1) {
		err_sys(e, ERR_TEMP, "listen on %s", path);
		close(s);
		return -1;
	}
	return s;
}

/* Connect the non-blocking socket within the time; errno says why not. */
static int
net_connect_wait(int s, const struct sockaddr *sa, socklen_t len, int timeout_ms)
{
	uint64_t	end = os_now_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
	struct pollfd	p = { s, POLLOUT, 0 };
	int		soerr = 0, n;
	socklen_t	l = sizeof soerr;

	if (connect(s, sa, len) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return -1;
	do {
		uint64_t now = os_now_ms();

		n = poll(&p, 1, timeout_ms <= 0 ? -1 : end <= now ? 0 : (int)(end - now));
	} while (n == -1 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	if (n <= 0)
		return -1;
	if (getsockopt(s, SOL_SOCKET, SO_ERROR, &soerr, &l) == -1)
		return -1;
	errno = soerr;
	return soerr == 0 ? 0 : -1;
}

int
net_connect_on(int s, const struct ip *to, int timeout_ms, struct err *e)
{
	struct sockaddr_storage	ss;
	socklen_t		len = ip_to_sockaddr(to, &ss);
	char			t[IP_TEXT];

	if (len != 0 && os_fd_nonblock(s, true) == 0 && net_connect_wait(s, (struct sockaddr *)&ss, len, timeout_ms) == 0 &&
	    os_fd_nonblock(s, false) == 0 && net_nodelay(s) == 0)
		return s;
	err_sys(e, ERR_TEMP, "connect to %s port %u", ip_text(to, t), to->port);
	close(s);
	return -1;
}

int
net_connect(const struct ip *to, const struct ip *from, int timeout_ms, struct err *e)
{
	struct sockaddr_storage	fs;
	char			t[IP_TEXT];
	int			s;

	if (to->family != 4 && to->family != 6)
		return err_set(e, ERR_BUG, "connect: no address");
	if ((s = net_socket(net_family(to))) == -1)
		return err_sys(e, ERR_TEMP, "socket for %s", ip_text(to, t));
	if (from != NULL && from->family == to->family) {
		socklen_t	flen = ip_to_sockaddr(from, &fs);

		if (bind(s, (struct sockaddr *)&fs, flen) == -1) {
			err_sys(e, ERR_TEMP, "connect to %s port %u", ip_text(to, t), to->port);
			close(s);
			return -1;
		}
	}
	return net_connect_on(s, to, timeout_ms, e);
}

int
net_reserved(int family, const struct ip *from, struct err *e)
{
	struct sockaddr_storage	ss;
	struct ip		ip = { .family = (family == 6) ? 6 : 4 };
	int			s, at = (int)getpid() % NET_RESERVED;

	if (from != NULL && from->family == ip.family)
		ip = *from;
	if ((s = net_socket(net_family(&ip))) == -1)
		return err_sys(e, ERR_TEMP, "socket");
	for (int i = 0; i < NET_RESERVED; i++) {
		ip.port = (uint16_t)(NET_PRIVILEGED - 1 - (at + i) % NET_RESERVED);
		if (bind(s, (struct sockaddr *)&ss, ip_to_sockaddr(&ip, &ss)) == 0)
			return s;
		if (errno != EADDRINUSE)
			break;
	}
	err_sys(e, ERR_TEMP, "port below %d", NET_PRIVILEGED);
	close(s);
	return -1;
}

int
net_connect_unix(const char *path, int timeout_ms, struct err *e)
{
	struct sockaddr_un	un;
	int			s;

	if (net_unix_addr(path, &un, e) == -1)
		return -1;
	if ((s = net_socket(AF_UNIX)) == -1)
		return err_sys(e, ERR_TEMP, "socket for %s", path);
	if (os_fd_nonblock(s, true) == -1 ||
	    net_connect_wait(s, (struct sockaddr *)&un, sizeof un, timeout_ms) == -1 ||
	    os_fd_nonblock(s, false) == -1) {
		err_sys(e, ERR_TEMP, "connect to %s", path);
		close(s);
		return -1;
	}
	return s;
}

int
net_local(int sock, struct ip *ip)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof ss;

	if (getsockname(sock, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	return ip_from_sockaddr((struct sockaddr *)&ss, len, ip);
}

int
net_peer(int sock, struct ip *ip)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof ss;

	if (getpeername(sock, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	return ip_from_sockaddr((struct sockaddr *)&ss, len, ip);
}
