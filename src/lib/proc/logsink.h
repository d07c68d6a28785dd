/*
 * logsink - log lines of the mailbox daemons: to syslog over a socket that was connected before the sandbox, or to standard error.
 */
#ifndef PROC_LOGSINK_H
#define PROC_LOGSINK_H

/* fd: of logsink_open, -1: standard error.  ident: up to 31 bytes. */
void	logsink_init(const char *ident, int fd, int level);
/* A socket to syslog, or -1. */
int	logsink_open(void);

#endif
