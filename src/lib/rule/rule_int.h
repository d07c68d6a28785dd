/*
 * rule_int - what the files of this room share: the compiled form.
 *
 * Each text that occurs in rules, classes and map names is an atom, a number for its lower-case form.  A token of an
 * address is given the number of its atom, or 0 when the configuration does not know it, so that a fixed token of a
 * rule is compared as a number.  Operators in a workspace ($#, $@, ...) are tokens with numbers of their own.
 */
#ifndef RULE_INT_H
#define RULE_INT_H

#include "rule/build.h"
#include "rule/rule.h"
#include "rule/tok.h"

/* Escape in cooked configuration text: TOK_ESC, kind, and for kinds with a parameter two bytes (high, low). */
#define TOK_ESC		'\377'

/* Token numbers from ID_META on are operators; the kind is the character behind the $. */
#define ID_META		0xff000000u
#define ID_OF(kind, par)	(ID_META | (uint32_t)(unsigned char)(kind) << 16 | (uint32_t)(par))
#define ID_IS_META(id)	((id) >= ID_META)
#define ID_KIND(id)	((char)((id) >> 16 & 0xff))
#define ID_PAR(id)	((unsigned)((id) & 0xffff))
#define ID_SHARP	ID_OF('#', 0)
#define ID_HOST		ID_OF('@', 0)
#define ID_USER		ID_OF(':', 0)
#define ID_ELSE		ID_OF('|', 0)
#define ID_CALL		ID_OF('>', 0)
/* kinds: * + - = ~ @ : # > [ ] ( ) | 1 (par: which) & (par: macro) $ is a plain dollar */

#define ATOM_NONE	0u

struct atom {
	const char	*p;		/* lower case */
	uint32_t	 n;
	uint32_t	 hash;
	uint32_t	 set;		/* 1 + index of the ruleset of this name */
	uint32_t	 map;		/* 1 + number of the map of this name */
};

struct atoms {
	struct arena	*arena;
	struct atom	*v;		/* [0] unused */
	uint32_t	 n, size;
	uint32_t	*slot;		/* open addressing, power of two */
	uint32_t	 mask;
};
void		 atoms_init(struct atoms *, struct arena *);
uint32_t	 atoms_add(struct atoms *, const char *p, size_t n);
uint32_t	 atoms_find(const struct atoms *, const char *p, size_t n);

struct klass {
	uint32_t	*member;	/* atoms in order of addition */
	const char	**spelling;	/* as written, same index */
	uint32_t	 n, size;
	uint32_t	*slot;		/* set of atoms */
	uint32_t	 mask;
	uint32_t	 maxlen;	/* longest member, bytes */
	uint64_t	 first;		/* bits of the first tokens of members that have several */
	uint64_t	 bits;		/* id_bit() of the tokens that begin a member */
	bool		 any_first;	/* no telling: every token may begin one */
	bool		 touched;	/* mentioned in the configuration */
};
/* When all members are known. */
void	klass_finish(struct rules *, struct klass *);
bool	klass_has(const struct klass *, uint32_t atom);

/* Left side: one operation a token of the pattern. */
enum pat_op { PAT_LIT, PAT_ANY0, PAT_ANY1, PAT_ONE, PAT_CLASS, PAT_NCLASS, PAT_MACRO };
struct pat {
	uint8_t		op;
	bool		sure;		/* no class or macro before it: whatever stands before, later positions are all that is left */
	uint16_t	par;		/* class or macro */
	uint32_t	atom;		/* PAT_LIT */
};

struct rule {
	struct pat	*pat;
	uint32_t	 npat;
	uint32_t	 nref;		/* how many $1.. it binds */
	uint32_t	 mintok;	/* least number of tokens it can match */
	uint32_t	 maxtok;	/* most; UINT32_MAX unbounded */
	struct rule_tok	*rhs;
	uint32_t	 nrhs;
	uint32_t	 nrhs_ref;	/* $1 ... among them */
	char		 prefix;	/* '@', ':' or 0 */
	bool		 has_lookup, has_call, has_macro, bad_ref;
	uint16_t	 badref;
	uint32_t	 nlhs;		/* as tokens, for =S and traces */
	struct rule_tok	*lhs;
	unsigned	 line;
	struct str	 origin;
	uint32_t	 hits;		/* unused in shared memory; room for statistics of -bC */
};

/* What refuses most rules at a glance: one row a rule, a line of cache long, so that a ruleset is passed over without touching its rules. */
#define GATE_MANY	UINT8_MAX
struct gate {
	uint64_t	 need;		/* bits of the atoms that must occur */
	uint64_t	 pairs;		/* bits of the pairs of neighbours that must occur */
	uint64_t	 twice;		/* bits of the atoms that must occur more than once */
	uint64_t	 any[2];	/* of the tokens that begin a member of its classes; 0: does not matter */
	uint32_t	 first, second, last;	/* atoms it must begin and end with, or ATOM_NONE */
	uint8_t		 mintok, maxtok;	/* at most GATE_MANY; as maxtok it is no limit */
	uint16_t	 npat: 15, empty: 1;	/* empty: it names a class that has no members in the configuration */
	const struct pat *pat;		/* of all rules of the set, side by side */
};

struct ruleset {
	struct str	 name;		/* canonical, "" when only a number */
	int		 number;
	bool		 begun;		/* an S line named it */
	struct rule	*rules;
	struct gate	*gate;		/* from rules_finish on */
	uint32_t	 n, size;
	char		 head[2][28];	/* how lines of its trace begin: input, returns */
	uint8_t		 nhead[2];
};

struct macro_def {
	struct str	 name;		/* without braces */
	struct str	 value;		/* template; STR_NONE undefined */
};

#define MAP_MACRO	1u		/* of class macro: done here */
#define MAP_UNKNOWN	2u		/* used, never declared */
#define MAP_LOG		3u		/* of class syslog: asked with the queue id as its argument */

#define MAXRWSETS	200	/* sendmail's: named ones get 199, 198, ... */

struct rules {
	struct arena	*arena;
	uint32_t	 serial;	/* the how manieth of this process: an address may be another configuration's later */
	struct atoms	 atoms;
	struct tok_chars chars;
	struct str	 operators;
	int		 level;
	char		 blank_sub;
	struct str	 file;
	struct ruleset	*sets;
	uint32_t	 nsets, sets_size;
	int		 next_number;	/* for the next named ruleset */
	uint16_t	 by_number[MAXRWSETS];	/* index + 1, once finished */
	bool		 finished;
	struct macro_def *macros;	/* by number; 0..255 are the one-letter ones */
	uint32_t	 nmacros, macros_size;
	struct hash	*macro_names;	/* long name -> number + 1 */
	struct klass	*klasses;	/* by the same numbers as macros */
	uint32_t	 nklasses;
	rules_map_fn	*map_fn;
	void		*map_arg;
	uint8_t		*map_mark;	/* [map]: one of the MAP_ above or 0 */
	uint32_t	 nmap_mark;
	int		 host_map;	/* number of `host` */
	struct rule_tok	*tok;		/* room for one side of a rule, while building */
};

struct macro_val {
	char		*p;
	uint32_t	 n, size;
	uint32_t	 id;
	bool		 gone;		/* taken away, where the configuration has one */
	bool		 template;	/* may hold $x to expand */
	bool		 stored;	/* by a map of class macro */
};

/* Class members that one context added. */
struct klass_extra {
	struct klass_extra *next;
	int		 class;
	char		*text;
	uint32_t	 n;
};

#define RULE_MAXARGS	10	/* $@ arguments of one lookup */
#define CTX_SCRATCH	((size_t)64 << 20)
#define CTX_RUN_MAX	(CTX_SCRATCH / 4)	/* what one run may take of it */

struct work {				/* one ruleset's workspace */
	struct rule_tok	*tok;		/* RULE_MAXATOM + 1: the context's pool[slot] */
	uint32_t	 n;
	int		 slot;
	uint64_t	 have, pairs, twice;	/* as in struct gate, of the tokens here */
	bool		 counted;	/* they are known */
};

#define RULE_MAXREF	9
struct capture {
	uint32_t	from, to;
};

struct choice {				/* what a wildcard of a left side took */
	uint32_t	op, ref;
	uint32_t	from, to;
};

/* Where a token and a pair of neighbours stand in the bits. */
static inline uint32_t
id_fold(uint32_t id)
{
	return id ^ id >> 16;
}
static inline uint64_t
id_bit(uint32_t id)
{
	return (uint64_t)1 << (id_fold(id) & 63);
}
static inline uint64_t
pair_bit(uint32_t a, uint32_t b)
{
	return (uint64_t)1 << ((id_fold(a) * 5 + id_fold(b)) & 63);
}

#define CTX_POOL	(2 * (RULE_MAXDEPTH + 4) + 1)

struct explain;

struct rule_ctx {
	const struct rules *rules;
	struct rule_ctx	*parent;
	rule_lookup_fn	*lookup;
	void		*arg;
	rule_run_fn	*on_run;
	struct explain	*explain;	/* NULL: nobody wants to know */
	struct arena	*scratch;
	struct macro_val *macro;	/* those that are not as in the configuration */
	uint32_t	 nmacro, macro_size;
	uint16_t	*slot;		/* by number: which of them, + 1 (0: none) */
	uint32_t	 nslot;
	struct arena	*texts;		/* of macros; NULL: none was set yet */
	struct hash	*names;		/* long names the configuration does not know */
	struct str	*dynname;	/* their spelling */
	uint32_t	 ndyn, dyn_size;
	uint32_t	 serial, first_dyn;	/* whose names these are, and the number of the first one */
	struct klass_extra *extra;
	struct choice	 choice[RULE_MAXREF + 1];	/* of the rule being matched */
	struct capture	 cap[RULE_MAXREF + 1];	/* until its right side is built */
	struct str	 args[RULE_MAXARGS];	/* of the lookup at hand */
	bool		 any_extra;	/* in the run at hand: here or in a parent */
	bool		 loose;		/* a call was left standing in a workspace since rule_reset */
	bool		 trace;
	unsigned	 mute;		/* no messages while > 0 */
	struct err	 err;
	struct err	 why;		/* of the last lookup */
	int		 depth;
	struct rule_tok	*pool[CTX_POOL];	/* workspaces by depth; the last for $&x of left sides */
	struct buf	 tmp, tmp2, line, value;
	struct rule_tok	*shown;		/* the tokens whose text `line` holds */
	uint32_t	 nshown;
	unsigned	 steps;		/* of the run at hand, by weight */
	unsigned	 applied;	/* the same, as they come */
	size_t		 used;		/* scratch memory when it began */
};

void		 macros_known(struct rules *);	/* those that programs set have numbers, too */
int		 ctx_macro_id(const struct rule_ctx *, struct str name, bool create);
/* The value seen from here, template or not; false: undefined. */
bool		 ctx_macro(const struct rule_ctx *, int id, struct str *value, bool *template);
/* A copy of a value as $&x has it: nothing is expanded, but a template's $$ is one $. */
struct str	 ctx_macro_plain(struct rule_ctx *, struct str value, bool template);
/* Is the joined text a member of class beyond the configuration's own? */
bool		 ctx_class_extra(const struct rule_ctx *, int class, struct str text);

/* Cook one side of a rule: expand macros, turn $-operators into escapes. */
int		 rule_cook(struct rules *, struct str raw, bool lhs, struct buf *out);
/* $?x and $x, recursively. ctx may be NULL (while reading the configuration). */
int		 macro_expand(const struct rules *, const struct rule_ctx *, struct str, struct buf *, int depth);
int		 rules_macro_find(const struct rules *, struct str name);

int		 pat_compile(struct rules *, struct rule *);
/* Try the pattern: cap[i] = first and one-past-last token of $i+1. */
bool		 pat_match(struct rule_ctx *, const struct gate *, const struct work *, struct capture *);

/* Give the tokens their atoms. */
void		 tok_number(const struct atoms *, struct rule_tok *, size_t);
/* Steps for rule/explain.h; only with a record in the context. */
void		 explain_call(struct rule_ctx *, int set, const struct work *, bool in);
size_t		 explain_rule(struct rule_ctx *, int set, unsigned rule, const struct work *);
void		 explain_applied(struct rule_ctx *, int set, unsigned rule, size_t at, const struct work *);
void		 explain_lookup(struct rule_ctx *, int map, struct str name, struct str key, enum map_rc, const struct buf *value);
/* The same step by step, each step said (-d21.35, -d21.36). */
bool		 pat_match_aloud(struct rule_ctx *, const struct rule *, const struct work *, struct capture *);
/* Is the text of these tokens in the class? */
bool		 pat_phrase(struct rule_ctx *, const struct work *, unsigned class, uint32_t from, uint32_t to);
/* How many tokens at `pos` are the value of $&macro; -1: others stand there. */
int		 pat_macro(struct rule_ctx *, const struct work *, unsigned macro, uint32_t pos);
uint32_t	 gate_next(const struct rule_ctx *, const struct ruleset *, uint32_t i, struct work *);
struct gate	 pat_gate(const struct rules *, const struct rule *, struct pat *copy);
void		 trace_set_class(struct str name, struct str member);
void		 trace_define(struct str name, struct str value, bool again);
void		 set_heads(struct ruleset *);
int		 set_by_atom(const struct rules *, const struct rule_tok *);
/* As sendmail prints rules: each token and a blank. */
void		 rules_print(const struct rules *, const struct rule_tok *, size_t, struct buf *);
void		 rules_print_rhs(const struct rules *, const struct rule *, struct buf *);
/* Keep a message as the run's error, and show it under -bt. */
void		 ctx_say(struct rule_ctx *, int class, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct rule_tok	*ctx_pool_new(struct rule_ctx *, int);
/* Row of tokens number i, made when it is first wanted. */
static inline struct rule_tok *
ctx_pool(struct rule_ctx *c, int i)
{
	return c->pool[i] != NULL ? c->pool[i] : ctx_pool_new(c, i);
}
/* Tokenise a stranger's text; the message names it. -1: refused. */
int		 ctx_scan(struct rule_ctx *, struct str, unsigned flags, struct rule_tok *, size_t max);
/* Run ruleset `set` on the workspace in place; a sysexits code. */
int		 rewrite_set(struct rule_ctx *, int set, struct work *);
void		 work_count(struct work *);
#endif
