/*
 * resolve_int - what resolve.c and verdict.c share.
 */
#ifndef SENDMAIL_RESOLVE_INT_H
#define SENDMAIL_RESOLVE_INT_H

#include "resolve.h"

/* $g of a cracked template replaced, $$ made $. */
struct str	resolve_fill(struct rule_ctx *, struct str template, struct str addr);
/* Quotes off, backslashes obeyed. */
struct str	resolve_unquote(struct rule_ctx *, struct str);

#endif
