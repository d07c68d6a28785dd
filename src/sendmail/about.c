/*
 * about - what -d0.x prints.
 */
#include <stdio.h>
#include <string.h>

#include "about.h"
#include "base/trace.h"
#include "conf_int.h"
#include "map/map.h"
#include "os/load.h"
#include "os_conf.h"
#include "testmode.h"

#define ABOUT_WIDTH	78

/* Sorted as sendmail's list is; maps stand there only if their class is built in. */
static const struct {
	const char	*name;
	const char	*map;		/* NULL: always */
} about_parts[] = {
	{ "CDB", "cdb" }, { "DNSMAP", "dns" }, { "IPV6_FULL", NULL }, { "LDAPMAP", "ldap" }, { "LMDB", "lmdb" }, { "LOG", NULL },
	{ "MAP_PCRE", "pcre" }, { "MAP_PGSQL", "pgsql" }, { "MAP_REGEX", "regex" }, { "MAP_SQLITE", "sqlite" }, { "MATCHGECOS", NULL },
	{ "MIME7TO8", NULL }, { "MIME8TO7", NULL }, { "NAMED_BIND", NULL }, { "NETINET", NULL }, { "NETINET6", NULL },
	{ "NETUNIX", NULL }, { "NEWDB", "hash" }, { "PIPELINING", NULL },
	{ "SASLv2", NULL }, { "SCANF", NULL }, { "SOCKETMAP", "socket" }, { "STARTTLS", NULL }, { "USERDB", "userdb" },
};

/* Words folded as sendmail folds them. */
struct about_list {
	const char	*head;
	size_t		 column;
};

static void
about_word(struct about_list *l, const char *word)
{
	size_t	n = strlen(word);

	if (l->column == 0) {
		trace_printf("%s", l->head);
		l->column = strlen(l->head);
	} else if (l->column + 1 + n > ABOUT_WIDTH) {
		trace_printf("\n\t\t");
		l->column = 16;
	}
	trace_printf("%s%s", l->column == 16 ? "" : " ", word);
	l->column += n + 1;
}

static bool
about_has(const char *part, const char *map)
{
	if (map != NULL)
		return map_class_known(str_c(map));
	return strcmp(part, "SASLv2") == 0 ? os_has_sasl() : strcmp(part, "STARTTLS") == 0 ? os_has_tls() : true;
}

void
about_program(void)
{
	struct about_list	parts = { " Compiled with:", 0 }, os = { "    OS Defines:", 0 };
	char			name[256];

	if (!trace_on(0, 1))
		return;
	trace_printf("Version %s\n", CONF_VERSION);
	for (size_t i = 0; i < sizeof about_parts / sizeof *about_parts; i++)
		if (about_has(about_parts[i].name, about_parts[i].map))
			about_word(&parts, about_parts[i].name);
	trace_printf("\n");
	if (trace_on(0, 10)) {
		for (size_t i = 0; os_feature(i) != NULL; i++)
			about_word(&os, os_feature(i));
		trace_printf("\n     Conf file:\t%s/submit.cf (default for MSP)\n", CONF_ETCDIR);
		trace_printf("     Conf file:\t%s/sendmail.cf (default for MTA)\n", CONF_ETCDIR);
	}
	if (trace_on(0, 4) && os_hostname(name, sizeof name) == 0)
		trace_printf(" UUCP nodename: %s\n", name);
}

static struct str
about_macro(const struct conf *c, const char *name)
{
	struct err	e;
	size_t		taken;
	struct rules	*r = (struct rules *)(uintptr_t)c->rules;
	struct str	v = rules_macro(r, rules_name_take(r, str_c(name), &taken, &e));

	return str_is_none(v) ? STR("") : v;
}

void
about_conf(const struct conf *c, const char *cf)
{
	struct err	e;
	struct rules	*r = (struct rules *)(uintptr_t)c->rules;
	size_t		taken;
	int		w = rules_name_take(r, STR("w"), &taken, &e);

	if (trace_on(0, 4)) {
		trace_printf("Canonical name: %.*s\n", STR_ARG(about_macro(c, "j")));
		for (size_t i = 0; i < rules_class_count(r, w); i++)
			trace_printf("\ta.k.a.: %.*s\n", STR_ARG(rules_class_member(r, w, i)));
	}
	if (trace_on(0, 10)) {
		trace_printf("     Conf file:\t%s (selected)\n", cf);
		trace_printf("      Pid file:\t%.*s (selected)\n", STR_ARG(c->opt.pid_file));
	}
	if (!trace_on(0, 1))
		return;
	trace_printf("\n============ SYSTEM IDENTITY (after readcf) ============\n"
	    "      (short domain name) $w = %.*s\n  (canonical domain name) $j = %.*s\n"
	    "         (subdomain name) $m = %.*s\n              (node name) $k = %.*s\n"
	    "========================================================\n\n",
	    STR_ARG(about_macro(c, "w")), STR_ARG(about_macro(c, "j")), STR_ARG(about_macro(c, "m")), STR_ARG(about_macro(c, "k")));
	if (trace_on(0, 15))
		testmode_mailers(c);
}
