/*
 * tlsfeat - see the header.  The text is the configuration's.
 */
#include "tlsfeat.h"

#include <string.h>

static bool
tlsfeat_flags(struct str v, struct tlsfeat *t)
{
	for (size_t i = 0; i < v.n; i++)
		switch (v.p[i]) {
		case 'c':
		case 'C':
			t->fallback_set = true;
			t->fallback = v.p[i] == 'C';
			break;
		case 'R':
			t->tune.need_crl = true;
			break;
		case 'd':
			t->no_dane = true;
			break;
		case ' ':
		case ',':
			break;
		default:
			return false;
		}
	return true;
}

int
tlsfeat_parse(struct str text, struct arena *a, struct tlsfeat *t, struct str *bad)
{
	struct str pair, key, value;
	bool has_key = false;

	memset(t, 0, sizeof *t);
	if (str_chr(text, '=') == SIZE_MAX)	/* no rule matched: it is what it was called with */
		return 0;
	while (text.n > 0 && str_split(&text, ';', &pair)) {
		size_t eq = str_chr(pair, '=');

		key = str_trim(eq == SIZE_MAX ? pair : str_first(pair, eq));
		value = eq == SIZE_MAX ? STR("") : str_trim(str_from(pair, eq + 1));
		if (key.n == 0)
			continue;
		if (str_caseeq(key, STR("CipherList")))
			t->tune.ciphers = arena_cstr(a, value);
		else if (str_caseeq(key, STR("Options")))
			t->tune.options = arena_cstr(a, value);
		else if (str_caseeq(key, STR("CertFile")) && value.n > 0)
			t->tune.cert_file = arena_cstr(a, value);
		else if (str_caseeq(key, STR("KeyFile")) && value.n > 0)
			has_key = true;		/* which key belongs to the certificate its public half says */
		else if (!str_caseeq(key, STR("Flags")) || !tlsfeat_flags(value, t)) {
			*bad = str_first(str_trim(pair), 100);
			return -1;
		}
	}
	if (has_key != (t->tune.cert_file != NULL)) {
		*bad = STR("CertFile and KeyFile are not given together");
		return -1;
	}
	return 0;
}
