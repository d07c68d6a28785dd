/*
 * milter_int - one filter of a session as milter.c (stages), milter_io.c (the wire), milter_msg.c (a message) and milter_change.c share it.
 */
#ifndef SENDMAIL_MILTER_INT_H
#define SENDMAIL_MILTER_INT_H

#include "base/log.h"
#include "milter.h"
#include "wire/milter_pkt.h"

enum milter_state {
	MILTER_OFF,		/* not there, or accepted the whole session */
	MILTER_OPEN,		/* between messages */
	MILTER_INMSG,
	MILTER_MSGDONE,		/* wants no more of this message */
	MILTER_SKIPPING,	/* wants nothing more, but its connection stays */
	MILTER_FAILED		/* given up: F= decides */
};

struct milter {
	const struct conf_filter *f;
	size_t		 index;		/* in conf.filters */
	enum milter_state state;
	int		 sock;
	int		 waits_s;	/* a plain recv(2) gives up after so many seconds; 0: not set */
	bool		 shadow;
	uint32_t	 version, actions, steps;
	size_t		 chunk;		/* octets of body in one packet */
	struct str	 asked[MILTER_STAGES];	/* macros it wants; none: those of the options */
	struct buf	 out, in;
	bool		 lied;		/* it gave a new body and had no right to: the message waits */
	bool		 skip_body;	/* enough of this message's body */
	const char	*part;		/* of the body, for the log: which chunk; NULL elsewhere */
	size_t		 taken;		/* octets of `in` that were read */
	uint64_t	 n[MILTER_COUNTS];
};

struct milters {
	const struct conf *conf;
	struct arena	*arena;
	struct rule_ctx	*ctx;
	const char	*id;
	milter_open_fn	*open;
	void		*arg;
	struct milter	*v;
	size_t		 n;
};

/* A stage: its letter, how the log calls it, what negotiation says of it, and what a refusal without words becomes. */
struct milter_stage {
	char		 letter;
	const char	*name;
	uint32_t	 no, nr;
	uint32_t	 version;	/* the first that knows it */
	int		 macros;	/* enum conf_milter_stage; -1 none */
	const char	*bad_reply;	/* for a reply that is none */
};
const struct milter_stage *milter_stage(char letter);

/* Milter.LogLevel, not LogLevel, decides. */
void	milter_log(const struct milters *, int level, enum log_prio, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Empty lists; a filter by its name, with nothing done yet, or NULL: there is none of that name. */
struct milters *milters_make(const struct conf *, struct rule_ctx *, struct arena *, milter_open_fn *, void *arg);
struct milter *milters_add(struct milters *, struct str name);

/* ---- milter_io.c ---- */
size_t	milter_chunk(uint32_t steps);		/* octets of body in a packet */
int	milter_connect(struct milters *, struct milter *);			/* connect and negotiate; -1: said and failed */
/* What is waiting goes out; -1: the filter is given up. */
int	milter_flush(struct milters *, struct milter *);
/* The next packet, until `deadline` (os_now_ms); `where` for the log.  -1: the filter is given up. */
int	milter_read(struct milters *, struct milter *, uint64_t deadline, const char *where, struct milter_pkt *);
void	milter_fail(struct milters *, struct milter *);				/* "to error state" */
void	milter_close(struct milter *);

/* ---- milter.c ---- */
/* What F= says of a filter that failed. */
enum milter_kind milter_failed(const struct milter *);
void	milter_send_macros(struct milters *, struct milter *, const struct milter_stage *);
/*
 * Send a command and read its answer, if there is one.  *v: what it said.  `k` NULL: macros only.
 */
void	milter_ask(struct milters *, struct milter *, const struct milter_stage *, const struct milter_pkt *, struct milter_verdict *);
/* A reply of a filter as it can be said, or none: "550 5.7.1 text"; %% became %. */
struct str milter_reply_text(struct arena *, struct str);
/* Take note of a verdict; a shadow's becomes MILTER_CONTINUE. */
void	milter_judge(struct milters *, struct milter *, const char *stage, struct milter_verdict *);

/* ---- milter_change.c: what a filter wants changed at the end of a message ---- */
struct milter_hdr {
	struct qf_hdr	 h;
	bool		 gone;		/* deleted, or a header of the configuration that this message has not: still counted */
	bool		 made;		/* our own: filters do not see it */
};
struct milter_work {			/* of one message, for all its filters */
	struct env	*e;
	struct milter_hdr *v;
	size_t		 n, size;
	size_t		 octets;	/* of all that was asked for, but for a new body */
	bool		 changed;	/* the header */
	bool		 replacing;	/* this filter began with a new body ... */
	bool		 torn;		/* ... and it is not complete */
	bool		 cr;		/* a CR of the new body waits for what follows */
};
void	milter_work_begin(struct milter_work *, struct env *);
void	milter_work_end(struct milter_work *);
/* One request; false: nothing of the kind, or it cannot be done, and the filter has failed. */
bool	milter_change(struct milters *, struct milter *, struct milter_work *, const struct milter_pkt *);
/* The filter is through: the new body, if it gave one, is complete. */
void	milter_change_end(struct milter_work *);

#endif
