/*
 * idna_idn2 - the module that knows libidn2.
 */
#include <idn2.h>
#include <string.h>

#include "net/idna.h"

extern const struct os_module *const angarium_module;

/* Non-transitional processing (UTS #46 4), what is left must be as RFC 5891 wants it. */
static int
idn2_name(const char *name, char *dst, size_t size)
{
	char *out = NULL;
	int rc = idn2_to_ascii_8z(name, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	size_t n = rc == IDN2_OK ? strlen(out) : 0;

	if (n > 0 && n < size)
		memcpy(dst, out, n + 1);
	if (out != NULL)
		idn2_free(out);
	return n > 0 && n < size ? 0 : -1;
}

static int
idn2_letters(const char *name, char *dst, size_t size)
{
	char *out = NULL;
	int rc = idn2_to_unicode_8z8z(name, &out, 0);
	size_t n = rc == IDN2_OK ? strlen(out) : 0;

	if (n > 0 && n < size)
		memcpy(dst, out, n + 1);
	if (out != NULL)
		idn2_free(out);
	return n > 0 && n < size ? 0 : -1;
}

static const struct idna_ops ops = { .mod = { "idna", IDNA_MODULE_VERSION }, .to_ascii = idn2_name, .to_letters = idn2_letters };

const struct os_module *const angarium_module = &ops.mod;
