/*
 * module - optional libraries as shared modules.
 *
 * The name comes from our own code, the folder from the build or, where no rights are
 * borrowed, from the environment.
 */
#include "os/module.h"

#include "os_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBDL
#include <dlfcn.h>
#endif

#include "os/id.h"

#ifndef CONF_MODULEDIR
#define CONF_MODULEDIR	"/usr/libexec/angarium"
#endif

#ifdef HAVE_LIBDL
static const char *
module_folder(void)
{
	const char	*dir = os_id_is_setid() ? NULL : getenv("ANGARIUM_MODULES");

	return dir != NULL && dir[0] == '/' ? dir : CONF_MODULEDIR;
}

static const char *
module_error(void)
{
	const char	*text = dlerror();

	return text == NULL ? "unknown error" : text;
}

const struct os_module *
os_module_open(const char *name, int version, struct err *e)
{
	char				 path[4096];
	const struct os_module		*const *symbol;
	void				*handle;
	int				 n;

	n = snprintf(path, sizeof path, "%s/%s.so", module_folder(), name);
	if (n < 0 || (size_t)n >= sizeof path || strchr(name, '/') != NULL) {
		err_set(e, ERR_BUG, "module %s: bad name", name);
		return NULL;
	}
	if ((handle = dlopen(path, RTLD_NOW|RTLD_LOCAL)) == NULL) {
		err_set(e, ERR_PERM, "module %s: %s", name, module_error());
		return NULL;
	}
	if ((symbol = dlsym(handle, "angarium_module")) == NULL || *symbol == NULL) {
		err_set(e, ERR_PERM, "module %s: %s", name, module_error());
		return NULL;
	}
	if ((*symbol)->version != version) {
		err_set(e, ERR_PERM, "module %s: is version %d, not %d", name, (*symbol)->version, version);
		return NULL;
	}
	return *symbol;
}
#else
const struct os_module *
os_module_open(const char *name, int version, struct err *e)
{
	(void)version;
	err_set(e, ERR_PERM, "module %s: this system has no dlopen", name);
	return NULL;
}
#endif
