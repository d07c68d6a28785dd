/*
 * unquote - a user's name as a mailer wants it.  Pure.
 */
#ifndef SENDMAIL_UNQUOTE_H
#define SENDMAIL_UNQUOTE_H

#include "conf.h"

/* Mailer flag s: without quotes and backslashes; B: without the backslashes in front; neither: as it is. In the arena, if it changes. */
struct str	unquote_user(struct arena *, const struct mailer *, struct str);
/* Mailer flag U: "From host!user date" as UUCP has it, "From user date remote from host"; any other line as it is. */
struct str	unquote_uucp_from(struct arena *, struct str line);

#endif
