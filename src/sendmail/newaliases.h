/*
 * newaliases - make the alias databases anew from their texts (newaliases, sendmail -bi).
 */
#ifndef SENDMAIL_NEWALIASES_H
#define SENDMAIL_NEWALIASES_H

#include <stdbool.h>

#include "conf.h"

/*
 * Each part of AliasFile of a class that is built here (hash, btree, implicit); a sysexits code.  Messages go to standard error, the summary of
 * each file to standard output unless `quiet`.
 */
int	newaliases_run(const struct conf *, bool quiet);

#endif
