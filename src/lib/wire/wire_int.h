/*
 * wire_int - values of SMTP parameters, shared by smtp_cmd.c and smtp_value.c.
 */
#ifndef WIRE_WIRE_INT_H
#define WIRE_WIRE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* RFC 6533 3: utf-8-addr-xtext or utf-8-addr-unitext, into UTF-8 without control characters.  -1: it is neither, or longer than max. */
int	smtp_utf8_addr_read(struct arena *, struct str, size_t max, struct str *out);
/* As -unitext with utf8, else as -xtext. */
void	smtp_utf8_addr_print(struct buf *, struct str, bool utf8);

/* RFC 3339 5.6 date-time, as RFC 4865 4 has it: seconds since 1970.  Fractions of a second are dropped. */
int	smtp_date_time(struct str, int64_t *out);
void	smtp_date_time_print(struct buf *, int64_t);	/* " HOLDUNTIL=2026-11-22T10:00:00Z" */

#endif
