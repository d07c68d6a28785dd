/*
 * rmail - mail that came by UUCP: the From_ lines that hosts on its way put in front become one sender, and sendmail gets the rest.
 *
 *	From joe Mon Jan  5 10:00:00 2026 remote from hosta		the host that handed it over: hosta!
 *	>From joe Mon Jan  5 09:00:00 2026 remote from hostb		... which had it from hostb
 *
 * is a message from hosta!hostb!joe.  Standard input is a stranger's; addresses go to sendmail as arguments, never to a shell.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "os/fd.h"

#ifndef PATH_SENDMAIL
#define PATH_SENDMAIL	"/usr/sbin/sendmail"
#endif
#define LINE_LEN	65536
#define FROM_LINES	100	/* more are taken for text */

struct rmail {
	const char	*domain, *sendmail;
	bool		 trace;
	struct buf	 path;		/* "hosta!hostb!" */
	struct buf	 user;
	struct buf	 first;		/* the host that handed it over, or none */
};

static int
usage(void)
{
	fputs("usage: rmail [-T] [-D domain] [-S sendmail] user ...\n", stderr);
	return EXIT_USAGE;
}

/* "joe Mon Jan  5 10:00:00 2026 remote from hosta": joe and hosta. */
static void
from_line(struct rmail *r, struct str line)
{
	static const char	mark[] = " remote from ";
	struct str		addr, host = STR("");
	size_t			at = SIZE_MAX, quoted = 0, n = 0;

	while (n < line.n && (quoted % 2 == 1 || !chr_is_space(line.p[n])))
		quoted += line.p[n++] == '"';
	addr = str_first(line, n);
	for (size_t i = n; i + sizeof mark - 1 <= line.n; i++)		/* the last one */
		if (memcmp(line.p + i, mark, sizeof mark - 1) == 0)
			at = i + sizeof mark - 1;
	if (at != SIZE_MAX) {
		struct str	rest = str_from(line, at);

		(void)str_word(&rest, &host);
	} else if ((at = str_rchr(addr, '!')) != SIZE_MAX) {		/* a path that was put together before */
		host = str_first(addr, at);
		addr = str_from(addr, at + 1);
	}
	if (host.n > 0) {
		size_t	first = str_chr(host, '!');

		if (r->first.n == 0)
			(void)buf_add(&r->first, str_first(host, first == SIZE_MAX ? host.n : first));
		(void)buf_addf(&r->path, "%.*s!", STR_ARG(host));
	}
	buf_clear(&r->user);
	(void)buf_add(&r->user, addr);
}

/* From_ lines at the beginning; *line is the first that is none. */
static bool
read_from(struct rmail *r, char *line, size_t size)
{
	for (int i = 0; fgets(line, (int)size, stdin) != NULL; i++) {
		struct str	s = str_c(line), rest = str_starts(s, STR(">From ")) ? str_from(s, 6) : str_starts(s, STR("From ")) ? str_from(s, 5) : STR_NONE;

		if (str_is_none(rest) || i == FROM_LINES)
			return true;
		from_line(r, str_trim(rest));
	}
	return false;
}

static _Noreturn void
run_sendmail(struct rmail *r, int in, int argc, char **argv)
{
	struct arena	 *a = arena_new(ARENA_DEFAULT);
	char		**v = ARENA_ARRAY(a, char *, (size_t)argc + 12);
	size_t		  n = 0;
	struct str	  from = arena_fmt(a, "%.*s%.*s", STR_ARG(buf_str(&r->path)), STR_ARG(buf_str(&r->user)));

	v[n++] = arena_cstr(a, STR("sendmail"));
	v[n++] = arena_cstr(a, STR("-G"));		/* relayed: other hosts have seen it */
	v[n++] = arena_cstr(a, STR("-oee"));		/* errors go to the sender by mail */
	v[n++] = arena_cstr(a, STR("-odq"));		/* many at a time come with uuxqt */
	v[n++] = arena_cstr(a, STR("-oi"));
	if (r->first.n > 0)
		v[n++] = arena_cstr(a, arena_fmt(a, "-pUUCP:%.*s.%s", STR_ARG(buf_str(&r->first)), r->domain));
	else
		v[n++] = arena_cstr(a, STR("-pUUCP"));
	v[n++] = arena_cstr(a, arena_fmt(a, "-f%.*s", STR_ARG(from)));
	v[n++] = arena_cstr(a, STR("--"));
	for (int i = 0; i < argc; i++)			/* a comma or a blank would make two of it */
		v[n++] = strpbrk(argv[i], ", \t") != NULL && strchr(argv[i], '<') == NULL ? arena_cstr(a, arena_fmt(a, "<%s>", argv[i])) : argv[i];
	if (r->trace)
		for (size_t i = 0; i < n; i++)
			fprintf(stderr, "%s%s", v[i], i + 1 < n ? " " : "\n");
	if (dup2(in, STDIN_FILENO) == -1 || execv(r->sendmail, v) == -1)
		fprintf(stderr, "rmail: %s: %s\n", r->sendmail, strerror(errno));
	_exit(EXIT_OSFILE);
}

/* The rest of the message.  sendmail that ends before it read all says why by its exit code. */
static bool
copy_rest(int out, const char *line)
{
	char	block[16384];
	size_t	n;

	if (os_write_all(out, str_c(line)) == -1)
		return errno == EPIPE;
	while ((n = fread(block, 1, sizeof block, stdin)) > 0)
		if (os_write_all(out, str_mem(block, n)) == -1)
			return errno == EPIPE;
	return !ferror(stdin);
}

static int
hand_over(struct rmail *r, const char *line, int argc, char **argv)
{
	int	fd[2], status = 0;
	bool	whole;
	pid_t	pid;

	if (os_pipe(fd) == -1 || (pid = fork()) == -1) {
		fprintf(stderr, "rmail: %s\n", strerror(errno));
		return EXIT_OSERR;
	}
	if (pid == 0)
		run_sendmail(r, fd[0], argc, argv);
	close(fd[0]);
	whole = copy_rest(fd[1], line);
	if (!whole)
		kill(pid, SIGKILL);		/* half a message is none */
	close(fd[1]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return !whole ? EXIT_IOERR : WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SOFTWARE;
}

int
main(int argc, char **argv)
{
	struct rmail	 r = { .domain = "UUCP", .sendmail = PATH_SENDMAIL };
	static char	 line[LINE_LEN];
	int		 c;

	buf_init(&r.path, LINE_LEN);
	buf_init(&r.user, LINE_LEN);
	buf_init(&r.first, LINE_LEN);
	while ((c = getopt(argc, argv, "D:S:T")) != -1) {
		if (c == 'D')
			r.domain = optarg;
		else if (c == 'S')
			r.sendmail = optarg;
		else if (c == 'T')
			r.trace = true;
		else
			return usage();
	}
	if (optind >= argc)
		return usage();
	for (int i = optind; i < argc; i++)
		if (argv[i][0] == '-' || argv[i][0] == '\0') {
			fprintf(stderr, "rmail: bad recipient %s\n", argv[i]);
			return EXIT_USAGE;
		}
	if (!read_from(&r, line, sizeof line))
		return EXIT_DATAERR;		/* nothing but From_ lines */
	if (r.user.n == 0) {
		fputs("rmail: no From_ line\n", stderr);
		return EXIT_DATAERR;
	}
	if (!buf_ok(&r.path) || !buf_ok(&r.user) || str_has_nul(buf_str(&r.path)) || str_has_nul(buf_str(&r.user))) {
		fputs("rmail: From_ lines are too long\n", stderr);
		return EXIT_DATAERR;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	return hand_over(&r, line, argc - optind, argv + optind);
}
