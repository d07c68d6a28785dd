/*
 * maildir - what the files of the Maildir driver share.
 */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include <time.h>

#include "store/crlf.h"
#include "store/fbox.h"

struct maildir {
	struct fbox	f;		/* first: a box is a maildir */
	int		dir;
	struct timespec	new_time, cur_time;
	bool		racy;		/* scanned within the second of the last change */
	uint32_t	reading;	/* uid that `r` stands for, 0: none */
	int		fd;
	struct crlf	r;
};

/* maildir_box.c: one mailbox */
enum store_rc	maildir_scan(struct maildir *);			/* under the lock */
void		maildir_own_change(struct maildir *, bool touched_new);
int		maildir_file(const struct rec *, char *dst, size_t size);	/* relative to the Maildir; -1: too long */
enum store_rc	maildir_refresh(struct box *);
enum store_rc	maildir_claim(struct box *);
enum store_rc	maildir_read(struct box *, uint32_t uid, uint64_t off, size_t len, struct buf *out);
enum store_rc	maildir_flags(struct box *, struct store_request *);
enum store_rc	maildir_expunge(struct box *, const uint32_t *uids, size_t n);
/* maildir_append.c */
/* The front of a name that no one had: time, token or process and random number, host.  -1: it does not fit. */
int		maildir_base(char *dst, size_t size, const struct store_token *);
int		maildir_sync(struct maildir *, const char *sub);	/* "cur", "new" */
/* maildir_import.c */
uint32_t	maildir_old_validity(struct fbox *);		/* fbox.validity: of dovecot-uidlist, 0 without one */
/* In a mailbox that has given no uid yet: uids and keywords of what was found, from files of Dovecot's. */
void		maildir_import(struct maildir *, struct found *, size_t n);
/* maildir_copy.c */
enum store_rc	maildir_copy(struct box *from, struct box *to, struct copy_item *, size_t n);
/* maildir_append.c */
enum store_rc	maildir_append(struct box *, const struct store_source *, struct store_target *);

#endif
