/*
 * fbox - what the drivers with files have in common: a mailbox with a uidlist beside it, and the user's side folder.
 *
 * The side folder of a mailbox holds its uidlist, lock and undo record: .angarium/NAME beside an mbox, angarium in a Maildir.
 * The user's own (beside the folders) has the subscriptions and the highest uidvalidity given so far.
 */
#ifndef STORE_FBOX_H
#define STORE_FBOX_H

#include <sys/stat.h>

#include "store/store_int.h"
#include "store/uidlist.h"

#define FBOX_SIDE	".angarium"
#define FBOX_SIDE_MD	"angarium"

struct fbox {
	struct box	b;
	struct uidlist	ul;
	unsigned	generation;	/* of the state that the last scan was merged into */
	char		*path;
	bool		 inbox;
	/* Of a mailbox that another program numbered before: its uidvalidity (0: none) when it gets its first line; then for the first merge its next uid, and
	   the highest that clients know. */
	uint32_t	(*validity)(struct fbox *);
	uint32_t	 floor, told;
};

/* One message that a scan found in the mailbox itself. */
struct found {
	struct str		key;
	uint32_t		flags;
	int64_t			date;
	uint64_t		size;
	bool			is_new;
	struct str		file;
	struct store_token	token;
	struct mbox_place	place;
	uint32_t		uid;		/* given elsewhere, 0: not; ascending, then those without */
	uint64_t		keywords;	/* bits, for a new one */
};

struct fbox	*fbox_new(struct store *, size_t size, const char *path, int side, bool inbox);
void		 fbox_done(struct fbox *);		/* all but the memory of fbox itself */

/* Make what is missing of the folders of `path` and open it: a descriptor, or -1 with errno. */
int		 fbox_mkdirs(const char *path, mode_t);
/* The side folder of a mailbox of ours: descriptor or -1 with errno.  The helper is asked for the inbox. */
int		 fbox_side(struct store *, const char *side, bool inbox);
/* "DIR/.angarium/NAME" for "DIR/NAME": -1 when too long. */
int		 fbox_side_path(char *dst, size_t size, const char *path);

enum store_rc	 fbox_lock(struct fbox *);		/* caught up with others */
void		 fbox_unlock(struct fbox *);
enum store_rc	 fbox_commit(struct fbox *, bool sync);
/*
 * Join what a scan found with what we know, under the lock: new ones get uids, changed flags a modseq, the missing are gone.  A partial scan looked only
 * behind the messages that were located before: those stay, and others may be among what it found (another session gave them uids).
 * fill() completes a new one (date, size); -1: leave it out for now.
 */
enum store_rc	 fbox_merge(struct fbox *, struct found *, size_t n, bool partial, int (*fill)(struct fbox *, struct found *));
enum store_rc	 fbox_keyword(struct box *, struct str name);
enum store_rc	 fbox_mark(struct fbox *);		/* the recent mark, under the lock */
/* Lines of a plan under one modseq; dirty as given. */
enum store_rc	 fbox_put_flags(struct fbox *, struct uidline *, size_t n, bool dirty);

enum store_rc	 fbox_subscribe(struct store *, struct str name, bool on);
/* These, if there are none yet: of a user who comes from elsewhere. */
void		 fbox_subscribe_first(struct store *, const struct str *, size_t n);
enum store_rc	 fbox_subscribed(struct store *, struct arena *, struct str **, size_t *n);

#endif
