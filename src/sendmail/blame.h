/*
 * blame - what DontBlameSendmail lets pass, for each kind of file.
 */
#ifndef SENDMAIL_BLAME_H
#define SENDMAIL_BLAME_H

#include <stdbool.h>

#include "conf.h"

enum blame_what { BLAME_MAP, BLAME_ALIASES, BLAME_FORWARD, BLAME_INCLUDE, BLAME_SOCKET };

/* Is this word set?  In lower case. */
bool	 blame_has(const struct conf *, const char *word);
/* OS_SAFE_ bits for os_open_safe. */
unsigned blame_allow(const struct conf *, enum blame_what);
/* The same, for lists whose programs and files are to be believed. */
unsigned blame_allow_safe(const struct conf *, enum blame_what);
/* Is a file with a password (DefaultAuthInfo) one that only its owner sees, or what these words allow besides?  -1: the sentence says why not. */
int	 blame_auth_info(const struct conf *, const char *file, struct err *);

#endif
