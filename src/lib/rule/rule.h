/*
 * rule - the rewriting rules of a sendmail.cf: compiled once, run for every address.
 *
 * struct rules is built while the configuration is read (rule/build.h), is constant afterwards and may be
 * shared by processes after fork.  struct rule_ctx is what one session, envelope or command adds to it: values
 * of macros, members of classes, the way to lookup maps, scratch memory.  A context may stand on a parent
 * context (an envelope on its session): what it does not know it asks its parent, then the configuration.
 *
 * Everything a run gives back lives in the context's scratch arena until rule_reset.  Input is hostile: its
 * length, number of tokens, the depth of calls and the number of steps are limited and reported.
 */
#ifndef RULE_RULE_H
#define RULE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct rules;
struct rule_ctx;

#define RULE_MAXATOM	1000	/* tokens of a workspace */
#define RULE_MAXTEXT	2048	/* bytes of an address or of one macro expansion (sendmail's MACBUFSIZE is 4096) */
#define RULE_MAXDEPTH	50	/* rulesets that call each other */
#define RULE_MAXSTEPS	20000	/* rules that apply in one run, all calls together; long workspaces count more */
#define RULE_MAXLOOP	100	/* times one rule may apply in a row */

/* The fixed rulesets, by sendmail's numbers. rules_find gives indexes into the compiled form, not numbers. */
enum rule_fixed {
	RULESET_PARSE = 0, RULESET_SENDER = 1, RULESET_RCPT = 2, RULESET_CANONIFY = 3, RULESET_FINAL = 4, RULESET_LOCAL = 5
};

/* Index of a ruleset by name ("check_mail") or number ("3"); -1 when it is not defined at all. */
int	rules_find(const struct rules *, struct str name);
/* Its name as traces print it, "" past the end.  Indexes run from 0 to rules_count - 1. */
struct str	rules_name(const struct rules *, int ruleset);
int		rules_number(const struct rules *, int ruleset);
int		rules_count(const struct rules *);
/* Has it at least one rule? (-1 gives false.) sendmail treats an empty check_* ruleset as absent. */
bool		rules_has_rules(const struct rules *, int ruleset);
/* Rules of a set as text ("R" lines as -bt's =S prints them) with their places. */
struct rule_text {
	struct str	lhs, rhs;	/* internal symbols written $x again */
	unsigned	line;		/* of sendmail.cf */
	struct str	origin;		/* "file.mc:12" by the #line marks, or empty */
	struct str	file;		/* sendmail.cf's own name */
};
size_t	rules_rule_count(const struct rules *, int ruleset);
int	rules_rule(const struct rules *, int ruleset, size_t i, struct arena *, struct rule_text *);

enum map_rc {
	MAP_FOUND,
	MAP_NOTFOUND,
	MAP_TEMP		/* answer unknown now: the run's status becomes EXIT_TEMPFAIL; a value given all the same (-T) is used */
};
/*
 * Look `key` up in map number `map` (its place among the configuration's K lines) and append the value.  $[name$] uses the map
 * called `host`.  Maps of class `macro` never come here: they are done by the engine itself.
 */
typedef enum map_rc rule_lookup_fn(void *arg, int map, struct str key, const struct str *args, size_t nargs,
	struct buf *value, struct err *);

/* A context; parent may be NULL and must live longer. Scratch is its own; NULL lookup: nothing is ever found. */
struct rule_ctx	*rule_ctx_new(const struct rules *, struct rule_ctx *parent, rule_lookup_fn *, void *arg);
/*
 * `fn` is told with the lookup function's arg when a run begins (true) and ends: what it holds open meanwhile is its own affair.
 * Contexts on this one that are made later with the same arg tell it, too.
 */
typedef void	 rule_run_fn(void *arg, bool begins);
void		 rule_on_run(struct rule_ctx *, rule_run_fn *);
void		 rule_ctx_free(struct rule_ctx **);
/* What is kept for contexts to come goes. */
void		 rule_rest(void);
/* The results of earlier runs go; macros and class additions stay. */
void		 rule_reset(struct rule_ctx *);
struct arena	*rule_scratch(struct rule_ctx *);
/* Macro values, class additions too: as new (for a recycled session). */
void		 rule_forget(struct rule_ctx *);
/* sendmail's -d21 traces and the "input:"/"returns:" lines go to trace_write; `on` adds the latter (-bt). */
void		 rule_trace(struct rule_ctx *, bool on);
/* What a caller called: the place and reason of what went wrong in the last run, class ERR_NONE if nothing did. */
const struct err *rule_error(const struct rule_ctx *);

/* A token: p/n its bytes.  `id` is private to the engine. */
struct rule_tok {
	const char	*p;
	uint32_t	 n;
	uint32_t	 id;
};

struct rule_out {
	bool		 is_triple;	/* the workspace begins with $# */
	struct str	 mailer;	/* first token behind $#, never empty in a triple (may be an unknown mailer) */
	struct str	 host;		/* tokens behind $@, joined */
	struct str	 user;		/* tokens behind $:, joined with blanks kept as sendmail's BlankSub says */
	bool		 has_host, has_user;	/* was there a $@, a $: ? */
	const struct rule_tok *tok;	/* the whole workspace */
	size_t		 ntok;
	const struct rule_tok *host_tok, *user_tok;
	size_t		 nhost, nuser;
	int		 status;	/* EXIT_OK, EXIT_TEMPFAIL (a map was), EXIT_DATAERR, EXIT_CONFIG (recursion, loop) */
};

/*
 * Run one ruleset on a text.  0: the ruleset came to an end, out is filled (a temporary map failure is in status);
 * -1: the text is no address (unbalanced, too long: out->status EXIT_DATAERR) or the rules recurse, loop or overflow
 * (EXIT_CONFIG); rule_error says which.  A ruleset that is -1 or empty returns its input.
 */
int	rule_run(struct rule_ctx *, int ruleset, struct str in, struct rule_out *);
/* The same on "a $| b" (check_relay, check_compat ...); each part is tokenised by itself. */
int	rule_run2(struct rule_ctx *, int ruleset, struct str a, struct str b, struct rule_out *);
int	rule_run2_flags(struct rule_ctx *, int ruleset, struct str a, struct str b, unsigned flags, struct rule_out *);
/* On the tokens that an earlier run of this context gave. */
int	rule_run_tokens(struct rule_ctx *, int ruleset, const struct rule_tok *, size_t, struct rule_out *);
/* Run on text that is to be taken word by word though it is no address: header checks with comments kept ($>+), and so on. */
#define RULE_KEEP_COMMENTS	0x01	/* parentheses are ordinary tokens */
#define RULE_WHOLE		0x04	/* no text is too long: what does not fit is the last token, as it stands */
#define RULE_QUIET		0x02	/* no message for unbalanced input */
#define RULE_MENDED		0x04	/* unbalanced text is mended as sendmail does (a closing " or ) added, > dropped) */
int	rule_run_flags(struct rule_ctx *, int ruleset, struct str in, unsigned flags, struct rule_out *);

/* Show a fixed ruleset without rules in a trace as sendmail does. */
void	rule_trace_empty(struct rule_ctx *, int number, const struct rule_tok *, size_t);

/* Tokenise the first address of a list: up to a `delim` that belongs to none; *used says where. out->tok only; -1: refused. */
int	rule_scan_list(struct rule_ctx *, struct str in, char delim, size_t *used, struct rule_out *);

/* -d59.14: tokens became this text.  `macros`: their values count, not the names (sendmail's evaluation mask). */
void	rule_trace_text(bool macros, const struct rule_tok *, size_t, struct str text);

/* Tokens as text, in scratch memory: between two words `sep` is put ('\0': nothing). sep -1 is the configuration's BlankSub. */
struct str	rule_join(struct rule_ctx *, const struct rule_tok *, size_t, int sep);
/* The form -bt prints: tokens between blanks, operators as $#, $@, $: ... */
void		rule_print(const struct rule_tok *, size_t, struct buf *);
/* Text as -bt shows it: \\n, \\r, \\t; M- before 8-bit characters; other control characters not at all. */
void		rule_show(struct str, struct buf *);
/* -d84: an operator ('*' of $*; '\0': the $ of a macro) by the octet that sendmail has for it; hexadecimal, or octal from level 2 on. */
void		rule_show_code(char kind, struct buf *);

/* A long text with "..." in its middle, as messages show it. */
void		rule_shorten(struct str, char *dst, size_t size);

/*
 * Macros: name is "j", "client_addr" (without braces) or "{client_addr}".  rule_macro_get gives the unexpanded value;
 * rule_macro_value the expanded one (scratch memory).  STR_NONE: not defined (defined but empty has p != NULL).
 */
struct str	rule_macro_get(const struct rule_ctx *, struct str name);
struct str	rule_macro_value(struct rule_ctx *, struct str name);
/* STR_NONE takes the macro away, also a parent's or the configuration's, as seen from here. */
int		rule_macro_set(struct rule_ctx *, struct str name, struct str value);
/* The same as by a map of class macro: such values can be told apart, and carried to another process. */
int		rule_macro_store(struct rule_ctx *, struct str name, struct str value);
/* What maps of class macro set in this context (not in its parents); STR_NONE: taken away.  fn returning false stops. */
void		rule_macro_stored(struct rule_ctx *, bool (*fn)(void *, struct str name, struct str value), void *arg);
/* Configuration text: $x in it is expanded when it is used (-M, .D). */
int		rule_macro_define(struct rule_ctx *, struct str name, struct str value);
int		rule_macro_set_c(struct rule_ctx *, const char *name, const char *value);
int		rule_macro_setf(struct rule_ctx *, const char *name, const char *fmt, ...)
			__attribute__((format(printf, 3, 4)));
/*
 * Expand $x, ${name}, $&x and $?x..$|..$. of a template.  Configuration text (H, M, O lines) comes in cooked form from the
 * configuration reader; rule_expand takes both that and text as a person writes it.  -1: too deep or too long.
 */
int		rule_expand(struct rule_ctx *, struct str template, struct buf *);

/* Classes: name as for macros. A member may be several tokens. */
bool		rule_class_has(const struct rule_ctx *, struct str name, struct str member);
int		rule_class_add(struct rule_ctx *, struct str name, struct str member);	/* in this context only */
/* Members in order of insertion; fn returning false stops. */
void		rule_class_each(const struct rule_ctx *, struct str name, bool (*fn)(void *, struct str), void *arg);

#endif
