/*
 * clt_auth - AUTH towards a server (RFC 4954): who we are there comes from ruleset authinfo, or from the file DefaultAuthInfo; the exchange is
 * a child's of role auth.
 *
 * A server that does not believe us is not the end: the session goes on as nobody's, unless it said "later".  Where we have a password and no mechanism
 * that the server offers can use it, the message waits, as with sendmail.
 */
#include "clt_int.h"

#include <string.h>

#include "authask.h"
#include "authlayer.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/status.h"

/* The items of authinfo. */
struct clt_account {
	struct str	user, authid, password, realm, mechs;
	const char	*wrong;		/* an entry that cannot be meant so, or NULL */
};

static void
clt_account_item(struct clt_account *u, char tag, struct str v)
{
	switch (tag) {
	case 'U': case 'u':
		u->user = v;
		break;
	case 'I': case 'i':
		u->authid = v;
		break;
	case 'P': case 'p':
		u->password = v;
		break;
	case 'R': case 'r':
		u->realm = v;
		break;
	case 'M': case 'm':
		u->mechs = v;
		break;
	default:
		break;
	}
}

/* "U:joe" "P=c2VjcmV0" "M:PLAIN LOGIN" */
static void
clt_account_parse(struct str s, struct arena *a, struct clt_account *u)
{
	struct buf b;

	while (s.n > 0) {
		struct str item;
		size_t end;

		if (s.p[0] != '"') {
			s = str_from(s, 1);
			continue;
		}
		s = str_from(s, 1);
		if ((end = str_chr(s, '"')) == SIZE_MAX)
			return;
		item = str_first(s, end);
		s = str_from(s, end + 1);
		if (item.n < 2)
			continue;
		if (item.p[1] == '=') {
			buf_init_secret(&b, AUTH_TEXT);
			if (dec_b64(&b, str_trim(str_from(item, 2))) == 0)
				clt_account_item(u, item.p[0], arena_str(a, buf_str(&b)));
			else
				u->wrong = "what follows \"=\" is not base64";
			buf_done(&b);
		} else if (item.p[1] == ':')
			clt_account_item(u, item.p[0], str_from(item, 2));
	}
}

/* DefaultAuthInfo: a line each: user, authentication id, password, realm, mechanisms. */
static void
clt_account_file(struct str text, struct clt_account *u)
{
	struct str *const items[] = { &u->user, &u->authid, &u->password, &u->realm, &u->mechs }, line;

	for (size_t i = 0; i < sizeof items / sizeof items[0] && str_split(&text, '\n', &line); i++)
		*items[i] = str_trim(line);
}

static int
clt_auth_temp(struct clt *c, const char *why, struct arena *a, struct clt_fail *f)
{
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_DEFERRED;
	f->ex = EXIT_TEMPFAIL;
	f->status = STR("4.7.0");
	f->text = arena_fmt(a, "Deferred: AUTH with %.*s: %s", STR_ARG(c->c.host), why);
	return -1;
}

/* What the access map, or another ruleset authinfo, says of this server; what is no account is told, for nobody sees its password. */
static void
clt_account_entry(struct clt *c, struct str said, struct arena *a, struct clt_account *u)
{
	clt_account_parse(said, a, u);
	if (u->wrong == NULL && u->user.n == 0 && u->authid.n == 0)
		log_line(1, LOG_P_ERR, NULL, "AUTH=client, relay=%.*s: authinfo names no user (\"U:name\", with its quotes)", STR_ARG(c->name));
	else if (u->wrong != NULL)
		log_line(1, LOG_P_ERR, NULL, "AUTH=client, relay=%.*s: authinfo: %s", STR_ARG(c->name), u->wrong);
}

/* 1: there is an account for this server; 0: none; -1: *f. */
static int
clt_account(struct clt *c, struct arena *a, struct clt_account *u, struct clt_fail *f)
{
	struct policy_answer ans;
	struct str host = c->c.host;

	memset(u, 0, sizeof *u);
	u->user = u->authid = u->password = u->realm = u->mechs = STR("");
	if (clt_policy(c, POLICY_AUTHINFO, &host, 1, clt_server_addr(c), a, &ans, f) == -1)
		return -1;
	if (ans.n > 0 && ans.v[0].refused) {
		clt_policy_fail(&ans.v[0], a, f);
		return f->outcome == OUTCOME_DEFERRED ? -1 : 0;
	}
	if (ans.n > 0 && ans.v[0].said.n > 0)
		clt_account_entry(c, ans.v[0].said, a, u);
	else			/* the access map has nothing for this server */
		clt_account_file(c->c.auth_info, u);
	if (u->wrong != NULL)
		return clt_auth_temp(c, u->wrong, a, f);
	if (u->authid.n == 0)
		u->authid = u->user;
	if (u->user.n == 0)
		u->user = u->authid;
	if (u->mechs.n == 0)
		u->mechs = c->c.conf->opt.auth_mechanisms;
	return u->authid.n > 0;
}

/* ---- the dialogue ---- */

/* What we say next, in base64; nothing is "=" behind AUTH. */
static struct str
clt_auth_b64(struct str data, bool first, struct arena *a)
{
	struct str s;
	struct buf b;

	if (first && data.n == 0)
		return STR("=");
	buf_init(&b, 0);
	(void)enc_b64(&b, data);
	s = arena_str(a, buf_str(&b));
	buf_done(&b);
	return s;
}

/* Who does not show that he knows what the password was made into may be anybody (RFC 5802 5). */
static int
clt_auth_unproved(struct clt *c, struct arena *a, struct clt_fail *f)
{
	log_line(1, LOG_P_ERR, NULL, "AUTH=client, relay=%.*s, mech=%.*s: the server did not prove itself", STR_ARG(c->name), STR_ARG(c->auth_mech));
	return clt_auth_temp(c, "the server did not prove itself", a, f);
}

static int
clt_auth_talk(struct clt *c, struct chan **ch, bool able, struct arena *a, struct clt_fail *f)
{
	struct auth_say say = { .begin = true, .mech = c->offer.auth, .data = STR_NONE };
	struct auth_said said;
	struct smtp_reply r;
	struct str args;
	struct buf b;
	bool first = true;

	for (;;) {
		if (auth_step(*ch, &say, a, &said) == -1)
			return clt_auth_temp(c, "role auth is gone", a, f);
		if (said.rc == AUTH_BAD || said.rc == AUTH_TEMP || said.rc == AUTH_NO) {
			log_line(5, LOG_P_NOTICE, NULL, "AUTH=client, relay=%.*s: no mechanism of \"%.*s\" can be used", STR_ARG(c->name),
			    STR_ARG(str_first(c->offer.auth, 200)));
			if (!first) {		/* the server waits for a line: it is not to be had */
				(void)clt_ask(c, CLT_AUTHLINE, STR("*"), a, &r, f);
				if (said.rc == AUTH_NO)
					return clt_auth_unproved(c, a, f);
			} else if (able)		/* as nobody's it would come back from a server that wants to know */
				return clt_auth_temp(c, "no mechanism that both have", a, f);
			return c->state == CLT_DEAD ? clt_auth_temp(c, "connection lost", a, f) : 0;
		}
		if (first) {
			args = arena_str(a, said.mech);
			if (!str_is_none(said.data))
				args = arena_fmt(a, "%.*s %.*s", STR_ARG(args), STR_ARG(clt_auth_b64(said.data, true, a)));
			clt_say(c, CLT_AUTH, args);
			c->auth_mech = arena_str(c->arena, said.mech);
		} else
			clt_say(c, CLT_AUTHLINE, clt_auth_b64(said.data, false, a));
		if (clt_hear(c, first ? CLT_AUTH : CLT_AUTHLINE, STR("AUTH dialogue"), a, &r, f) == -1)
			return -1;
		first = false;
		if (r.code != 334)
			break;
		buf_init(&b, AUTH_TEXT);
		if (dec_b64(&b, str_trim(r.text)) == -1) {
			buf_done(&b);
			(void)clt_ask(c, CLT_AUTHLINE, STR("*"), a, &r, f);
			return c->state == CLT_DEAD ? clt_auth_temp(c, "connection lost", a, f) : 0;
		}
		say = (struct auth_say){ .mech = STR(""), .data = arena_str(a, buf_str(&b)) };
		buf_done(&b);
	}
	if (smtp_reply_class(&r) == 2 && said.rc != AUTH_OK && str_casestarts(c->auth_mech, STR("SCRAM-")))
		return clt_auth_unproved(c, a, f);
	if (smtp_reply_class(&r) == 2) {
		c->authed = true;
		log_line(8, LOG_P_INFO, NULL, "AUTH=client, relay=%.*s, mech=%.*s, bits=%u", STR_ARG(c->name), STR_ARG(c->auth_mech), (unsigned)said.ssf);
		if (said.ssf > 0 && authlayer_push(c->io, ch) == -1)
			return clt_auth_temp(c, "out of memory", a, f);
		return said.ssf > 0 ? 1 : 0;
	}
	log_line(5, LOG_P_NOTICE, NULL, "AUTH=client, relay=%.*s, mech=%.*s: %.*s", STR_ARG(c->name), STR_ARG(c->auth_mech), STR_ARG(r.line));
	if (smtp_reply_class(&r) == 4 || c->state == CLT_DEAD) {
		clt_refused(CLT_AUTH, &r, a, f);
		return -1;
	}
	return 0;
}

int
clt_auth(struct clt *c, struct arena *a, struct clt_fail *f)
{
	struct clt_account u;
	struct auth_ask q;
	struct chan *ch;
	struct err e = ERR_INIT;
	int fd, rc;

	if (c->c.auth == NULL || c->c.lmtp || (c->offer.what & SMTP_OFFER_AUTH) == 0 || c->authed)
		return 0;
	if ((rc = clt_account(c, a, &u, f)) != 1)
		return rc;
	memset(&q, 0, sizeof q);
	q.client = true;
	q.host = c->c.host;
	q.realm = u.realm;
	q.mechs = u.mechs;
	q.flags = auth_flags(STR("y"));		/* the letters of AuthOptions but A are a server's, for sendmail, too */
	q.ssf = c->tls && c->info.bits > 0 ? (uint32_t)c->info.bits : 0;
	q.max_ssf = c->c.conf->opt.auth_max_bits > 0 ? (uint32_t)c->c.conf->opt.auth_max_bits : 0;
	if (!c->tls || tls_binding(c->io, a, &q.binding, &q.binding_data) == -1)
		q.binding = q.binding_data = STR("");
	/* with a certificate of ours under TLS EXTERNAL may be tried; whom it proves us to be, the server decides */
	q.external = c->tls && c->c.conf->opt.client_cert_file.n > 0 ? u.authid : STR("");
	q.peer = clt_server_addr(c);
	q.user = u.user;
	q.authid = u.authid;
	q.password = u.password;
	if ((fd = c->c.auth(c->c.policy_arg, &q, &e)) == -1 || (ch = chan_new(fd)) == NULL)
		return clt_auth_temp(c, e.text, a, f);
	chan_limit(ch, 2 * AUTH_TEXT);
	rc = clt_auth_talk(c, &ch, u.password.n > 0, a, f);
	chan_free(&ch);
	return rc;
}
