/*
 * map_int - what the files of this room share: a map's inside and the table of classes.
 */
#ifndef MAP_INT_H
#define MAP_INT_H

#include <sys/stat.h>

#include "map/map.h"

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
	/* state */
	bool			 opened, checked, missing;
	bool			 locked;		/* shared, until map_unlock */
	struct buf		 raw;			/* a value before it is rewritten */
	int			 fd;
	struct stat		 st;
};

extern const struct map_class map_class_hash, map_class_btree, map_class_implicit, map_class_text, map_class_sequence,
	map_class_switch, map_class_user, map_class_host, map_class_dns, map_class_bestmx, map_class_macro, map_class_arith,
	map_class_dequote, map_class_regex, map_class_null, map_class_syslog, map_class_arpa, map_class_program;

/* Flags and the rest of a K line's arguments into m. */
int	map_args_parse(struct map *, struct str args, struct err *);
/* "%1" and so on; appends. */
int	map_rewrite(struct buf *, struct str value, struct str key, const struct str *args, size_t nargs);

#endif
