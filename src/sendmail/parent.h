/*
 * parent - the process that keeps root: binds, starts and replaces the roles, hears signals; it never reads a stranger's byte.
 */
#ifndef SENDMAIL_PARENT_H
#define SENDMAIL_PARENT_H

#include "ask.h"
#include "role.h"

struct parent_args {
	int			 argc;		/* our own command line: for the pid file, and for a new start on SIGHUP */
	char			**argv;
	const char		*cf;		/* path of the sendmail.cf, absolute */
	const struct conf_override *over;	/* -O, -o, -M */
	size_t			 nover;
	bool			 foreground;	/* -bD */
	bool			 verbose;
	bool			 no_listen;	/* -q15m without -bd: no gate, no smtpd */
	bool			 no_pid_file;
	bool			 sessions;	/* a command that has SMTP sessions (-bs): smtpd runs too */
	bool			 background;	/* a command: return its exit code at once, deliver afterwards */
	int64_t			 queue_interval;	/* -q15m; 0: none; ROLE_OWN_ONLY: only what is handed over now */
	const char		*trace;		/* -d, or NULL */
	const char		*tag;		/* -L, or NULL */
	int			 transcript;	/* -X: where traffic is copied to; 0: nowhere */
};

/* The daemon; returns its exit code (in the foreground process at once, once the daemon is on its way). */
int	parent_daemon(const struct parent_args *);

/*
 * Run the roles (but gate, and smtpd unless `sessions`) for the time of `body`, which runs in a child of its own with R_COMMAND's rights: it asks by req_ask, its
 * configuration is ctx->conf.  What it returns is the exit code.  When it has ended, spool is asked to finish what is in hand (Q_FLUSH) and
 * everything stops.
 */
typedef int parent_body_fn(struct role_ctx *, void *arg);
int	parent_command(const struct parent_args *, parent_body_fn *, void *arg);

#endif
