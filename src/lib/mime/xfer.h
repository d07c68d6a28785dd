/*
 * xfer - content transfer encodings (RFC 2045 6).
 *
 * Decoders are incremental and tolerant, as mail demands: odd characters are skipped, a torn end gives what was there.  Feed pieces of any size, then call
 * the _end.  Encoders write CRLF lines of at most 76 characters.
 */
#ifndef MIME_XFER_H
#define MIME_XFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum xfer {
	XFER_7BIT, XFER_8BIT, XFER_BINARY, XFER_QP, XFER_BASE64,
	XFER_UNKNOWN			/* anything else: content is not to be touched */
};

/* From a Content-Transfer-Encoding value; empty is 7bit. */
enum xfer	xfer_by_name(struct str value);
const char	*xfer_name(enum xfer);

struct xfer_dec {
	enum xfer	how;
	uint32_t	bits;
	unsigned	nbits;
	bool		done;		/* base64 padding seen */
	char		hold[80];	/* quoted-printable: blanks or "=", "=A" at the end of a piece */
	size_t		nhold;
	bool		damaged;	/* something had to be skipped */
};

void		xfer_dec_init(struct xfer_dec *, enum xfer);
int		xfer_dec_add(struct xfer_dec *, struct buf *out, struct str in);
int		xfer_dec_end(struct xfer_dec *, struct buf *out);
/* All at once. */
int		xfer_decode(struct buf *out, enum xfer, struct str in);

/* Encoders, incremental: text (line ends CRLF or LF are kept as CRLF) in quoted-printable; any bytes in base64. */
struct xfer_enc {
	enum xfer	how;
	bool		text;		/* quoted-printable: line ends stay line ends */
	bool		ebcdic;		/* set behind _init: what is not the same in EBCDIC is encoded, too (RFC 2045 6.7) */
	size_t		col;
	unsigned char	hold[3];
	size_t		nhold;
};

void		xfer_enc_init(struct xfer_enc *, enum xfer, bool text);
int		xfer_enc_add(struct xfer_enc *, struct buf *out, struct str in);
int		xfer_enc_end(struct xfer_enc *, struct buf *out);

#endif
