/*
 * map_mod - classes whose library is a module: loaded when the first question comes, never in a set-id program.
 */
#include "map/map_int.h"
#include "os/id.h"

int
map_mod_open(struct map *m, int fd, struct err *e)
{
	struct str	name = arena_fmt(m->arena, "map_%s", m->class->name);

	if (m->mod == NULL && os_id_is_setid())
		return err_set(e, ERR_TEMP, "class %s is not asked by a program with borrowed rights", m->class->name);
	if (m->mod == NULL)
		m->mod = (const struct map_mod *)(const void *)os_module_open(str_caseeq_c(m->class_name, "ldapx") ? "map_ldap" : name.p, MAP_MOD_VERSION, e);
	if (m->mod == NULL)
		return -1;
	return m->mod->open(m, fd, e);
}

enum map_result
map_mod_get(MAP_GET_ARGS)
{
	return m->mod->get(m, call, key, args, nargs, out, e);
}

void
map_mod_close(struct map *m)
{
	if (m->mod != NULL)
		m->mod->close(m);
}
