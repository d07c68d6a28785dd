/*
 * login - POP3's AUTHORIZATION state, in the event-driven front.
 */
#include <stdio.h>

#include "base/enc.h"
#include "popd.h"

#define POP_FAILURES	3		/* wrong guesses in one connection */

void
pop_greet(struct login *l)
{
	login_say(l, "+OK %s POP3 server ready\r\n", login_host(l));
}

void
pop_bye(struct login *l, const char *why)
{
	login_say(l, "-ERR [SYS/TEMP] %s\r\n", why);
}

void
pop_failed(struct login *l)
{
	login_say(l, "-ERR [SYS/TEMP] your mailbox cannot be opened now, try again later\r\n");
}

static void
pop_capa(struct login *l, struct str arg)
{
	(void)arg;
	login_say(l, "+OK\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n");
	if (login_can_starttls(l))
		login_say(l, "STLS\r\n");
	if (login_plain_ok(l))
		login_say(l, "USER\r\n");
	if (login_mechanisms(l)[0] != '\0')
		login_say(l, "SASL %s\r\n", login_mechanisms(l));
	login_say(l, "IMPLEMENTATION Angarium\r\n.\r\n");
}

static void
pop_user(struct login *l, struct str arg)
{
	struct pop_login	*p = login_state(l);

	p->has_user = false;
	if (!login_plain_ok(l))
		login_say(l, "-ERR [AUTH] passwords are taken only inside TLS: say STLS first\r\n");
	else if (arg.n == 0 || str_copy(p->user, sizeof p->user, arg) == -1)
		login_say(l, "-ERR no such name\r\n");
	else {
		p->has_user = true;
		login_say(l, "+OK\r\n");
	}
}

static void
pop_pass(struct login *l, struct str arg)
{
	struct pop_login	*p = login_state(l);
	struct buf		 b;

	if (!p->has_user) {
		login_say(l, "-ERR USER first\r\n");
		return;
	}
	p->has_user = false;
	buf_init_secret(&b, 4096);
	buf_addch(&b, '\0');
	buf_addc(&b, p->user);
	buf_addch(&b, '\0');
	buf_add(&b, arg);
	if (str_has_nul(arg) || !buf_ok(&b))
		login_say(l, "-ERR [AUTH] invalid login\r\n");
	else
		login_auth(l, STR("PLAIN"), buf_str(&b), STR(""));
	buf_done(&b);
}

static void
pop_sasl(struct login *l, struct str arg)
{
	struct str	mech, rest = arg;
	struct buf	b;

	if (!str_word(&rest, &mech)) {		/* RFC 5034 4: the old question for the list */
		struct str	list = str_c(login_mechanisms(l)), w;

		login_say(l, "+OK\r\n");
		while (str_word(&list, &w))
			login_say(l, "%.*s\r\n", STR_ARG(w));
		login_say(l, ".\r\n");
		return;
	}
	rest = str_trim(rest);
	buf_init_secret(&b, POP_AUTH_LINE);
	if (rest.n > 0 && !str_eq_c(rest, "=") && dec_b64(&b, rest) == -1)
		login_say(l, "-ERR not base64\r\n");
	else
		login_auth(l, mech, rest.n > 0 ? buf_str(&b) : STR_NONE, STR(""));
	buf_done(&b);
}

static void
pop_stls(struct login *l, struct str arg)
{
	(void)arg;
	if (!login_can_starttls(l)) {
		login_say(l, "-ERR TLS is not available%s\r\n", login_is_tls(l) ? " twice" : "");
		return;
	}
	((struct pop_login *)login_state(l))->has_user = false;
	login_say(l, "+OK begin TLS\r\n");
	login_starttls(l);
}

static void
pop_noop(struct login *l, struct str arg)
{
	(void)arg;
	login_say(l, "+OK\r\n");
}

static void
pop_quit(struct login *l, struct str arg)
{
	(void)arg;
	login_say(l, "+OK bye\r\n");
	login_end(l);
}

static const struct {
	const char	*name;
	void		(*run)(struct login *, struct str arg);
	bool		 last;			/* what follows in the same packet waits */
} verbs[] = {
	{ "CAPA", pop_capa, false }, { "USER", pop_user, false }, { "PASS", pop_pass, true }, { "AUTH", pop_sasl, true },
	{ "STLS", pop_stls, true }, { "NOOP", pop_noop, false }, { "QUIT", pop_quit, true },
};

/* False: what follows must wait. */
static bool
pop_command(struct login *l, struct str line)
{
	struct str	verb = str_first(line, str_chr(line, ' '));
	struct str	arg = verb.n < line.n ? str_from(line, verb.n + 1) : STR("");

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_caseeq_c(verb, verbs[i].name)) {
			verbs[i].run(l, arg);
			return !verbs[i].last;
		}
	login_say(l, "-ERR log in first, or an unknown command\r\n");
	return true;
}

static void
pop_response(struct login *l, struct str line)
{
	struct buf	b;

	buf_init_secret(&b, POP_AUTH_LINE);
	if (str_eq_c(line, "*") || dec_b64(&b, line) == -1) {
		((struct pop_login *)login_state(l))->exchange = false;
		login_auth_cancel(l);
		login_say(l, "-ERR given up\r\n");
	} else
		login_auth_step(l, buf_str(&b));
	buf_done(&b);
}

void
pop_input(struct login *l)
{
	struct pop_login	*p = login_state(l);
	struct buf		*in = login_input(l);
	bool			 more = true;
	size_t			 nl;

	while (more && (nl = str_chr(buf_str(in), '\n')) != SIZE_MAX) {
		struct str	line = str_first(buf_str(in), nl);
		struct buf	copy;

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		buf_init_secret(&copy, in->cap);
		buf_add(&copy, line);
		buf_consume(in, nl + 1);
		if (p->exchange) {
			pop_response(l, buf_str(&copy));
			more = !p->exchange;
		} else if (copy.n > POP_LINE && !str_casestarts(buf_str(&copy), STR("AUTH ")))
			login_say(l, "-ERR the line is too long\r\n");
		else
			more = pop_command(l, buf_str(&copy));
		buf_done(&copy);
	}
}

void
pop_auth(struct login *l, enum auth_rc rc, struct str challenge)
{
	struct pop_login	*p = login_state(l);
	struct buf		 b;

	p->exchange = rc == AUTH_CONTINUE;
	switch (rc) {
	case AUTH_CONTINUE:
		buf_init(&b, 0);
		enc_b64(&b, challenge);
		login_say(l, "+ ");
		login_say_str(l, buf_str(&b));
		login_say(l, "\r\n");
		buf_done(&b);
		break;
	case AUTH_TEMP:
		login_say(l, "-ERR [SYS/TEMP] login is not possible now\r\n");
		break;
	case AUTH_BAD:
		login_say(l, "-ERR this way of login is not offered, or was used wrongly\r\n");
		break;
	default:
		login_say(l, "-ERR [AUTH] invalid login\r\n");
		if (++p->failures >= POP_FAILURES)
			login_end(l);
	}
}
