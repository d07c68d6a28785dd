/*
 * idna - see the header: the door to the module.
 */
#include "net/idna.h"

#include "base/buf.h"
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

/* ---- labels in a key ---- */

static bool
idna_is_ace(struct str label)
{
	return label.n > 4 && str_caseeq_c(str_first(label, 4), "xn--");
}

bool
idna_key_may(struct str key)
{
	if (!str_is_ascii(key))
		return true;
	for (size_t i = 0; i + 4 < key.n; i++)
		if (key.p[i + 2] == '-' && idna_is_ace(str_from(key, i)))
			return true;
	return false;
}

/* A label in the other form, into dst.  False: it has none, or that is what it is. */
static bool
idna_label(struct str label, bool ascii, char dst[IDNA_MAX])
{
	char text[IDNA_MAX];

	if (str_is_ascii(label) ? ascii || !idna_is_ace(label) : !ascii || !utf8_valid(label))
		return false;
	if (str_copy(text, sizeof text, label) == -1)
		return false;
	for (size_t i = 0; i < label.n; i++)
		text[i] = chr_lower(text[i]);
	return idna_load(NULL) == 0 &&
	       (ascii ? idna_module->to_ascii : idna_module->to_letters)(text, dst, IDNA_MAX) == 0 && !str_eq_c(label, dst);
}

bool
idna_key(struct str key, bool ascii, struct arena *a, struct str *out)
{
	size_t at = str_rchr(key, '@');
	struct str rest = at == SIZE_MAX ? key : str_from(key, at + 1);
	struct buf b;
	bool changed = false;

	buf_init(&b, 4096);
	if (at != SIZE_MAX)
		(void)buf_add(&b, str_first(key, at + 1));
	while (rest.n > 0) {
		char label[IDNA_MAX];
		size_t n = 0;

		while (n < rest.n && ((unsigned char)rest.p[n] > 0x7f || rest.p[n] == '-' || chr_is_alnum(rest.p[n])))
			n++;
		if (n > 0 && idna_label(str_first(rest, n), ascii, label)) {
			(void)buf_addc(&b, label);
			changed = true;
		} else
			(void)buf_add(&b, str_first(rest, n > 0 ? n : 1));
		rest = str_from(rest, n > 0 ? n : 1);
	}
	changed = changed && buf_ok(&b);
	*out = changed ? arena_str(a, buf_str(&b)) : key;
	buf_done(&b);
	return changed;
}
