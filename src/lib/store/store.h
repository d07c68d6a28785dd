/*
 * store - what popd, imapd, mail.local and tools ask of a user's mailboxes.
 *
 * A connection (struct store) is bound to one user at birth; no call names another.  Mailboxes are
 * known by an id for life, messages by (mailbox, uid); the bytes of a message never change.  UIDs and
 * modseqs come from the driver alone, given when the bytes are durable.  The drivers are mbox, Maildir
 * and mem; all three are held to this page by one conformance test.  Formats and crash states: doc/store.md.
 *
 * Each call has the connection's deadline (store_set_timeout) and answers one of enum store_rc.
 * After anything but STORE_OK, store_error() has the reason and a sentence.
 *
 * Message bytes are seen as they go over the wire: lines end in CRLF, whatever the driver keeps.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum store_rc {
	STORE_OK = 0,
	STORE_NO,		/* final; why tells */
	STORE_AGAIN,		/* nothing happened, try later */
	STORE_UNKNOWN,		/* may have happened: ask again with the same token */
	STORE_CHANGED,		/* a compare failed */
	STORE_GONE,		/* the mailbox was deleted or has another uidvalidity */
	STORE_DAMAGED		/* this object cannot be read; the rest works */
};

enum store_why {
	STORE_WHY_NONE = 0, STORE_WHY_EXISTS, STORE_WHY_QUOTA, STORE_WHY_NOSUCH, STORE_WHY_DENIED, STORE_WHY_BAD,
	STORE_WHY_LIMIT		/* of this driver: so many keywords in a mailbox */
};

struct store_error {
	enum store_why	why;
	struct err	err;
};

struct store_id {
	uint8_t		b[16];
};

struct store_token {			/* chosen by the caller; all zero: none */
	uint8_t		b[16];
};
bool	store_token_none(const struct store_token *);

/* What a driver can do: asked once, so that no daemon ever asks which driver it is. */
#define STORE_CAP_DELETED_READ	0x01	/* bytes of messages that others expunge stay readable for an open view */
#define STORE_CAP_NEST		0x02	/* a mailbox with messages may have mailboxes below it */
#define STORE_CAP_LINK		0x04	/* a copy shares its bytes */

/* System flags of RFC 3501 2.3.2. */
#define STORE_SEEN		0x01u
#define STORE_ANSWERED		0x02u
#define STORE_FLAGGED		0x04u
#define STORE_DELETED		0x08u
#define STORE_DRAFT		0x10u
#define STORE_FLAGS		0x1fu
#define STORE_RECENT		0x20u	/* of a view: this connection is the first to be told of the message */

#define STORE_NAME_MAX		1000	/* bytes of a mailbox name */
#define STORE_KEYWORDS		64	/* different keywords in one mailbox */
#define STORE_KEYWORD_MAX	64	/* bytes of a keyword */
#define STORE_CHUNK		((size_t)64 << 10)

struct store;
struct store_view;

/*
 * Where a user's mail is.  Strings are copied.  The helper does what needs more rights than the user's in
 * the spool folder: it is asked only for the inbox, and only after it failed with our own rights.
 */
struct store_conf {
	const char	*driver;	/* "mbox", "maildir", "mem" */
	const char	*inbox;		/* file or folder */
	const char	*folders;	/* of the other mailboxes; NULL: inbox only (maildir: beside in the inbox) */
	const char	*user;		/* for messages to people */
	const struct store_helper {
		/* Make (on) or remove the inbox's dot-lock: 0, 1 taken by another, -1 cannot be done. */
		int	(*dotlock)(void *arg, bool on, struct err *);
		/* Make the inbox's side folder, and the empty inbox, for the user: 0 or -1. */
		int	(*prepare)(void *arg, struct err *);
		/* Is there such a process?  For who is not allowed to ask the system; NULL: kill(2) may be used. */
		bool	(*alive)(void *arg, pid_t);
		void	*arg;
	}		*helper;	/* may be NULL */
	void		*mem;		/* mem: the struct mem_world to join */
};

struct store	*store_new(const struct store_conf *, struct err *);	/* NULL: unknown driver, bad path */
void		 store_free(struct store **);				/* closes its views */
void		 store_set_timeout(struct store *, int ms);		/* of each call from now on; default 30 s */
const struct store_error *store_error(const struct store *);
const char	*store_rc_name(enum store_rc);
unsigned	 store_caps(const struct store *);

/* --- mailboxes -------------------------------------------------------------------------------- */

#define STORE_BOX_NOSELECT	0x01	/* only a level of names */
#define STORE_BOX_CHILDREN	0x02
#define STORE_BOX_SUBSCRIBED	0x04
#define STORE_BOX_MISSING	0x08	/* subscribed, but not there */

struct store_box {
	struct str	name;		/* UTF-8, levels joined by '/'; "INBOX" */
	unsigned	attr;
};

/*
 * A page of at most `max` names behind `cursor` (STR_NONE: from the start), in byte order, INBOX first; *n < max: the last page.
 * Subscribed names that do not exist are among them.
 */
enum store_rc	store_list_boxes(struct store *, struct str cursor, struct arena *, struct store_box *page, size_t max, size_t *n);
enum store_rc	store_find_box(struct store *, struct str name, struct store_id *);
/* With its parents.  NO exists, denied, bad (a name this driver cannot hold). */
enum store_rc	store_create_box(struct store *, struct str name, struct store_id *);
/* With the mailboxes below it.  INBOX: its messages move to the new name (RFC 3501 6.3.5). */
enum store_rc	store_rename_box(struct store *, struct str from, struct str to);
/* Its children stay.  INBOX: NO denied. */
enum store_rc	store_delete_box(struct store *, struct str name);
enum store_rc	store_subscribe(struct store *, struct str name, bool on);

struct store_status {
	uint32_t	uidvalidity, uidnext;
	uint64_t	modseq;
	uint64_t	exists, unseen, deleted, recent;
	uint64_t	bytes;
};
enum store_rc	store_status_box(struct store *, const struct store_id *, struct store_status *);

/* A valid name in the eyes of every driver: UTF-8, no empty level, no control bytes, no level "." or "..". */
bool		store_name_ok(struct str);
/* RFC 3501 6.3.8: '*' matches anything, '%' anything within a level. */
bool		store_name_match(struct str pattern, struct str name);

/* --- views ------------------------------------------------------------------------------------ */

struct store_rec {
	uint32_t	uid;
	uint32_t	flags;
	uint64_t	keywords;	/* bit i: the view's keyword i */
	uint64_t	modseq;
	int64_t		date;		/* internal date, seconds of the epoch */
	uint64_t	size;		/* as seen here, with CRLF */
};

/* Open for reading, or (rw) for changes; recent messages are claimed by a rw view. */
enum store_rc	store_open_view(struct store *, const struct store_id *, bool rw, struct store_view **);
/* Bring it up to date.  What changed: compare modseqs, and store_vanished. */
enum store_rc	store_sync_view(struct store_view *);
enum store_rc	store_close_view(struct store_view **);	/* also when it failed it is closed */
/*
 * A descriptor, the view's own, that becomes readable when something may have changed in its mailbox: then store_clear_watch, and store_sync_view.  A hint, which may be
 * late or missing; -1: this store gives none, look now and then.
 */
int		store_watch_view(struct store_view *);
void		store_clear_watch(struct store_view *);
/* The numbers of the view as it stands. */
void		store_view_status(const struct store_view *, struct store_status *);
/* Names of the keyword bits; borrowed until the next call on the view. */
size_t		store_view_keywords(const struct store_view *, const struct str **names);
/*
 * Records with uid >= from and modseq > since, in uid order, at most max of them.
 */
size_t		store_read_index(const struct store_view *, uint32_t from, uint64_t since, struct store_rec *page, size_t max);
const struct store_rec *store_view_rec(const struct store_view *, uint32_t uid);	/* NULL: not in the view */
/* uids that left with a modseq > since, ascending from `from`. */
size_t		store_read_vanished(const struct store_view *, uint64_t since, uint32_t from, uint32_t *uids, size_t max);
/* Up to len bytes (at most STORE_CHUNK) from offset off are added to `out`; fewer only at the end. */
enum store_rc	store_read_part(struct store_view *, uint32_t uid, uint64_t off, size_t len, struct buf *out);

/* --- changes ---------------------------------------------------------------------------------- */

struct store_flagset {
	unsigned		 flags;		/* STORE_FLAGS */
	const struct str	*keywords;
	size_t			 nkeywords;
};
enum store_how { STORE_ADD, STORE_DEL, STORE_SET };

/*
 * Change flags of these uids (ascending); uids not in the mailbox are skipped.  With unchangedsince != 0 messages with a higher
 * modseq are left alone and put into failed[] (as long as n), *nfailed tells how many.
 */
enum store_rc	store_set_flags(struct store_view *, const uint32_t *uids, size_t n, enum store_how, const struct store_flagset *, uint64_t unchangedsince,
		    uint64_t *modseq, uint32_t *failed, size_t *nfailed);
/* Take these messages away; those not there are skipped. */
enum store_rc	store_expunge(struct store_view *, const uint32_t *uids, size_t n, uint64_t *modseq);

/* Bytes to be stored: lines end in CRLF or LF.  read gives 0 at the end, -1 when it failed (nothing is stored then). */
struct store_source {
	ssize_t		(*read)(void *arg, void *p, size_t n);
	void		*arg;
	int		 fd;		/* or, if read is NULL, a plain file from offset 0 */
};

struct store_target {
	struct store_id		 box;
	struct store_flagset	 set;
	int64_t			 date;
	struct store_token	 token;
	struct str		 sender;	/* for the From_ line; STR_NONE: unknown */
	bool			 delivery;	/* no uid is asked for: it is given when the mailbox is opened next */
	/* answer */
	enum store_rc		 rc;
	struct store_error	 error;
	uint32_t		 uid, uidvalidity;
	uint64_t		 modseq;
};

/* Each target is reported alone; the answer is the first that is not OK. */
enum store_rc	store_append(struct store *, const struct store_source *, struct store_target *, size_t n);
/*
 * Into the inbox, as mail.local does it: no uid is asked for and the mailbox is not looked at, so it costs the same however large that is.  t->box is
 * not used; t->delivery is set.
 */
enum store_rc	store_deliver(struct store *, const struct store_source *, struct store_target *);
/*
 * Copy (or move) to another mailbox, in order; newuid[i] belongs to uids[i], 0 where there was no such message.  All or none for the target.
 * A move that was cut short is finished by asking again with the same token.
 */
enum store_rc	store_copy(struct store_view *, const uint32_t *uids, size_t n, const struct store_id *to, bool move, const struct store_token *,
		    uint32_t *newuid, uint32_t *uidvalidity);

#endif
