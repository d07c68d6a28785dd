/*
 * hostst - what became of the last talk with a host, kept in files so that other processes know it, too.
 *
 * The tree and the text of the files are sendmail's: host.example.com is com./example./host below HostStatusDirectory, and holds
 *
 *	V0		version
 *	E111		errno of the last connection, 0
 *	H0		error of the name lookup, 0
 *	S75		exit status (sysexits), 0: the host works
 *	D4.4.1		enhanced status code, if there is one
 *	RDeferred: ...	what it said, if anything
 *	U1795326984	when
 *	.
 *
 * Host names come from strangers: a name that would leave the tree has no file.  A file that cannot be read says nothing; it is never an
 * error for mail.  A process that talks with a host may hold an exclusive lock (flock) on its file.
 */
#ifndef QUEUE_HOSTST_H
#define QUEUE_HOSTST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define HOSTST_TEXT	400
#define HOSTST_PATH	640
#define HOSTST_FILE	4096		/* a longer file is junk */

struct hostst {
	int	err, herr, ex;
	char	status[12];
	char	text[HOSTST_TEXT];	/* "" none */
	int64_t	used;
};

/* "Host.Example.COM", "[192.0.2.1]" -> "com./example./host".  -1: no such file can be. */
int	hostst_path(struct str host, char dst[HOSTST_PATH]);
/* The other way round, for people. */
int	hostst_name(struct str path, char dst[HOSTST_PATH]);
/* -1: not such a text; what could be read is in *h. */
int	hostst_parse(struct str text, struct hostst *h);
void	hostst_print(const struct hostst *h, struct buf *);

/* 1 known, 0 nothing known, -1 the file cannot be understood. */
int	hostst_load(int dir, struct str host, struct hostst *h);
/* Written in place, the lock of another process is no hindrance.  -1 and *e. */
int	hostst_store(int dir, struct str host, const struct hostst *h, struct err *e);
void	hostst_drop(int dir, struct str host);
/* The right to talk with the host: 0 and a descriptor to close; 1 another process has it; -1 and *e. */
int	hostst_lock(int dir, struct str host, int *fd, struct err *e);

/* Each file below; `locked`: somebody talks with it.  A text that is not understood comes with ok false. */
typedef void hostst_walk_fn(void *arg, const char *host, const struct hostst *h, bool ok, bool locked);
int	hostst_walk(int dir, hostst_walk_fn *, void *arg, struct err *e);
/* Remove what was not written for `age` seconds, and folders that are empty then. */
int	hostst_purge(int dir, int64_t age, struct err *e);

#endif
