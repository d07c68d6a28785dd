/*
 * auth_int - what the files of the auth role share.
 *
 * Two processes.  The role itself talks to the fronts and to the parent; it has no rights, opens nothing, and never sees how a password is checked.  The
 * checker keeps root (where we have it), reads nothing but descriptors from the role, and forks a child for each exchange, which ends with it.
 */
#ifndef FRONT_AUTH_INT_H
#define FRONT_AUTH_INT_H

#include "front/front_int.h"

#define AUTH_CHILD_WAIT	(90 * 1000)		/* ms for one answer of a child */

struct auth {
	struct role	*role;
	struct loop	*loop;
	struct loop_io	*checker_io;
	struct list	 fronts, exchanges;
	size_t		 nexchanges;
	char		 mechs[256], mechs_clear[256];
	struct list	 guesses;
	size_t		 nguesses;
	int		 checker;	/* a socket: descriptors go out, nothing comes back */
};

struct auth_front {
	struct list	 link;
	struct auth	*auth;
	struct chan	*chan;
	uint32_t	 number;
};

/* auth_child.c */
/* The mechanism lists, found out by a child, so that no library stays here. */
int		auth_find_mechs(struct auth *);
/* Start the checker. */
int		auth_checker(struct auth *);

/* auth_guess.c: one more wrong guess: how long (ms) to wait before it is told. */
unsigned	guess_wrong(struct auth *, const char *peer, const char *name);

/* auth_exchange.c: -1: what was asked does not decode. */
int		auth_begin(struct auth_front *, struct frame *);
int		auth_step(struct auth_front *, struct frame *);
int		auth_cancel(struct auth_front *, struct frame *);
/* A front is gone: its exchanges end. */
void		auth_forget(struct auth_front *);

#endif
