/*
 * smtp_load - send many messages over several SMTP sessions at once, and say how long it took.
 *
 *	smtp_load -p PORT [-a ADDRESS] [-n MESSAGES] [-c SESSIONS] [-m PER-SESSION] [-s SIZE] [-w MS] [-q] -t RECIPIENT
 *
 * A client for measuring a server on this machine: one process, poll(2), a small state machine a
 * session.  Commands are sent one by one, so that servers with and without PIPELINING do the
 * same work; MAIL says SIZE=, as mail systems and programs do where it is offered, and every server here offers it.  A reply that is not the expected one ends the program with an error.
 * Prints "messages seconds begin", the last in nanoseconds of CLOCK_MONOTONIC.  -w: the server is being started and answers within so long.
 * -q: sessions say EHLO and QUIT, without a message.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum step { S_GREET, S_EHLO, S_MAIL, S_RCPT, S_DATA, S_BODY, S_QUIT, S_STEPS };

static const char *const want[S_STEPS] = { "220", "250", "250", "250", "354", "250", "221" };

struct session {
	int		 fd;
	enum step	 step;		/* whose answer we wait for */
	long		 left;		/* messages this session still sends */
	char		 in[4096];
	size_t		 nin;
	const char	*out;
	size_t		 nout;
	char		 cmd[512];
};

static struct sockaddr_in	 server;
static const char		*rcpt;
static bool			 no_message;
static char			*body;
static size_t			 nbody;
static long			 todo = 1000, per = 10, done, patience;

static void
load_die(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void
session_say(struct session *s, enum step step)
{
	static const char *const fmt[S_STEPS] = {
		NULL, "EHLO load.example.org\r\n", NULL, NULL, "DATA\r\n", NULL, "QUIT\r\n"
	};
	int	n;

	s->step = step;
	if (step == S_BODY) {
		s->out = body;
		s->nout = nbody;
		return;
	}
	if (step == S_RCPT)
		n = snprintf(s->cmd, sizeof s->cmd, "RCPT TO:<%s>\r\n", rcpt);
	else if (step == S_MAIL)
		n = snprintf(s->cmd, sizeof s->cmd, "MAIL FROM:<sender@example.org> SIZE=%zu\r\n", nbody - 3);
	else
		n = snprintf(s->cmd, sizeof s->cmd, "%s", fmt[step]);
	if (n < 0 || (size_t)n >= sizeof s->cmd)
		load_die("recipient too long");
	s->out = s->cmd;
	s->nout = (size_t)n;
}

/* begin a new session, or rest if there is nothing left to send */
static void
session_open(struct session *s)
{
	int	one = 1;

	s->fd = -1;
	if (todo == 0)
		return;
	s->left = todo < per ? todo : per;
	todo -= s->left;
	for (;; poll(NULL, 0, 2), patience -= 2) {
		if ((s->fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
			load_die("socket: %s", strerror(errno));
		if (connect(s->fd, (struct sockaddr *)&server, sizeof server) == 0)
			break;
		if (patience <= 0)
			load_die("connect: %s", strerror(errno));
		close(s->fd);
	}
	(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
	s->step = S_GREET;
	s->nin = s->nout = 0;
}

/* a whole reply is there: check it and go on */
static void
session_reply(struct session *s, const char *line)
{
	if (strncmp(line, want[s->step], 3) != 0)
		load_die("step %d: got %s", (int)s->step, line);
	switch (s->step) {
	case S_BODY:
		done++;
		s->left--;
		session_say(s, s->left > 0 ? S_MAIL : S_QUIT);
		break;
	case S_EHLO:
		if (no_message) {
			done++;
			s->left--;
		}
		session_say(s, no_message ? S_QUIT : S_MAIL);
		break;
	case S_QUIT:
		close(s->fd);
		session_open(s);
		break;
	default:
		session_say(s, s->step + 1);
	}
}

static void
session_read(struct session *s)
{
	ssize_t	 n;
	char	*nl, line[600];
	size_t	 len, take;
	int	 fd = s->fd;

	n = read(s->fd, s->in + s->nin, sizeof s->in - s->nin);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		load_die("step %d: connection lost", (int)s->step);
	s->nin += (size_t)n;
	while (s->nin > 0 && (nl = memchr(s->in, '\n', s->nin)) != NULL) {
		len = (size_t)(nl - s->in) + 1;
		take = len < sizeof line - 1 ? len : sizeof line - 1;
		memcpy(line, s->in, take);
		line[take] = '\0';
		memmove(s->in, s->in + len, s->nin - len);
		s->nin -= len;
		if (take < 4 || line[3] != '-')
			session_reply(s, line);
		if (s->fd != fd)
			return;
	}
	if (s->nin == sizeof s->in)
		load_die("reply line too long");
}

static void
session_write(struct session *s)
{
	ssize_t	n;

	n = write(s->fd, s->out, s->nout);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		load_die("write: %s", strerror(errno));
	s->out += n;
	s->nout -= (size_t)n;
}

/* headers and lines of 72 characters, CRLF, with the final dot */
static void
body_make(size_t size)
{
	static const char head[] = "From: <sender@example.org>\r\nTo: <load@example.org>\r\n"
	    "Subject: load\r\n\r\n";
	size_t	i;

	nbody = sizeof head - 1 + (size / 74 + 1) * 74 + 3;
	if ((body = malloc(nbody)) == NULL)
		load_die("no memory");
	memset(body, 'x', nbody);
	memcpy(body, head, sizeof head - 1);
	for (i = sizeof head - 1 + 72; i + 1 < nbody - 3; i += 74)
		memcpy(body + i, "\r\n", 2);
	memcpy(body + nbody - 3, ".\r\n", 3);
}

static void
load_run(struct session *s, struct pollfd *p, size_t n)
{
	size_t	i;
	bool	open = true;

	for (i = 0; i < n; i++)
		session_open(&s[i]);
	while (open) {
		open = false;
		for (i = 0; i < n; i++) {
			p[i].fd = s[i].fd;
			p[i].events = s[i].nout > 0 ? POLLOUT : POLLIN;
			open = open || s[i].fd != -1;
		}
		if (!open)
			break;
		if (poll(p, n, 60000) <= 0)
			load_die("no answer for a minute");
		for (i = 0; i < n; i++) {
			if (p[i].fd == -1 || p[i].revents == 0)
				continue;
			if (p[i].events == POLLOUT)
				session_write(&s[i]);
			else
				session_read(&s[i]);
		}
	}
}

int
main(int argc, char **argv)
{
	struct timespec	 a, b;
	struct session	*s;
	struct pollfd	*p;
	const char	*addr = "127.0.0.1";
	long		 port = 0, sessions = 10, size = 2000, all;
	int		 c;

	signal(SIGPIPE, SIG_IGN);
	while ((c = getopt(argc, argv, "a:p:n:c:m:s:t:w:q")) != -1)
		switch (c) {
		case 'a': addr = optarg; break;
		case 'p': port = strtol(optarg, NULL, 10); break;
		case 'n': todo = strtol(optarg, NULL, 10); break;
		case 'c': sessions = strtol(optarg, NULL, 10); break;
		case 'm': per = strtol(optarg, NULL, 10); break;
		case 's': size = strtol(optarg, NULL, 10); break;
		case 't': rcpt = optarg; break;
		case 'q': no_message = true; per = 1; break;
		case 'w': patience = strtol(optarg, NULL, 10); break;
		default: return 2;
		}
	if (port <= 0 || port > 65535 || rcpt == NULL || todo < 1 || sessions < 1 || per < 1 || size < 0)
		load_die("usage: smtp_load -p port -t recipient [-a addr] [-n messages] "
		    "[-c sessions] [-m per-session] [-s size] [-w ms] [-q]");
	server.sin_family = AF_INET;
	server.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, addr, &server.sin_addr) != 1)
		load_die("%s: not an IPv4 address", addr);
	body_make((size_t)size);
	s = calloc((size_t)sessions, sizeof *s);
	p = calloc((size_t)sessions, sizeof *p);
	if (s == NULL || p == NULL)
		load_die("no memory");
	all = todo;
	clock_gettime(CLOCK_MONOTONIC, &a);
	load_run(s, p, (size_t)sessions);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%ld %.6f %lld%09ld\n", done, (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, (long long)a.tv_sec, a.tv_nsec);
	free(s);
	free(p);
	free(body);
	return done == all ? 0 : 1;
}
