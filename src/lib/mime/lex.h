/*
 * lex - the tokens of structured header fields (RFC 5322 3.2, RFC 2045 5.1).
 *
 * A cursor over a folded value.  Blanks and folds between tokens are skipped, comments too, but the last is kept.
 * Nothing here refuses: what is not closed ends with the text, and `bad` is set.
 */
#ifndef MIME_LEX_H
#define MIME_LEX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

enum lex_kind {
	LEX_END,
	LEX_ATOM,		/* text: the atom */
	LEX_QUOTED,		/* text: between the quotes, backslashes still there */
	LEX_LITERAL,		/* text: [...] with its brackets */
	LEX_CHAR		/* text: one special */
};

struct lex {
	struct str	s;		/* what is left */
	const char	*specials;	/* what ends an atom, besides blanks, controls, ( ) " \ [ ] */
	struct str	comment;	/* the last comment, without its parentheses, escapes still there */
	bool		bad;		/* unclosed quote, comment or literal */
	bool		space;		/* blanks or comments stood in front of the last token */
};

struct lex_token {
	enum lex_kind	kind;
	struct str	text;
	struct str	whole;		/* as written */
};

#define LEX_ADDR	"<>@,;:."	/* RFC 5322 addresses; '.' is a token of its own */
#define LEX_MIME	"<>@,;:/?="	/* RFC 2045 */

void		lex_init(struct lex *, struct str, const char *specials);
/* To the next token: blanks and comments go. */
void		lex_skip(struct lex *);
enum lex_kind	lex_next(struct lex *, struct lex_token *);
/* Without backslash escapes and line ends. */
struct str	lex_unquote(struct arena *, struct str);
/* A quoted string, quotes included, that reads back as s; NULs, CR and LF become blanks. */
struct str	lex_quote(struct arena *, struct str);

#endif
