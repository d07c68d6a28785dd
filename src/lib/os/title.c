/*
 * title - what ps shows.
 *
 * Without setproctitle(3), the strings of argv and of the environment behind it are one
 * piece of memory that the kernel reads for ps: the environment moves to the heap and
 * the title is written over the piece.
 */
#include "os/load.h"

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
static char	*volatile title_text;	/* the environment's strings: reachable, also when setenv replaces one */

/* A copy of the environment in one piece; kept for ever. */
static char **
title_copy_env(void)
{
	char	**copy, *text;
	size_t	  n = 0, size = 0, len;

	for (; environ[n] != NULL; n++)
		size += strlen(environ[n]) + 1;
	copy = calloc(n + 1, sizeof *copy);
	text = malloc(size > 0 ? size : 1);
	if (copy == NULL || text == NULL) {
		free(copy);
		free(text);
		return NULL;
	}
	title_text = text;
	for (size_t i = 0; i < n; i++) {
		len = strlen(environ[i]) + 1;
		copy[i] = memcpy(text, environ[i], len);
		text += len;
	}
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
	static char	**copy;
	char		 *start, *end, **env;

	if (title_room != NULL || argc < 1 || argv[0] == NULL)
		return;
	start = argv[0];
	end = title_extent(start, argv);
	if (environ != NULL && environ[0] == end && (env = title_copy_env()) != NULL) {
		end = title_extent(end, environ);
		environ = env;
	}
	/* the program reads argv still: its strings move too */
	if ((copy = calloc((size_t)argc, sizeof *copy)) == NULL)
		return;
	for (int i = 0; i < argc; i++)
		if ((copy[i] = strdup(argv[i])) == NULL)
			return;
	for (int i = 0; i < argc; i++)
		argv[i] = copy[i];
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
	n = vsnprintf(title_room, title_size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < title_size)
		memset(title_room + n, 0, title_size - (size_t)n);
}
#endif
