/*
 * tls_folder - the files of CACertPath and CRLPath.  Part of module tls.
 *
 * OpenSSL opens one when a certificate needs it: in a process that has given up its rights by then.  A revocation list that cannot be opened looks to it like one
 * that is not there, which is no fault; so what is there is noted while everything can be read, and tried when it counts.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/tls_int.h"

struct tls_listed {
	struct tls_listed *next;
	bool		 crl;
	char		 file[];
};

bool
tls_folder_name(const char *name, bool crl)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && (name[9] == 'r') == crl;
}

static int
folder_add(struct tls_ctx *t, const char *dir, const char *name, bool crl)
{
	size_t			 n = strlen(dir) + strlen(name) + 2;
	struct tls_listed	*l = calloc(1, sizeof *l + n);

	if (l == NULL)
		return -1;
	(void)snprintf(l->file, n, "%s/%s", dir, name);
	l->crl = crl;
	l->next = t->listed;
	t->listed = l;
	return 0;
}

void
tls_folder_note(struct tls_ctx *t, const char *dir, bool crl)
{
	DIR		*d = opendir(dir);
	struct dirent	*ent;

	while (d != NULL && (ent = readdir(d)) != NULL)
		if (tls_folder_name(ent->d_name, crl) && folder_add(t, dir, ent->d_name, crl) == -1)
			break;
	if (d != NULL)
		(void)closedir(d);
}

void
tls_folder_free(struct tls_ctx *t)
{
	struct tls_listed *l;

	while ((l = t->listed) != NULL) {
		t->listed = l->next;
		free(l);
	}
}

/* All of a kind are told as one: what keeps one file from being read mostly keeps the others. */
static void
folder_try(struct tls_ctx *t, bool crl, const char *but, void (*refused)(void *, const char *), void *arg)
{
	char	 text[1400] = "", more[60] = "";
	size_t	 bad = 0;

	for (const struct tls_listed *l = t->listed; l != NULL; l = l->next) {
		int fd = l->crl == crl ? open(l->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

		if (fd != -1)
			(void)close(fd);
		else if (l->crl == crl && errno != ENOENT && bad++ == 0)
			(void)snprintf(text, sizeof text, "TLS: %s %s: %s", crl ? "CRLPath" : "CACertPath", l->file, strerror(errno));
	}
	if (bad == 0)
		return;
	if (bad > 1)
		(void)snprintf(more, sizeof more, " (and %zu more)", bad - 1);
	(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s; %s", more, but);
	refused(arg, text);
	t->need_crl = t->need_crl || crl;
}

void
tls_mod_ctx_confined(void *ctx, void (*refused)(void *, const char *), void *arg)
{
	struct tls_ctx *t = ctx;

	folder_try(t, false, TLS_BUT_CA, refused, arg);
	folder_try(t, true, TLS_BUT_CRL, refused, arg);
	tls_folder_free(t);
}
