/*
 * mdname - names of Maildir files: BASE[:2,FLAGS], BASE with ,S=size,W=size of the message in it.
 */
#ifndef STORE_MDNAME_H
#define STORE_MDNAME_H

#include "base/arena.h"
#include "base/str.h"
#include "store/store.h"

struct mdname {
	struct str		base;		/* the part that stays */
	uint32_t		flags;		/* of ours */
	struct str		letters;	/* all letters as they stand */
	bool			has_info;	/* ":2," was there */
	bool			has_raw;
	uint64_t		raw;		/* S= */
	bool			has_wire;
	uint64_t		wire;		/* W= */
	int64_t			time;		/* number at the front, 0 if there is none */
	struct store_token	token;		/* .T<32 hex digits>. */
};

/* -1: not a message (starts with a dot, is empty, too long). */
int		mdname_parse(struct str, struct mdname *);
/* The name with these flags; letters that are not ours stay.  In the arena. */
struct str	mdname_print(struct arena *, const struct mdname *, uint32_t flags);

#endif
