/*
 * ident - who is it, says the client's own host (RFC 1413): asked by role resolver, on its loop.
 */
#ifndef SENDMAIL_IDENT_H
#define SENDMAIL_IDENT_H

#include "req.h"

#define IDENT_USER_MAX	64
#define IDENT_LINE_MAX	512
#define IDENT_NOBODY_THERE	"!"		/* the answer when the connection was refused: there is no such server */

/* The name in a whole answer line, or none: another pair of ports, an error, no name of letters, digits and "-_.+".  Pure. */
struct str ident_parse(struct str line, uint16_t client_port, uint16_t local_port);

answer_fn ident_answer;			/* Q_IDENT */

#endif
