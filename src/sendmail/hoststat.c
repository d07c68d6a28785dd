/*
 * hoststat - print or purge the status of hosts, in the shape that sendmail prints it.
 */
#include "hoststat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"
#include "queue/hostst.h"
#include "queue/scan.h"

#define WIDTH_SHORT	25
#define WIDTH_LONG	78

struct show {
	bool	head, verbose;
	int64_t	now;
	int	code;
	const char *dir;
};

int
hoststat_path(const struct conf *c, struct arena *a, const char **path)
{
	struct str	dir = c->opt.host_status_directory, *queue;
	size_t		n;

	if (dir.n == 0)
		return -1;
	if (dir.p[0] == '/') {
		*path = arena_cstr(a, dir);
		return 0;
	}
	if (scan_dirs(c->opt.queue_directory, a, &queue, &n, NULL) == -1 || n == 0)
		return -1;
	*path = arena_cstr(a, arena_fmt(a, "%.*s/%.*s", STR_ARG(queue[0]), STR_ARG(dir)));
	return 0;
}

/* What a record without words of its own says. */
static void
show_result(const struct hostst *h, int width)
{
	const struct status	*st = status_by_ex(h->ex);
	char			 text[HOSTST_TEXT + 64];

	if (h->text[0] != '\0')
		(void)snprintf(text, sizeof text, "%s", h->text);
	else if (h->err != 0)
		(void)snprintf(text, sizeof text, "%s%s", h->ex == EXIT_OK ? "OK: " : h->ex == EXIT_TEMPFAIL ? "Deferred: " : "", strerror(h->err));
	else if (h->ex == EXIT_OK)
		(void)snprintf(text, sizeof text, "OK");
	else if (h->ex == EXIT_TEMPFAIL)
		(void)snprintf(text, sizeof text, "4.0.0 Deferred");
	else if (st != NULL)
		(void)snprintf(text, sizeof text, "%s %s", st->dsn, st->text);
	else
		(void)snprintf(text, sizeof text, "Unknown mailer error %d", h->ex);
	printf("%.*s\n", width, text);
}

static void
show_one(void *arg, const char *host, const struct hostst *h, bool ok, bool locked)
{
	struct show	*s = arg;
	int64_t		 age = s->now - h->used;
	char		 span[32];

	if (!ok) {
		fflush(stdout);
		fprintf(stderr, "%s: %s: could not read status file\n", s->dir, host);
		s->code = EXIT_DATAERR;
		return;
	}
	if (h->used == 0 && !locked)
		return;		/* empty: it is just being written for the first time */
	if (!s->head)
		puts(" -------------- Hostname --------------- How long ago ---------Results---------");
	s->head = true;
	if (age < 0)
		age = 0;
	if (age >= 86400)
		(void)snprintf(span, sizeof span, "%3lld+%02d:%02d:%02d", (long long)(age / 86400), (int)(age / 3600 % 24), (int)(age / 60 % 60), (int)(age % 60));
	else
		(void)snprintf(span, sizeof span, "%02d:%02d:%02d", (int)(age / 3600), (int)(age / 60 % 60), (int)(age % 60));
	printf("%c%-39s %12s ", locked ? '*' : ' ', host, span);
	show_result(h, s->verbose ? WIDTH_LONG : WIDTH_SHORT);
}

/* The folder of the option; -1: there is none, and *code is the exit code. */
static int
hoststat_open(struct cmd *c, const char **path, int *code)
{
	int	fd;

	*code = EXIT_OK;
	if (hoststat_path(c->conf, c->arena, path) == -1) {
		fprintf(stderr, "%s: no status of hosts is kept: HostStatusDirectory is not set\n", c->opts->name);
		return -1;
	}
	if ((fd = open(*path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		fprintf(stderr, "Cannot use HostStatusDirectory = %s: %s\n", *path, strerror(errno));
		*code = errno == EACCES ? EXIT_NOPERM : EXIT_OSFILE;
	}
	return fd;
}

int
hoststat_run(struct cmd *c)
{
	struct show	s = { .verbose = c->opts->verbose, .now = (int64_t)time(NULL) };
	struct err	e = ERR_INIT;
	int		fd = hoststat_open(c, &s.dir, &s.code);

	if (fd == -1)
		return s.code;
	if (hostst_walk(fd, show_one, &s, &e) == -1) {
		fprintf(stderr, "%s: %s\n", s.dir, e.text);
		s.code = EXIT_OSERR;
	}
	close(fd);
	return fflush(stdout) == 0 ? s.code : EXIT_IOERR;
}

int
purgestat_run(struct cmd *c)
{
	const char	*path;
	struct err	 e = ERR_INIT;
	int		 code, fd = hoststat_open(c, &path, &code);

	if (fd == -1)
		return code;
	if (hostst_purge(fd, c->conf->opt.timeout.hoststatus, &e) == -1) {
		fprintf(stderr, "%s: %s\n", path, e.text);
		code = EXIT_OSERR;
	}
	close(fd);
	return code;
}
