/*
 * status - one table that relates SMTP reply code, enhanced status code (RFC 3463),
 * sysexits code and default text.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/str.h"

/* sysexits(3), by name, so that no one includes a header some systems lack. */
enum ex {
	EXIT_OK = 0, EXIT_USAGE = 64, EXIT_DATAERR = 65, EXIT_NOINPUT = 66, EXIT_NOUSER = 67, EXIT_NOHOST = 68,
	EXIT_UNAVAILABLE = 69, EXIT_SOFTWARE = 70, EXIT_OSERR = 71, EXIT_OSFILE = 72, EXIT_CANTCREAT = 73,
	EXIT_IOERR = 74, EXIT_TEMPFAIL = 75, EXIT_PROTOCOL = 76, EXIT_NOPERM = 77, EXIT_CONFIG = 78
};

struct status {
	enum ex		 ex;
	int		 smtp;		/* 550 */
	const char	*dsn;		/* "5.1.1" */
	const char	*text;		/* "User unknown" */
	const char	*name;		/* of the $#error host part: "nouser", "nohost", "unavailable", ... */
};

/* NULL when unknown. */
const struct status	*status_by_ex(int ex);
const struct status	*status_by_name(struct str name);	/* also "usage", "tempfail", "protocol", "config", "noperm", ... */
const struct status	*status_by_smtp(int code);
/* "5.1.1" (class 2, 4 or 5; up to three digits a part) at the front of s: its length, else 0. */
size_t			 status_dsn_len(struct str s);
/* The sysexits code that a DSN code or reply code stands for (5.1.1 -> EXIT_NOUSER, 4.x -> TEMPFAIL). */
int			 status_ex_of_dsn(struct str dsn);
int			 status_ex_of_smtp(int code);

/* What a server's refusal means by the command that it answers, as sendmail counts: 550 of RCPT is "User unknown", of MAIL it is not. */
enum status_phase { STATUS_MAIL, STATUS_RCPT, STATUS_DATA, STATUS_DOT, STATUS_OTHER };
/* The sysexits code of a 5xx. */
int			 status_ex_of_reply(enum status_phase, int code);
/* The enhanced code of a 4xx or 5xx that came without one. */
const char		*status_dsn_of_reply(enum status_phase, int code);

#endif
