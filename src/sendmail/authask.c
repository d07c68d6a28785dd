/*
 * authask - see the header: pure but for auth_step.
 */
#include "authask.h"

#include <string.h>

#include "auth/saslex.h"
#include "proc/msg.h"

#define AUTH_NAME	((size_t)1024)
#define AUTH_STEP_MS	(60 * 1000)

void
auth_ask_put(struct buf *b, const struct auth_ask *q)
{
	msg_put_bool(b, q->client);
	msg_put_str(b, q->host);
	msg_put_str(b, q->realm);
	msg_put_str(b, q->mechs);
	msg_put_u32(b, q->flags);
	msg_put_u32(b, q->ssf);
	msg_put_u32(b, q->max_ssf);
	msg_put_str(b, q->binding);
	msg_put_str(b, q->binding_data);
	msg_put_str(b, q->external);
	msg_put_str(b, q->peer);
	msg_put_str(b, q->user);
	msg_put_str(b, q->authid);
	msg_put_str(b, q->password);
}

int
auth_ask_get(struct str body, struct auth_ask *q)
{
	struct msg_in in = msg_in(body);

	q->client = msg_bool(&in);
	q->host = msg_str(&in, AUTH_NAME);
	q->realm = msg_str(&in, AUTH_NAME);
	q->mechs = msg_str(&in, AUTH_NAME);
	q->flags = msg_u32(&in);
	q->ssf = msg_u32(&in);
	q->max_ssf = msg_u32(&in);
	q->binding = msg_str(&in, AUTH_NAME);
	q->binding_data = msg_str(&in, AUTH_NAME);
	q->external = msg_str(&in, AUTH_NAME);
	q->peer = msg_str(&in, AUTH_NAME);
	q->user = msg_str(&in, AUTH_NAME);
	q->authid = msg_str(&in, AUTH_NAME);
	q->password = msg_str(&in, AUTH_NAME);
	return msg_end(&in) ? 0 : -1;
}

void
auth_say_put(struct buf *b, const struct auth_say *s)
{
	msg_put_bool(b, s->begin);
	msg_put_str(b, s->mech);
	msg_put_str(b, s->data);
}

int
auth_say_get(struct str body, struct auth_say *s)
{
	struct msg_in in = msg_in(body);

	s->begin = msg_bool(&in);
	s->mech = msg_str(&in, AUTH_NAME);
	s->data = msg_str(&in, AUTH_TEXT);
	return msg_end(&in) ? 0 : -1;
}

void
auth_said_put(struct buf *b, const struct auth_said *s)
{
	msg_put_u8(b, (uint8_t)s->rc);
	msg_put_str(b, s->data);
	msg_put_str(b, s->authen);
	msg_put_str(b, s->author);
	msg_put_str(b, s->mech);
	msg_put_u32(b, s->ssf);
	msg_put_str(b, s->why);
}

int
auth_said_get(struct str body, struct auth_said *s)
{
	struct msg_in in = msg_in(body);
	uint8_t rc = msg_u8(&in);

	if (rc > AUTH_CONTINUE)
		return -1;
	s->rc = (enum auth_rc)rc;
	s->data = msg_str(&in, AUTH_TEXT);
	s->authen = msg_str(&in, AUTH_NAME);
	s->author = msg_str(&in, AUTH_NAME);
	s->mech = msg_str(&in, AUTH_NAME);
	s->ssf = msg_u32(&in);
	s->why = msg_str(&in, ERR_TEXT);
	return msg_end(&in) ? 0 : -1;
}

int
auth_step(struct chan *ch, const struct auth_say *say, struct arena *a, struct auth_said *said)
{
	struct frame f;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	auth_say_put(&b, say);
	rc = chan_ask(ch, AUTH_F_STEP, buf_str(&b), -1, &f, AUTH_STEP_MS, NULL);
	buf_done(&b);
	if (rc == -1)
		return -1;
	if (f.fd != -1)
		return -1;
	return auth_said_get(arena_str(a, f.body), said);
}

uint32_t
auth_flags(struct str options)
{
	static const struct { char letter; unsigned flag; } letters[] = {
		{ 'p', SASLEX_NOPLAIN }, { 'a', SASLEX_NOACTIVE }, { 'd', SASLEX_NODICT }, { 'f', SASLEX_FORWARD }, { 'm', SASLEX_MUTUAL },
		{ 'c', SASLEX_CREDENTIALS }, { 'y', SASLEX_NOANON },
	};
	uint32_t flags = 0;

	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (str_chr(options, letters[i].letter) != SIZE_MAX)
			flags |= letters[i].flag;
	return flags;
}
