/*
 * bdb_mod - bdb.c as a module.
 */
#include "bdb/bdb.h"

extern const struct bdb_ops bdb_ops_linked;
extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &bdb_ops_linked.mod;
