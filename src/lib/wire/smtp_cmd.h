/*
 * smtp_cmd - SMTP command lines and their arguments (RFC 5321 4.1, 3461, 1870, 6152, 2852, 4954,
 * 3030, 4865, 6531, 6710, 8689): parse and print, pure.
 *
 * Input is a stranger's: one line without its end, any bytes.  A parser checks everything before it
 * fills in anything, and says no with the
 * reply line sendmail would give.  What it accepts, its printer writes so that it parses to the
 * same again.
 */
#ifndef WIRE_SMTP_CMD_H
#define WIRE_SMTP_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define SMTP_LINE_MAX	2048	/* octets of a command line with its end (RFC 5321 4.5.3.1.4 asks for 512 and room for parameters) */
#define SMTP_PATH_MAX	1024	/* octets of a path (RFC 5321 4.5.3.1.3: at least 256) */
#define SMTP_ENVID_MAX	100	/* RFC 3461 4.4, decoded characters */
#define SMTP_ORCPT_MAX	500	/* RFC 3461 4.2 */

/* A refusal: "501 5.5.4 text". */
struct smtp_bad {
	int	code;
	char	dsn[8];
	char	text[200];	/* printable; foreign bytes are cut and made harmless */
};

/* The word in front and the rest, blanks around both taken off.  False on an empty line. */
bool	smtp_cmd_split(struct str line, struct str *verb, struct str *arg);

/* May this stand behind HELO or EHLO?  A name or literal of letters, digits and . - _ : [ ] #, at most 255. */
bool	smtp_helo_valid(struct str);

struct smtp_path {
	struct str	given;	/* as it came, with its angle brackets if there were any: for replies and check_ rulesets */
	struct str	addr;	/* between the brackets; "" is <> */
	struct str	params;	/* what stands behind it, as it came */
};

enum smtp_ret { SMTP_RET_NONE, SMTP_RET_FULL, SMTP_RET_HDRS };
enum smtp_bodytype { SMTP_BODY_NONE, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };

/* Which parameters are known in this session; others are "unrecognized". */
#define SMTP_EXT_SIZE		0x01u
#define SMTP_EXT_8BITMIME	0x02u
#define SMTP_EXT_DSN		0x04u
#define SMTP_EXT_DELIVERBY	0x08u
#define SMTP_EXT_AUTH		0x10u
#define SMTP_EXT_UTF8		0x20u	/* RFC 6531; without it octets above 0x7f are an address like any other, as sendmail has it */
#define SMTP_EXT_BINARYMIME	0x40u	/* RFC 3030 3 */
#define SMTP_EXT_REQUIRETLS	0x80u	/* RFC 8689 */
#define SMTP_EXT_MTPRIORITY	0x100u	/* RFC 6710 */
#define SMTP_EXT_FUTURERELEASE	0x200u	/* RFC 4865 */
#define SMTP_EXT_ALL		0x3ffu
#define SMTP_EXT_UTF8_NOW	0x400u	/* not an extension: MAIL of this transaction said SMTPUTF8 */

/* The argument of MAIL: "FROM:<path> parameters". */
struct smtp_mail {
	struct smtp_path path;
	bool		has_size;
	uint64_t	size;
	enum smtp_bodytype body;
	enum smtp_ret	ret;
	struct str	envid;		/* decoded; none: not given */
	struct str	auth;		/* decoded; "<>" as it is; none: not given */
	bool		has_by;
	int64_t		by;		/* seconds from now, may be negative with 'N' */
	char		by_mode;	/* 'R' or 'N' */
	bool		by_trace;
	bool		utf8;		/* SMTPUTF8 */
	bool		require_tls;
	bool		has_priority;
	int		priority;	/* MT-PRIORITY, -9 to 9 */
	int64_t		hold_for;	/* HOLDFOR, seconds; 0: not given */
	int64_t		hold_until;	/* HOLDUNTIL, seconds since 1970; 0: not given */
};

#define SMTP_NOTIFY_GIVEN	0x1u
#define SMTP_NOTIFY_SUCCESS	0x2u
#define SMTP_NOTIFY_FAILURE	0x4u
#define SMTP_NOTIFY_DELAY	0x8u	/* GIVEN alone: NEVER */

/* The argument of RCPT: "TO:<path> parameters". */
struct smtp_rcpt {
	struct smtp_path path;
	unsigned	notify;
	struct str	notify_text;	/* as given, or none; not printed */
	struct str	orcpt;		/* "type;address", the address decoded; none: not given */
};

/* 0, or -1 and *bad.  Results borrow from the line or lie in the arena. */
int	smtp_mail_parse(struct arena *, struct str arg, unsigned ext, struct smtp_mail *, struct smtp_bad *);
int	smtp_rcpt_parse(struct arena *, struct str arg, unsigned ext, struct smtp_rcpt *, struct smtp_bad *);

/* "From:<a@b> SIZE=10 BODY=8BITMIME ...": path.addr in brackets, and what is set. */
void	smtp_mail_print(struct buf *, const struct smtp_mail *);
/* utf8: the transaction is one with SMTPUTF8; else an ORCPT of type utf-8 is written in ASCII (RFC 6533 3). */
void	smtp_rcpt_print(struct buf *, const struct smtp_rcpt *, bool utf8);

/*
 * May these bytes stand as an address in a command we send?  No control bytes, no bare brackets or
 * blanks outside of quotes, not too long: whatever
 * the rules or an alias made of an address, it cannot become a second command or parameter.
 */
bool	smtp_addr_sendable(struct str addr);

#endif
