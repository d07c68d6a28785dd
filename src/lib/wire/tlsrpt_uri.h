/*
 * tlsrpt_uri - where a domain wants its TLS reports: one URI of the list `rua' (RFC 8460 3).  Pure; the text is a stranger's, out of DNS.
 */
#ifndef WIRE_TLSRPT_URI_H
#define WIRE_TLSRPT_URI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct tlsrpt_uri {
	bool		 https;
	struct str	 address;	/* mailto: an address with a domain, without anything that rules, shells or options could trip over */
	struct str	 host, path;	/* https: a name in lower case (no address), and "/..." of printable ASCII without '#' */
	int		 port;		/* 443 unless it says another one */
};

/* false: neither, or not one that we would go to.  Strings are copied to the arena. */
bool	tlsrpt_uri_parse(struct str uri, struct arena *, struct tlsrpt_uri *);

#endif
