/*
 * smtp_hold - hold many SMTP connections open: for measuring what they cost a server on this machine.
 *
 *	smtp_hold -p PORT -n SESSIONS [-e] [-m] [-b]
 *
 * -e: EHLO, then silence.  -m: EHLO and MAIL, so that a transaction is open.  -b: a command that comes octet by octet, one a second, and never ends.
 * Prints "ready SESSIONS" when the last one is so far, and stays until it is killed; a connection that the server closes ends it with an error.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const script[] = { "EHLO hold.example.org\r\n", "MAIL FROM:<sender@example.org>\r\n" };

static void
hold_die(const char *what)
{
	perror(what);
	exit(1);
}

/* A whole reply. */
static void
hold_reply(int fd, const char *want)
{
	char	buf[4096], *line;
	size_t	n = 0;
	ssize_t	r;

	while ((r = read(fd, buf + n, sizeof buf - 1 - n)) > 0) {
		n += (size_t)r;
		buf[n] = '\0';
		if (buf[n - 1] != '\n')
			continue;
		for (line = buf + n - 1; line > buf && line[-1] != '\n';)
			line--;
		if (strlen(line) > 3 && line[3] != '-')
			break;
	}
	if (r <= 0 || strncmp(buf, want, 3) != 0) {
		fprintf(stderr, "smtp_hold: got %s\n", n > 0 ? buf : "nothing");
		exit(1);
	}
}

static int
hold_connect(int port)
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof a) == -1)
		hold_die("connect");
	return fd;
}

int
main(int argc, char **argv)
{
	struct rlimit	 rl;
	struct pollfd	*p;
	long		 port = 0, n = 1, steps = 0;
	bool		 trickle = false;
	int		 c;

	while ((c = getopt(argc, argv, "p:n:emb")) != -1)
		switch (c) {
		case 'p': port = strtol(optarg, NULL, 10); break;
		case 'n': n = strtol(optarg, NULL, 10); break;
		case 'e': steps = 1; break;
		case 'm': steps = 2; break;
		case 'b': trickle = true; break;
		default: return 2;
		}
	if (port <= 0 || port > 65535 || n < 1 || n > 50000 || (p = calloc((size_t)n, sizeof *p)) == NULL) {
		fprintf(stderr, "usage: smtp_hold -p port -n sessions [-e] [-m] [-b]\n");
		return 2;
	}
	rl.rlim_cur = rl.rlim_max = (rlim_t)n + 64;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		hold_die("so many descriptors");
	for (long i = 0; i < n; i++) {
		p[i].fd = hold_connect((int)port);
		hold_reply(p[i].fd, "220");
		for (long k = 0; k < steps; k++) {
			if (write(p[i].fd, script[k], strlen(script[k])) == -1)
				hold_die("write");
			hold_reply(p[i].fd, "250");
		}
	}
	printf("ready %ld\n", n);
	fflush(stdout);
	for (;;) {
		(void)poll(NULL, 0, 1000);
		for (long i = 0; trickle && i < n; i++)
			if (write(p[i].fd, "N", 1) == -1)
				hold_die("write");
		for (long i = 0; i < n; i++)
			p[i].events = POLLIN;
		if (poll(p, (nfds_t)n, 0) > 0) {
			fprintf(stderr, "smtp_hold: a session was ended\n");
			return 1;
		}
	}
}
