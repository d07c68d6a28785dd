/*
 * smtp_body - what ends a line and what ends a message: the only place that decides it, for every
 * way in and out.
 *
 * Coming in (RFC 5321 4.5.2): only CR LF ends a line, only CR LF . CR LF ends a message; a bare CR
 * or LF is reported at once, before anything behind it
 * is looked at, unless the session's srv_features relaxed it.  What is kept has LF at the end of
 * each line and dots undone.  Going out: content of lines
 * ending in LF becomes lines ending in the mailer's end of line, with dots doubled where asked; no
 * CR or LF leaves that is not part of such an end.
 * So a message that came in under any rule goes out as exactly one message.
 */
#ifndef WIRE_SMTP_BODY_H
#define WIRE_SMTP_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Relaxations, by the letters of srv_features. */
#define SMTP_BODY_ANYEND	0x01u	/* O: LF . LF and so on end a message, LF ends a line */
#define SMTP_BODY_CR_OK		0x02u	/* U: a bare CR is kept */
#define SMTP_BODY_CR_BLANK	0x04u	/* u2: it becomes a blank */
#define SMTP_BODY_LF_OK		0x08u	/* G: a bare LF ends a line of the content (never the message) */
#define SMTP_BODY_LF_BLANK	0x10u	/* g2: it becomes a blank */

enum smtp_body_rc {
	SMTP_BODY_MORE,		/* everything was taken, the message goes on */
	SMTP_BODY_END,		/* the message ended; *used says where */
	SMTP_BODY_BARE_CR,
	SMTP_BODY_BARE_LF
};

struct smtp_body {
	unsigned	relax;
	int		state;
	uint64_t	size;		/* octets given out so far */
	bool		has8bit;
	bool		has_nul;
};

void	smtp_body_init(struct smtp_body *, unsigned relax);
/* Decode `in`; what is content is appended to out (which may be NULL: counted and thrown away).  *used: octets taken. */
enum smtp_body_rc smtp_body_feed(struct smtp_body *, struct str in, struct buf *out, size_t *used);

/* One line of command input: how does it end?  `line` includes its LF if it has one. */
enum smtp_line_end {
	SMTP_LINE_CRLF,
	SMTP_LINE_LF,		/* a bare LF */
	SMTP_LINE_CR,		/* a CR somewhere inside */
	SMTP_LINE_OPEN		/* no end at all */
};
enum smtp_line_end smtp_line_end(struct str line, struct str *text);

/* Going out. */
#define SMTP_OUT_DOTS		0x01u	/* mailer flag X */
#define SMTP_OUT_7BIT		0x02u	/* mailer flag 7: the eighth bit is cut */
#define SMTP_OUT_NONUL		0x04u	/* mailer flag 1 */
#define SMTP_OUT_FROM		0x08u	/* mailer flag E: ">From " */
#define SMTP_OUT_RAWCR		0x10u	/* a CR in a line stays: for programs and files, never for SMTP */

struct smtp_out {
	unsigned	flags;
	struct str	eol;		/* CRLF */
	size_t		limit;		/* longer lines are split with "!" at the end (RFC 821 4.5.3; mailer L=); 0 none */
	/* private */
	size_t		col;
	bool		bol;		/* at the beginning of a line that goes out */
	bool		fresh;		/* at the beginning of a line of the content */
	bool		pending;	/* `last` is to be written, on this line or the next */
	char		last;
	struct buf	hold;		/* first octets of a line that may be From */
};

void	smtp_out_init(struct smtp_out *, unsigned flags, struct str eol, size_t limit);
void	smtp_out_done(struct smtp_out *);
/* A piece of content, cut anywhere; appends to `out`. */
void	smtp_out_feed(struct smtp_out *, struct str in, struct buf *out);
/* Ends an unfinished line.  With dots the final "." line is the caller's: smtp_out_dot. */
void	smtp_out_end(struct smtp_out *, struct buf *out);
void	smtp_out_dot(struct smtp_out *, struct buf *out);

#endif
