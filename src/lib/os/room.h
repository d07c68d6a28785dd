/*
 * room - memory of which a forked process gives back what is as its parent left it.
 *
 * A page that a child writes to is its own from then on, even when all is as before in the end.  Here the parent's state is kept in a file without a name, of which
 * both have private copies, so that such a page can fall back to it.
 */
#ifndef OS_ROOM_H
#define OS_ROOM_H

#include <stdbool.h>
#include <stddef.h>

struct os_room {
	char		*at;		/* page-aligned, zeroed */
	size_t		 size;
	const char	*file;		/* the state to fall back to; NULL: none yet */
	size_t		 kept;
};

/* Addresses: what is not touched is no memory.  False: this system has nothing of the kind, or no more of it. */
bool	os_room_new(struct os_room *, size_t size);
void	os_room_free(struct os_room *);
/* The first n octets as they are now are the state.  Before any fork; false: all stays as it is. */
bool	os_room_keep(struct os_room *, size_t n);
/* Give back the pages that are as in the state.  What anybody finds there is the same before and after. */
void	os_room_rest(const struct os_room *);

#endif
