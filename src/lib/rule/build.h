/*
 * build - make struct rules out of the lines of a configuration.
 *
 * The configuration reader calls one function a line; rules_finish then freezes everything.  All memory is the
 * arena's.  Text is taken as written, with $x, ${name}, $&x, $?x..$|..$. and the operators of rules.
 */
#ifndef RULE_BUILD_H
#define RULE_BUILD_H

#include "rule/rule.h"

struct rules	*rules_new(struct arena *);
/* From the V line: before 9, parentheses in rules are comments. */
void	rules_set_level(struct rules *, int level);
void	rules_set_operators(struct rules *, struct str);	/* OperatorChars, before any rule */
void	rules_set_blank_sub(struct rules *, char);

/*
 * The name of a macro or class at the front of `s`: "x" or "{name}".  Its number and how many bytes it took.
 * -1 and sendmail's words in err: empty, an odd character, an unclosed brace.
 */
int	rules_name_take(struct rules *, struct str s, size_t *taken, struct err *);
struct str rules_macro_name(const struct rules *, int id);	/* as stored: "x", "{name}" prints are the caller's */

/* Value as template text (macros in it are expanded when it is used). */
void	rules_define(struct rules *, int macro, struct str value);
struct str rules_macro(const struct rules *, int macro);	/* STR_NONE: undefined */
/* Expand with what is defined so far: K, O, C lines and so on. */
int	rules_expand(const struct rules *, struct str, struct buf *);

void	rules_class_add(struct rules *, int class, struct str member);
void	rules_class_touch(struct rules *, int class);		/* mentioned by C or F, perhaps with no members */
int	rules_classes(const struct rules *);			/* classes have the numbers below this one */
size_t	rules_class_count(const struct rules *, int class);
struct str rules_class_member(const struct rules *, int class, size_t i);

/*
 * "S" lines: "3", "canonify=3", "check_mail", "x=5".  The index of the ruleset, -1 and a sentence in err ("invalid ruleset name ...").
 * `create` false: only look (mailers' S= and R= with an unknown name are created, too, as sendmail does).
 */
int	rules_set(struct rules *, struct str spec, struct err *);

/* An S line begins it: mailers name rulesets, too, that no line may define. */
void	rules_set_begin(struct rules *, int set);
bool	rules_begun(const struct rules *, int set);

/* How the compiler learns of map names: the number of `name`, declaring it as wanted when it is new. */
typedef int rules_map_fn(void *arg, struct str name);
void	rules_on_map(struct rules *, rules_map_fn *, void *arg);
/* Map number `map` is called `name`, for rules that put the name together as they run: $($1 key$). */
void	rules_map_name(struct rules *, struct str name, int map);
/* Map number `map` is of class macro: done in the engine. */
void	rules_map_is_macro(struct rules *, int map);
/* Map number `map` is of class syslog: the queue id (macro i) is handed to the lookup as the argument. */
void	rules_map_is_log(struct rules *, int map);
/* Map number `map` was never declared: each use of it is reported. */
void	rules_map_is_unknown(struct rules *, int map);

/* One R line.  Problems are reported through `say` (warnings leave a working rule); -1 when there is no rule. */
typedef void rules_say_fn(void *arg, bool warning, const char *text);
int	rules_add(struct rules *, int set, struct str lhs, struct str rhs, unsigned line, struct str origin,
		rules_say_fn *, void *arg);
void	rules_set_file(struct rules *, struct str file);
void	rules_finish(struct rules *);

#endif
