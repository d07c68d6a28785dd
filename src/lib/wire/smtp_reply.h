/*
 * smtp_reply - replies (RFC 5321 4.2): read another server's line by line, write ours.
 *
 * A remote server is a stranger: lines, their length and their number are bounded, a code must have
 * three digits and stay the same, and what
 * is kept for log lines and bounces is printable.
 */
#ifndef WIRE_SMTP_REPLY_H
#define WIRE_SMTP_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define SMTP_REPLY_LINE	2048	/* octets of a line with its end; RFC 5321 4.5.3.1.5 has 512 */
#define SMTP_REPLY_LINES	200	/* lines that are kept; EHLO answers have about twenty */
#define SMTP_REPLY_LINES_MAX	2000	/* a server that sends more is broken */

enum smtp_reply_rc { SMTP_REPLY_MORE, SMTP_REPLY_DONE, SMTP_REPLY_BAD };

struct smtp_reply {
	int		code;		/* 250; 0 before the first line */
	struct str	dsn;		/* enhanced code of the last line that has one of the code's class; none */
	struct str	text;		/* the first line behind code and enhanced code */
	struct str	line;		/* the first line, where what is wrong is said; a blank behind its code: "550 5.1.1 <x>: no" */
	struct str	*lines;		/* text of each line behind "250-" */
	size_t		nlines;
	/* private */
	struct arena	*arena;
	size_t		seen, size;
};

void	smtp_reply_init(struct smtp_reply *, struct arena *);	/* everything is copied into the arena */
/* One line, with or without its end. */
enum smtp_reply_rc smtp_reply_line(struct smtp_reply *, struct str line);

/* Digits of a code: smtp_reply_class(250) is 2. */
static inline int
smtp_reply_class(const struct smtp_reply *r)
{
	return r->code / 100;
}

/* What an EHLO or LHLO answer offers. */
#define SMTP_OFFER_PIPELINING	0x0001u
#define SMTP_OFFER_8BITMIME	0x0002u
#define SMTP_OFFER_SIZE		0x0004u
#define SMTP_OFFER_DSN		0x0008u
#define SMTP_OFFER_ENHANCED	0x0010u
#define SMTP_OFFER_STARTTLS	0x0020u
#define SMTP_OFFER_DELIVERBY	0x0040u
#define SMTP_OFFER_AUTH		0x0080u
#define SMTP_OFFER_CHUNKING	0x0100u
#define SMTP_OFFER_SMTPUTF8	0x0200u
#define SMTP_OFFER_VERB		0x0400u
#define SMTP_OFFER_EXPN		0x0800u
#define SMTP_OFFER_ETRN		0x1000u
#define SMTP_OFFER_HELP		0x2000u
#define SMTP_OFFER_XTOKEN	0x4000u		/* ours: LMTP's RCPT takes XTOKEN=, doc/store.md */

#define SMTP_OFFER_BINARYMIME	0x8000u
#define SMTP_OFFER_REQUIRETLS	0x10000u
#define SMTP_OFFER_MTPRIORITY	0x20000u
#define SMTP_OFFER_LIMITS	0x40000u
#define SMTP_OFFER_FUTURERELEASE 0x80000u

struct smtp_offer {
	unsigned	what;
	uint64_t	mail_max, rcpt_max;	/* LIMITS (RFC 9422): messages in a session, recipients of a message; 0 none told */
	uint64_t	size;		/* 0: no limit told */
	int64_t		by_min;		/* DELIVERBY: smallest by-time, 0 none told */
	struct str	name;		/* first word of the first line: who it says it is */
	struct str	auth;		/* mechanisms, blanks between */
};

void	smtp_offer_parse(const struct smtp_reply *, struct smtp_offer *);

/*
 * Append a reply: "code dsn text CRLF", one line for each line of text ("\n" between, all but the
 * last with "-").  dsn may be NULL or "".
 * Control bytes of the text become blanks, lines are cut at 500: whatever the text, the reply stays
 * one reply.
 */
void	smtp_reply_put(struct buf *, int code, const char *dsn, struct str text);

/* A copy with control bytes as blanks. */
struct str smtp_clean(struct arena *, struct str);

#endif
