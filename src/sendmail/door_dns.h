/*
 * door_dns - what a process of smtpd knows of DNS before it asks.
 *
 * No worker waits for DNS while it judges a client at the door: what its rules want to know and what is not known yet is written down, the rules see a temporary
 * failure, and their verdict is thrown away; gate has all the questions asked at once, and asks for the verdict again with the answers.  The answers go on with
 * the connection, so that checks that were put off (delay_checks) find them, too.
 *
 * Coded: answers as name, type, what dns_answer_put makes; questions as name, type, patience in ms.
 */
#ifndef SENDMAIL_DOOR_DNS_H
#define SENDMAIL_DOOR_DNS_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/dns.h"

#define DOOR_QUESTIONS	48		/* in one round */

struct door_dns {
	struct str	 known;		/* coded answers */
	struct buf	 missing;	/* coded questions */
	size_t		 nmissing;
	bool		 wait;		/* what is not known is waited for */
	dns_asker_fn	*next;
	void		*next_arg;
};

/* From now on dns_ask of this process looks here first.  `known` must stay. */
void	door_dns_begin(struct door_dns *, struct str known, bool wait);
/* As it was before; `missing` stays until door_dns_done. */
void	door_dns_end(struct door_dns *);
void	door_dns_done(struct door_dns *);
/* Did the run that is going on see a temporary failure that was none? */
bool	door_dns_is_short(void);

/* The answer to a question among coded ones: 1, 0 it is not there, -1 malformed. */
int	door_dns_find(struct str coded, struct str name, enum dns_type, struct arena *, struct dns_answer *);
/* Add an answer as it came from the resolver, or, with body none, that there was none; a long one is left out. */
void	door_dns_add(struct buf *, struct str name, enum dns_type, struct str body);

struct door_question {
	struct str	name;
	enum dns_type	type;
	uint32_t	patience_ms;
};
/* The next question: false at the end, or where something is malformed (*bad). */
bool	door_dns_next(struct str *coded, struct door_question *, bool *bad);

#endif
