/*
 * submit - mail from programs on this host: sendmail -t, -bm, -bs.
 *
 * With submit.cf one process does it all: it is set-group-id, reads the message, hands it over by SMTP to the MTA, and else leaves it in the client
 * queue.  With sendmail.cf (as root) it is a command of the roles and commits to their spool.
 */
#ifndef SENDMAIL_SUBMIT_H
#define SENDMAIL_SUBMIT_H

#include "attempt.h"
#include "env.h"
#include "maps.h"
#include "mode.h"
#include "os/user.h"
#include "queue/spool.h"
#include "role.h"

struct submit {
	const struct opts	*o;
	const struct conf	*conf;
	struct arena		*m;
	struct role_ctx		*ctx;		/* of the command, or our own */
	bool			 alone;		/* no roles: submit.cf */
	struct maps		*maps;
	struct rule_ctx		*base;
	struct os_user		 me;
	bool			 trusted;
	struct spool_dir	*dir;		/* alone: the client queue, once it was needed */
	struct env		*env;
	bool			 sender_here;	/* the sender is who calls us */
	size_t			 warnings;	/* fields in front that we added before the message was read */
	bool			 mailed;	/* what failed comes back to him by mail */
	int			 code;		/* exit code so far */
	bool			 new_style;	/* the header's lists have commas, see addr_is_new_style */
	/* what failed, for ErrorMode; lines "addr... text\n" */
	struct buf		 complaints;
};

/* -bm, -t, -bs: the exit code. */
int	submit_run(struct cmd *);

/* submit_read.c: header and content from fd into the envelope, and with -t the recipients.  -1 and err: it cannot be read or kept. */
int	submit_read(struct submit *, int fd, struct err *);
/* Recipients of a list "a@b, Name <c@d>". */
int	submit_add_rcpts(struct submit *, struct str list);

/* submit_session.c: -bs, on standard input and output; the exit code. */
int	submit_session(struct submit *);

/* submit_roles.c: the services of the roles.  An open df, or -1; keep the message: 0, or -1; forget one that was begun. */
int	submit_roles_df(void *arg, struct str id, struct err *);
int	submit_roles_commit(void *arg, const struct commit *, struct err *);
void	submit_roles_abort(struct submit *, struct str id);
/* Drop recipients that are known to be wrong before anything is sent: what is said of them goes to s->complaints, the log and s->code. */
void	submit_check_rcpts(struct submit *);
/* What the alias files and the user database say of a name: services of alias and srv; arg: the struct submit. */
enum map_rc	submit_alias(void *arg, struct str name, struct buf *value, struct err *);
enum map_rc	submit_userdb(void *arg, enum maps_udb, struct str user, struct buf *value, struct err *);
enum map_rc	submit_mailname(void *arg, struct str user, struct buf *value, struct err *);

/* submit_alone.c: the services of a process without roles. */
int	submit_alone_df(void *arg, struct str id, struct err *);
void	submit_alone_abort(void *arg, struct str id);
/*
 * Hand over or queue.  0: all of it is somebody's care, refusals included: they are in s->complaints and s->code, and with ErrorMode m also
 * on their way to the sender.  -1: it could not be kept.
 */
int	submit_alone_commit(void *arg, const struct commit *, struct err *);

/* submit_rules.c: a message that rules refuse, or put off. */
struct submit_refusal {
	bool		refused, temp;
	struct str	text;		/* without codes */
	struct str	reply;		/* with them */
};
/* Ask the rulesets of H lines and check_eoh; says what they refuse. */
void	submit_rules(struct submit *, struct submit_refusal *);
/* The message as it would have been committed, refused: the exit code, and the report to the sender, if there is to be one.  -1: none can be made. */
int	submit_refuse(struct submit *, const struct submit_refusal *, const struct commit *, struct reported *, struct err *);

/* submit_end.c: what failed, as ErrorMode says.  Saves dead.letter; gives up set-id rights first. */
void	submit_complain(struct submit *, struct str header, struct str content);

#endif
