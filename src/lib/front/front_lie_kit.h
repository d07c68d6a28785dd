/*
 * front_lie_kit - proc/lie_kit.h for popd and imapd: their roles, a child of the checker's as the role "child", and the requests that are answered:
 * front_int.h's table without the parent, who is believed.
 */
#ifndef FRONT_FRONT_LIE_KIT_H
#define FRONT_FRONT_LIE_KIT_H

#define LIE_CHILD	"child"

#include <stdio.h>

#include "front/front_int.h"
#include "proc/lie_kit.h"

static const struct {
	const char	*name;
	enum front_msg	 type;
	const char	*role;
} lie_answered[] = {
	{ "MECHS", FM_MECHS, "auth" }, { "BEGIN", FM_BEGIN, "auth" }, { "STEP", FM_STEP, "auth" }, { "PING", FM_PING, "auth" },
	{ "BEGIN", FM_BEGIN, "child" }, { "STEP", FM_STEP, "child" },
	{ "KEYS", FM_KEYS, "keys" }, { "SIGN", FM_SIGN, "keys" }, { "PING", FM_PING, "keys" },
	{ "PING", FM_PING, "front" },
};

static void
lie_print_answered(void)
{
	for (size_t i = 0; i < sizeof lie_answered / sizeof lie_answered[0]; i++)
		(void)printf("%s %u %s\n", lie_answered[i].name, (unsigned)lie_answered[i].type, lie_answered[i].role);
}

#endif
