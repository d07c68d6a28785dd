/*
 * lfcopy - bring a message from a source into a file: CRLF becomes LF, and for an mbox From_ lines are quoted and the fields
 * that are the mailbox's own taken out.
 */
#ifndef STORE_LFCOPY_H
#define STORE_LFCOPY_H

#include "store/store.h"

struct lfcopy {
	bool		quote;		/* '>' before "From " behind an empty line, or at the start */
	bool		strip;		/* header fields of mbox_hidden do not pass: a stranger sets no flags */
	/* result; crc goes on from what it was */
	uint32_t	crc;		/* of what was written */
	uint64_t	raw;		/* bytes written */
	uint64_t	wire;		/* the same message with CRLF */
	bool		newline;	/* it ends in one */
};

/* From source to fd (at its offset).  0; -1 the source failed; -2 the file did (errno). */
int	lfcopy_run(struct lfcopy *, const struct store_source *, int fd);

#endif
