/*
 * resolve_int - what resolve.c and verdict.c share.
 */
#ifndef SENDMAIL_RESOLVE_INT_H
#define SENDMAIL_RESOLVE_INT_H

#include "resolve.h"

/* -d12, -d20, -d24, -d33, -d48: nothing unless they are on. */
void	resolve_trace_begin(struct str addr);
void	resolve_trace_build(const struct rule_tok *, size_t, unsigned flags);
void	resolve_trace_built(const struct conf *, const struct resolved *);
void	resolve_trace_alloc(struct str addr, unsigned flags);
void	resolve_trace_done(const struct conf *, const struct resolved *);
void	resolve_trace_failed(const char *why);
void	resolve_trace_group(struct str user);
void	resolve_trace_crack(struct str addr, struct str template);
void	resolve_trace_rewrite(struct str addr, bool done, int status);

/* Quotes off, backslashes obeyed. */
struct str	resolve_unquote(struct rule_ctx *, struct str);

#endif
