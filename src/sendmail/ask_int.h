/*
 * ask_int - what the files of requests' bodies share: checked reading of one value.
 */
#ifndef SENDMAIL_ASK_INT_H
#define SENDMAIL_ASK_INT_H

#include "ask.h"
#include "proc/msg.h"

/* A string that is used as a name or line: no NUL in it. */
static inline struct str
ask_text(struct msg_in *in)
{
	struct str s = msg_str(in, ASK_TEXT_MAX);

	if (str_has_nul(s))
		in->bad = true;
	return s;
}

/* A value of an enumeration from 0 to max. */
static inline unsigned
ask_enum(struct msg_in *in, unsigned max)
{
	unsigned v = msg_u8(in);

	if (v > max) {
		in->bad = true;
		return 0;
	}
	return v;
}

static inline int
ask_end(const struct msg_in *in)
{
	return msg_end(in) ? 0 : -1;
}

#endif
