/*
 * xclient - the arguments of XCLIENT, as Postfix's XCLIENT_README has them: what a trusted proxy says of the client behind it.
 *
 *	NAME=mail.example ADDR=192.0.2.1 PORT=1234 PROTO=ESMTP HELO=mail.example LOGIN=joe DESTADDR=IPV6:2001:db8::1 DESTPORT=25
 *
 * Values are xtext (RFC 3461 4); [UNAVAILABLE] there is none, [TEMPUNAVAIL] it cannot be told now.  Even a proxy's words are checked: what comes
 * out is printable ASCII without blanks, numbers are numbers, names are names.  Addresses are left to who knows of them.
 */
#ifndef WIRE_XCLIENT_H
#define WIRE_XCLIENT_H

#include "base/arena.h"
#include "base/str.h"
#include "wire/smtp_cmd.h"

enum xclient_id {
	XCLIENT_NAME, XCLIENT_ADDR, XCLIENT_PORT, XCLIENT_PROTO, XCLIENT_HELO, XCLIENT_LOGIN, XCLIENT_DESTADDR, XCLIENT_DESTPORT,
	XCLIENT_ATTRS
};

enum xclient_state { XCLIENT_ABSENT, XCLIENT_UNAVAILABLE, XCLIENT_TEMPUNAVAIL, XCLIENT_GIVEN };

struct xclient {
	struct {
		enum xclient_state	state;
		struct str		value;		/* when GIVEN; in the arena.  Of an address, without IPV6: */
	} v[XCLIENT_ATTRS];
};

#define XCLIENT_WORDS	"NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"
#define XCLIENT_VALUE_MAX	255

/* -1: malformed, *bad is the reply. */
int	xclient_parse(struct arena *, struct str arg, struct xclient *, struct smtp_bad *bad);

#endif
