/*
 * hand - what hand.c and report.c share.
 */
#ifndef SENDMAIL_HAND_H
#define SENDMAIL_HAND_H

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "spoold.h"


struct rcpt_state {
	enum outcome	 outcome;	/* 0: nothing yet */
	struct str	 status, text, reply, mta, mailer;
	bool		 relayed_dsn;
	char		 by;		/* result_rcpt.by */
	bool		 asked;		/* the attempt whose answer is read may say something of it (report.c) */
	bool		 local;		/* delivered for good, not handed on */
};

struct hand {
	struct spoold	*s;
	struct msg	*m;
	struct arena	*arena;
	struct qf	 qf;
	bool		 trusted;	/* the qf file is root's */
	bool		 failed;
	bool		 demand;	/* asked for by name */
	bool		 pristine;	/* one attempt, and nothing done yet: could as well begin anew later */
	bool		 plan;		/* divided among queue groups, not tried */
	struct str	 content;	/* p NULL: in the df */
	int		 content_fd;	/* the df, kept open when the message is removed before its reports are made; -1 */
	uint64_t	 size;
	struct rcpt_state *state;	/* of each of qf.rcpt */
	struct attempt	*attempt;
	size_t		 nattempt;
	size_t		 open;		/* what is still awaited */
	struct buf	 transcript;
	struct report_rcpt *report;	/* asked of route, malloc'd */
	size_t		 nreport, told, telling;	/* so many are told of; the report that is being made ends there */
	bool		 copy_due, copying;	/* PostmasterCopy: is to be made, is being made */
	struct buf	 part;		/* names of those done that the journal was not told of yet, */
	uint64_t	 part_at;	/* and when it was last; os_now_ms */
	size_t		 unwritten;	/* recipients done since the qf was written */
	uint64_t	 written_at;	/* os_now_ms; or when the attempts began */
	bool		 checkpoint;	/* a qf is being written while attempts go on */
	bool		 settle;	/* settle when that is done */
	bool		 spilt;		/* it was to leave the journal: there may be files of it */
	bool		 attempting;	/* attempts are under way, and nothing else */
	int		 new_lock;
	void		(*written)(struct hand *);
	struct again	 again;		/* what was done could not be written down */
};

/* hand.c */
/* The df for reading; the caller closes it.  -1: content is in memory, or *e says why not. */
int	hand_content(struct hand *, struct err *);
void	hand_put_back(struct hand *, const char *why);
/* The message leaves our hands; it is tried again at `due`, or forgotten (due 0: its files are gone or nobody's business). */
void	hand_end(struct hand *, int64_t due);
/* What nothing can be done with is kept aside as a Qf file for people, and is out of hand. */
void	hand_lose(struct hand *, const char *why);

/* hand_adopt.c: a qf whose content a sendmail put into another directory.  -1: the work has ended.  0: `text`, the qf's, is as it is now. */
int	hand_adopt(struct hand *, struct buf *text);

/* hand_job.c */
void	hand_jobs(struct hand *);		/* all attempts, each as its destination has room */
/* The journal wants its place back: into files, while attempts go on. */
void	hand_to_files(struct hand *);

/* hand_part.c */
/* These were tried, and others are still being tried.  True: some of it is still to be written (hand_part_write). */
bool	hand_part(struct hand *, const struct result_rcpt *, size_t n);
void	hand_part_write(struct hand *);
/* Routed: those that an earlier process was done with get no attempt. */
void	hand_part_leave_out(struct hand *);

/* hand_write.c */
void	hand_write_down(struct hand *, void (*then)(struct hand *));
void	hand_settle(struct hand *);		/* the last step: counted as a try, written down, out of hand */

/* report.c */
/* Timeout.queuereturn=now: it is not tried any more. */
bool	hand_gives_up(const struct hand *);
/* DELIVERBY (RFC 2852): is it too late to deliver?  And no later than at its second it is looked at again. */
bool	hand_late(const struct hand *, int64_t now);
int64_t	hand_by(const struct hand *, int64_t due);
/* FUTURERELEASE (RFC 4865): until when is it held?  0: it is not. */
int64_t	hand_held(const struct qf *);
/* Which of the time limits are for a message. */
enum conf_class_time report_time_class(const struct qf *);
/* Note what became of recipients, and log it.  `a` NULL: route's own answers. */
void	hand_results(struct hand *, const struct attempt *a, const struct result_rcpt *, size_t n, struct str relay, struct str mta, int64_t xdelay_ms);
/* All attempts are over: time limits, reports, then hand_settle. */
void	hand_conclude(struct hand *);

#endif
