/*
 * sandbox_int - the mechanisms behind sandbox.h.  Each: 0 entered, 1 this system or kernel lacks it, -1 failed.
 */
#ifndef OS_SANDBOX_INT_H
#define OS_SANDBOX_INT_H

#include <stdbool.h>

#include "os/sandbox.h"

int	sandbox_seccomp(const struct os_sandbox *, struct err *);
int	sandbox_landlock(const struct os_sandbox *, struct err *);

int	sandbox_caps(const struct os_sandbox *, struct err *);		/* 0, -1 */
void	sandbox_untraceable(void);

/* The filter itself, an array of struct sock_filter: how long it is.  Valid until the next call. */
size_t	sandbox_seccomp_code(const struct os_sandbox *, const void **code);

/* A violation, to where os_sandbox_report says. */
void	sandbox_tell(const char *line, size_t n);

static inline bool
sandbox_may(const struct os_sandbox *s, unsigned bits)
{
	return (s->may & bits) != 0;
}

#endif
