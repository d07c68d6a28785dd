/*
 * idna - see the header: the door to the module.
 */
#include "net/idna.h"

#include "base/utf8.h"

#define IDNA_MAX	512	/* octets of a name: no domain needs more */

static const struct idna_ops *idna_module;

int
idna_load(struct err *e)
{
	if (idna_module == NULL)
		idna_module = (const struct idna_ops *)(const void *)os_module_open("idna", IDNA_MODULE_VERSION, e);
	return idna_module == NULL ? -1 : 0;
}

int
idna_to_ascii(struct str name, struct arena *a, struct str *out, struct err *e)
{
	char text[IDNA_MAX], ascii[IDNA_MAX];

	if (str_is_ascii(name)) {
		*out = name;
		return 0;
	}
	if (!utf8_valid(name) || str_copy(text, sizeof text, name) == -1)
		return err_set(e, ERR_PERM, "not a domain name in UTF-8");
	if (idna_load(e) == -1)
		return -1;
	if (idna_module->to_ascii(text, ascii, sizeof ascii) == -1)
		return err_set(e, ERR_PERM, "a domain name that DNS cannot have");
	*out = arena_str(a, str_c(ascii));
	return 0;
}
