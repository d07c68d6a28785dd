/*
 * title - what ps shows.
 *
 * Without setproctitle(3), the strings of argv and of the environment behind it are one
 * piece of memory that the kernel reads for ps: the environment moves to the heap and
 * the title is written over the piece.
 */
#include "os/load.h"

#include "base/fmt.h"
#include "os_conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef HAVE_SETPROCTITLE
void
os_title_init(int argc, char **argv)
{
	(void)argc;
	(void)argv;
}

void
os_title_set(const char *fmt, ...)
{
	char	text[256];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	setproctitle("-%s", text);
}
#else
extern char	**environ;

static char	*title_room;
static size_t	 title_size;
static char	**volatile title_copies;	/* never read, but what setenv replaces must stay reachable */

/* A copy of v and its strings in one piece, kept for ever; NULL on shortage. */
static char **
title_copy(char **v)
{
	char	**copy, *text;
	size_t	  n = 0, size = 0, len;

	for (; v[n] != NULL; n++)
		size += strlen(v[n]) + 1;
	if ((copy = malloc((n + 1) * sizeof *copy + size)) == NULL)
		return NULL;
	text = (char *)(copy + n + 1);
	for (size_t i = 0; i < n; i++) {
		len = strlen(v[i]) + 1;
		copy[i] = memcpy(text, v[i], len);
		text += len;
	}
	copy[n] = NULL;
	return copy;
}

/* How far the pieces of v lie one behind the other. */
static char *
title_extent(char *end, char **v)
{
	for (; *v != NULL && *v == end; v++)
		end += strlen(*v) + 1;
	return end;
}

void
os_title_init(int argc, char **argv)
{
	char	*start, *end, **args, **env;

	if (title_room != NULL || argc < 1 || argv[0] == NULL || (args = title_copy(argv)) == NULL)
		return;
	start = argv[0];
	end = title_extent(start, argv);
	if (environ != NULL && environ[0] == end && (env = title_copy(environ)) != NULL) {
		end = title_extent(end, environ);
		title_copies = environ = env;
	}
	for (int i = 0; i < argc; i++)		/* the program reads them still */
		argv[i] = args[i];
	title_room = start;
	title_size = (size_t)(end - start);
}

void
os_title_set(const char *fmt, ...)
{
	va_list	ap;
	int	n;

	if (title_size < 2)
		return;
	va_start(ap, fmt);
	n = fmt_v(title_room, title_size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < title_size)
		memset(title_room + n, 0, title_size - (size_t)n);
}
#endif
