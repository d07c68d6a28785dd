/*
 * map_trace - what -d38 says when maps are opened and asked.
 *
 * The lines and the names of functions in them are sendmail's, so that notes and habits fit.
 */
#include "base/status.h"
#include "base/trace.h"
#include "map/map_int.h"

static const struct {
	const char	*class;
	const char	*open;		/* NULL: opening says nothing of its own */
	const char	*lookup;
} trace_names[] = {
	{ "hash", "hash_map_open", "db_map_lookup" },
	{ "btree", "bt_map_open", "db_map_lookup" },
	{ "implicit", "impl_map_open", "impl_map_lookup" },
	{ "text", "text_map_open", "text_map_lookup" },
	{ "user", "user_map_open", "user_map_lookup" },
	{ "dns", "dns_map_open", "dns_map_lookup" },
	{ "bestmx", NULL, "bestmx_map_lookup" },
	{ "ldap", "ldapmap_open", "ldapmap_lookup" },
	{ "socket", "socket_map_open", "socket_map_lookup" },
	{ "sequence", NULL, "seq_map_lookup" },
	{ "switch", NULL, "seq_map_lookup" },
	{ "program", NULL, "prog_map_lookup" },
};

static size_t
trace_row(const struct map *m)
{
	size_t	i = 0;

	while (i < sizeof trace_names / sizeof *trace_names && !str_eq_c(m->class_name, trace_names[i].class))
		i++;
	return i;
}

/* The file as the K line names it. */
static struct str
trace_file(const struct map *m)
{
	struct str	path = str_c(m->path == NULL ? "NULL" : m->path);

	return m->class->suffix != NULL && str_ends(path, str_c(m->class->suffix)) ? str_first(path, path.n - str_c(m->class->suffix).n) : path;
}

void
map_trace_open(const struct map *m)
{
	size_t		i = trace_row(m);
	struct str	file = trace_file(m);

	if (!trace_on(38, 2) || i == sizeof trace_names / sizeof *trace_names || trace_names[i].open == NULL)
		return;
	trace_printf("%s(%.*s", trace_names[i].open, STR_ARG(m->name));
	if (m->class->suffix != NULL || m->path != NULL)
		trace_printf(", %.*s", STR_ARG(file));
	trace_printf(", 0)\n");
	if (str_eq_c(m->class_name, "implicit"))
		trace_printf("hash_map_open(%.*s, %.*s, 0)\n", STR_ARG(m->name), STR_ARG(file));
	if (str_eq_c(m->class_name, "text"))
		trace_printf("text_map_open(%.*s, %.*s): delimiter = %.*s\n", STR_ARG(m->name), STR_ARG(file),
		    STR_ARG(m->delim.n > 0 ? m->delim : STR("(white space)")));
}

void
map_trace_opened(const struct map *m, const char *why)
{
	struct str	file = trace_file(m);

	if (trace_on(38, 4))
		trace_printf("openmap()\t%.*s:%.*s %.*s: %s%s%s\n", STR_ARG(m->class_name), STR_ARG(m->name), STR_ARG(file),
		    why == NULL ? "valid" : "invalid", why != NULL && why[0] != '\0' ? ": " : "", why == NULL ? "" : why);
}

void
map_trace_regex(const struct map *m, const char *text, int flags)
{
	if (trace_on(38, 2))
		trace_printf("regex_map_init: mapname '%.*s', args '%.*s'\n", STR_ARG(m->name), STR_ARG(m->args));
	if (trace_on(38, 3))
		trace_printf("regex_map_init: compile '%s' 0x%x\n", text, (unsigned)flags);
}

void
map_trace_first(struct map *m)
{
	if (m->trace_first || !str_eq_c(m->class_name, "regex"))
		return;
	m->trace_first = true;
	map_trace_opened(m, NULL);
}

void
map_trace_close(const struct map *m)
{
	if (trace_on(38, 5) && m->opened)
		trace_printf("closemaps: closing %.*s (%s)\n", STR_ARG(m->name), m->path == NULL ? "NULL" : m->path);
}

void
map_trace_canon(struct str name)
{
	if (trace_on(38, 20))
		trace_printf("getcanonname(%.*s), trying dns\n", STR_ARG(name));
	if (trace_on(8, 2))
		trace_printf("dns_getcanonname(%.*s, trymx=1)\n", STR_ARG(name));
}

void
map_trace_canoned(struct str name, struct str canon)
{
	if (!trace_on(38, 20))
		return;
	if (canon.n > 0)
		trace_printf("getcanonname(%.*s), found, ad=0\n", STR_ARG(canon));
	else
		trace_printf("getcanonname(%.*s), trying files\ntext_getcanonname(%.*s)\ngetcanonname(%.*s), failed, status=%d\n", STR_ARG(name),
		    STR_ARG(name), STR_ARG(name), EXIT_NOHOST);
}

void
map_trace_lookup(const struct map *m, struct str key, const struct str *args, size_t nargs)
{
	size_t	i = trace_row(m);

	if (str_eq_c(m->class_name, "arith")) {
		trace_printf("arith_map_lookup: key '%.*s'\narith_map_lookup: arg '%.*s'\n", STR_ARG(key), STR_ARG(key));
		for (size_t k = 0; k < nargs; k++)
			trace_printf("arith_map_lookup: arg '%.*s'\n", STR_ARG(args[k]));
		return;
	}
	if (!trace_on(38, 20))
		return;
	if (str_eq_c(m->class_name, "regex")) {
		trace_printf("regex_map_lookup: name=%.*s, key='%.*s'\nregex_map_lookup: arg '%.*s'\n", STR_ARG(m->name), STR_ARG(key), STR_ARG(key));
		return;
	}
	if (i == sizeof trace_names / sizeof *trace_names)
		return;
	trace_printf("%s(%.*s, %.*s)", trace_names[i].lookup, STR_ARG(m->name), STR_ARG(key));
	if (str_eq_c(m->class_name, "program") && m->path != NULL)
		trace_printf(" %s", m->path);
	trace_printf("\n");
	if (str_eq_c(m->class_name, "implicit"))
		trace_printf("db_map_lookup(%.*s, %.*s)\n", STR_ARG(m->name), STR_ARG(key));
}
