/*
 * route_udb - the user database and the addresses of a message that is routed: $f is the sender's mailname, mailers with F=i get it as the sender, and
 * those with F=j get mailnames in recipient fields of the header.
 */
#include "base/log.h"
#include "base/status.h"
#include "resolve.h"
#include "route.h"
#include "userdb.h"

enum map_rc
route_ask_userdb(void *arg, enum maps_udb field, struct str user, struct buf *value, struct err *e)
{
	struct route	*rt = arg;

	return maps_userdb(rt->maps, field, user, value, e);
}

void
route_mailname(struct routing *r)
{
	struct err	e = ERR_INIT;
	struct str	name;

	r->mailname = STR_NONE;
	switch (userdb_sender(r->rt->maps, r->rules, r->qf.sender, r->m, &name, &e)) {
	case MAP_FOUND:
		r->mailname = name;
		rule_macro_set(r->rules, STR("f"), name);
		break;
	case MAP_TEMP:
		r->mailname_unknown = true;
		log_line(3, LOG_P_ERR, r->qf.id.p == NULL ? NULL : arena_cstr(r->m, r->qf.id), "user database: sender %.*s: %s", STR_ARG(r->qf.sender), e.text);
		break;
	default:
		break;
	}
}

struct str
route_f(struct routing *r, const struct attempt *t)
{
	struct str	out;
	int		ex;

	if (r->mailname.n > 0)
		return r->mailname;
	if (r->qf.sender.n == 0)
		return STR("");
	rule_reset(r->rules);
	if (resolve_rewrite(r->rules, r->rt->conf, r->qf.sender, (int)t->mailer_index, RESOLVE_SENDER | RESOLVE_NOMAILER, &out, &ex) == -1 || ex != EXIT_OK)
		return t->sender;
	return arena_str(r->m, route_unbracket(out));
}

struct str
route_header_name(struct routing *r, const struct mailer *ml, struct str addr)
{
	struct buf	v;
	struct str	name = addr;

	if (!mailer_has(ml, 'j') || r->rt->conf->opt.user_database_spec.n == 0)
		return addr;
	buf_init(&v, MAP_VALUE_MAX);
	if (maps_mailname(r->rt->maps, str_trim(addr), &v, NULL) == MAP_FOUND && v.n > 0)
		name = arena_str(r->m, buf_str(&v));
	buf_done(&v);
	return name;
}
