/*
 * logd - the log role: what all roles say, to syslog or to a file.
 *
 * Lines come as datagrams "PRIO PID text", already escaped by their sender.  The
 * sender's process id is kept in the tag, as if it had called syslog itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "base/num.h"
#include "base/status.h"
#include "os/fd.h"
#include "os/id.h"
#include "os/logger.h"
#include "req.h"
#include "roles.h"

#define LOGD_BURST	256		/* datagrams in one turn of the loop */
#define LOGD_TAG	"sendmail"

struct logd {
	struct role_ctx	*ctx;
	int		 in;		/* where lines come out */
	struct loop_io	*io;
	char		 tag[64];
	int		 options;	/* of openlog */
};

static void
logd_write(struct logd *l, int prio, long pid, const char *line)
{
	struct str tag = l->ctx->boot->tag.n > 0 ? l->ctx->boot->tag : STR(LOGD_TAG);

	tag = str_first(tag, sizeof l->tag - 24);
	(void)snprintf(l->tag, sizeof l->tag, "%.*s[%ld]", STR_ARG(tag), pid);
	/* syslog keeps the pointer: the buffer must live on */
	openlog(l->tag, l->options, LOG_MAIL);
	if (os_logger_is_there() || (l->options & LOG_PERROR))
		syslog(prio, "%s", line);
}

/* "PRIO PID text"; anything else is written as it is. */
static void
logd_line(struct logd *l, struct str s)
{
	struct str	rest = s, word;
	int		prio = LOG_NOTICE, pid = 0;
	char		line[LOG_LINE + 1];

	if (str_split(&rest, ' ', &word) && num_int(word, 0, 7, &prio) == 0 && str_split(&rest, ' ', &word) &&
	    num_int(word, 0, INT32_MAX, &pid) == 0)
		s = rest;
	/* The sender has escaped it.  A role that was taken over may not have: nothing of it may look like another line. */
	s = str_first(s, LOG_LINE);
	for (size_t i = 0; i < s.n; i++)
		line[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
	line[s.n] = '\0';
	logd_write(l, prio, pid, line);
}

static void
logd_read(void *arg, int fd, unsigned what)
{
	struct logd	*l = arg;
	char		 b[LOG_LINE + 64];
	ssize_t		 n;

	(void)what;
	for (int i = 0; i < LOGD_BURST; i++) {
		n = recv(fd, b, sizeof b, MSG_DONTWAIT);
		if (n <= 0)
			break;
		logd_line(l, str_mem(b, (size_t)n));
	}
}

static int
logd_answer_fd(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct logd *l = ctx->state;

	(void)p;
	if ((l->io = loop_io_new(ctx->loop, f->fd, LOOP_READ, logd_read, l)) == NULL)
		return -1;
	l->in = f->fd;
	f->fd = -1;
	return 0;
}

const struct answer logd_answers[] = { { Q_LOGFD, logd_answer_fd }, { 0, NULL } };

/* Its own lines must not go through its own channel: it would wait for itself. */
static void
logd_self(void *arg, enum log_prio prio, const char *line)
{
	logd_write(arg, (int)prio, (long)getpid(), line);
}

static void
logd_stop(struct role_ctx *ctx)
{
	struct logd *l = ctx->state;

	if (l->in != -1)
		logd_read(l, l->in, LOOP_READ);
	loop_stop(ctx->loop);
}

int
logd_reconf(struct role_ctx *ctx)
{
	(void)ctx;
	return 0;
}

int
logd_run(struct role_ctx *ctx)
{
	static struct logd l;

	l.ctx = ctx;
	l.in = -1;
	/* a daemon in the foreground, of a test or of `sh Build try', shows what it logs */
	l.options = 0;
	if (!os_id_is_setid() && getenv("ANGARIUM_LOG") != NULL)
		l.options = LOG_PERROR;
	ctx->state = &l;
	ctx->stop = logd_stop;
	log_set_sink(logd_self, &l);
	role_title(ctx, "ready");
	return role_loop(ctx);
}
