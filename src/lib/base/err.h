/*
 * err - what went wrong: a class and a sentence that names the thing.
 *
 * Low code fills it and returns -1; only the top of a role makes a reply, a DSN or a
 * log line of it.  All setters return -1 so that `return err_set(e, ...)` reads well.
 * A NULL struct err is allowed everywhere.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

enum err_class {
	ERR_NONE = 0,
	ERR_TEMP,		/* try again later */
	ERR_PERM,		/* give up */
	ERR_BUG			/* ours: a promise inside the program was broken */
};

#define ERR_TEXT	512

struct err {
	enum err_class	class;
	int		sys;		/* errno, or 0 */
	char		text[ERR_TEXT];	/* cut with "..." when longer */
};

#define ERR_INIT	((struct err){ ERR_NONE, 0, "" })

int	err_set(struct err *, enum err_class, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int	err_vset(struct err *, enum err_class, const char *fmt, va_list);
/* As err_set, and ": " and the text of errno behind it; errno is kept. */
int	err_sys(struct err *, enum err_class, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Put "what: " in front of the sentence. */
int	err_prefix(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void	err_clear(struct err *);

#endif
