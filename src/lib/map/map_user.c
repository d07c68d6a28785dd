/*
 * map_user - class user: does this account exist, or one field (-v) of its passwd entry.
 */
#include "map/map_int.h"
#include "os/user.h"

static const char *const map_user_fields[] = { "name", "passwd", "uid", "gid", "gecos", "dir", "shell" };

static int
map_user_parse(struct map *m, struct str rest, struct err *e)
{
	if (rest.n > 0)
		return err_set(e, ERR_PERM, "map %.*s: class user takes flags only", STR_ARG(m->name));
	if (m->value_col.n == 0)
		return 0;
	for (size_t i = 0; i < sizeof(map_user_fields) / sizeof(map_user_fields[0]); i++)
		if (str_caseeq_c(m->value_col, map_user_fields[i]) || (m->value_col.n == 1 && m->value_col.p[0] == (char)('1' + i)))
			return 0;
	return err_set(e, ERR_PERM, "map %.*s: a passwd entry has no field \"%.*s\"", STR_ARG(m->name), STR_ARG(m->value_col));
}

static void
map_user_value(struct str field, const struct os_user *u, struct buf *out)
{
	size_t	i = 0;

	while (field.n > 0 && i < sizeof(map_user_fields) / sizeof(map_user_fields[0]) && !str_caseeq_c(field, map_user_fields[i]) &&
	    !(field.n == 1 && field.p[0] == (char)('1' + i)))
		i++;
	switch (i) {
	case 0:
		buf_add(out, u->name);
		break;
	case 1:
		buf_addc(out, "x");		/* never the password */
		break;
	case 2:
		buf_addnum(out, u->uid);
		break;
	case 3:
		buf_addnum(out, u->gid);
		break;
	case 4:
		buf_add(out, u->gecos);
		break;
	case 5:
		buf_add(out, u->home);
		break;
	default:
		buf_add(out, u->shell);
		break;
	}
}

static enum map_result
map_user_get(struct map *m, const struct map_call *call, struct str key, const struct str *args, size_t nargs, struct buf *out, struct err *e)
{
	struct os_user	u;
	struct arena	*a = call->scratch;
	int		 rc = m->env->user(m->env->arg, key, a, &u, e);

	(void)args;
	(void)nargs;
	if (rc != 1)
		return rc == 0 ? MAPR_NONE : MAPR_TEMP;
	map_user_value(m->value_col, &u, out);
	return MAPR_FOUND;
}

const struct map_class map_class_user = {
	"user", 0, NULL, NULL, map_user_parse, NULL, map_user_get, NULL, NULL, NULL
};
/* The same under the name that some configurations use. */
const struct map_class map_class_passwd = {
	"passwd", 0, NULL, NULL, map_user_parse, NULL, map_user_get, NULL, NULL, NULL
};
