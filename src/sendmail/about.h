/*
 * about - what -d0.x prints: version, what is built in, the system, files, our own names.
 *
 * Administrators and programs read it (`sendmail -d0.1 -bv root'): the shape is sendmail's.
 */
#ifndef SENDMAIL_ABOUT_H
#define SENDMAIL_ABOUT_H

#include "conf.h"

/* Before the configuration is read: -d0.1 version and built in parts, 0.4 our names, 0.10 the system and default files. */
void	about_program(void);
/* After: 0.1 identity, 0.4 other names, 0.10 files, 0.15 mailers. */
void	about_conf(const struct conf *, const char *cf);

#endif
