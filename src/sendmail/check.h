/*
 * check - sendmail -bC: what is wrong with a configuration, said before it does harm.
 *
 * The configuration is loaded as any command loads it; then each check adds what it finds to the same list of messages.  Nothing is changed, sent
 * or asked of the network.  Exit codes: 0 nothing found, 1 warnings only, EX_CONFIG.
 */
#ifndef SENDMAIL_CHECK_H
#define SENDMAIL_CHECK_H

#include "maps.h"
#include "mode.h"

int	check_run(struct cmd *);
/* The same addresses through two configurations: those that are treated differently. */
int	check_equal(struct cmd *, const char *other);

/* ---- inside ---- */

/* check_differ.c: options, mailers, daemons and filters that two files write differently are printed; how many. */
size_t	check_differ(struct arena *, const char *a, const char *b);

struct check {
	struct cmd	*cmd;
	const struct conf *conf;
	struct arena	*arena;
	struct maps	*maps;
	struct str	 mc_name, mc_text;	/* the .mc, once it was found */
	struct netmaps	*net;			/* what check_relay asked of servers; NULL: nothing */
	size_t		 nprobe;		/* attempts at relaying */
	bool		 generated;		/* by an m4 tree, without marks: which rules are the site's is not to be told */
};

void	check_say(struct check *, bool warning, const struct conf_place *, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* "; did you mean X?", or nothing; word as near_word has it. */
struct str check_hint(struct arena *, struct str name, const char *(*word)(size_t));

void	check_rules(struct check *);		/* check_rules.c: rulesets, mailers, macros, classes */
void	check_text(struct check *, struct str cf);	/* check_text.c: what the lines themselves say, and their .mc */
void	check_mc(struct check *, struct str name, struct str text);	/* a .mc alone */
/* check_netmap.c: lookups in maps that need a server, for check_relay. */
struct netmaps;
struct netmaps *check_netmap_new(struct check *);
enum map_rc check_netmap_ask(struct netmaps *, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *);
void	check_netmap_tell(struct netmaps *);	/* which of them count as empty */
/* check_mc.c */
void	check_macro(struct check *, struct str file, unsigned number, struct str line, struct str text);	/* is the word at its front one? */
struct str check_origin(struct check *, struct str origin, struct str cf_line);	/* "x.mc:3": which line of the .mc has the longest value of this line, or asks for this file */
void	check_ports(struct check *);		/* keys and modifiers of DaemonPortOptions and ClientPortOptions */
void	check_files(struct check *);		/* check_files.c: maps, class files, folders */
void	check_tls(struct check *);		/* check_tls.c: certificates, keys, ciphers */
void	check_relay(struct check *);		/* check_relay.c */
void	check_options(struct check *);		/* check_text.c: options that do nothing here */

/* Maps whose source is newer than the database: told to `say` one by one. Also at the daemon's start. */
void	check_stale(const struct conf *, struct maps *, void (*say)(void *arg, const struct conf_place *, struct str), void *arg);

#endif
