/*
 * enc - base64 (RFC 4648 4), hex, xtext (RFC 3461 4), modified UTF-7 of IMAP (RFC 3501 5.1.3).
 */
#ifndef BASE_ENC_H
#define BASE_ENC_H

#include <stdint.h>

#include "base/buf.h"

int		enc_b64(struct buf *, struct str);		/* no line breaks */
int		dec_b64(struct buf *, struct str);		/* strict: padding, alphabet, zero rest bits; -1 */
int		enc_hex(struct buf *, struct str);		/* lower case */
int		dec_hex(struct buf *, struct str);
int		enc_xtext(struct buf *, struct str);
int		dec_xtext(struct buf *, struct str);		/* -1 on anything not xtext */
int		enc_utf7m(struct buf *, struct str utf8);
int		dec_utf7m(struct buf *, struct str);
uint32_t	crc32c(uint32_t crc, const void *, size_t);	/* RFC 3720 12.1; start with 0 */

#endif
