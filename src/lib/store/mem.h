/*
 * mem - a store in memory with a plan of faults: what a daemon must live with, on order.
 *
 * Connections of one process that name the same world see the same mailboxes.
 */
#ifndef STORE_MEM_H
#define STORE_MEM_H

#include "store/store.h"

struct mem_world;

enum mem_op {
	MEM_ANY = 0, MEM_LIST, MEM_CREATE, MEM_RENAME, MEM_DELETE, MEM_OPEN, MEM_REFRESH, MEM_READ, MEM_APPEND, MEM_FLAGS, MEM_EXPUNGE
};

enum mem_fault {
	MEM_FAIL,			/* NO quota, nothing happened */
	MEM_AGAIN,			/* nothing happened */
	MEM_UNKNOWN_BEFORE,		/* UNKNOWN, and nothing happened */
	MEM_UNKNOWN_AFTER,		/* UNKNOWN, and it did happen */
	MEM_DAMAGED,
	MEM_DELAY,			/* of `ms`; past the deadline it is AGAIN */
	MEM_OTHER			/* another owner appends a message just before */
};

struct mem_world *mem_world_new(void);
void		  mem_world_free(struct mem_world **);
/* The next calls of this kind, after `skip` of them, meet this fault `times` times. */
void		  mem_plan(struct mem_world *, enum mem_op, enum mem_fault, unsigned skip, unsigned times, int ms);
unsigned	  mem_calls(const struct mem_world *, enum mem_op);

#endif
