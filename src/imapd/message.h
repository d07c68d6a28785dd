/*
 * message - one message of the view, read as far as somebody asks: header, tree of parts, bytes.
 */
#ifndef IMAPD_MESSAGE_H
#define IMAPD_MESSAGE_H

#include "session.h"

struct message {
	struct imap	*im;
	uint32_t	 number;
	struct store_rec rec;
	struct part	*root;		/* once asked for */
	bool		 gone;		/* could not be read */
};

void		 message_init(struct message *, struct imap *, uint32_t number, const struct store_rec *);
/* NULL: it cannot be read. */
struct part	*message_root(struct message *);
/* The message's header, as bytes (up to PART_HEAD_MAX). */
struct str	 message_header(struct message *);
/* A part's header: of the message that it is, or that message/rfc822 holds. */
struct part	*message_inner(struct part *);
/* Bytes [start, start + len) in memory, at most max of them.  -1: unreadable. */
int		 message_bytes(struct message *, size_t start, size_t len, size_t max, struct buf *);

/* ENVELOPE and BODYSTRUCTURE. */
void		 envelope_put(struct imap *, struct str header);
void		 structure_put(struct imap *, struct message *, const struct part *, bool extended);

/* SEARCH's texts: case folded UTF-8 `needle` in a header field (all of that name), in the header, in the bodies. */
bool		 message_field_has(struct message *, struct str name, struct str needle);
bool		 message_header_has(struct message *, struct str needle);
bool		 message_body_has(struct message *, struct str needle);
/* Text as search compares it: UTF-8, case folded. */
struct str	 search_fold(struct arena *, struct str);

#endif
