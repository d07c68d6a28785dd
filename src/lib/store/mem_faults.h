/*
 * mem_faults - the plan of what goes wrong in a store in memory: whose calls meet which fault, and when.
 */
#ifndef STORE_MEM_FAULTS_H
#define STORE_MEM_FAULTS_H

#include "store/mem.h"
#include "store/store_int.h"

#define MEM_RULES	32

struct mem_rule {
	enum mem_op	 op;
	enum mem_fault	 fault;
	unsigned	 skip, times;
	int		 ms;
};

struct mem_faults {
	struct mem_rule	 rule[MEM_RULES];
	size_t		 n;
	unsigned	 calls[MEM_EXPUNGE + 1];
};

/* What a call meets: nothing, its answer, the answer "unknown" once it is done, another owner's message before it. */
enum mem_met { MEM_MET_NOTHING, MEM_MET_ANSWER, MEM_MET_AFTER, MEM_MET_OTHER };

/* Spent rules make room; a plan that is full loses its last. */
void		mem_faults_add(struct mem_faults *, const struct mem_rule *);
/* A call is counted, and the first rule for it is used up by one; *rc is set with MEM_MET_ANSWER.  A delay is waited for here. */
enum mem_met	mem_faults_meet(struct mem_faults *, struct store *, enum mem_op, enum store_rc *rc);

#endif
