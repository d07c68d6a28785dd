/*
 * fetch - what a FETCH asks for, taken apart: pure, but for the arena.
 */
#ifndef IMAPD_FETCH_H
#define IMAPD_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/imap_arg.h"

/* From FETCH_ENVELOPE on the message itself is read. */
enum fetch_kind { FETCH_UID, FETCH_FLAGS, FETCH_DATE, FETCH_SIZE, FETCH_ENVELOPE, FETCH_BODY, FETCH_STRUCTURE, FETCH_SECTION };
enum section_what { SECTION_ALL, SECTION_HEADER, SECTION_FIELDS, SECTION_FIELDS_NOT, SECTION_TEXT, SECTION_MIME };

struct fetch_item {
	enum fetch_kind		kind;
	/* FETCH_SECTION */
	const char		*old;		/* "RFC822.HEADER" and so on: the name under which it is answered; NULL: BODY[...] */
	bool			 peek;
	struct str		 part;		/* "1.2"; empty: the message */
	enum section_what	 what;
	struct str		*field;
	size_t			 nfield;
	bool			 partial;
	uint32_t		 from, count;
};

#define FETCH_ITEMS	100

/* Items behind the message set: "FAST", "FLAGS", "(UID BODY.PEEK[HEADER])".  False: in->bad says why. */
bool	fetch_parse(struct imap_in *, struct fetch_item *, size_t *n);

#endif
