/*
 * aliasfile - the text of an alias file (aliases(5)) taken apart into entries: pure.
 *
 *	name: address, address,
 *		address on a continuation line
 *
 * Lines that begin with # are comments; a line that begins with a blank or a tab goes on with the entry before it, and so does what follows a backslash
 * at the end of a line.
 */
#ifndef SENDMAIL_ALIASFILE_H
#define SENDMAIL_ALIASFILE_H

#include "base/arena.h"
#include "base/str.h"

/* Non-zero from `entry` ends the parse and is its answer.  Strings live in the arena. */
struct aliasfile_sink {
	int	(*entry)(void *arg, unsigned line, struct str name, struct str value);
	void	(*complain)(void *arg, unsigned line, const char *what);
	void	*arg;
};

/* Bad entries are complained about and left out.  Answers 0, or what `entry` said. */
int	aliasfile_parse(struct str text, struct arena *, const struct aliasfile_sink *);

#endif
