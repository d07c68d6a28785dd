/*
 * logd - the log role: what all roles say, to syslog or to a file.
 *
 * Lines come as datagrams "PRIO PID text", already escaped by their sender.  The
 * sender's process id is kept in the tag, as if it had called syslog itself.  When many
 * come, many are taken at a time (logd_pace.h); what is in the socket when this process
 * dies is there for the next one, and a sender waits when there is no more room in it.
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
#include "logd_pace.h"
#include "os/id.h"
#include "os/load.h"
#include "os/logger.h"
#include "req.h"
#include "roles.h"

#define LOGD_BURST	256u		/* datagrams in one turn of the loop */
#define LOGD_REST	100000u		/* ... and when it ends: whoever goes on talking is not waited for */
#define LOGD_TAG	"sendmail"

struct logd {
	struct role_ctx	*ctx;
	int		 in;		/* where lines come out */
	struct loop_io	*io;
	struct loop_timer *look;	/* set while nobody listens */
	struct logd_pace pace;
	char		 tag[64];
	long		 pid;		/* of whom the tag speaks */
	int		 options;	/* of openlog */
};

static void
logd_write(struct logd *l, int prio, long pid, const char *line)
{
	struct str tag = l->ctx->boot->tag.n > 0 ? l->ctx->boot->tag : STR(LOGD_TAG);

	if (pid != l->pid || l->tag[0] == '\0') {
		tag = str_first(tag, sizeof l->tag - 24);
		(void)snprintf(l->tag, sizeof l->tag, "%.*s[%ld]", STR_ARG(tag), pid);
		/* syslog keeps the pointer: the buffer must live on */
		openlog(l->tag, l->options, LOG_MAIL);
		l->pid = pid;
	}
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

/* Writes what is there, up to `most` lines; how many there were. */
static unsigned
logd_take(struct logd *l, unsigned most)
{
	char		 b[LOG_LINE + 64];
	unsigned	 lines = 0;
	ssize_t		 n;

	while (lines < most) {
		n = recv(l->in, b, sizeof b, MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		if (n > 0)
			logd_line(l, str_mem(b, (size_t)n));
		lines++;
	}
	return lines;
}

/* Not to listen for so long; 0: to listen. */
static void
logd_doze(struct logd *l, unsigned ms)
{
	if (ms > 0 && loop_timer_set(l->look, ms) == 0)
		(void)loop_io_set(l->io, 0);
	else if (loop_io_set(l->io, LOOP_READ) == -1)
		(void)loop_timer_set(l->look, LOGD_DOZE_MS);
}

static void
logd_read(void *arg, int fd, unsigned what)
{
	struct logd	*l = arg;

	(void)fd;
	(void)what;
	logd_doze(l, logd_pace_heard(&l->pace, logd_take(l, LOGD_BURST), os_now_ms()));
}

static void
logd_look(void *arg)
{
	struct logd	*l = arg;

	logd_doze(l, logd_pace_found(&l->pace, logd_take(l, LOGD_BURST)));
}

static int
logd_answer_fd(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct logd *l = ctx->state;

	(void)p;
	if ((l->look = loop_timer_new(ctx->loop, logd_look, l)) == NULL ||
	    (l->io = loop_io_new(ctx->loop, f->fd, LOOP_READ, logd_read, l)) == NULL)
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
	int rc;

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
	rc = role_loop(ctx);
	if (l.in != -1)
		(void)logd_take(&l, LOGD_REST);		/* whatever ended it */
	return rc;
}
