/*
 * userdb - mailnames of senders.  See userdb.h.
 */
#include "maps_int.h"
#include "userdb.h"

bool
userdb_has_senders(const struct conf *c, const struct resolved *r)
{
	return c->opt.user_database_spec.n > 0 && r->kind == RES_MAILER && r->mailer >= 0 && !r->no_local && mailer_has(&c->mailers[r->mailer], '@');
}

enum map_rc
userdb_sender(struct maps *ms, struct rule_ctx *ctx, struct str sender, struct arena *a, struct str *name, struct err *e)
{
	struct resolved	r;
	struct buf	v;
	enum map_rc	rc = MAP_NOTFOUND;

	if (ms->nudb == 0 || sender.n == 0)
		return MAP_NOTFOUND;
	if (resolve_addr(ctx, ms->conf, sender, RESOLVE_SENDER, &r) == -1 || !userdb_has_senders(ms->conf, &r))
		return r.transient ? MAP_TEMP : MAP_NOTFOUND;
	buf_init(&v, MAP_VALUE_MAX);
	rc = maps_mailname(ms, arena_str(a, r.user), &v, e);
	if (rc == MAP_FOUND)
		*name = arena_str(a, buf_str(&v));
	buf_done(&v);
	return rc;
}
