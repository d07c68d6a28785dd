/*
 * idna - a domain in letters of any script as DNS knows it (RFC 5891: U-labels become A-labels, "xn--...").
 *
 * libidn2 does it, in a module: it is loaded when the first such name comes, or beforehand where files cannot be opened later.
 */
#ifndef NET_IDNA_H
#define NET_IDNA_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "os/module.h"

#define IDNA_MODULE_VERSION	2

struct idna_ops {
	struct os_module mod;
	/* UTF-8 with a NUL at its end, to at most size octets with theirs.  0, or -1: no such domain can be. */
	int		(*to_ascii)(const char *name, char *dst, size_t size);
	/* The way back, of one label or name. */
	int		(*to_letters)(const char *name, char *dst, size_t size);
};

/* Load the module; -1: it is not there, and names beyond ASCII do not exist. */
int	idna_load(struct err *);
/* The name itself when it is ASCII.  -1: it has no such form, or the module is missing. */
int	idna_to_ascii(struct str name, struct arena *, struct str *out, struct err *);
/*
 * A key of a map, a member of a class, a name: each label in it that stands for a domain's (behind the last '@', if there is one) in the other form: as ASCII, or in
 * letters.  True: *out differs.  What has no such form stays as it is.
 */
bool	idna_key(struct str key, bool ascii, struct arena *, struct str *out);
/* Is it worth asking?  Nearly nothing is. */
bool	idna_key_may(struct str key);

#endif
