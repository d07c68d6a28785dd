/*
 * wire_int - what smtp_cmd.c, smtp_param.c and smtp_value.c share: refusals, parameters and their values.
 */
#ifndef WIRE_WIRE_INT_H
#define WIRE_WIRE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "wire/smtp_cmd.h"

/* Fills in *bad, foreign bytes made harmless, and gives -1. */
int	smtp_bad_set(struct smtp_bad *, int code, const char *dsn, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Short enough to be shown in a reply. */
struct str smtp_show(struct str);

/* The words behind a path.  0, or -1 and *bad; *out may be half filled in then. */
int	smtp_mail_params(struct arena *, struct str, unsigned ext, struct smtp_mail *out, struct smtp_bad *);
int	smtp_rcpt_params(struct arena *, struct str, unsigned ext, struct smtp_rcpt *out, struct smtp_bad *);

/* RFC 6533 3: utf-8-addr-xtext or utf-8-addr-unitext, into UTF-8 without control characters.  -1: it is neither, or longer than max. */
int	smtp_utf8_addr_read(struct arena *, struct str, size_t max, struct str *out);
/* As -unitext with utf8, else as -xtext. */
void	smtp_utf8_addr_print(struct buf *, struct str, bool utf8);

/* RFC 3339 5.6 date-time, as RFC 4865 4 has it: seconds since 1970.  Fractions of a second are dropped. */
int	smtp_date_time(struct str, int64_t *out);
void	smtp_date_time_print(struct buf *, int64_t);	/* " HOLDUNTIL=2026-11-22T10:00:00Z" */

#endif
