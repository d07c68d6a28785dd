/*
 * module - optional libraries as shared modules in a fixed folder.
 *
 * The folder is confLIBEXECDIR's; a process that is not set-id takes ANGARIUM_MODULES from its environment instead, so that a build tree
 * works where it lies.  A module exports one symbol `angarium_module`, a pointer to its table of functions, whose first members are
 * `const char *name; int version;` (struct os_module).
 */
#ifndef OS_MODULE_H
#define OS_MODULE_H

#include "base/err.h"

struct os_module {
	const char	*name;
	int		 version;
};

/* NULL and a sentence when it is missing or of another version.  Never unloaded. */
const struct os_module *os_module_open(const char *name, int version, struct err *);

#endif
