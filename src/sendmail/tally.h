/*
 * tally - what role tally, those who ask it and the command -bg share.
 */
#ifndef SENDMAIL_TALLY_H
#define SENDMAIL_TALLY_H

#include "map/map.h"
#include "mode.h"
#include "role.h"

#define TALLY_ROOM	((size_t)1 << 30)	/* octets that the file may grow to */
#define TALLY_FILE	"table"

/* Does the configuration have a map that wants the role? */
bool	tally_is_wanted(const struct conf *);
/* The folder that TallyDirectory means: relative ones are below the (first) queue directory.  NULL: there is none. */
const char *tally_dir(const struct conf *, struct arena *);

/* Q_TALLY; the answer is a msg of one i64: seconds. */
int	tally_ask_get(struct str, struct map_tally *);
/* For struct map_env, in a worker: ask the role. */
int	tally_ask(struct role_ctx *, const struct map_tally *, int64_t *seconds, struct err *);

/* -bg [expire | delete WORD ... | WORD ...]: an exit code. */
int	tally_command(struct cmd *);

#endif
