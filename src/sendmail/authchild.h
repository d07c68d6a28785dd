/*
 * authchild - one authentication exchange in a process of its own: what role auth forks for each, and what a command does that sends mail without
 * roles.
 */
#ifndef SENDMAIL_AUTHCHILD_H
#define SENDMAIL_AUTHCHILD_H

#include "auth/saslex.h"
#include "authask.h"
#include "conf.h"

#define AUTHCHILD_MAY	(OS_MAY_NSS | OS_MAY_OPEN_W)	/* what a child may once the library stands (os/sandbox.h) */

struct authchild {
	const char	*dir;		/* SASLConfDir, "" none */
	const struct conf_str_list *env;	/* E lines: Kerberos is told by them where its keys are */
	/* A wrong guess: milliseconds until it is told.  NULL: at once. */
	int		(*wrong)(void *arg, const struct auth_ask *, struct str account);
	void		*arg;
};

/* In the child: serves the exchange of `body` (auth_ask_put) over `sock`, and the layer that came of it; ends with the other side. */
_Noreturn void	authchild_run(const struct authchild *, struct str body, int sock);
/* Forks one: the channel's descriptor, or -1. */
int	authchild_start(const struct authchild *, const struct auth_ask *, struct err *);
void	authchild_conf(const char *dir, const struct auth_ask *, struct arena *, struct saslex_conf *);
/* Where role auth and its children may write: NULL-terminated. */
void	authchild_writes(const char **paths, size_t max);
/* Variables of E lines that have a value, into our own environment. */
void	authchild_environment(const struct conf_str_list *);

#endif
