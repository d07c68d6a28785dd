/*
 * crack - an address field apart: what is the address, what is phrase and comment around it.
 */
#ifndef SENDMAIL_CRACK_H
#define SENDMAIL_CRACK_H

#include "base/buf.h"
#include "base/str.h"

/* Appends a template: `"Full Name" <$g> (comment)`, a $ of the text doubled.  `must` is MustQuoteChars, colon_ok ColonOkInAddr: there are no groups then. */
void	addr_crack(struct str, struct str must, bool colon_ok, struct buf *);
/* A name in words as it may stand before an address: in quotes if it needs them. */
void	crack_name(struct str, struct str must, struct buf *);

#endif
