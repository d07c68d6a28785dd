/*
 * map_int - what the files of this room share: a map's inside and the table of classes.
 */
#ifndef MAP_INT_H
#define MAP_INT_H

#include <sys/stat.h>

#include "map/map.h"
#include "os/module.h"

/* K flags */
#define MF_OPTIONAL	0x0001	/* -o */
#define MF_KEEPCASE	0x0002	/* -f */
#define MF_MATCH	0x0004	/* -m */
#define MF_KEEPQUOTES	0x0008	/* -q */
#define MF_APPEND	0x0010	/* -A */
#define MF_NOTEMP	0x0020	/* -t */
#define MF_NODEFER	0x0040	/* -D */
#define MF_ONLY_NUL	0x0080	/* -N */
#define MF_ONLY_PLAIN	0x0100	/* -O */
#define MF_SINGLE	0x0200	/* -1 */

/* Class traits */
#define MC_FILE		0x0001	/* rest of the line is a file name */
#define MC_NOKEYPREP	0x0002	/* key is taken as it is: no unquoting, no folding */
#define MC_NOREWRITE	0x0004	/* value is final: no %n, no tag */
#define MC_REMOTE	0x0008
#define MC_NOARGS	0x0010	/* nothing may follow the flags */
#define MC_NOFOLD	0x0020	/* case of the key is kept by default */

#define MC_LITERAL	0x1000	/* %1 ... in a value are text */
#define MC_MODULE	0x0040	/* the work is done by a module of the class's name */

#define MAP_GET_ARGS	struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e

struct map_class {
	const char	*name;
	unsigned	 traits;
	const char	*suffix;	/* of the file, or NULL */
	int		 (*flag)(struct map *, char letter, struct str word, struct str *rest, struct err *);	/* class's own flags; 1 not mine */
	int		 (*parse)(struct map *, struct str rest, struct err *);
	int		 (*open)(struct map *, int fd, struct err *);
	enum map_result	 (*get)(struct map *, const struct map_call *, struct str key, const struct str *args, size_t nargs, struct buf *, struct err *);
	int		 (*each)(struct map *, int (*fn)(void *, struct str, struct str), void *arg, struct err *);
	void		 (*close)(struct map *);
	struct map	*(*file)(struct map *, unsigned part);	/* classes of several files; else NULL */
};

struct map {
	const struct map_class	*class;
	const struct map_env	*env;
	struct arena		*arena;
	struct str		 name;
	struct str		 class_name;
	const char		*where;
	int			 index;
	unsigned		 flags;
	struct str		 tag, temp_tag;		/* -a, -T */
	bool			 has_temp_tag;
	char			 space_sub;		/* -s */
	char			 after_sub;		/* -S */
	struct str		 key_col, value_col;	/* -k, -v */
	struct str		 delim;			/* -z, decoded */
	struct str		 timeout, retry;	/* -d, -r */
	int			 log_level;		/* -L */
	const char		*path;
	void			*inside;		/* the class's own */
	struct str		 all;			/* the K line's arguments while they are parsed */
	const struct map_mod	*mod;			/* class of a module, once loaded */
	const char		*unready;		/* why it cannot be asked with this configuration */
	unsigned		 part;			/* of a map of several files: 1, 2 ...; 0: the map itself */
	/* state */
	struct str		 args;		/* the K line's, for traces */
	bool			 trace_first;		/* map_trace_first was here */
	bool			 opened, checked, missing;
	bool			 locked;		/* shared, until map_unlock */
	struct buf		 raw;			/* a value before it is rewritten */
	int			 fd;
	struct stat		 st;
};

/*
 * A class in a module "map_NAME": its K line is parsed here, its library is loaded at the first lookup, in role lookup or a command, never in a
 * set-id program.  `open` is called once per (re)opening; deadlines are the module's to keep.
 */
#define MAP_MOD_VERSION	1

struct map_mod {
	struct os_module mod;
	int		 (*open)(struct map *, int fd, struct err *);
	enum map_result	 (*get)(MAP_GET_ARGS);
	void		 (*close)(struct map *);
};

/* The three functions of a class that has MC_MODULE. */
int		 map_mod_open(struct map *, int fd, struct err *);
enum map_result	 map_mod_get(MAP_GET_ARGS);
void		 map_mod_close(struct map *);

extern const struct map_class map_class_hash, map_class_btree, map_class_implicit, map_class_text, map_class_sequence,
	map_class_switch, map_class_user, map_class_passwd, map_class_host, map_class_dns, map_class_bestmx, map_class_macro, map_class_arith,
	map_class_dequote, map_class_regex, map_class_null, map_class_syslog, map_class_arpa, map_class_program, map_class_socket,
	map_class_ldap, map_class_ldapx, map_class_userdb, map_class_cdb, map_class_stab, map_class_lmdb, map_class_pcre,
	map_class_cidr, map_class_sqlite, map_class_pgsql, map_class_greylist, map_class_tally;

/* "10.1.32.0/19", "10.1", "IPv6:2001:db8::/44", "IPv6:2001:db8", an address: the network, its other bits 0, and its length (map_cidr.c). */
struct ip;
bool		 map_cidr_parse(struct str, struct ip *, unsigned *bits);
/* The text of an alias file as a table (class stab, and implicit without a database). */
struct map_stab;
int		 map_stab_load(struct map *, int fd, struct map_stab **, struct err *);
void		 map_stab_free(struct map_stab **);
enum map_result	 map_stab_find(const struct map_stab *, struct str key, struct buf *);
int		 map_stab_all(const struct map_stab *, int (*fn)(void *, struct str, struct str), void *arg);
/* All values of one key of a database file, as map_each. */
int		 map_bdb_all(struct map *, struct str key, int (*fn)(void *, struct str, struct str), void *arg, struct err *);

/* -d38: nothing unless it is on.  `why` NULL: it is open; else the reason, or "". */
void	map_trace_open(const struct map *);
void	map_trace_opened(const struct map *, const char *why);
void	map_trace_regex(const struct map *, const char *text, int flags);
/* The first question to a map that was open from the start. */
void	map_trace_first(struct map *);
/* -d8, -d38: a canonical name is asked for; what it is, none if there is none. */
void	map_trace_canon(struct str name);
void	map_trace_canoned(struct str name, struct str canon);
void	map_trace_lookup(const struct map *, struct str key, const struct str *args, size_t nargs);
/* Flags and the rest of a K line's arguments into m. */
int	map_args_parse(struct map *, struct str args, struct err *);
/* The flags alone: *rest begins behind the last of them. */
int	map_args_flags(struct map *, struct str *rest, struct err *);
/*
 * A flag's value that may hold blanks: "in quotes", (in brackets), or a list that goes on behind a comma.  v is what follows the letter, *rest what
 * follows its word; a value may also be the next word.
 */
struct str map_args_long(struct map *, struct str v, struct str *rest);
/* The first line of a file with a password or the like; none, and m->unready, when it cannot be read. */
struct str map_secret_line(struct map *, const char *path);
/* A flag's value as a number of seconds: 0 and milliseconds in *ms. */
int	map_args_seconds(struct map *, char letter, struct str v, int *ms, struct err *);
/* A list of values as -z, -1 and the cap on values want it: 0, or 1: this one is enough. */
int	map_value_add(const struct map *, struct buf *, size_t before, struct str value);
/* "%1" and so on; appends. */
int	map_rewrite(struct buf *, struct str value, struct str key, const struct str *args, size_t nargs);

#endif
