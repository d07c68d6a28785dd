/*
 * store_int - what the files of this room share: the connection, an open mailbox, a driver's table.
 */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include "base/list.h"
#include "store/state.h"
#include "store/store.h"

/* An open mailbox of a connection; drivers put theirs behind it. */
struct box {
	struct list	 link;
	struct store	*s;
	char		*name;
	unsigned	 refs;
	bool		 gone;		/* deleted, or another stands in its place */
	struct state	 st;
};

struct store_request {			/* store_set_flags, with keywords numbered */
	const uint32_t	*uids;
	size_t		 n;
	enum store_how	 how;
	uint32_t	 flags;
	uint64_t	 keywords;
	uint64_t	 unchangedsince;
	uint32_t	*failed;
	size_t		 nfailed;
};

struct copy_item {			/* one message of a copy */
	struct rec		 rec;		/* as it stands in the source; its strings are borrowed from there */
	uint64_t		 keywords;	/* bits of the target */
	struct store_token	 token;
	uint32_t		 newuid;	/* answer */
};
/* The bytes of a message of an open mailbox, as a store_source: b is the reader's to free. */
struct copy_source {
	struct box		*from;
	uint32_t		 uid;
	uint64_t		 at;
	struct buf		 b;
	enum store_rc		 rc;
};
ssize_t		 copy_read(void *copy_source, void *p, size_t n);

/*
 * Drivers fill these.  All but `list` work on an open mailbox or on names that store_name_ok accepts, "INBOX" written so.  A failure is
 * told by `return store_fail(...)`.
 */
struct store_ops {
	const char	*name;
	unsigned	 caps;
	int		(*init)(struct store *, const struct store_conf *, struct err *);
	void		(*done)(struct store *);
	/* All mailboxes but INBOX, any order, without subscriptions. */
	enum store_rc	(*list)(struct store *, struct arena *, struct store_box **, size_t *n);
	enum store_rc	(*create)(struct store *, struct str name);
	enum store_rc	(*rename)(struct store *, struct str from, struct str to);
	enum store_rc	(*remove)(struct store *, struct str name);
	enum store_rc	(*subscribe)(struct store *, struct str name, bool on);
	enum store_rc	(*subscribed)(struct store *, struct arena *, struct str **, size_t *n);
	/* An open mailbox, state not yet read. */
	enum store_rc	(*open)(struct store *, struct str name, struct box **);
	void		(*free)(struct box *);
	/* Bring state up to date with the world. */
	enum store_rc	(*refresh)(struct box *);
	/* All uids so far are told to this connection: Maildir moves files, all note the mark. */
	enum store_rc	(*claim)(struct box *);
	enum store_rc	(*read)(struct box *, uint32_t uid, uint64_t off, size_t len, struct buf *out);
	enum store_rc	(*append)(struct box *, const struct store_source *, struct store_target *);
	/*
	 * All of these messages at one go, in order: uids, or none of them in the target.  CHANGED: nothing happened, it can only be done one by one.  NULL:
	 * always one by one.
	 */
	enum store_rc	(*copy)(struct box *from, struct box *to, struct copy_item *, size_t n);
	/* Give a keyword a number that others see too. */
	enum store_rc	(*keyword)(struct box *, struct str name);
	/* Under the mailbox's lock: store_plan tells what changes, the driver notes it. */
	enum store_rc	(*flags)(struct box *, struct store_request *);
	enum store_rc	(*expunge)(struct box *, const uint32_t *uids, size_t n);
	/* Add what tells of changes of the mailbox to an os/watch.h descriptor: -1 if it cannot be told.  NULL: never. */
	int		(*watch)(struct box *, int watch);
	/* Put into the mailbox itself what waits; at the end of a view. */
	enum store_rc	(*settle)(struct box *);
};


struct store {
	const struct store_ops	*ops;
	struct list		 boxes;
	struct list		 views;
	struct store_error	 error;
	int			 timeout;
	uint64_t		 deadline;	/* of the call that runs */
	char			*inbox, *folders, *user;
	struct store_helper	 helper;
	bool			 has_helper;
	void			*driver;	/* the driver's own */
};

struct store_view {
	struct list		 link;
	struct store		*s;
	struct box		*box;
	bool			 rw;
	int			 watch;		/* -1: none yet */
	struct store_rec	*rec;
	size_t			 n;
	struct store_status	 status;
};

/* Note why, and give rc back. */
enum store_rc	store_fail(struct store *, enum store_rc, enum store_why, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
enum store_rc	store_fail_err(struct store *, enum store_rc, enum store_why, const struct err *);
/* From errno: ENOSPC and EDQUOT are quota, EACCES denied, ENOENT no such ... */
enum store_rc	store_fail_sys(struct store *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void		store_begin(struct store *);	/* a call begins: deadline, no error */

enum store_rc	store_view_fresh(struct store_view *);	/* its box is there, is the same, and up to date */
void		store_box_free(struct box *);
/* Every name there is, sorted; n of them in the arena. */
enum store_rc	store_list_all(struct store *, struct arena *, struct store_box **, size_t *n);
enum store_rc	store_box_open(struct store *, struct str name, struct box **);	/* refs + 1, fresh */
void		store_box_close(struct box *);
enum store_rc	store_box_by_id(struct store *, const struct store_id *, struct box **);
/* Numbers of keywords, new ones are made; NO when there are too many. */
enum store_rc	store_keywords(struct box *, const struct store_flagset *, uint64_t *bits);
/*
 * What a request changes in the state as it is now: F lines (without modseq; malloc, the caller's to free), *n of them.  Not in *n, but
 * in the request's failed[], are messages changed since.
 */
enum store_rc	store_plan(struct box *, struct store_request *, struct uidline **, size_t *n);

extern const struct store_ops store_mem, store_mbox, store_maildir;

#endif
