/*
 * logsink - where the mailbox daemons' log lines go; see logsink.h.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "os/fd.h"
#include "proc/logsink.h"

#define SYSLOG_SOCKET	"/dev/log"
#define SYSLOG_MAIL	(2 << 3)		/* facility */

static char	log_ident[32];
static int	log_fd = -1;

static void
log_to_syslog(void *arg, enum log_prio prio, const char *line)
{
	char		text[LOG_LINE + 128], when[32];
	time_t		now = time(NULL);
	struct tm	tm;
	int		n;

	(void)arg;
	if (localtime_r(&now, &tm) == NULL || strftime(when, sizeof when, "%b %e %H:%M:%S", &tm) == 0)
		return;
	n = snprintf(text, sizeof text, "<%d>%s %s[%ld]: %s", SYSLOG_MAIL | (int)prio, when, log_ident, (long)getpid(), line);
	if (n > 0)
		(void)send(log_fd, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, MSG_DONTWAIT|MSG_NOSIGNAL);
}

static void
log_to_stderr(void *arg, enum log_prio prio, const char *line)
{
	char	text[LOG_LINE + 128];
	int	n;

	(void)arg;
	(void)prio;
	n = snprintf(text, sizeof text, "%s[%ld]: %s\n", log_ident, (long)getpid(), line);
	if (n > 0)
		(void)os_write_all(STDERR_FILENO, str_mem(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

void
logsink_init(const char *ident, int fd, int level)
{
	snprintf(log_ident, sizeof log_ident, "%s", ident);
	log_fd = fd;
	log_set_sink(fd == -1 ? log_to_stderr : log_to_syslog, NULL);
	log_set_level(level);
}

int
logsink_open(void)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	int			fd;

	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1)
		return -1;
	os_fd_cloexec(fd, true);
	memcpy(sun.sun_path, SYSLOG_SOCKET, sizeof SYSLOG_SOCKET);
	if (connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0)
		return fd;
	close(fd);
	return -1;
}
