/*
 * ldapspec - what an LDAP map asks for: attributes with types and object classes, filters with the key in it.  Pure.
 *
 *	-v ATTRIBUTE[:TYPE[:CLASS[|CLASS]...]],...	TYPE is NORMAL, DN, FILTER or URL
 *
 * Facts: operations guide, "LDAP Recursion" and flag -k; RFC 4515, section 3, for what is escaped in a filter.
 */
#ifndef MAP_LDAPSPEC_H
#define MAP_LDAPSPEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define LDAPSPEC_ATTRS	32

enum ldapspec_type { LDAPSPEC_NORMAL, LDAPSPEC_DN, LDAPSPEC_FILTER, LDAPSPEC_URL };

struct ldapspec_attr {
	const char	*name;
	enum ldapspec_type type;
	struct str	 classes;	/* "a|b"; none: any */
};

int	ldapspec_attrs(struct str list, struct arena *, struct ldapspec_attr *, size_t max, size_t *n, struct err *);
/* Is one of `classes` ("a|b", none: any) this one?  Case is ignored. */
bool	ldapspec_class(struct str classes, struct str class);
/* %0 the key and, with `multi`, %1 to %9 the arguments, escaped; %s the key as it is; %% a percent sign. */
void	ldapspec_filter(struct buf *, struct str filter, struct str key, const struct str *args, size_t nargs, bool multi);

#endif
