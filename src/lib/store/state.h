/*
 * state - a mailbox as we know it: its messages, keywords and who left, in memory.
 *
 * It changes by uidlines only, so that what is in memory and what a reload of the uidlist gives are the
 * same by construction.  No system calls here.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "base/arena.h"
#include "store/store.h"
#include "store/uidline.h"

/* Where a message is in an mbox: offsets in the file. */
struct mbox_place {
	uint64_t	from;		/* its From_ line */
	uint64_t	head;		/* behind that line */
	uint64_t	body;		/* behind the header's empty line */
	uint64_t	end;		/* of the message, before the separating empty line */
	uint64_t	next;		/* the next From_ line or the end of file */
	uint64_t	status;		/* value of Status: offset, 0 if there is none */
	uint64_t	xstatus;
	uint16_t	status_len, xstatus_len;	/* up to the newline */
	bool		odd;		/* several of them, or folded: only a rewrite mends that */
};

struct rec {
	struct store_rec	r;
	struct store_token	token;
	struct str		key;
	bool			dirty;		/* flags wait to be written into the mailbox */
	bool			dead;		/* left; taken out by state_settle */
	bool			located;	/* a scan of ours found it; else all we know is its line */
	bool			is_new;		/* Maildir: the file is in new/ */
	struct str		file;		/* Maildir: the name behind cur/ or new/ as last seen */
	struct mbox_place	place;
};

struct gone {
	uint32_t		uid;
	uint64_t		modseq;
	struct store_token	token;
};

#define STATE_GONE_MAX	10000u		/* how many of those that left are remembered at least */

struct state {
	struct arena	*arena;			/* keys and names */
	bool		 known;			/* a B line was read */
	struct store_id	 id;
	uint32_t	 uidvalidity, uidnext;
	uint64_t	 modseq;
	uint32_t	 recent;		/* highest uid told to somebody */
	struct rec	*rec;			/* by uid */
	size_t		 n, size, dead;
	uint64_t	 came;			/* records added so far: whether each is located need not be asked again while it stands */
	struct gone	*gone;			/* by modseq */
	size_t		 ngone, gone_size;
	struct str	 kw[STORE_KEYWORDS];
	size_t		 nkw;
};

void		 state_init(struct state *);
void		 state_done(struct state *);
/* -1: the line makes no sense here (or no memory); the state is as before. */
int		 state_apply(struct state *, const struct uidline *);
void		 state_settle(struct state *);		/* takes dead records out */
struct rec	*state_find(const struct state *, uint32_t uid);	/* NULL also if dead */
struct rec	*state_by_token(const struct state *, const struct store_token *);
bool		 state_gone_token(const struct state *, const struct store_token *, uint32_t *uid);
/* The number of a keyword, or -1. */
int		 state_keyword(const struct state *, struct str name);
/* The whole state as lines that give it again. */
void		 state_print(const struct state *, struct buf *);

#endif
