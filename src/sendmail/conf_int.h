/*
 * conf_int - what the files that read a configuration share.
 */
#ifndef SENDMAIL_CONF_INT_H
#define SENDMAIL_CONF_INT_H

#include "conf.h"
#include "rule/build.h"

struct reading {
	struct conf	*conf;
	struct rules	*rules;
	const struct conf_loader *loader;
	struct err_list	*errs;
	struct conf_place place;	/* of the line at hand */
	int		 set;		/* ruleset of the R lines that follow, -1 none */
	bool		 any_set;	/* an S line was there */
	bool		 operators_set;
	bool		 command_line;	/* -O, -o, -M */
	bool		 ports_said[2];	/* by the command line: DaemonPortOptions, ClientPortOptions; those of the file do not count then */
	struct conf_str_list defaulted;	/* unused names */
};

void	conf_error(struct reading *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A warning without a place, as sendmail prints it. */
void	conf_note(struct reading *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void	conf_warn(struct reading *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A growing array in the arena: room for one more at v[n]. */
void	*conf_grow(struct arena *, void *v, size_t n, size_t size);
#define CONF_PUSH(rd, v, n) \
	((v) = conf_grow((rd)->conf->arena, (v), (n), sizeof *(v)), &(v)[(n)++])
void	conf_list_add(struct reading *, struct conf_str_list *, struct str);

/* Text with $x expanded, in the arena. */
struct str conf_expand(struct reading *, struct str);
/* Backslashes and double quotes taken out, as values of D lines and equates are: stops at `delim` outside of quotes. */
struct str conf_munch(struct reading *, struct str *rest, char delim);
void	conf_flags_set(struct conf_flags *, struct str letters);
static inline void
conf_flag_add(struct conf_flags *f, char c)
{
	f->bits[(unsigned char)c >> 6] |= (uint64_t)1 << ((unsigned char)c & 63);
}
static inline void
conf_flag_del(struct conf_flags *f, char c)
{
	f->bits[(unsigned char)c >> 6] &= ~((uint64_t)1 << ((unsigned char)c & 63));
}

/* The number at the front, as atoi reads it. */
int64_t	conf_number(struct str);
/* An interval; a bad unit is reported. */
int64_t	conf_time(struct reading *, struct str, char unit);

/* "name", "name:group", "12:13": what the loader knows. -1 after a message that begins with `what`. */
int	conf_user(struct reading *, struct str text, const char *what, bool *has_uid, uint32_t *uid, bool *has_gid, uint32_t *gid);

/* One handler a line letter, the line without its letter. */
void	conf_read_class(struct reading *, struct str);		/* C */
void	conf_read_file(struct reading *, struct str);		/* F */
void	conf_read_option(struct reading *, struct str);		/* O */
void	conf_read_mailer(struct reading *, struct str);		/* M */
void	conf_read_header(struct reading *, struct str);		/* H */
void	conf_read_filter(struct reading *, struct str);		/* X */
void	conf_read_group(struct reading *, struct str);		/* Q */
void	conf_read_daemon(struct reading *, struct str, bool client);
void	conf_read_text(struct reading *, struct str text);

/* One letter option (also -o x), or a long name and a value. */
void	conf_set_letter(struct reading *, char letter, struct str value);
void	conf_set_option(struct reading *, struct str name, struct str value);
void	conf_opt_defaults(struct conf *);
/* An option was set: remember it if it does nothing here, and the value is not the default (conf_idle.c). */
void	conf_idle_blame(struct reading *, struct str word);	/* of DontBlameSendmail */
void	conf_idle_note(struct reading *, const char *name, struct str sub, struct str value, const char *def, bool is_bool);

void	conf_mailer_defaults(struct reading *);
void	conf_hosts(struct reading *);				/* $w $j $m $k, class w */
void	conf_finish(struct reading *);
/* The map called `name`, taking a place for one that is not declared yet. */
int	conf_map_wanted(void *reading, struct str name);

/* -d37.1: nothing unless it is on. */
void	conf_trace_option(const char *name, struct str sub, struct str value);

#endif
