/*
 * verify - sendmail -bv: where would these addresses go?
 */
#ifndef SENDMAIL_VERIFY_H
#define SENDMAIL_VERIFY_H

#include "conf.h"
#include "opts.h"

/* One line for each final address on standard output; EXIT_OK, or the code of an address that is none. */
int	verify_run(const struct conf *, const struct opts *);

#endif
