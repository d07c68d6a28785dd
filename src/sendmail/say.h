/*
 * say - what -v shows the person who waits: aliases, connections, the dialogue, and how it ended.
 *
 * Roles that a command starts inherit its standard output; each line is one write, so lines of several roles do not mix.
 */
#ifndef SENDMAIL_SAY_H
#define SENDMAIL_SAY_H

#include "base/str.h"

/* One line, control characters but tab shown as "?"; a line end is added.  Long ones are cut after 2000 octets. */
void	say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

struct attempt;
struct attempt_result;
/* "a@x,b@y... Connecting to host port 2525 via esmtp..."; port 25 is not named, without a host it is local's. */
void	say_connecting(const struct attempt *, struct str host, unsigned port);
/* A member of struct alias_ops. */
void	say_alias(void *, struct str addr, const char *how, struct str text);
/* "a@x... Sent (ok)", a line for each recipient. */
void	say_results(const struct attempt *, const struct attempt_result *);

#endif
