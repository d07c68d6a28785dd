/*
 * smtp_sink - an SMTP server that takes everything and counts: for measuring a relay on this machine.
 *
 *	smtp_sink PORT COUNTFILE
 *
 * One process, poll(2).  COUNTFILE has the number of messages and when the last one came (nanoseconds of CLOCK_MONOTONIC), each eight octets in
 * the machine's order.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SINKS	1000

struct sink {
	char	 in[65536];
	size_t	 n;
	bool	 data;
};

static struct pollfd	 p[SINKS];
static struct sink	*s[SINKS];
static nfds_t		 np = 1;
static volatile struct {
	uint64_t	n, when;
} *count;

static void
sink_say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) == -1)
		return;
}

static void
sink_close(nfds_t i)
{
	close(p[i].fd);
	free(s[i]);
	p[i] = p[--np];
	s[i] = s[np];
}

static void
sink_accept(void)
{
	int	fd = accept(p[0].fd, NULL, NULL), one = 1;

	if (fd == -1)
		return;
	if (np == SINKS || (s[np] = calloc(1, sizeof **s)) == NULL) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	p[np].fd = fd;
	p[np++].events = POLLIN;
	sink_say(fd, "220 sink ESMTP\r\n");
}

static void
sink_count(void)
{
	struct timespec	t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	count->when = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	count->n++;
}

/* One line; false: over. */
static bool
sink_line(int fd, struct sink *k, const char *line, size_t n)
{
	if (k->data) {
		if (n == 3 && line[0] == '.') {
			k->data = false;
			sink_count();
			sink_say(fd, "250 2.0.0 ok\r\n");
		}
		return true;
	}
	if (strncmp(line, "EHLO", 4) == 0)
		sink_say(fd, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE\r\n");
	else if (strncmp(line, "DATA", 4) == 0) {
		k->data = true;
		sink_say(fd, "354 go\r\n");
	} else if (strncmp(line, "QUIT", 4) == 0) {
		sink_say(fd, "221 bye\r\n");
		return false;
	} else
		sink_say(fd, "250 2.0.0 ok\r\n");
	return true;
}

static bool
sink_read(int fd, struct sink *k)
{
	ssize_t	 r = read(fd, k->in + k->n, sizeof k->in - k->n);
	char	*line = k->in, *nl;

	if (r <= 0)
		return false;
	k->n += (size_t)r;
	while ((nl = memchr(line, '\n', k->n - (size_t)(line - k->in))) != NULL) {
		if (!sink_line(fd, k, line, (size_t)(nl - line) + 1))
			return false;
		line = nl + 1;
	}
	k->n -= (size_t)(line - k->in);
	memmove(k->in, line, k->n);
	return k->n < sizeof k->in;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in	 a = { .sin_family = AF_INET };
	int			 fd, one = 1;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 3 || (fd = open(argv[2], O_RDWR | O_CREAT, 0644)) == -1 || ftruncate(fd, sizeof *count) == -1 ||
	    (count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) {
		fprintf(stderr, "usage: smtp_sink port countfile\n");
		return 2;
	}
	a.sin_port = htons((uint16_t)strtol(argv[1], NULL, 10));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p[0].fd = socket(AF_INET, SOCK_STREAM, 0);
	p[0].events = POLLIN;
	(void)setsockopt(p[0].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(p[0].fd, (struct sockaddr *)&a, sizeof a) == -1 || listen(p[0].fd, 500) == -1) {
		perror("smtp_sink");
		return 1;
	}
	for (;;) {
		if (poll(p, np, -1) == -1)
			continue;
		for (nfds_t i = np; i-- > 1;)
			if (p[i].revents != 0 && !sink_read(p[i].fd, s[i]))
				sink_close(i);
		if (p[0].revents != 0)
			sink_accept();
	}
}
