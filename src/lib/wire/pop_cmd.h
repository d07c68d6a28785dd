/*
 * pop_cmd - POP3 command lines (RFC 1939, 2449, 2595, 5034): one table of verbs and what stands behind them, pure.
 */
#ifndef WIRE_POP_CMD_H
#define WIRE_POP_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum pop_verb {
	POP_NONE, POP_USER, POP_PASS, POP_AUTH, POP_CAPA, POP_STLS,
	POP_STAT, POP_LIST, POP_RETR, POP_DELE, POP_RSET, POP_TOP, POP_UIDL, POP_NOOP, POP_QUIT
};

struct pop_cmd {
	enum pop_verb	verb;
	struct str	name;		/* of the verb, as the table writes it */
	struct str	arg, arg2;	/* USER name; PASS everything behind the blank, blanks too; AUTH mechanism, initial answer */
	bool		has_msg;	/* LIST, UIDL: a message was given */
	uint32_t	msg;		/* RETR, DELE, TOP, LIST, UIDL; at least 1 */
	uint32_t	lines;		/* TOP */
};

/*
 * Parse a line without its end.  NULL: *c is filled.  Else a constant text for behind "-ERR "; c->verb is the verb if at least that was known,
 * POP_NONE if not.
 */
const char *pop_cmd_parse(struct str line, struct pop_cmd *c);

#endif
