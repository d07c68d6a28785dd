/*
 * mbox - what the files of the mbox driver share.
 *
 * An mbox is never replaced: who waits for its lock would write into a file without a name.  It is appended to and rewritten in place, under
 * dot-lock and kernel locks, after an undo record is synced.  Lock order: dot-lock, fcntl, flock, uidlist.
 */
#ifndef STORE_MBOX_H
#define STORE_MBOX_H

#include <time.h>

#include "store/crlf.h"
#include "store/fbox.h"
#include "store/mbox_scan.h"

struct mbox {
	struct fbox	f;		/* first: a box is an mbox */
	int		fd;		/* -1: there is no file */
	bool		writable;
	dev_t		dev;
	ino_t		ino;
	bool		scanned;	/* size and mtime are those of the last scan */
	uint64_t	size;
	struct timespec	mtime;
	uint64_t	located;	/* that many records had come when all of them were located */
	unsigned	located_generation;
	bool		dotlocked, dotlock_helped;
	uint32_t	reading;
	struct crlf	r;
};

enum mbox_mode { MBOX_READ, MBOX_WRITE };

/* mbox_box.c */
/* Lock; the file is open and the one at its path; an interrupted change is rolled back.  create: make it if it is missing.  NO nosuch: no file. */
enum store_rc	mbox_lock(struct mbox *, enum mbox_mode, bool create);
void		mbox_unlock(struct mbox *);
/* State up to date, under mbox_lock and fbox_lock. */
enum store_rc	mbox_sync(struct mbox *);
/* Scan from `at` and merge what is found behind it; the last ntoken messages get these tokens if they are new. */
enum store_rc	mbox_rescan(struct mbox *, uint64_t at, bool partial, const struct store_token *, size_t ntoken);
enum store_rc	mbox_refresh(struct box *);
enum store_rc	mbox_claim(struct box *);
enum store_rc	mbox_read(struct box *, uint32_t uid, uint64_t off, size_t len, struct buf *out);
enum store_rc	mbox_flags(struct box *, struct store_request *);
/* mbox_append.c */
enum store_rc	mbox_append(struct box *, const struct store_source *, struct store_target *);
enum store_rc	mbox_copy(struct box *from, struct box *to, struct copy_item *, size_t n);
/* mbox_rewrite.c */
enum store_rc	mbox_expunge(struct box *, const uint32_t *uids, size_t n);
enum store_rc	mbox_settle(struct box *);
/* "Status: RO\nX-Status: AF  \n" for these flags. */
#define MBOX_STATUS_W	2
#define MBOX_XSTATUS_W	4
void		mbox_status_values(uint32_t flags, char status[MBOX_STATUS_W + 1], char xstatus[MBOX_XSTATUS_W + 1]);

#endif
