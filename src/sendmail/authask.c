/*
 * authask - see the header: pure but for auth_step.
 */
#include "authask.h"

#include <string.h>
#include <unistd.h>

#include "auth/saslex.h"
#include "proc/form.h"

#define AUTH_NAME	1024u
#define AUTH_STEP_MS	(60 * 1000)

FORM(auth_ask_form, struct auth_ask, NULL,
    FORM_BOOL(struct auth_ask, client),
    FORM_STR(struct auth_ask, host, AUTH_NAME),
    FORM_STR(struct auth_ask, realm, AUTH_NAME),
    FORM_STR(struct auth_ask, mechs, AUTH_NAME),
    FORM_U32(struct auth_ask, flags),
    FORM_U32(struct auth_ask, ssf),
    FORM_U32(struct auth_ask, max_ssf),
    FORM_STR(struct auth_ask, binding, AUTH_NAME),
    FORM_STR(struct auth_ask, binding_data, AUTH_NAME),
    FORM_STR(struct auth_ask, external, AUTH_NAME),
    FORM_STR(struct auth_ask, peer, AUTH_NAME),
    FORM_STR(struct auth_ask, user, AUTH_NAME),
    FORM_STR(struct auth_ask, authid, AUTH_NAME),
    FORM_STR(struct auth_ask, password, AUTH_NAME));
FORM_PAIR(auth_ask, auth_ask, auth_ask_form)

FORM(auth_say_form, struct auth_say, NULL,
    FORM_BOOL(struct auth_say, begin),
    FORM_STR(struct auth_say, mech, AUTH_NAME),
    FORM_STR(struct auth_say, data, AUTH_TEXT));
FORM_PAIR(auth_say, auth_say, auth_say_form)

FORM(auth_said_form, struct auth_said, NULL,
    FORM_ENUM(struct auth_said, rc, 0, AUTH_CONTINUE),
    FORM_STR(struct auth_said, data, AUTH_TEXT),
    FORM_STR(struct auth_said, authen, AUTH_NAME),
    FORM_STR(struct auth_said, author, AUTH_NAME),
    FORM_STR(struct auth_said, mech, AUTH_NAME),
    FORM_U32(struct auth_said, ssf),
    FORM_STR(struct auth_said, why, ERR_TEXT));
FORM_PAIR(auth_said, auth_said, auth_said_form)

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
	if (f.fd != -1) {			/* nobody asked for it */
		close(f.fd);
		return -1;
	}
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
