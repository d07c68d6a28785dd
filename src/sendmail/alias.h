/*
 * alias - from the recipients of a message to those who get it: rulesets, aliases, owner-, .forward, :include:, duplicates, loops.
 *
 * What it has to ask others (alias files, users, lists read as their owner) goes through struct alias_ops, so route, VRFY and -bv share it.
 * A "|program" or "/file" is one only in an item of an alias, .forward or include; in an envelope it is an address like any other.
 */
#ifndef SENDMAIL_ALIAS_H
#define SENDMAIL_ALIAS_H

#include <stdbool.h>

#include "attempt.h"
#include "conf.h"
#include "maps.h"
#include "os/user.h"
#include "queue/qfile.h"
#include "rule/rule.h"

struct alias_rcpt;

struct alias_ops {
	/* Right side of an alias. */
	enum map_rc	(*alias)(void *arg, struct str name, struct buf *value, struct err *);
	/* As maps_userdb.  NULL: there is none. */
	enum map_rc	(*userdb)(void *arg, enum maps_udb, struct str user, struct buf *value, struct err *);
	/* 1 found, 0 no, -1 unknown for now.  NULL: users are not looked at. */
	int		(*user)(void *arg, struct str name, struct arena *, struct os_user *, struct err *);
	/* A .forward (include false) or :include: file.  -1: for now.  NULL: neither is read. */
	int		(*list)(void *arg, bool include, const struct list_ask *, struct arena *, struct list_answer *, struct err *);
	/* Local's seal on an item of an alias; empty when there is none.  NULL: no seals. */
	struct str	(*seal)(void *arg, struct str item, struct str alias, struct arena *);
	/* An address became others: "aliased to", "forwarding to", what they are.  NULL: nobody listens. */
	void		(*told)(void *arg, struct str addr, const char *how, struct str text);
	/* What became of a recipient is known; its own, if it was expanded, come next.  NULL: nobody waits for it. */
	void		(*ended)(void *arg, const struct alias_rcpt *);
	void		*arg;
};

enum alias_state {
	ALIAS_NEW, ALIAS_LEAF, ALIAS_EXPANDED, ALIAS_DUPLICATE, ALIAS_FAILED, ALIAS_DEFERRED, ALIAS_DISCARDED
};

/* What an address became others by, in the order in which it is asked. */
enum alias_by { ALIAS_BY_NONE, ALIAS_BY_ALIAS, ALIAS_BY_USERDB, ALIAS_BY_RULES, ALIAS_BY_FORWARD };

struct alias_rcpt {
	enum alias_state state;
	enum alias_by	 by;		/* of an expanded one */
	struct qf_rcpt	 q;		/* address, flags, controlling user, seal: as the qf will have it */
	struct alias_rcpt *parent;	/* whose expansion it is; NULL: from the envelope */
	struct alias_rcpt *back;	/* a duplicate that leads back to this one, above it */
	int		 depth;
	size_t		 nchild;	/* of an expanded one */
	unsigned	 turn;		/* it was the how manieth to be looked at, from 1 */
	bool		 quoted;	/* a program or file that stood in quotes */
	/* a leaf's way */
	int		 mailer;
	struct str	 host, user;
	struct str	 group;		/* queue group that ruleset queuegroup or the mailer chose, or empty */
	uint32_t	 part;		/* route_group.c: the new message it goes to, 0: it stays */
	struct str	 home;		/* of a local user */
	struct str	 login;		/* its name */
	bool		 of_many;	/* an item of a list that has others */
	bool		 one_user;	/* a real user with a passwd entry */
	bool		 nobody;	/* a list without members: back is the recipient it began with */
	/* of a list: who gets its errors, as an address; none */
	struct str	 owner;
	/* a failure's reason */
	int		 ex;
	struct str	 status, text;
};

struct alias_set {
	struct arena	*m;
	const struct conf *conf;
	struct rule_ctx	*rules;
	const struct alias_ops *ops;
	bool		 no_alias;	/* -n */
	struct why	*why;		/* decisions are kept in q.why; NULL: nobody wants to know */
	struct str	 sender;	/* whom MeToo=False takes out of lists; none: nobody */
	struct str	 sender_key;	/* his place, once it was looked for */
	struct alias_rcpt **v;
	size_t		 n, room;
	unsigned	 turns;
	struct hash	*seen;
};

/* A macro of messages whose recipients were given with -n. */
#define ALIAS_NONE	"angarium_noalias"

void	alias_init(struct alias_set *, struct arena *, const struct conf *, struct rule_ctx *, const struct alias_ops *);
/* A recipient of the envelope. */
struct alias_rcpt *alias_add(struct alias_set *, const struct qf_rcpt *);
/* Until nothing is ALIAS_NEW any more. */
void	alias_run(struct alias_set *);
/* Did this item stand in quotes in the text?  Only to show it as it was written. */
bool	alias_was_quoted(struct str text, struct str item);

#endif
