/*
 * login - POP3's AUTHORIZATION state, in the event-driven front.
 */
#include <stdio.h>

#include "base/enc.h"
#include "popd.h"
#include "wire/pop_cmd.h"

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
pop_capa(struct login *l, const struct pop_cmd *c)
{
	(void)c;
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
pop_user(struct login *l, const struct pop_cmd *c)
{
	struct pop_login	*p = login_state(l);

	p->has_user = false;
	if (!login_plain_ok(l))
		login_say(l, "-ERR [AUTH] passwords are taken only inside TLS: say STLS first\r\n");
	else if (str_copy(p->user, sizeof p->user, c->arg) == -1)
		login_say(l, "-ERR no such name\r\n");
	else {
		p->has_user = true;
		login_say(l, "+OK\r\n");
	}
}

static void
pop_pass(struct login *l, const struct pop_cmd *c)
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
	buf_add(&b, c->arg);
	if (!buf_ok(&b))
		login_say(l, "-ERR [AUTH] invalid login\r\n");
	else
		login_auth(l, STR("PLAIN"), buf_str(&b), STR(""));
	buf_done(&b);
}

static void
pop_sasl(struct login *l, const struct pop_cmd *c)
{
	struct buf	b;

	if (c->arg.n == 0) {			/* RFC 5034 4: the old question for the list */
		struct str	list = str_c(login_mechanisms(l)), w;

		login_say(l, "+OK\r\n");
		while (str_word(&list, &w))
			login_say(l, "%.*s\r\n", STR_ARG(w));
		login_say(l, ".\r\n");
		return;
	}
	buf_init_secret(&b, POP_AUTH_LINE);
	if (c->arg2.n > 0 && !str_eq_c(c->arg2, "=") && dec_b64(&b, c->arg2) == -1)
		login_say(l, "-ERR not base64\r\n");
	else
		login_auth(l, c->arg, c->arg2.n > 0 ? buf_str(&b) : STR_NONE, STR(""));
	buf_done(&b);
}

static void
pop_stls(struct login *l, const struct pop_cmd *c)
{
	(void)c;
	if (!login_can_starttls(l)) {
		login_say(l, "-ERR TLS is not available%s\r\n", login_is_tls(l) ? " twice" : "");
		return;
	}
	((struct pop_login *)login_state(l))->has_user = false;
	login_say(l, "+OK begin TLS\r\n");
	login_starttls(l);
}

static void
pop_noop(struct login *l, const struct pop_cmd *c)
{
	(void)c;
	login_say(l, "+OK\r\n");
}

static void
pop_quit(struct login *l, const struct pop_cmd *c)
{
	(void)c;
	login_say(l, "+OK bye\r\n");
	login_end(l);
}

static const struct {
	enum pop_verb	verb;
	bool		last;			/* what follows in the same packet waits */
	void		(*run)(struct login *, const struct pop_cmd *);
} verbs[] = {
	{ POP_CAPA, false, pop_capa },	{ POP_USER, false, pop_user },	{ POP_PASS, true, pop_pass },	{ POP_AUTH, true, pop_sasl },
	{ POP_STLS, true, pop_stls },	{ POP_NOOP, false, pop_noop },	{ POP_QUIT, true, pop_quit },
};

/* False: what follows must wait. */
static bool
pop_command(struct login *l, struct str line)
{
	struct pop_cmd	 c;
	const char	*bad = pop_cmd_parse(line, &c);

	for (size_t i = 0; bad == NULL && i < sizeof verbs / sizeof verbs[0]; i++)
		if (verbs[i].verb == c.verb) {
			verbs[i].run(l, &c);
			return !verbs[i].last;
		}
	login_say(l, "-ERR %s\r\n", bad != NULL ? bad : "log in first");
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

	p->exchange = rc == AUTH_CONTINUE;
	switch (rc) {
	case AUTH_CONTINUE:
		login_challenge(l, challenge);
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
