/*
 * session - one user's IMAP session after login: RFC 3501, and of RFC 9051 what clients of today use.
 *
 * A process of its own, with that user's rights and mailboxes only.  It blocks on the client; everything a command needs lives in the arena of that command.
 * What the client was told of the selected mailbox (which message has which number) is in uid[]; it changes only where the protocol allows.
 */
#ifndef IMAPD_SESSION_H
#define IMAPD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "front/front.h"
#include "net/stream.h"
#include "store/store.h"
#include "wire/imap_arg.h"
#include "wire/imap_set.h"

enum imap_rc { IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_DEAD };	/* DEAD: the connection is of no use any more */

struct imap {
	struct session	*sess;
	struct stream	*s;
	struct store	*store;
	struct arena	*a;		/* of one command */
	struct imap_in	 in;		/* its arguments */
	struct buf	 command;	/* its bytes */
	struct str	 tag;
	const char	*name;		/* "FETCH" */
	struct str	 say;		/* text of the tagged answer; none: "NAME completed" */
	bool		 by_uid;	/* UID FETCH and so on */
	bool		 logout;
	/* the selected mailbox */
	struct store_view *view;
	struct store_id	 box;
	struct buf	 box_name;
	bool		 rw;
	uint32_t	*uid;		/* of message number i + 1 */
	uint64_t	*told;		/* modseq up to which its flags were told */
	size_t		 n, room;
	uint64_t	 recent;
	uint64_t	 synced;	/* modseq up to which all changes were told; own changes may bring in others' */
};

/* front_proto.session. */
int		 imap_session(struct session *);

/* ---- session.c: answers ---- */
void		 imap_say(struct imap *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));	/* text of the tagged answer */
void		 imap_put(struct imap *, struct str);
void		 imap_putf(struct imap *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void		 imap_put_string(struct imap *, struct str);		/* quoted or literal; NIL for STR_NONE */
void		 imap_put_mailbox(struct imap *, struct str);
/* A store's refusal as NO, its text in `say`. */
enum imap_rc	 imap_store_rc(struct imap *, enum store_rc);
/* Collect what stands behind a "{n}" of APPEND: see cmd_append.c. */

/* ---- view.c: the selected mailbox ---- */
enum imap_rc	 imap_select(struct imap *, struct str name, bool rw);
void		 imap_unselect(struct imap *);
/* Bring the view up to date and tell what changed; expunges too. */
void		 imap_sync(struct imap *);
/* Number of a uid, 0 if the client does not know it. */
uint32_t	 imap_number_of(const struct imap *, uint32_t uid);
/*
 * A sequence set as uids in ascending order, numbers or uids by im->by_uid; numbers that do not exist are refused (false).
 */
bool		 imap_take_uids(struct imap *, uint32_t **uids, size_t *n);
void		 imap_put_flags(struct imap *, const struct store_rec *);
/* "* n FETCH (FLAGS (...))", with UID in UID commands; notes it as told. */
void		 imap_tell_flags(struct imap *, uint32_t number, const struct store_rec *, bool with_uid);
/* Names into a set; a flag that cannot be set (\Recent) is left out. */
void		 imap_flagset(struct imap *, struct str *names, size_t n, struct store_flagset *);

/* ---- cmd.c ---- */
/* Run the command in im->command. */
enum imap_rc	 imap_run(struct imap *);

/* ---- commands: one function a command ---- */
typedef enum imap_rc imap_cmd_fn(struct imap *);
imap_cmd_fn	cmd_select, cmd_examine, cmd_create, cmd_delete, cmd_rename, cmd_subscribe, cmd_unsubscribe, cmd_list, cmd_lsub, cmd_status,
		cmd_close, cmd_unselect, cmd_expunge, cmd_store, cmd_copy, cmd_move, cmd_fetch, cmd_search, cmd_append, cmd_idle;
/* APPEND whose message is still on the wire: the line up to the literal is in im->command. */
enum imap_rc	cmd_append_stream(struct imap *, const struct imap_literal *);

#endif
