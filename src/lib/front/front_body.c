/*
 * front_body - see the header.  Each is a form; whoever sends one may have been taken over.
 */
#include "front/front_body.h"

#include "net/ip.h"
#include "proc/chan.h"
#include "proc/form.h"

#define USER_MAX	255u		/* users, mechanisms' names for them */
#define TEXT_MAX	4096u
#define EXCHANGE_MAX	65536u		/* a challenge or response */

FORM(user_form, struct mbuser, NULL,
    FORM_STR(struct mbuser, name, USER_MAX),
    FORM_U32(struct mbuser, uid),
    FORM_U32(struct mbuser, gid),
    FORM_STR(struct mbuser, home, TEXT_MAX),
    FORM_BOOL(struct mbuser, is_virtual));

FORM(boot_form, struct front_boot, NULL,
    FORM_STR(struct front_boot, conf_text, CHAN_MAX),
    FORM_STR(struct front_boot, conf_name, TEXT_MAX),
    FORM_STR(struct front_boot, host, 256),
    FORM_INT(struct front_boot, log_level, UINT32_MAX),
    FORM_BOOL(struct front_boot, log_stderr),
    FORM_IN(struct front_boot, user, user_form));
FORM_PAIR(front_boot, front_boot, boot_form)

FORM(begin_form, struct front_begin, NULL,
    FORM_U32(struct front_begin, id),
    FORM_STR(struct front_begin, mech, 64),
    FORM_STR(struct front_begin, initial, EXCHANGE_MAX),
    FORM_BOOL(struct front_begin, plain),
    FORM_STR(struct front_begin, peer, IP_TEXT));
FORM_PAIR(front_begin, front_begin, begin_form)

FORM(step_form, struct front_step, NULL,
    FORM_U32(struct front_step, id),
    FORM_STR(struct front_step, response, EXCHANGE_MAX));
FORM_PAIR(front_step, front_step, step_form)

FORM(found_form, struct front_found, NULL,
    FORM_ENUM(struct front_found, rc, 0, AUTH_CONTINUE),
    FORM_STR(struct front_found, challenge, EXCHANGE_MAX),
    FORM_STR(struct front_found, name, USER_MAX),
    FORM_IN(struct front_found, user, user_form));
FORM_PAIR(front_found, front_found, found_form)

FORM(said_form, struct front_said, NULL,
    FORM_ENUM(struct front_said, rc, 0, AUTH_CONTINUE),
    FORM_STR(struct front_said, challenge, EXCHANGE_MAX),
    FORM_STR(struct front_said, ticket, FRONT_TICKET),
    FORM_STR(struct front_said, name, USER_MAX));
FORM_PAIR(front_said, front_said, said_form)

static bool
grant_ok(const void *p)
{
	const struct front_grant *g = p;

	return g->ticket.n == FRONT_TICKET;
}
FORM(grant_form, struct front_grant, grant_ok,
    FORM_STR(struct front_grant, ticket, FRONT_TICKET),
    FORM_U32(struct front_grant, front),
    FORM_IN(struct front_grant, user, user_form));
FORM_PAIR(front_grant, front_grant, grant_form)

FORM(start_form, struct front_start, NULL,
    FORM_STR(struct front_start, resume, TEXT_MAX),
    FORM_STR(struct front_start, peer, IP_TEXT),
    FORM_BOOL(struct front_start, tls),
    FORM_STR(struct front_start, input, CHAN_MAX));
FORM_PAIR(front_start, front_start, start_form)
