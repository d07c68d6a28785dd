/*
 * srv_user - is there such a local name?  And VRFY and EXPN, which tell.
 *
 * Only the question "would this be accepted" is answered here; what an alias or .forward expands to
 * is route's work.
 */
#include "srv_int.h"

#include "base/log.h"
#include "base/utf8.h"
#include "forward.h"

#define SRV_USER_DEPTH	10	/* names that ruleset 5 leads to */
#define SRV_USER_MAX	256	/* octets of a login name */
#define SRV_EXPN_MAX	1000	/* names one EXPN lists */

bool
srv_is_local(const struct srv *s, const struct resolved *r)
{
	const struct mailer *m = &s->conf->mailers[r->mailer];

	return r->kind == RES_MAILER &&
	       (m->index == s->conf->m_local || mailer_has(m, 'A') || mailer_has(m, 'w'));
}

/* "\"a b\"" and \root are looked up as a b and root. */
static struct str
srv_user_plain(struct srv *s, struct str u)
{
	char *p = arena_bytes(s->cmd, u.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < u.n; i++) {
		if (u.p[i] == '\\' && i + 1 < u.n)
			i++;
		else if (u.p[i] == '"')
			continue;
		p[n++] = u.p[i];
	}
	p[n] = '\0';
	return str_mem(p, n);
}

/* user+detail, then user+*. */
static enum map_rc
srv_user_alias(struct srv *s, struct str user, struct str *value)
{
	size_t plus = str_chr(user, '+');
	struct err e = ERR_INIT;
	enum map_rc rc;
	struct buf b;

	if (s->sv->alias == NULL)
		return MAP_NOTFOUND;
	buf_init(&b, 0);
	rc = s->sv->alias(s->sv->arg, user, &b, &e);
	if (rc == MAP_NOTFOUND && plus != (size_t)-1 && plus > 0)
		rc = s->sv->alias(s->sv->arg, arena_cat(s->cmd, str_first(user, plus), STR("+*")), &b, &e);
	if (rc == MAP_FOUND)
		*value = arena_str(s->cmd, buf_str(&b));
	else if (rc == MAP_TEMP)
		log_line(3, LOG_P_ERR, srv_id(s), "alias %.*s: %s",
		    STR_ARG(user), e.text);
	buf_done(&b);
	return rc;
}

/* A user with a maildrop. */
static enum map_rc
srv_user_drop(struct srv *s, struct str user, struct str *value)
{
	struct err e = ERR_INIT;
	enum map_rc rc;
	struct buf b;

	if (s->sv->userdb == NULL)
		return MAP_NOTFOUND;
	buf_init(&b, 0);
	rc = s->sv->userdb(s->sv->arg, MAPS_UDB_MAILDROP, arena_lower(s->cmd, user), &b, &e);
	if (rc == MAP_FOUND)
		*value = arena_str(s->cmd, buf_str(&b));
	else if (rc == MAP_TEMP)
		log_line(3, LOG_P_ERR, srv_id(s), "user database: %.*s: %s",
		    STR_ARG(user), e.text);
	buf_done(&b);
	return rc;
}

static enum srv_user_rc
srv_user_account(struct srv *s, const struct mailer *m, struct str user, struct srv_user *out)
{
	struct os_user u;
	struct err e = ERR_INIT;
	struct str login = mailer_has(m, 'u') ? user : arena_lower(s->cmd, user);
	int rc;

	if (!mailer_has(m, 'w') || s->sv->user == NULL)
		return SRV_USER_OK;
	if (user.n == 0 || user.n > SRV_USER_MAX || str_chr(user, '/') != (size_t)-1)
		return SRV_USER_UNKNOWN;
	rc = s->sv->user(s->sv->arg, login, false, s->cmd, &u, &e);
	if (rc == 0 && s->conf->opt.match_gecos)
		rc = s->sv->user(s->sv->arg, user, true, s->cmd, &u, &e);
	if (rc == -1) {
		log_line(3, LOG_P_ERR, srv_id(s), "user %.*s: %s",
		    STR_ARG(user), e.text);
		return SRV_USER_TEMP;
	}
	if (rc == 0)
		return SRV_USER_UNKNOWN;
	out->name = str_first(u.gecos, str_chr(u.gecos, ','));
	return SRV_USER_OK;
}

enum srv_user_rc
srv_user_check(struct srv *s, const struct resolved *in, struct srv_user *out)
{
	struct resolved r = *in, next;

	memset(out, 0, sizeof *out);
	for (int depth = 0; depth < SRV_USER_DEPTH; depth++) {
		const struct mailer *m = &s->conf->mailers[r.mailer];
		enum map_rc known = MAP_NOTFOUND;

		out->user = srv_user_plain(s, r.parsed_user.n > 0 ? r.parsed_user : r.user);
		if (mailer_has(m, 'A'))
			known = srv_user_alias(s, out->user, &out->value);
		if (known == MAP_NOTFOUND && mailer_has(m, '@') && !r.no_local)
			known = srv_user_drop(s, out->user, &out->value);
		if (known == MAP_TEMP)
			return SRV_USER_TEMP;
		if (known == MAP_FOUND) {
			out->alias = true;
			return SRV_USER_OK;
		}
		if (!mailer_has(m, '5') || r.no_local)
			return srv_user_account(s, m, out->user, out);
		switch (resolve_local(srv_ctx(s), s->conf, &r, &next)) {
		case 0:
			return srv_user_account(s, m, out->user, out);
		case 1:
			break;
		default:
			return SRV_USER_TEMP;
		}
		if (next.kind == RES_ERROR) {
			out->refusal = next;
			return next.ex == 75 ? SRV_USER_TEMP : SRV_USER_REFUSED;
		}
		if (!srv_is_local(s, &next)) {
			out->away = true;
			out->mailer = next.mailer;
			out->user = arena_str(s->cmd, next.user);
			return SRV_USER_OK;
		}
		r = next;
	}
	return SRV_USER_UNKNOWN;
}

/* ---- VRFY ---- */

static void
srv_user_reply(struct srv *s, enum srv_user_rc rc, struct str given, const struct srv_user *u)
{
	switch (rc) {
	case SRV_USER_TEMP:
		srv_reply(s, 451, "4.3.0", "%.*s... Temporary failure looking up this address", STR_ARG(given));
		break;
	case SRV_USER_REFUSED:
		srv_reply_about(s, u->refusal.smtp, u->refusal.dsn, given, u->refusal.text);
		break;
	default:
		srv_reply(s, 550, "5.1.1", "%.*s... User unknown", STR_ARG(given));
		break;
	}
}

/* "Full Name <user@host>" */
static struct str
srv_user_show(struct srv *s, struct str name, struct str addr)
{
	bool at = str_chr(addr, '@') != (size_t)-1 || (addr.n > 0 && memchr("|/:", addr.p[0], 3) != NULL);

	return arena_fmt(s->cmd, "%.*s%s<%.*s%s%.*s>", STR_ARG(name), name.n > 0 ? " " : "",
	    STR_ARG(addr), at ? "" : "@", STR_ARG(at ? STR("") : s->host));
}

/* RFC 6531 3.7.4.2: an answer that needs UTF-8 is for who asked with SMTPUTF8 only.  True: said so. */
static bool
srv_user_withheld(struct srv *s, int code, const char *dsn, struct str text)
{
	if (s->ask_utf8 || str_is_ascii(text))
		return false;
	srv_reply(s, code, dsn, "UTF-8 string reply is required, but not permitted by the SMTP client");
	return true;
}

/* False: refused, as RCPT would, and said so. */
static bool
srv_user_resolve(struct srv *s, struct str arg, struct resolved *r)
{
	const char *direct;

	if (resolve_addr(srv_ctx(s), s->conf, resolve_strip(srv_ctx(s), arg), 0, r) == -1 || r->kind == RES_ERROR)
		srv_reply_about(s, r->smtp != 0 ? r->smtp : 553, r->dsn, arg, r->text);
	else if (r->kind == RES_MAILER && (direct = srv_rcpt_direct(s, r)) != NULL)
		srv_reply(s, 550, "5.7.1", "%.*s... %s", STR_ARG(arg), direct);
	else
		return true;
	return false;
}

/* What was asked about, with commas between: items, one at least, or it is said that there is nothing.  One alone stays as it was written. */
static bool
srv_user_list(struct srv *s, struct str arg, const char *verb, struct str **items, size_t *n)
{
	if (str_eq_c(str_trim(arg), "<>")) {	/* to RCPT it is no address; here it is one that nobody has */
		srv_reply(s, 550, "5.1.1", "%.*s... User unknown", STR_ARG(arg));
		return false;
	}
	if (forward_parse(arg, false, s->cmd, items, n) == -1 || *n == 1) {
		*items = arena_alloc(s->cmd, sizeof **items);
		**items = arg;
		*n = str_trim(resolve_strip(srv_ctx(s), arg)).n > 0;	/* or a comment is all there is */
	}
	if (*n == 0)
		srv_reply(s, 554, "5.5.2", "Nothing to %s", verb);
	return *n > 0;
}

/* False: it is refused, and said so. */
static bool
srv_vrfy_one(struct srv *s, struct str arg, struct buf *out, int *code)
{
	struct resolved r;
	struct srv_user u;
	enum srv_user_rc rc = SRV_USER_OK;
	struct str addr;

	memset(&u, 0, sizeof u);
	if (!srv_user_resolve(s, arg, &r))
		return false;
	if (srv_is_local(s, &r) && (rc = srv_user_check(s, &r, &u)) != SRV_USER_OK) {
		srv_user_reply(s, rc, arg, &u);
		return false;
	}
	addr = srv_user_show(s, u.name, srv_is_local(s, &r) && !u.alias ? u.user : r.addr);
	(void)buf_addf(out, "%s%.*s", out->n > 0 ? "\n" : "", STR_ARG(addr));
	if (r.kind != RES_DISCARD && !mailer_has(&s->conf->mailers[u.away ? u.mailer : r.mailer], 'q'))
		*code = 252;
	return true;
}

void
srv_vrfy(struct srv *s, struct str arg)
{
	struct str *items;
	struct buf out;
	size_t n;
	int code = 250;

	log_line(6, LOG_P_INFO, srv_id(s), "%.*s: VRFY %.*s", STR_ARG(s->client), STR_ARG(str_first(arg, 256)));
	if (!srv_user_list(s, arg, "VRFY", &items, &n))
		return;
	buf_init(&out, 0);
	while (n > 0 && srv_vrfy_one(s, items[n - 1], &out, &code))	/* the last first, as sendmail */
		n--;
	if (n == 0 && !srv_user_withheld(s, 252, "2.6.8", buf_str(&out)))
		srv_reply(s, code, "2.1.5", "%.*s", STR_ARG(buf_str(&out)));
	buf_done(&out);
}

/* ---- EXPN ---- */

struct srv_expn {
	struct buf	out;		/* a line each */
	size_t		n;
	bool		loop;
};

/* Each address once, though it may be in several lists. */
static void
srv_expn_add(struct srv_expn *x, struct str shown)
{
	for (struct str t = buf_str(&x->out), line; x->n > 0 && str_split(&t, '\n', &line);)
		if (str_eq(line, shown))
			return;
	(void)buf_addf(&x->out, "%s%.*s", x->n++ > 0 ? "\n" : "", STR_ARG(shown));
}

static void srv_expn_value(struct srv *, struct srv_expn *, struct str name, struct str value, int depth);

static void
srv_expn_one(struct srv *s, struct srv_expn *x, struct str of, struct str addr, int depth)
{
	struct resolved r;
	struct srv_user u;

	memset(&u, 0, sizeof u);
	if (x->n >= SRV_EXPN_MAX || addr.n == 0)
		return;
	if (forward_kind(addr) == FORWARD_ADDR && addr.p[0] != '\\' &&
	    resolve_addr(srv_ctx(s), s->conf, addr, 0, &r) == 0 && r.kind == RES_MAILER &&
	    srv_is_local(s, &r) && srv_user_check(s, &r, &u) == SRV_USER_OK && u.alias && !str_caseeq(u.user, of)) {
		if (depth < SRV_USER_DEPTH)
			srv_expn_value(s, x, u.user, u.value, depth + 1);
		else
			x->loop = true;
		return;
	}
	srv_expn_add(x, srv_user_show(s, u.name, u.user.n > 0 ? u.user : addr));
}

static void
srv_expn_value(struct srv *s, struct srv_expn *x, struct str name, struct str value, int depth)
{
	struct str *items;
	size_t n;

	if (forward_parse(value, false, s->cmd, &items, &n) == -1)
		return;
	for (size_t i = n; i-- > 0 && !x->loop;)		/* the last first, as sendmail */
		srv_expn_one(s, x, name, items[i], depth);
}

/* False: it is refused, and said so. */
static bool
srv_expn_asked(struct srv *s, struct srv_expn *x, struct str arg)
{
	struct resolved r;
	struct srv_user u;
	enum srv_user_rc rc;

	memset(&u, 0, sizeof u);
	if (!srv_user_resolve(s, arg, &r))
		return false;
	if (srv_is_local(s, &r) && (rc = srv_user_check(s, &r, &u)) != SRV_USER_OK) {
		srv_user_reply(s, rc, arg, &u);
		return false;
	}
	if (u.alias)
		srv_expn_value(s, x, u.user, u.value, 0);
	else
		srv_expn_add(x, srv_user_show(s, u.name, u.user.n > 0 ? u.user : r.addr));
	return true;
}

void
srv_expn(struct srv *s, struct str arg)
{
	struct srv_expn x = { .n = 0 };
	struct str *items;
	size_t n;

	log_line(6, LOG_P_INFO, srv_id(s), "%.*s: EXPN %.*s", STR_ARG(s->client), STR_ARG(str_first(arg, 256)));
	if (!srv_user_list(s, arg, "EXPN", &items, &n))
		return;
	buf_init(&x.out, 0);
	while (n > 0 && !x.loop && srv_expn_asked(s, &x, items[n - 1]))
		n--;
	if (x.loop)
		srv_reply(s, 554, "5.4.6", "aliasing/forwarding loop broken");
	else if (n == 0 && !srv_user_withheld(s, 550, "5.6.8", buf_str(&x.out)))
		srv_reply(s, 250, "2.1.5", "%.*s", STR_ARG(buf_str(&x.out)));
	buf_done(&x.out);
}
