/*
 * opts - the command line of sendmail and its other names.
 *
 * Facts: sendmail(8).  The arguments are a stranger's where the program is set-group-id; opts_parse copies nothing, opens nothing and says what gives up privileges.
 */
#ifndef SENDMAIL_OPTS_H
#define SENDMAIL_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "ask.h"
#include "base/arena.h"
#include "conf.h"

struct opts {
	const char	*argv0;		/* as given */
	const char	*name;		/* its last part */
	char		 mode;		/* letter of -b: m d D s a t p P i v h H C; 'q' is a queue run alone */
	bool		 mode_given;
	char		 which;		/* -A: 'm' sendmail.cf, 'c' submit.cf, 0 as the mode says */
	const char	*cf;		/* -C, NULL */
	const char	*debug_file;	/* -D */
	const char	*traffic;	/* -X */
	const char	*trace;		/* -d, NULL none */
	struct conf_override *over;	/* -O -o -M in order */
	size_t		 nover;
	const char	*full_name;	/* -F */
	const char	*sender;	/* -f, -r */
	const char	*body;		/* -B */
	const char	*tag;		/* -L */
	const char	*notify;	/* -N */
	const char	*ret;		/* -R */
	const char	*envid;		/* -V */
	const char	*protocol;	/* -p */
	const char	*quarantine;	/* -Q: reason, "" releases, NULL not given */
	int		 hops;		/* -h; -1 not given */
	bool		 ignore_dots;	/* -i */
	bool		 from_headers;	/* -t */
	bool		 verbose;	/* -v */
	bool		 no_alias;	/* -n */
	bool		 gateway;	/* -G */
	bool		 utf8;		/* -U */
	bool		 journal;	/* -bp --journal */
	/* -q */
	bool		 queue_run;
	bool		 queue_persistent;	/* -qp */
	bool		 queue_foreground;	/* -qf */
	int64_t		 queue_interval;	/* 0: once */
	struct qrun_ask	 queue_select;
	/* the rest */
	char		**rcpt;
	size_t		 nrcpt;
	bool		 drop;		/* set-id rights are to be given up first */
	/* beyond sendmail */
	const char	*role;		/* -role: we are a daemon's process */
	bool		 explain;	/* -bv --explain */
	const char	*explain_svg;	/* --svg FILE, NULL */
	const char	*check_against;	/* -bC --equal FILE, NULL */
	int		 make_days;	/* --make-cert --days=N; 0 not given */
	bool		 make_rsa;	/* ... --rsa */
	const char	*make_dir;	/* ... --dir=FOLDER, NULL */
};

/* 0, or a sysexits code after a message on standard error; OPTS_DONE: --help, there is nothing more to do. */
#define OPTS_DONE	(-1)
#define OPTS_MAKE_CERT	'1'	/* mode of --make-cert: no letter of -b */
int	opts_parse(struct arena *, int argc, char **argv, struct opts *);
/* The configuration file that these options mean. */
const char *opts_cf(const struct opts *);

#endif
