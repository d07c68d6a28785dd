/*
 * login - IMAP before login, in the event-driven front: a handful of commands, literals only for LOGIN.
 */
#include <stdio.h>

#include "base/enc.h"
#include "cap.h"
#include "login.h"

#define IMAP_FAILURES	3

static void
login_capability(struct login *l, struct buf *b)
{
	struct str	mechs = str_c(login_mechanisms(l)), w;

	buf_addc(b, "CAPABILITY " IMAP_CAP_OUT);
	if (login_can_starttls(l))
		buf_addc(b, " STARTTLS");
	if (!login_plain_ok(l))
		buf_addc(b, " LOGINDISABLED");
	while (str_word(&mechs, &w))
		buf_addf(b, " AUTH=%.*s", STR_ARG(w));
}

void
imap_greet(struct login *l)
{
	struct buf	b;

	buf_init(&b, 4096);
	login_capability(l, &b);
	login_say(l, "* OK [%s] %s IMAP server ready\r\n", buf_c(&b), login_host(l));
	buf_done(&b);
}

void
imap_bye(struct login *l, const char *why)
{
	login_say(l, "* BYE %s\r\n", why);
}

void
imap_failed(struct login *l)
{
	struct imap_login	*p = login_state(l);

	login_say(l, "%s NO [UNAVAILABLE] your mailboxes cannot be opened now, try again later\r\n", p->tag);
}

/* --- commands: the arguments stand in `in` ---------------------------------------------------- */

static void
pre_capability(struct login *l, struct imap_in *in, const char *tag)
{
	struct buf	b;

	(void)in;
	buf_init(&b, 4096);
	login_capability(l, &b);
	login_say(l, "* %s\r\n%s OK Capabilities listed\r\n", buf_c(&b), tag);
	buf_done(&b);
}

static void
pre_noop(struct login *l, struct imap_in *in, const char *tag)
{
	(void)in;
	login_say(l, "%s OK Nothing done\r\n", tag);
}

static void
pre_id(struct login *l, struct imap_in *in, const char *tag)
{
	(void)in;
	login_say(l, "* ID (\"name\" \"Angarium\")\r\n%s OK That is me\r\n", tag);
}

static void
pre_logout(struct login *l, struct imap_in *in, const char *tag)
{
	(void)in;
	login_say(l, "* BYE Good bye\r\n%s OK Logged out\r\n", tag);
	login_end(l);
}

static void
pre_starttls(struct login *l, struct imap_in *in, const char *tag)
{
	(void)in;
	if (!login_can_starttls(l)) {
		login_say(l, "%s BAD TLS is not available%s\r\n", tag, login_is_tls(l) ? " twice" : "");
		return;
	}
	login_say(l, "%s OK Begin TLS\r\n", tag);
	login_starttls(l);
}

static void
pre_login(struct login *l, struct imap_in *in, const char *tag)
{
	struct str	user, pass;
	struct buf	b;

	if (!imap_sp(in) || !imap_astring(in, &user) || !imap_sp(in) || !imap_astring(in, &pass) || !imap_end(in)) {
		login_say(l, "%s BAD %s\r\n", tag, in->bad);
		return;
	}
	if (!login_plain_ok(l)) {
		login_say(l, "%s NO [PRIVACYREQUIRED] Passwords are taken only inside TLS\r\n", tag);
		return;
	}
	buf_init_secret(&b, 65536);
	buf_addch(&b, '\0');
	buf_add(&b, user);
	buf_addch(&b, '\0');
	buf_add(&b, pass);
	if (user.n == 0 || str_has_nul(user) || str_has_nul(pass))
		login_say(l, "%s NO [AUTHENTICATIONFAILED] Login refused\r\n", tag);
	else
		login_auth(l, STR("PLAIN"), buf_str(&b), str_c(tag));
	buf_done(&b);
}

static void
pre_authenticate(struct login *l, struct imap_in *in, const char *tag)
{
	struct str	mech, initial;
	struct buf	b;

	if (!imap_sp(in) || !imap_atom(in, &mech)) {
		login_say(l, "%s BAD %s\r\n", tag, in->bad);
		return;
	}
	buf_init_secret(&b, IMAP_LOGIN_INPUT);
	if (in->s.n == 0)
		login_auth(l, mech, STR_NONE, str_c(tag));
	else {					/* SASL-IR, RFC 4959: "=" is an empty one */
		initial = str_from(in->s, 1);
		if (in->s.p[0] != ' ' || initial.n == 0 || (!str_eq_c(initial, "=") && dec_b64(&b, initial) == -1))
			login_say(l, "%s BAD Initial response is not base64\r\n", tag);
		else
			login_auth(l, mech, buf_str(&b), str_c(tag));
	}
	buf_done(&b);
}

static const struct {
	const char	*name;
	void		(*run)(struct login *, struct imap_in *, const char *tag);
	bool		 args;
	bool		 last;			/* what follows waits */
} pre[] = {
	{ "CAPABILITY",		pre_capability,		false,	false },
	{ "NOOP",		pre_noop,		false,	false },
	{ "ID",			pre_id,			true,	false },
	{ "LOGOUT",		pre_logout,		false,	true },
	{ "STARTTLS",		pre_starttls,		false,	true },
	{ "LOGIN",		pre_login,		true,	true },
	{ "AUTHENTICATE",	pre_authenticate,	true,	true },
};

/* A whole command without its last CRLF.  False: what follows must wait. */
static bool
login_command(struct login *l, struct str text, struct arena *a)
{
	struct imap_login	*p = login_state(l);
	struct imap_in		 in;
	struct str		 tag, name;

	imap_in_init(&in, a, text);
	if (!imap_tag(&in, &tag) || !imap_sp(&in) || !imap_atom(&in, &name)) {
		login_say(l, "* BAD %s\r\n", in.bad);
		return true;
	}
	(void)str_copy(p->tag, sizeof p->tag, tag);
	for (size_t i = 0; i < sizeof pre / sizeof pre[0]; i++) {
		if (!str_caseeq_c(name, pre[i].name))
			continue;
		if (!pre[i].args && !imap_end(&in))
			login_say(l, "%s BAD %s\r\n", p->tag, in.bad);
		else {
			pre[i].run(l, &in, p->tag);
			return !pre[i].last;
		}
		return true;
	}
	login_say(l, "%s BAD Unknown command, or log in first\r\n", p->tag);
	return true;
}

static void
login_response(struct login *l, struct str line)
{
	struct imap_login	*p = login_state(l);
	struct buf		 b;

	buf_init_secret(&b, IMAP_LOGIN_INPUT);
	if (str_eq_c(line, "*") || dec_b64(&b, line) == -1) {
		p->exchange = false;
		login_auth_cancel(l);
		login_say(l, "%s BAD Login given up\r\n", p->tag);
	} else
		login_auth_step(l, buf_str(&b));
	buf_done(&b);
}

/* The length of the whole command at the front (with its CRLF), 0: not yet.  Announced literals are asked for, or refused. */
static size_t
login_frame(struct login *l, struct imap_login *p, struct str in)
{
	struct imap_literal	lit;
	struct str		line;
	size_t			nl;

	for (;;) {
		if (p->literal && in.n < p->at)
			return 0;
		p->literal = false;
		if ((nl = str_chr(str_from(in, p->at), '\n')) == SIZE_MAX)
			return 0;
		line = str_sub(in, p->at, p->at + nl);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (p->exchange || !imap_literal_at(line, &lit))
			return p->at + nl + 1;
		if (lit.size > IMAP_LOGIN_LITERAL) {
			login_say(l, "* BYE Literal is too large\r\n");
			login_end(l);
			return 0;
		}
		p->at += nl + 1 + (size_t)lit.size;
		p->literal = true;
		if (!lit.plus)
			login_say(l, "+ Go ahead\r\n");
	}
}

void
imap_input(struct login *l)
{
	struct imap_login	*p = login_state(l);
	struct buf		*in = login_input(l);
	struct arena		*a;
	bool			 more = true;
	size_t			 n;

	while (more && (n = login_frame(l, p, buf_str(in))) > 0) {
		struct str	text = str_first(buf_str(in), n - 1);
		struct buf	copy;

		if (text.n > 0 && text.p[text.n - 1] == '\r')
			text.n--;
		buf_init_secret(&copy, IMAP_LOGIN_INPUT * 4);
		buf_add(&copy, text);
		buf_consume(in, n);
		p->at = 0;
		if (p->exchange) {
			login_response(l, buf_str(&copy));
			more = !p->exchange;
		} else {
			a = arena_new(ARENA_DEFAULT);
			more = login_command(l, buf_str(&copy), a);
			arena_free(&a);
		}
		buf_done(&copy);
	}
}

void
imap_auth(struct login *l, enum auth_rc rc, struct str challenge)
{
	struct imap_login	*p = login_state(l);

	p->exchange = rc == AUTH_CONTINUE;
	switch (rc) {
	case AUTH_CONTINUE:
		login_challenge(l, challenge);
		break;
	case AUTH_TEMP:
		login_say(l, "%s NO [UNAVAILABLE] Login is not possible now\r\n", p->tag);
		break;
	case AUTH_BAD:
		login_say(l, "%s BAD This way of login is not offered, or was used wrongly\r\n", p->tag);
		break;
	default:
		login_say(l, "%s NO [AUTHENTICATIONFAILED] Login refused\r\n", p->tag);
		if (++p->failures >= IMAP_FAILURES)
			login_end(l);
	}
}
