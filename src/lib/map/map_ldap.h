/*
 * map_ldap - class ldap: what its K line says, for the module that does the work.
 */
#ifndef MAP_MAP_LDAP_H
#define MAP_MAP_LDAP_H

#include "map/ldapspec.h"
#include "map/map_int.h"

enum map_ldap_method { MAP_LDAP_NONE, MAP_LDAP_SIMPLE, MAP_LDAP_GSSAPI, MAP_LDAP_EXTINCT };

struct map_ldap {
	struct str	 hosts;			/* -h: one or more */
	int		 port;			/* -p; 0: the scheme's */
	const char	*uri;			/* -H, or made of the two */
	const char	*base, *dn;		/* -b, -d */
	const char	*secret_file;		/* -P: a password, or tickets (GSSAPI) */
	struct str	 secret;		/* what the password file holds */
	int		 method;		/* -M: enum map_ldap_method */
	bool		 names_only, chase, multi;	/* -n, not -R, -K */
	char		 name_sep;		/* -V; NUL: values only */
	int		 scope;			/* 0 base, 1 one level, 2 subtree */
	int		 deref;			/* 0 never, 1 search, 2 find, 3 always */
	int		 version;		/* -w; 0: the library's */
	int		 connect_ms;		/* -c */
	int		 time_ms;		/* -l */
	int		 limit;			/* -Z: entries; 0: the server's */
	struct str	 filter;		/* -k */
	struct ldapspec_attr attr[LDAPSPEC_ATTRS];	/* -v; none: all */
	size_t		 nattr;
	void		*ld;			/* the module's connection */
};

#endif
