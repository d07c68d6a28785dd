/*
 * authchild - see the header.
 */
#include "authchild.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "os/fd.h"
#include "os/sandbox.h"
#include "proc/sig.h"

#define AUTHCHILD_LIFE_S	300	/* of an exchange; a layer lives with its session */

struct exchange {
	const struct authchild	*how;
	struct auth_ask		 q;
	struct saslex		*x;
	struct chan		*ch;
	struct arena		*a;
	bool			 layer;
};

static const char *
authchild_c(struct arena *a, struct str s)
{
	return str_is_none(s) || s.n == 0 ? NULL : arena_cstr(a, s);
}

void
authchild_conf(const char *dir, const struct auth_ask *q, struct arena *a, struct saslex_conf *c)
{
	memset(c, 0, sizeof *c);
	c->client = q->client;
	c->dir = dir[0] != '\0' ? dir : NULL;
	c->host = arena_cstr(a, q->host);
	c->realm = authchild_c(a, q->realm);
	c->mechs = arena_cstr(a, q->mechs);
	c->flags = q->flags;
	c->ssf = q->ssf;
	c->max_ssf = q->max_ssf;
	c->external = authchild_c(a, q->external);
	c->binding = authchild_c(a, q->binding);
	c->binding_data = q->binding_data;
	c->any_author = !q->client;	/* what MAIL's AUTH= says is for ruleset trust_auth */
	c->user = arena_cstr(a, q->user);
	c->authid = arena_cstr(a, q->authid);
	c->password = arena_cstr(a, q->password);
}

void
authchild_environment(const struct conf_str_list *env)
{
	for (size_t i = 0; env != NULL && i < env->n; i++) {
		size_t	eq = str_chr(env->v[i], '=');
		char	name[128], value[4096];

		if (eq != SIZE_MAX && str_copy(name, sizeof name, str_first(env->v[i], eq)) == 0 &&
		    str_copy(value, sizeof value, str_from(env->v[i], eq + 1)) == 0)
			(void)setenv(name, value, 1);
	}
}

/* Kerberos notes in temporary files what it saw already. */
void
authchild_writes(const char **paths, size_t max)
{
	static const char *const writes[] = { "/tmp", "/var/tmp", "/run" };
	size_t n = 0;

	for (size_t i = 0; i < sizeof writes / sizeof writes[0] && n + 1 < max; i++)
		if (access(writes[i], F_OK) == 0)
			paths[n++] = writes[i];
	paths[n] = NULL;
}

/* No program, no other user, no file but those. */
static int
authchild_sandbox(void)
{
	const char		*writes[8];
	struct os_sandbox	 box = { "auth child", AUTHCHILD_MAY, NULL, writes };
	struct err		 e = ERR_INIT;

	authchild_writes(writes, sizeof writes / sizeof writes[0]);
	if (os_sandbox_enter(&box, &e) != -1)
		return 0;
	log_line(0, LOG_P_ERR, NULL, "auth: %s", e.text);
	return -1;
}

static int
authchild_step(struct exchange *x, const struct frame *f)
{
	struct auth_say		say;
	struct auth_said	said;
	struct saslex_who	who = { .mech = STR("") };
	struct buf		out, b;
	struct err		e = ERR_INIT;
	bool			has = false;
	int			rc;

	if (auth_say_get(f->body, &say) == -1)
		return -1;
	memset(&said, 0, sizeof said);
	buf_init_secret(&out, AUTH_TEXT);
	said.rc = say.begin ? saslex_begin(x->x, say.mech, say.data, &out, &has, &e) : saslex_step(x->x, say.data, &out, &e);
	saslex_who(x->x, &who);
	if (said.rc == AUTH_NO && !x->q.client && x->how->wrong != NULL)
		(void)poll(NULL, 0, x->how->wrong(x->how->arg, &x->q, who.authen.n > 0 ? who.authen : who.author));
	if (said.rc == AUTH_TEMP)
		log_line(1, LOG_P_ERR, NULL, "auth: %s", e.text);
	said.data = out.n > 0 || has || said.rc == AUTH_CONTINUE ? arena_str(x->a, buf_str(&out)) : STR_NONE;
	if (x->q.client && say.begin && !has)
		said.data = STR_NONE;
	said.authen = who.given.n > 0 ? who.given : who.authen;
	said.author = who.author;
	said.mech = who.mech;
	said.why = said.rc == AUTH_NO || said.rc == AUTH_BAD ? str_c(e.text) : STR_NONE;
	/* a client's side is never told that it is through: what counts is the other side's word */
	said.ssf = said.rc == AUTH_OK || x->q.client ? who.ssf : 0;
	x->layer = said.ssf > 0;
	buf_init_secret(&b, 0);
	auth_said_put(&b, &said);
	rc = chan_answer(x->ch, f, buf_str(&b), -1);
	buf_done(&b);
	buf_done(&out);
	return rc == 0 && (said.rc == AUTH_CONTINUE || x->layer || (x->q.client && said.rc == AUTH_OK)) ? 0 : -1;
}

static int
authchild_layer(struct exchange *x, const struct frame *f)
{
	struct err	e = ERR_INIT;
	struct buf	out;
	int		rc;

	if (!x->layer)
		return -1;
	(void)alarm(0);
	buf_init_secret(&out, CHAN_MAX);
	rc = f->type == AUTH_F_WRAP ? saslex_wrap(x->x, f->body, &out, &e) : saslex_unwrap(x->x, f->body, &out, &e);
	rc = rc == -1 ? chan_answer_err(x->ch, f, &e) : chan_answer(x->ch, f, buf_str(&out), -1);
	buf_done(&out);
	return rc;
}

static int
authchild_serve(struct exchange *x)
{
	struct frame f;

	if (chan_recv(x->ch, &f, x->layer ? -1 : AUTHCHILD_LIFE_S * 1000, NULL) == -1 || f.fd != -1)
		return -1;
	return f.type == AUTH_F_STEP ? authchild_step(x, &f) : f.type == AUTH_F_WRAP || f.type == AUTH_F_UNWRAP ? authchild_layer(x, &f) : -1;
}

_Noreturn void
authchild_run(const struct authchild *how, struct str body, int sock)
{
	struct exchange		 x = { .how = how, .a = arena_new(ARENA_DEFAULT), .ch = chan_new(sock) };
	struct saslex_conf	 c;
	struct err		 e = ERR_INIT;

	sig_reset();
	(void)alarm(AUTHCHILD_LIFE_S);	/* nobody holds it longer, whatever the library waits for */
	if (x.ch == NULL || auth_ask_get(arena_str(x.a, body), &x.q) == -1)
		_exit(EXIT_TEMPFAIL);
	chan_limit(x.ch, AUTH_TEXT + 4096);
	authchild_environment(how->env);
	authchild_conf(how->dir, &x.q, x.a, &c);
	if ((x.x = saslex_new(&c, &e)) == NULL) {
		log_line(1, LOG_P_ERR, NULL, "auth: %s", e.text);
		_exit(EXIT_TEMPFAIL);
	}
	if (authchild_sandbox() == -1)
		_exit(EXIT_OSERR);
	while (authchild_serve(&x) == 0)
		continue;
	saslex_free(&x.x);
	chan_free(&x.ch);
	_exit(EXIT_OK);
}

int
authchild_start(const struct authchild *how, const struct auth_ask *q, struct err *e)
{
	struct buf	b;
	int		s[2];
	pid_t		pid;

	if (os_socketpair(s) == -1)
		return err_sys(e, ERR_TEMP, "AUTH: socket");
	buf_init_secret(&b, 0);
	auth_ask_put(&b, q);
	if ((pid = sig_fork()) == 0) {
		close(s[0]);
		authchild_run(how, buf_str(&b), s[1]);
	}
	buf_done(&b);
	close(s[1]);
	if (pid != -1)
		return s[0];
	close(s[0]);
	return err_sys(e, ERR_TEMP, "AUTH: fork");
}
