/*
 * tok - addresses into tokens.
 *
 * Operators (OperatorChars and always ()<>,;) are tokens by themselves, runs of other characters are atoms, quoted strings
 * are one token with their quotes; blanks separate, comments vanish.  Unbalanced input is mended the way sendmail does
 * and reported.  Pure; input is hostile.
 */
#ifndef RULE_TOK_H
#define RULE_TOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "rule/rule.h"

/* Character classes of one configuration: which characters are operators. */
struct tok_chars {
	uint8_t	type[256];
};
void	tok_chars_set(struct tok_chars *, struct str operators);
bool	tok_is_operator(const struct tok_chars *, unsigned char);

#define TOK_COMMENTS	0x01	/* parentheses are tokens, not comments */
#define TOK_META	0x02	/* configuration text: TOK_ESC introduces operators (see rule_int.h) */
#define TOK_LOOSE	0x08	/* a rule: neither angles nor quotes are balanced */
#define TOK_NOFIX	0x04	/* unbalanced input is an error: -1 */
#define TOK_WHOLE	0x20	/* a token may have any length; what does not fit into `max` tokens is the last one, as it stands */
#define TOK_SILENT	0x10	/* -d22 says nothing of it */

enum tok_fault {
	TOK_OK = 0,
	TOK_OPEN_QUOTE, TOK_OPEN_PAREN, TOK_OPEN_ANGLE, TOK_CLOSE_ANGLE, TOK_CLOSE_PAREN,	/* mended */
	TOK_TOO_MANY, TOK_TOO_LONG								/* refused */
};
/* "Unbalanced '<'" */
const char *tok_fault_text(enum tok_fault);

struct tok_in {
	const struct tok_chars *chars;
	unsigned	 flags;
	int		 delim;			/* stop at this character outside of everything; 0: never */
	struct arena	*arena;			/* for text that had to be changed */
	/* called for each mended fault; may be NULL */
	void		(*fault)(void *arg, enum tok_fault);
	void		*arg;
};

/*
 * Tokenise `s` into tok[0..max).  Tokens point into s or the arena; ids are left 0 (metas apart).  *used tells where a
 * delimiter stopped it (offset of the delimiter, or s.n).  Number of tokens, or -1 with *fault set.
 */
int	tok_scan(const struct tok_in *, struct str s, struct rule_tok *tok, size_t max, size_t *used, enum tok_fault *fault);

/*
 * Join tokens: between two words (neither is an operator or a quoted string) `sep` is put; '\0' puts nothing.
 */
void	tok_join(const struct tok_chars *, const struct rule_tok *, size_t, char sep, struct buf *);
/* Would text tokenise without any fault? (the dequote map asks) */
bool	tok_is_sound(const struct tok_chars *, struct str);

#endif
