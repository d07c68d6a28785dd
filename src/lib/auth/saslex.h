/*
 * saslex - one authentication exchange, either side, by the Cyrus library (module `saslex`): of SMTP (RFC 4954), and of POP3 and IMAP by way of sasl.h.
 *
 * Used by a child of role auth that lives for one exchange.  Responses and challenges are bytes; base64 is the protocol's.  The library is told
 * that it is "Sendmail" unless conf says otherwise, so Sendmail.conf says where passwords are.  A security layer may come of it (RFC 4422 3.7): then all that follows goes
 * through saslex_wrap and saslex_unwrap.
 */
#ifndef AUTH_SASLEX_H
#define AUTH_SASLEX_H

#include <stdbool.h>

#include "auth/cred.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "os/module.h"

/* What AuthOptions asks for. */
#define SASLEX_NOPLAIN		0x01u	/* p: nothing that an eavesdropper can use, unless TLS protects it */
#define SASLEX_NOACTIVE		0x02u	/* a */
#define SASLEX_NODICT		0x04u	/* d */
#define SASLEX_FORWARD		0x08u	/* f */
#define SASLEX_MUTUAL		0x10u	/* m */
#define SASLEX_CREDENTIALS	0x20u	/* c */
#define SASLEX_NOANON		0x40u	/* y */

struct saslex_option {
	const char	*name, *value;
};

struct saslex_conf {
	bool		 client;
	const char	*app, *service;	/* server: NULL: "Sendmail", "smtp" */
	const struct saslex_option *options;	/* server: instead of those in the file, ended by a NULL name; or NULL */
	bool		 strict;	/* server: a response that is malformed is AUTH_BAD; else it is a wrong one, AUTH_NO */
	const char	*dir;		/* where Sendmail.conf is; NULL: where the library looks */
	const char	*host;		/* server: our own name; client: the server's */
	const char	*realm;		/* or NULL */
	const char	*mechs;		/* those that may be used, blank separated */
	unsigned	 flags;
	unsigned	 ssf;		/* bits of TLS around it */
	unsigned	 max_ssf;	/* the most that TLS and a layer together may have (AuthMaxBits); 0: no layer */
	const char	*binding;	/* type of the channel binding to TLS, or NULL: none (no mechanism -PLUS) */
	struct str	 binding_data;
	const char	*external;	/* whom TLS has proved the other side to be, or NULL */
	bool		 any_author;	/* server: as whom they want to act does not matter here */
	/* client: who we say we are */
	const char	*user, *authid, *password;
};

/* Who it was, when AUTH_OK was said; it lives as long as the exchange. */
struct saslex_who {
	struct str	 authen;	/* whose password it was, with the realm */
	struct str	 given;		/* server: the same as the other side wrote it */
	struct str	 author;	/* as whom they want to act */
	struct str	 mech;
	unsigned	 ssf;		/* bits of the layer, 1 if it protects from change alone; 0: there is none */
};

#define SASLEX_PIECE	((size_t)8 << 10)	/* saslex_wrap takes no more at a time */

struct saslex;
/* NULL: the module is missing or does not start.  One a process. */
struct saslex	*saslex_new(const struct saslex_conf *, struct err *);
void		 saslex_free(struct saslex **);
/* Server: what can be offered, in the order of conf.mechs, blank separated. */
int		 saslex_mechs(struct saslex *, struct buf *);
/*
 * Server: `mech` is the client's choice, `initial` its first words, STR_NONE without any; *out the challenge.  Client: `mech` is what the server
 * offers, *out our first words (*has_out) and saslex_who.mech the choice.
 */
enum auth_rc	 saslex_begin(struct saslex *, struct str mech, struct str initial, struct buf *out, bool *has_out, struct err *);
enum auth_rc	 saslex_step(struct saslex *, struct str in, struct buf *out, struct err *);
void		 saslex_who(struct saslex *, struct saslex_who *);
/* Server: is it that user's password?  Without an exchange. */
enum auth_rc	 saslex_check(struct saslex *, struct str user, struct str password, struct err *);
/* The layer: to the wire, and from it (whatever piece came in; *out may stay empty until the rest is there).  -1: it is broken, for good. */
int		 saslex_wrap(struct saslex *, struct str in, struct buf *out, struct err *);
int		 saslex_unwrap(struct saslex *, struct str in, struct buf *out, struct err *);

/* What the module exports. */
#define SASLEX_MODULE_VERSION	4
struct saslex_ops {
	struct os_module mod;
	void		*(*open)(const struct saslex_conf *, struct err *);
	void		 (*close)(void *);
	int		 (*mechs)(void *, struct buf *);
	enum auth_rc	 (*begin)(void *, const char *mech, struct str initial, struct buf *out, bool *has_out, struct err *);
	enum auth_rc	 (*step)(void *, struct str in, struct buf *out, struct err *);
	void		 (*who)(void *, struct saslex_who *);
	enum auth_rc	 (*check)(void *, struct str user, struct str password, struct err *);
	int		 (*wrap)(void *, struct str in, struct buf *out, struct err *);
	int		 (*unwrap)(void *, struct str in, struct buf *out, struct err *);
};

#endif
