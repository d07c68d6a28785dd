/*
 * daemonize - leave the terminal that started us.
 */
#ifndef PROC_DAEMONIZE_H
#define PROC_DAEMONIZE_H

/* In a child and a session of its own, in /, with 0 to 2 on /dev/null; the process that called ends with 0 (or 71). */
void	daemonize(void);

#endif
