/*
 * map_pure - classes that need nothing but their arguments: macro, arith, dequote, null, syslog, arpa; and program, which asks the process.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "map/map_int.h"
#include "net/ip.h"
#include "os/load.h"

static enum map_result
map_macro_get(MAP_GET_ARGS)
{
	(void)m;
	(void)out;
	(void)e;
	if (call->set_macro != NULL)
		call->set_macro(call->macro_arg, key, nargs > 0 ? args[0] : STR_NONE);
	return MAPR_FOUND;
}

/* As C's strtol reads it: leading blanks, sign, digits, whatever follows is ignored. */
static int64_t
map_arith_number(struct str s)
{
	char	tmp[32];

	s = str_first(str_ltrim(s), sizeof tmp - 1);
	return str_copy(tmp, sizeof tmp, s) == -1 ? 0 : (int64_t)strtoll(tmp, NULL, 10);
}

static enum map_result
map_arith_get(MAP_GET_ARGS)
{
	int64_t		a, b;
	uint64_t	ua, ub, r = 0;
	uint32_t	rnd;
	bool		truth = false, logical = false;

	(void)m;
	(void)call;
	(void)e;
	if (nargs < 2 || key.n != 1)
		return MAPR_NONE;
	a = map_arith_number(args[0]);
	b = map_arith_number(args[1]);
	ua = (uint64_t)a;
	ub = (uint64_t)b;
	switch (key.p[0]) {
	case '+':
		r = ua + ub;
		break;
	case '-':
		r = ua - ub;
		break;
	case '*':
		r = ua * ub;
		break;
	case '/':
	case '%':
		if (b == 0 || (a == INT64_MIN && b == -1))
			return MAPR_NONE;
		r = (uint64_t)(key.p[0] == '/' ? a / b : a % b);
		break;
	case '|':
		r = ua | ub;
		break;
	case '&':
		r = ua & ub;
		break;
	case 'l':
		logical = true;
		truth = a < b;
		break;
	case '=':
		logical = true;
		truth = a == b;
		break;
	case 'r':
		if (b < a || ub - ua >= UINT32_MAX)
			return MAPR_NONE;
		os_random(&rnd, sizeof rnd);
		r = ua + rnd % (ub - ua + 1);
		break;
	default:
		return MAPR_NONE;
	}
	if (logical)
		buf_addc(out, truth ? "TRUE" : "FALSE");
	else
		buf_addf(out, "%" PRId64, (int64_t)r);
	return MAPR_FOUND;
}

/*
 * Strip quotes.  Nothing is found where there were none, where a blank would come out with no -s to replace it, or where brackets would not balance.
 */
static enum map_result
map_dequote_get(MAP_GET_ARGS)
{
	bool	quoted = false, any = false;
	int	angle = 0, paren = 0;

	(void)call;
	(void)args;
	(void)nargs;
	(void)e;
	for (size_t i = 0; i < key.n; i++) {
		char	c = key.p[i];

		if (c == '\\' && i + 1 < key.n) {
			buf_addch(out, c);
			c = key.p[++i];
		} else if (c == '"') {
			quoted = !quoted;
			any = true;
			continue;
		} else if (c == ' ') {
			if (m->space_sub == '\0')
				return MAPR_NONE;
			c = m->space_sub;
		} else if (c == '<' || c == '>')
			angle += c == '<' ? 1 : -1;
		else if (c == '(' || c == ')')
			paren += c == '(' ? 1 : -1;
		if (angle < 0 || paren < 0)
			return MAPR_NONE;
		buf_addch(out, c);
	}
	return any && !quoted && angle == 0 && paren == 0 ? MAPR_FOUND : MAPR_NONE;
}

static enum map_result
map_null_get(MAP_GET_ARGS)
{
	(void)m;
	(void)call;
	(void)key;
	(void)args;
	(void)nargs;
	(void)out;
	(void)e;
	return MAPR_NONE;
}

static enum map_result
map_syslog_get(MAP_GET_ARGS)
{
	char	safe[1024], id[64] = "NOQUEUE";

	(void)call;
	(void)out;
	(void)e;
	if (nargs > 0 && args[0].n > 0)
		(void)str_copy(id, sizeof id, args[0]);
	log_line(0, m->log_level == 0 ? LOG_P_INFO : (enum log_prio)m->log_level, id, "%s", log_esc(safe, sizeof safe, key));
	return MAPR_FOUND;
}

static enum map_result
map_arpa_get(MAP_GET_ARGS)
{
	struct ip	ip;
	char		name[128];
	struct str	s;

	(void)m;
	(void)call;
	(void)args;
	(void)nargs;
	(void)e;
	if (ip_parse(key, &ip) == -1 || ip_arpa(&ip, name, sizeof name) == -1)
		return MAPR_NONE;
	s = str_c(name);
	if (str_caseends(s, STR(".in-addr.arpa")))
		s.n -= sizeof(".in-addr.arpa") - 1;
	else if (str_caseends(s, STR(".ip6.arpa")))
		s.n -= sizeof(".ip6.arpa") - 1;
	buf_add(out, s);
	return MAPR_FOUND;
}

static int
map_program_parse(struct map *m, struct str rest, struct err *e)
{
	if (rest.n == 0 || rest.p[0] != '/')
		return err_set(e, ERR_PERM, "map %.*s: class program needs the full path of a program", STR_ARG(m->name));
	m->inside = arena_cstr(m->arena, rest);
	return 0;
}

static enum map_result
map_program_get(MAP_GET_ARGS)
{
	(void)call;
	(void)args;
	(void)nargs;
	if (m->env->program == NULL) {
		err_set(e, ERR_TEMP, "map %.*s: programs are not run here", STR_ARG(m->name));
		return MAPR_TEMP;
	}
	return m->env->program(m->env->arg, m, str_c(m->inside), key, out, e);
}

const struct map_class map_class_macro = { "macro", MC_NOKEYPREP | MC_NOREWRITE | MC_NOARGS, NULL, NULL, NULL, NULL, map_macro_get, NULL, NULL, NULL };
const struct map_class map_class_arith = { "arith", MC_NOKEYPREP | MC_NOREWRITE | MC_NOARGS, NULL, NULL, NULL, NULL, map_arith_get, NULL, NULL, NULL };
const struct map_class map_class_dequote = { "dequote", MC_NOKEYPREP | MC_NOARGS | MC_LITERAL, NULL, NULL, NULL, NULL, map_dequote_get, NULL, NULL, NULL };
const struct map_class map_class_null = { "null", MC_NOARGS, NULL, NULL, NULL, NULL, map_null_get, NULL, NULL, NULL };
const struct map_class map_class_syslog = { "syslog", MC_NOARGS | MC_NOFOLD, NULL, NULL, NULL, NULL, map_syslog_get, NULL, NULL, NULL };
const struct map_class map_class_arpa = { "arpa", MC_NOARGS, NULL, NULL, NULL, NULL, map_arpa_get, NULL, NULL, NULL };
const struct map_class map_class_program = { "program", MC_REMOTE | MC_NOFOLD, NULL, NULL, map_program_parse, NULL, map_program_get, NULL, NULL, NULL };
