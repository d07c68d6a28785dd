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
	struct str	 head;		/* its header with the empty line, once asked for; STR_NONE before */
	bool		 gone;		/* could not be read */
};

void		 message_init(struct message *, struct imap *, uint32_t number, const struct store_rec *);
/* NULL: it cannot be read. */
struct part	*message_root(struct message *);
/*
 * The message's header with the empty line behind it, as bytes (up to PART_HEAD_MAX); what stands behind it is not read.  Empty, and m->gone, if it cannot be
 * read.
 */
struct str	 message_header(struct message *);
/* Can its bytes be read?  Else m->gone. */
bool		 message_there(struct message *);
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
