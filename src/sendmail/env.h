/*
 * env - an envelope from birth to the moment spool has it: made by smtpd and by submit, printed as
 * a qf text.
 *
 * Whatever the struct qf inside points at lies in the envelope's own arena; everything that comes
 * in is copied.  The rule context of an envelope
 * stands on that of its session: macros of the message go with it.
 */
#ifndef SENDMAIL_ENV_H
#define SENDMAIL_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "body.h"
#include "conf.h"
#include "queue/qfile.h"
#include "queue/qid.h"
#include "resolve.h"
#include "rule/rule.h"

#define ENV_QF_MAX	((size_t)6 << 20)	/* recipients of one envelope: with ENV_HDR_MAX and the rest less than QF_TEXT_MAX */
#define ENV_HDR_MAX	((size_t)1 << 20)	/* no header is larger than this, whatever MaxHeadersLength says */

struct env {
	struct arena		*arena;
	const struct conf	*conf;
	struct rule_ctx		*ctx;		/* ours, on the session's */
	struct qf		 qf;
	char			 id[QID_MAX];
	struct body		 body;
	size_t			 rcpt_octets;	/* of all recipients, against ENV_QF_MAX */
	struct hash		*seen;		/* recipients, to find a second one */
	struct str		 only;		/* the first recipient as given */
	struct str		 g;		/* the sender as headers show it */
	/* found in the header */
	struct str		 msgid;
	struct str		 date;
	int			 hops;		/* Received: and Via: */
	int			 precedence;
	int			 mt_priority;	/* MT-PRIORITY, -9 to 9: counts as MAILLOG_MT times that much precedence */
	struct str		 precedence_text;
	int			 from_mailer;	/* the sender's, for statistics; -1 */
	bool			 discard;	/* a ruleset said so: accept, and forget */
	size_t			 hdr_octets;
	size_t			 hdr_end;	/* octets of the line that ended the header: 1 the empty one, 0 none, else the first of the body */
	size_t			 hdr_made;	/* env_hdr_complete: so many fields in front are ours */
	char			 mode;		/* DeliveryMode */
	bool			 opened;	/* its sender was taken: if nothing comes of it, the log says so */
};

/*
 * A new envelope: identifier, times, the macros $i $t $b $a $d $p ${nrcpts} ${ntries} and what
 * goes with them.  `parent` is the session's context; id: "", or the identifier that it is to have;
 * open_df as for body_init.
 */
struct env *env_new(const struct conf *, struct rule_ctx *parent, const char *id, rule_lookup_fn *,
    void *lookup_arg, body_df_fn *open_df, void *df_arg);
void		 env_free(struct env **);
/* What a daemon's DeliveryMode= says instead of the option; rules read {deliveryMode}. */
void		 env_set_mode(struct env *, char mode);

/* The sender; {mail_*}, $f and $g follow from `r`, which may be NULL (not resolved). */
void		 env_set_sender(struct env *, struct str addr, const struct resolved *r);
/* The sender's name in the user database: $f and $g; the envelope keeps the address that was given. */
void		 env_set_mailname(struct env *, struct str name);

/* ---- env_rcpt.c ---- */
enum env_rcpt_rc { ENV_RCPT_NEW, ENV_RCPT_AGAIN, ENV_RCPT_FULL };
/*
 * `final` "rfc822; a@b" or none; notify: QR_ flags.  A recipient that is already there (same
 * letters, domain in any case) is one recipient:
 * AGAIN, with the later NOTIFY and ORCPT.  FULL: the envelope would grow too large to travel.
 */
enum env_rcpt_rc env_add_rcpt(
    struct env *, struct str addr, struct str final, unsigned notify, struct str orcpt);
/* Take a recipient out, letters in any case; how many went. */
size_t		 env_del_rcpt(struct env *, struct str addr);
/* env_hdr_complete takes $u, where there is one recipient only: its address as it was given. */
void		 env_set_u(struct env *, struct str given);

/* ---- env_hdr.c ---- */
/* Does this line (without its end) begin a field?  *name: without blanks before the colon; *value: all behind the colon. */
bool		 env_hdr_split(struct str line, struct str *name, struct str *value);
/*
 * A whole header: lines that end in LF, no empty line.  Fields become qf headers in order; a
 * leading "From " line goes (unless SaveFromLine);
 * NULs and stray control bytes go.  Counts hops, notes Message-Id, Date, Precedence.
 */
void		 env_hdr_parse(struct env *, struct str text);
/* The first header of that name, NULL. */
struct qf_hdr	*env_hdr_find(const struct env *, struct str name);
/* {msg_id} of a message that has none yet: what env_hdr_complete will give it. */
void		 env_hdr_msgid(struct env *);
/*
 * Add what the H lines of the configuration want: Received always, others when they are missing
 * (Resent- ones only in resent mail); in front,
 * in the order of the configuration, with their flags.  NoRecipientAction.  Bcc: is marked for
 * removal.  Called once the recipients are known.
 */
void		 env_hdr_complete(struct env *);

/* The ?flags? of an H line, for a field that is one of its kind; none: it has none. */
struct str	 env_hdr_flags(struct env *, const struct conf_header *);

/* ---- handing over ---- */
/* Octets as sendmail counts them: header as it came, the empty line if there was one, body. */
uint64_t	 env_msg_size(const struct env *);
/* What check_eoh is told: the header with the line that ended it. */
size_t		 env_eoh_size(const struct env *);
/* Macros of the session that log lines and later tries want, into the qf.  env_print does it, too. */
void		 env_keep_macros(struct env *);
/* Print the qf.  -1 and err. */
int		 env_print(struct env *, struct buf *out, struct err *);

/* "Sun, 22 Nov 2026 03:10:04 +0000": RFC 5322 3.3, local time. */
void		 env_date(int64_t when, char *dst, size_t size);

#endif
