/*
 * test_port - for unit tests only: a TCP port for a daemon that binds it in a moment, which no other test takes meanwhile.
 *
 * As test/lib/port.py does it: from below the range that the kernel gives to outgoing connections, and whoever holds it holds the UDP port of that number as a sign.
 */
#ifndef NET_TEST_PORT_H
#define NET_TEST_PORT_H

#include <sys/socket.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/ip.h"
#include "os/fd.h"
#include "os/load.h"

/* *sign is closed when the daemon has ended. */
static inline int
test_port(int *sign)
{
	struct ip		ip = { .family = 4, .a = { 127, 0, 0, 1 } };
	struct sockaddr_storage	ss;

	for (;;) {
		uint16_t	r;
		socklen_t	n;
		int		s;

		os_random(&r, sizeof r);
		ip.port = (uint16_t)(10240 + r % 21000);
		n = ip_to_sockaddr(&ip, &ss);
		if ((*sign = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
			return -1;
		(void)os_fd_cloexec(*sign, true);
		if (bind(*sign, (struct sockaddr *)&ss, n) == 0 && (s = net_listen(&ip, 0, NULL)) != -1) {
			close(s);
			return ip.port;
		}
		close(*sign);
	}
}

#endif
