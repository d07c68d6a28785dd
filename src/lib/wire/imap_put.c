/*
 * imap_put - strings as an IMAP server writes them.
 */
#include "wire/imap_put.h"

#include "base/enc.h"
#include "wire/imap_arg.h"

enum { PUT_QUOTED_MAX = 1024 };		/* longer ones as literals: clients have line limits too */

static int
imap_put_literal(struct buf *b, struct str s)
{
	buf_addf(b, "{%zu}\r\n", s.n);
	return buf_add(b, s);
}

int
imap_put_string(struct buf *b, struct str s, bool utf8)
{
	if (s.n > PUT_QUOTED_MAX || !imap_is_quotable(s, utf8))
		return imap_put_literal(b, s);
	buf_addch(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addch(b, '\\');
		buf_addch(b, s.p[i]);
	}
	return buf_addch(b, '"');
}

int
imap_put_astring(struct buf *b, struct str s, bool utf8)
{
	if (imap_is_atom(s) && !str_caseeq_c(s, "NIL"))
		return buf_add(b, s);
	return imap_put_string(b, s, utf8);
}

int
imap_put_mailbox(struct buf *b, struct str name, bool utf8)
{
	struct buf	coded;
	int		rc;

	if (utf8)
		return imap_put_astring(b, name, true);
	buf_init(&coded, 0);
	/* a name that is not UTF-8 cannot be coded, and is shown as it is */
	rc = imap_put_astring(b, enc_utf7m(&coded, name) == 0 ? buf_str(&coded) : name, false);
	buf_done(&coded);
	return rc;
}
