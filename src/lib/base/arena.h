/*
 * arena - memory of one lifetime: process, envelope or session, command.
 *
 * Allocation is a pointer bump; all of it goes at once with arena_reset or
 * arena_free.  An arena has a cap.  Past it, or out of memory, the arena's handler
 * runs; by default it ends the process with exit code EX_TEMPFAIL (75) after one
 * log line: a worker is replaced by its parent.  Roles that must live on (parent,
 * gate, spool, front) make their arenas with arena_new_soft, whose calls return NULL.
 * Freed and reset memory is poisoned under AddressSanitizer.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

#define ARENA_FUZZ	((size_t)16 << 20)
#define ARENA_DEFAULT	((size_t)64 << 20)

struct arena	*arena_new(size_t cap);
struct arena	*arena_new_soft(size_t cap);		/* NULL on shortage, and so its allocations */
/*
 * A reserve of so many blocks for a process that must live on: where there is no memory, hard arenas get blocks of up to ARENA_RESERVE octets from it,
 * so that what is under way comes to its end.  Such a process refuses new work while arena_is_short(), which also fills the reserve up again.
 * -1: no memory.
 */
#define ARENA_RESERVE	((size_t)64 << 10)
int		 arena_reserve(unsigned blocks);
bool		 arena_is_short(void);
void		 arena_rest(void);			/* blocks that are kept for arenas to come go */
void		 arena_free(struct arena **);
void		 arena_reset(struct arena *);		/* everything goes, one block is kept */
void		 arena_trim(struct arena *, size_t most);	/* ... unless it is larger than that */

void		*arena_alloc(struct arena *, size_t);	/* zeroed, aligned for anything */
void		*arena_array(struct arena *, size_t count, size_t size);	/* overflow checked, zeroed */
char		*arena_bytes(struct arena *, size_t);	/* not zeroed, byte aligned */
struct str	 arena_str(struct arena *, struct str);	/* a copy; p[n] is a NUL */
char		*arena_cstr(struct arena *, struct str);	/* a copy as C string (cut at nothing) */
struct str	 arena_lower(struct arena *, struct str);
struct str	 arena_fmt(struct arena *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct str	 arena_vfmt(struct arena *, const char *fmt, va_list);
struct str	 arena_cat(struct arena *, struct str, struct str);
size_t		 arena_used(const struct arena *);

/* Go back to an earlier point: what was allocated since then is gone. */
struct arena_mark {
	void	*block;
	size_t	 used;
};
struct arena_mark arena_mark(struct arena *);
void		 arena_release(struct arena *, struct arena_mark);

#define ARENA_NEW(a, type)	((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n)	((type *)arena_array((a), (n), sizeof(type)))

#endif
