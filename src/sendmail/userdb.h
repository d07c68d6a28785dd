/*
 * userdb - the name under which a local user's mail goes out (UserDatabaseSpec; operations guide 5.12.2).
 */
#ifndef SENDMAIL_USERDB_H
#define SENDMAIL_USERDB_H

#include <stdbool.h>

#include "maps.h"
#include "resolve.h"

/* Is a sender that was resolved so looked for in the user database?  His mailer has F=@. */
bool		 userdb_has_senders(const struct conf *, const struct resolved *);
/* The mailname of `sender` (an address) into *name, in the arena; without one MAP_NOTFOUND. */
enum map_rc	 userdb_sender(struct maps *, struct rule_ctx *, struct str sender, struct arena *, struct str *name, struct err *);

#endif
