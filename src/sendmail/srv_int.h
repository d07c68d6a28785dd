/*
 * srv_int - a session as its files share it: srv.c the loop, srv_verb.c the table and small verbs,
 * srv_{mail,rcpt,data,tls}.c, srv_check.c.
 *
 * Lifetimes: `arena` the session, env->arena a transaction, `cmd` (and the rule contexts' scratch)
 * one command.
 */
#ifndef SENDMAIL_SRV_INT_H
#define SENDMAIL_SRV_INT_H

#include "authask.h"
#include "env.h"
#include "srv.h"
#include "why.h"
#include "wire/smtp_cmd.h"

/* Where a session stands; a verb's row says in which of these it may come. */
enum srv_state {
	SRV_START = 0x1,	/* nobody said HELO yet */
	SRV_HELO = 0x2,
	SRV_MAIL = 0x4,
	SRV_RCPT = 0x8
};
#define SRV_ANY		0xfu

/* What srv_features and the daemon's modifiers allow; all true in the beginning. */
struct srv_features {
	bool	auth, verb, dsn, etrn, pipelining, starttls, expn;
	bool	ask_cert;					/* a client certificate under TLS */
	bool	plain_layer;					/* plaintext AUTH needs a layer */
	bool	require_auth, http_ends, early_ok;	/* all false in the beginning */
	unsigned relax;					/* SMTP_BODY_ letters O U G */
	bool	temp;					/* $#temp: nothing can be done now */
};

struct srv_bdat;
struct srv_again;

struct srv {
	const struct srv_services *sv;
	const struct conf	*conf;
	const struct conf_daemon *daemon;	/* NULL for -bs */
	const struct park	*in;
	struct stream		*io;
	bool			 waited;	/* a poll has just said that there is input */
	unsigned		 flags;
	int		 near;		/* the processor to be on while the client has its turn */
	struct arena		*arena, *cmd;
	struct rule_ctx		*ctx;
	struct srv_features	 f;
	enum srv_state		 state;
	struct env		*env;		/* from MAIL on */
	struct str		 helo;
	bool			 esmtp, tls, verbose, authed;
	struct srv_bdat		*bdat;		/* a message in chunks has begun */
	struct str		 auth_mechs;	/* what is offered; none: not asked yet */
	bool			 ask_utf8;	/* VRFY or EXPN said SMTPUTF8 */
	bool			 over;		/* leave the loop */
	bool			 refused;	/* all but QUIT gets refuse_reply */
	struct str		 refuse_reply;
	bool			 hold;		/* a refusal is kept in held_ and not said: the last one counts */
	int			 held_code;
	struct str		 held_dsn, held_text;
	struct milters		*filters;	/* NULL: none */
	bool			 filter_temp;	/* they put off all mail of this session */
	bool			 filter_refused;	/* ... refused it at the door */
	bool			 filter_says;	/* refuse_reply is a filter's, to be said line by line */
	bool			 discard;	/* check_relay said $#discard */
	struct str		 quarantine;	/* check_relay said quarantine */
	struct str		 line;		/* the command at hand, as it came */
	struct str		 client;	/* "name [addr]" for replies and log lines ($_) */
	struct str		 host;		/* $j */
	char			 id[QID_MAX];	/* the next message's; "": nothing was logged yet since the last one */
	uint32_t		 count[PARK_COUNTS];	/* commands so far */
	uint32_t		 here;		/* commands since gate handed it over */
	bool			 park;		/* the loop ended to be parked */
	bool			 proxy;		/* may say XCLIENT */
	bool			 roomy;		/* srv_expect was here */
	uint64_t		 said;		/* SIZE= of this transaction; 0: none */
	struct srv_again	*again;		/* the loop ended to begin anew, as another client's (srv_xclient.h) */
	struct why		*why;		/* made by the first check */
	struct str		 decided;	/* what decided in the last check (why.h), or empty */
	uint32_t		 good_rcpts_tx, bad_rcpts_tx;	/* of this transaction */
};

#define SRV_V_ARG	0x01u		/* takes an argument: without one 501 */
#define SRV_V_LAST	0x02u		/* nothing may wait behind it */
#define SRV_V_USELESS	0x04u		/* counts against MaxNOOPCommands */
#define SRV_V_FREE	0x08u		/* also while everything is refused */
#define SRV_V_WORK	0x20u		/* what a session is for: "did not issue ..." is logged without */
#define SRV_V_RESETS	0x10u		/* a good one takes the count of useless commands away */

struct srv_verb {
	const char	*name;
	unsigned	 when;		/* SRV_ states in which it is legal */
	unsigned	 flags;
	const char	*not_now;	/* the reply in another state */
	void		(*run)(struct srv *, struct str arg);
	const char	*help;		/* lines */
};

/* srv_verb.c */
const struct srv_verb *srv_verb_find(struct str name);

/* srv.c */
/* Replies leave now, unless a command is here whose reply can leave with them. */
void	srv_hand_out(struct srv *);
void srv_reply(struct srv *, int code, const char *dsn, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A reply that is ready but for its end: "550 5.7.1 text". */
void	srv_reply_text(struct srv *, struct str line);
/* About an address: "<a@b>... text" where sendmail says so (450, 550, 553). */
void	srv_reply_about(struct srv *, int code, struct str dsn, struct str given, struct str text);
void	srv_bad_reply(struct srv *, const struct smtp_bad *);
/* A command that is none. */
void	srv_unknown(struct srv *, struct str line);
/* 421 and the end of the session. */
void	srv_close(struct srv *, const char *dsn, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Is something waiting that should not be there (RFC 5321 4.3.2 with RFC 2920 3.1)?  Says so, ends the session. */
bool	srv_early(struct srv *, const char *where);
void	srv_end_transaction(struct srv *);
/* For log lines: the message's queue id, before MAIL the one that the next message will have. */
const char *srv_id(struct srv *);
/* Sleep, but no longer than a worker can be spared. */
void	srv_slow(struct srv *, unsigned over);
/* The context rules run in: the envelope's, or the session's. */
struct rule_ctx *srv_ctx(struct srv *);
/* srv_ehlo.c */
unsigned srv_ext(const struct srv *);				/* SMTP_EXT_ bits known now */
void	srv_helo(struct srv *, struct str arg);
void	srv_ehlo(struct srv *, struct str arg);
/* Counts, and slows down what comes too often. */
void	srv_count(struct srv *, enum park_count, uint32_t max, const char *verb);

/* srv_check.c */
void	srv_macros(struct rule_ctx *, const struct conf *, const struct conf_daemon *, const struct park *);
/* What rules kept in macros of the session, for struct verdict. */
struct str srv_macros_kept(struct rule_ctx *, struct arena *);
void	srv_features(struct srv *);
/*
 * Run a check_ ruleset.  True: go on (discard and quarantine are noted in the envelope or session).
 * False: the reply was sent; `given` is the
 * address it is about, or none.  (A 421 is a reply like others here; at the door, by check_relay, it ends the connection.)
 */
bool	srv_check(struct srv *, const char *ruleset, struct str arg, struct str arg2, struct str given);
bool	srv_check_header(struct srv *, const struct qf_hdr *);

/*
 * srv_milter.c: filters at each stage.  False: the reply was sent.  `params` are what stands behind the address of MAIL or RCPT.
 */
void	srv_filters_begin(struct srv *);
void	srv_filters_end(struct srv *);
void	srv_filters_abort(struct srv *);
bool	srv_filters_can_park(const struct srv *);
void	srv_filters_park(struct srv *, struct park *);		/* what filters decided, they themselves, and the rest of `extra` */
void	srv_filters_unpark(struct srv *, const struct park *);
bool	srv_filter_helo(struct srv *, struct str name);
void	srv_filter_refuse(struct srv *);
bool	srv_filter_mail(struct srv *, struct str given, struct str params);
bool	srv_filter_rcpt(struct srv *, struct str given, struct str params);
void	srv_filter_rcpt_refused(struct srv *, struct str given, struct str params, const char *dsn, const char *text);
bool	srv_filter_data(struct srv *);
bool	srv_filter_unknown(struct srv *, struct str line);
bool	srv_filter_message(struct srv *);

/* srv_mail.c, srv_rcpt.c, srv_data.c, srv_tls.c: verbs */
void	srv_mail(struct srv *, struct str arg);
void	srv_rcpt(struct srv *, struct str arg);
const char *srv_rcpt_direct(const struct srv *, const struct resolved *);	/* why it is no address for strangers, or NULL */
void	srv_data(struct srv *, struct str arg);
void	srv_bdat(struct srv *, struct str arg);
void	srv_bdat_done(struct srv *);			/* the chunks so far are forgotten */
void	srv_starttls(struct srv *, struct str arg);
void	srv_auth(struct srv *, struct str arg);
#define SRV_AUTH_LINE	(AUTH_TEXT / 3 * 4)	/* octets of a line with a response; RFC 4954 4: 12288 at least */
bool	srv_is_auth(const struct srv *, struct str line);	/* the one command that may be longer than the others */
/* A line is longer than commands are: if it is AUTH's, the whole of it. */
enum stream_end srv_auth_longer(struct srv *, struct str *line);
/* A line of AUTH began and is longer than that: its rest is read, and it is refused (RFC 4954 6).  False: the session is over. */
bool	srv_auth_long(struct srv *);
/* Mechanisms that are offered now, blank separated; empty: none. */
struct str srv_auth_mechs(struct srv *);
/* As if nobody had proved himself: who that was, was said outside of the TLS that begins (RFC 3207 4.2). */
void	srv_auth_forget(struct srv *);
bool	srv_tls_first(struct srv *);			/* modifier s: TLS before the greeting */
void	srv_vrfy(struct srv *, struct str arg);
void	srv_expn(struct srv *, struct str arg);

/* srv_user.c: is a local name an alias, a user, another name (ruleset 5)? */
enum srv_user_rc {
	SRV_USER_OK,
	SRV_USER_UNKNOWN,
	SRV_USER_REFUSED,	/* ruleset 5 said $#error: out->refusal */
	SRV_USER_TEMP		/* cannot be told now */
};
struct srv_user {
	struct str	user;		/* the name that was looked up in the end */
	struct str	name;		/* full name, or none */
	bool		alias;
	struct str	value;		/* of the alias */
	bool		away;		/* ruleset 5 sends it to another host: `user` is its address there ... */
	int		mailer;		/* ... by this mailer */
	struct resolved	refusal;
};
/* For a resolved local recipient. Results in s->cmd and the rule context's scratch. */
enum srv_user_rc srv_user_check(struct srv *, const struct resolved *, struct srv_user *out);

/* Is this mailer one whose recipients are looked up here (local users and aliases)? */
bool	srv_is_local(const struct srv *, const struct resolved *);

#endif
