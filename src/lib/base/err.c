/*
 * err - filling in what went wrong.
 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The end of a sentence that did not fit becomes "...". */
static void
err_cut(struct err *e, int n)
{
	if (n >= ERR_TEXT)
		memcpy(e->text + ERR_TEXT - 4, "...", 4);
}

int
err_vset(struct err *e, enum err_class class, const char *fmt, va_list ap)
{
	if (e == NULL)
		return -1;
	e->class = class;
	e->sys = 0;
	err_cut(e, vsnprintf(e->text, sizeof e->text, fmt, ap));
	return -1;
}

int
err_set(struct err *e, enum err_class class, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	err_vset(e, class, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, enum err_class class, const char *fmt, ...)
{
	int	sys = errno;
	size_t	n;
	va_list	ap;

	if (e != NULL) {
		va_start(ap, fmt);
		err_vset(e, class, fmt, ap);
		va_end(ap);
		e->sys = sys;
		n = strlen(e->text);
		err_cut(e, (int)n + snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(sys)));
	}
	errno = sys;
	return -1;
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char	was[ERR_TEXT];
	size_t	n;
	va_list	ap;

	if (e == NULL)
		return -1;
	memcpy(was, e->text, sizeof was);
	va_start(ap, fmt);
	err_cut(e, vsnprintf(e->text, sizeof e->text, fmt, ap));
	va_end(ap);
	n = strlen(e->text);
	err_cut(e, (int)n + snprintf(e->text + n, sizeof e->text - n, ": %s", was));
	return -1;
}

void
err_clear(struct err *e)
{
	if (e == NULL)
		return;
	e->class = ERR_NONE;
	e->sys = 0;
	e->text[0] = '\0';
}
