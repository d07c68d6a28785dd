/*
 * qfile - an envelope, and its text form: sendmail's queue control (qf) file, format V8.
 *
 * struct qf is what a message is outside of its content: smtpd, submit and route build one, spool keeps it, a qf file is its print.
 * The same text travels in Q_COMMIT and Q_ROUTE.  Everything a struct qf points at lives in one arena (the parser's argument).
 * Format: doc/spool.md; sendmail's operations guide, appendix B.
 */
#ifndef QUEUE_QFILE_H
#define QUEUE_QFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* F line letters */
#define QF_HAS8BIT	0x0001	/* 8 */
#define QF_DELBCC	0x0002	/* b: Bcc: is to be removed */
#define QF_RET_HDRS	0x0004	/* d: RET given was HDRS (n below) - RET parameter was given */
#define QF_NO_BODY_RET	0x0008	/* n: no body in bounces */
#define QF_RESPONSE	0x0010	/* r: this is a bounce */
#define QF_SPLIT	0x0020	/* s */
#define QF_WARNING	0x0040	/* w: warning was sent */
#define QF_UTF8		0x0080	/* e: SMTPUTF8 was asked for */

/* R line flags (qf_rcpt.flags) */
#define QR_PRIMARY	0x0001	/* P: given by the sender, not by expansion */
#define QR_NOTIFY	0x0002	/* N: NOTIFY= was given */
#define QR_SUCCESS	0x0004	/* S */
#define QR_FAILURE	0x0008	/* F */
#define QR_DELAY	0x0010	/* D */
#define QR_ALIAS	0x0020	/* A: from an alias or .forward, with a C line in front */
/* not in the file: state while it is in hand */
#define QR_SENT		0x0100
#define QR_FAILED	0x0200
#define QR_DEFERRED	0x0400
#define QR_DONT_SEND	0x0800	/* duplicate, or replaced by its expansion */

struct qf_rcpt {
	struct str	addr;		/* as in the envelope, without angle brackets; "|program", "/file" when ctl_* is set */
	struct str	given;		/* the address as people wrote it, "Joe <a@b>": what is shown to them; none: <addr> */
	struct str	orcpt;		/* Q: ORCPT, "type;address" with xtext decoded, or none; in the file it is xtext */
	struct str	final;		/* r: final recipient "rfc822; ..." or none */
	unsigned	flags;
	struct str	ctl_user;	/* C: controlling user, none if there is none */
	uid_t		ctl_uid;
	gid_t		ctl_gid;
	struct str	ctl_alias;	/* C: the alias or ":include:/file" it came from; without it a "|program" is an address like any other */
	struct str	seal;		/* local's seal on a program or file; none on foreign files */
	struct str	status;		/* last DSN status "4.4.1" or none */
	struct str	text;		/* last reply text */
	struct str	relay;		/* host that said it */
	int64_t		last_try;
	struct str	why;		/* ${angarium_why}: the decision, compact (explain_brief), or none */
	struct str	mailer;		/* of a new message, for the log; not in the file */
};

struct qf_hdr {
	struct str	flags;		/* between ? and ?, without them, or none */
	struct str	name;		/* "Subject" */
	struct str	value;		/* with its leading blank; folded lines hold LF and their blanks as in the message */
	bool		macros;		/* value holds \201x for $x (sendmail's Return-Path: <\201g>): expanded for each mailer */
};

struct qf_macro {
	struct str	name, value;
};

struct qf {
	struct str	id;		/* 14 characters; the file is "qf" id */
	struct str	group;		/* G, none: mqueue */
	int		version;	/* 8 */
	int64_t		created;	/* T */
	int64_t		last_try;	/* K */
	int		tries;		/* N */
	int64_t		priority;	/* P */
	uint64_t	dev_major, dev_minor, ino;	/* I */
	unsigned	flags;		/* F */
	struct str	body;		/* B: 7BIT, 8BITMIME, BINARYMIME (the df holds the body octet for octet) or none */
	struct str	envid;		/* Z: xtext decoded, or none */
	struct str	auth;		/* A: as in the file: "<>", an address, or none */
	struct str	reason;		/* M: why it is still here */
	struct str	quarantine;	/* q */
	struct str	charset;	/* X */
	struct str	df_dir;		/* d: none, the same directory */
	struct str	sender;		/* S: without angle brackets, "" is the null sender */
	struct str	sender_given;	/* as qf_rcpt.given */
	int64_t		deliver_by;	/* !: 0 none; with flag letter in by_mode */
	char		by_mode;	/* 'R' or 'N', and 'T' for trace */
	bool		by_trace;
	size_t		size;		/* octets of the content (df), for the schedule and the log */
	struct qf_macro	*macro;
	size_t		nmacro;
	struct qf_hdr	*hdr;
	size_t		nhdr;
	struct qf_rcpt	*rcpt;
	size_t		nrcpt;
};

/* by_mode 'R' return, 'N' notify; deliver_by is absolute, the file holds seconds after T. */

/*
 * Decisions stand in macros of this name, each for the recipients behind it: a sendmail defines and forgets them.
 */
#define QF_WHY		"angarium_why"
#define QF_WHY_MAX	((size_t)300)
#define QF_WHY_ALL	((size_t)512 << 10)	/* of one file: what is more is left out, they must not make it too long */

#define QF_TEXT_ALL	((size_t)2 << 20)	/* so much of what others said of recipients, and nothing of it where the file would be too long */
#define QF_TEXT_MAX	((size_t)8 << 20)	/* a longer qf file is bad */
#define QF_VALUE_MAX	((size_t)8 << 10)	/* so is one with a longer value of the envelope: no delivery could be asked for */

/*
 * `given` (kept, not copied), if it is another form of `addr` that a queue file may hold: one line, not too long, and nothing that another program
 * could take for a program, a file or a list.  Else none.
 */
struct str qf_given(struct arena *, struct str given, struct str addr);
/* Bcc: or Resent-Bcc:, of which nobody is to see who stands in it. */
bool	qf_is_bcc(const struct qf_hdr *);
/* An address as people are shown it: as it was given, else in angle brackets; a program in quotes. */
void	qf_show(struct buf *, struct str given, struct str addr);

/* A fresh envelope: defaults, created now. */
void	qf_init(struct qf *);
/* Grow by one, zeroed, in the arena. */
struct qf_rcpt *qf_add_rcpt(struct qf *, struct arena *);
struct qf_hdr  *qf_add_hdr(struct qf *, struct arena *);
struct qf_macro *qf_set_macro(struct qf *, struct arena *, struct str name, struct str value);	/* replaces */
struct str	 qf_macro(const struct qf *, struct str name);

/*
 * Parse a whole file's text.  V1 to V8 are read.  -1 and the line number and reason in err: the file is bad as a whole.
 * Unknown line letters of a version above ours are an error, as are NULs, missing S or R lines, or a missing final ".".
 */
int	qfile_parse(struct str text, struct arena *, struct qf *, struct err *);
/*
 * Print; parse(print(x)) equals x.  -1: what it holds could not be read again (a line break in an address, a value that is too long), and err says which;
 * texts for people are cut or left out before that.
 */
int	qfile_print(const struct qf *, struct buf *, struct err *);

#endif
