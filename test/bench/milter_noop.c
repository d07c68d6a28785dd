/*
 * milter_noop - a mail filter that lets everything pass: what asking a filter costs by itself.
 *
 *	milter_noop SOCKET [STEPS]
 *
 * One process, poll(2), any number of sessions.  STEPS (hexadecimal) is what it negotiates: bits of steps that are not sent or not
 * answered; 0 has every packet sent and answered, one by one.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SESSIONS	4096
#define ROOM		(1u << 18)

struct session {
	unsigned char	*in;
	size_t		 n;
};

static struct pollfd	fds[SESSIONS + 1];
static struct session	sessions[SESSIONS + 1];
static nfds_t		nfds = 1;
static uint32_t		steps;

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static void
end(nfds_t i)
{
	close(fds[i].fd);
	free(sessions[i].in);
	nfds--;
	fds[i] = fds[nfds];
	sessions[i] = sessions[nfds];
}

/* One packet; -1: the session is over. */
static int
answer(int fd, const unsigned char *p)
{
	static const char letters[] = "CHMRTLNBEU";
	static const uint32_t quiet[] = { 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x80, 0x40000, 0x80000, 0, 0x20000 };
	unsigned char out[17] = { 0, 0, 0, 1, 'c' };
	const char *at;
	size_t n = 5;

	if (p[4] == 'Q')
		return -1;
	if (p[4] == 'O') {
		out[3] = 13;
		out[4] = 'O';
		put32(out + 5, 6);
		put32(out + 9, 0);
		put32(out + 13, steps & get32(p + 13));
		n = 17;
	} else if ((at = strchr(letters, p[4])) == NULL || steps & quiet[at - letters])
		return 0;
	return write(fd, out, n) == (ssize_t)n ? 0 : -1;
}

static int
serve(nfds_t i)
{
	struct session *s = &sessions[i];
	ssize_t got = read(fds[i].fd, s->in + s->n, ROOM - s->n);
	size_t at = 0;

	if (got <= 0)
		return got == -1 && errno == EINTR ? 0 : -1;
	s->n += (size_t)got;
	while (s->n - at >= 5) {
		uint32_t size = get32(s->in + at);

		if (size > ROOM - 4 || size == 0)
			return -1;
		if (s->n - at - 4 < size)
			break;
		if (answer(fds[i].fd, s->in + at) == -1)
			return -1;
		at += 4 + size;
	}
	memmove(s->in, s->in + at, s->n - at);
	s->n -= at;
	return 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (argc < 2 || strlen(argv[1]) >= sizeof un.sun_path)
		return 64;
	memcpy(un.sun_path, argv[1], strlen(argv[1]) + 1);
	steps = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 16) : 0;
	(void)unlink(argv[1]);
	fds[0].fd = socket(AF_UNIX, SOCK_STREAM, 0);
	fds[0].events = POLLIN;
	if (fds[0].fd == -1 || bind(fds[0].fd, (struct sockaddr *)&un, sizeof un) == -1 || listen(fds[0].fd, 1024) == -1) {
		perror(argv[1]);
		return 71;
	}
	for (;;) {
		if (poll(fds, nfds, -1) == -1)
			continue;
		for (nfds_t i = nfds; i-- > 1;)
			if (fds[i].revents != 0 && serve(i) == -1)
				end(i);
		if (fds[0].revents != 0 && nfds <= SESSIONS) {
			int fd = accept(fds[0].fd, NULL, NULL);

			if (fd == -1 || (sessions[nfds].in = malloc(ROOM)) == NULL)
				continue;
			sessions[nfds].n = 0;
			fds[nfds] = (struct pollfd){ fd, POLLIN, 0 };
			nfds++;
		}
	}
}
