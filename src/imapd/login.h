/*
 * login - IMAP before login, in the event-driven front.
 */
#ifndef IMAPD_LOGIN_H
#define IMAPD_LOGIN_H

#include "front/front.h"
#include "wire/imap_arg.h"

#define IMAP_LOGIN_INPUT	((size_t)16 << 10)
#define IMAP_LOGIN_LITERAL	4096u

/* front_proto's state of a connection. */
struct imap_login {
	size_t	at;			/* start of the line that is looked for, behind a literal's announcement the literal's end */
	bool	literal;		/* at is the end of a literal that is not all there */
	bool	exchange;
	int	failures;
	char	tag[IMAP_TAG_MAX + 1];
};

void	imap_greet(struct login *);
void	imap_input(struct login *);
void	imap_auth(struct login *, enum auth_rc, struct str challenge);
void	imap_failed(struct login *);
void	imap_bye(struct login *, const char *why);

#endif
