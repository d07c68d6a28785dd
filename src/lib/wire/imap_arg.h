/*
 * imap_arg - the arguments of IMAP commands (RFC 3501 9, RFC 9051 9, RFC 7888, RFC 6855): a reader over one whole command, pure.
 *
 * A command is its line without the last CRLF; where it has literals, "{n}" CRLF and the n octets stand inside of it, as they came. The
 * session collects it: imap_literal_at tells after each line whether a literal follows, how long, and whether the client waits for "+".
 *
 * Readers take what they want off the front of in->s and answer true, or false with in->bad saying what was wanted there (the text of a
 * BAD reply); after a false the command is refused, nothing is read on.  Results are borrowed from the command, or copied to the arena
 * where quoting had to be taken out.
 */
#ifndef WIRE_IMAP_ARG_H
#define WIRE_IMAP_ARG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

#define IMAP_LINE_MAX	((size_t)64 << 10)	/* one line of a command; RFC 7162 4 asks for 8192 at least */
#define IMAP_TAG_MAX	128

struct imap_literal {
	uint64_t	size;
	bool		plus;		/* {n+}: not waited for (RFC 7888) */
	bool		binary;		/* ~{n} (RFC 3516) */
};

/* Does a command's line (without CRLF, its first or one behind a literal) end with the announcement of one?  Not inside of quotes. */
bool	imap_literal_at(struct str line, struct imap_literal *);

struct imap_in {
	struct str	 s;
	struct arena	*m;
	const char	*bad;		/* NULL, or what was wanted: "number expected" */
	bool		 utf8;		/* quoted strings may hold UTF-8 (ENABLE UTF8=ACCEPT, IMAP4rev2) */
};

void	imap_in_init(struct imap_in *, struct arena *, struct str command);
/* Refuse from outside: sets bad if it is not yet set; always false. */
bool	imap_refuse(struct imap_in *, const char *why);

bool	imap_end(struct imap_in *);			/* nothing is left */
bool	imap_sp(struct imap_in *);			/* exactly one blank */
bool	imap_char(struct imap_in *, char);		/* this one must come */
bool	imap_next(struct imap_in *, char);		/* takes it if it comes; no refusal */
bool	imap_peek(const struct imap_in *, char);

bool	imap_tag(struct imap_in *, struct str *);	/* ASTRING-CHAR but '+' */
bool	imap_atom(struct imap_in *, struct str *);
/* If the next atom is this word (ASCII case folded): takes it.  No refusal. */
bool	imap_word(struct imap_in *, const char *);
bool	imap_string(struct imap_in *, struct str *);	/* quoted or literal */
bool	imap_nstring(struct imap_in *, struct str *);	/* NIL is STR_NONE */
bool	imap_astring(struct imap_in *, struct str *);
bool	imap_list_mailbox(struct imap_in *, struct str *);	/* LIST's patterns: % and * stand bare */
/* A mailbox name as UTF-8: modified UTF-7 taken out (bad encodings are refused), INBOX in any case is "INBOX". */
bool	imap_mailbox(struct imap_in *, struct str *);
bool	imap_number(struct imap_in *, uint32_t *);
bool	imap_nz_number(struct imap_in *, uint32_t *);
bool	imap_number64(struct imap_in *, uint64_t *);	/* up to 63 bits (RFC 9051) */
bool	imap_flag(struct imap_in *, struct str *);	/* "\Seen" with its backslash, or a keyword */
/* "(" [flag *(SP flag)] ")"; bare: flags without parentheses too (STORE).  *v in the arena. */
bool	imap_flags(struct imap_in *, bool bare, struct str **v, size_t *n);
/* An announced literal that is not inside (APPEND streams it): "{n}" must be all that is left. */
bool	imap_literal_head(struct imap_in *, struct imap_literal *);
/* A quoted or bare text of a date or date-time, without its quotes; mime/date.h reads it. */
bool	imap_date_text(struct imap_in *, struct str *);
/* What could be a sequence set: digits ':' ',' '*' '$'; imap_set.h reads it. */
bool	imap_set_text(struct imap_in *, struct str *);

/* Can it be written as atom, as quoted string (ASCII, or UTF-8 if so agreed)? */
bool	imap_is_atom(struct str);
bool	imap_is_quotable(struct str, bool utf8);

#endif
