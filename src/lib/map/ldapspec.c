/*
 * ldapspec - what an LDAP map asks for.
 */
#include "map/ldapspec.h"

static const struct {
	const char	*name;
	enum ldapspec_type type;
} ldapspec_types[] = {
	{ "NORMAL", LDAPSPEC_NORMAL }, { "DN", LDAPSPEC_DN }, { "FILTER", LDAPSPEC_FILTER }, { "URL", LDAPSPEC_URL },
};

int
ldapspec_attrs(struct str list, struct arena *a, struct ldapspec_attr *v, size_t max, size_t *n, struct err *e)
{
	struct str	one, name, type;
	size_t		k;

	*n = 0;
	while (list.n > 0 && str_split(&list, ',', &one)) {
		if (one.n == 0)
			continue;
		if (*n == max)
			return err_set(e, ERR_PERM, "more than %zu attributes", max);
		str_split(&one, ':', &name);
		type = STR_NONE;
		if (!str_is_none(one))
			str_split(&one, ':', &type);
		for (k = 0; type.n > 0 && k < sizeof(ldapspec_types) / sizeof(ldapspec_types[0]); k++)
			if (str_caseeq_c(type, ldapspec_types[k].name))
				break;
		if (name.n == 0 || str_has_nul(name) || k == sizeof(ldapspec_types) / sizeof(ldapspec_types[0]))
			return err_set(e, ERR_PERM, "attribute \"%.*s\" of type \"%.*s\": the types are NORMAL, DN, FILTER and URL", STR_ARG(name), STR_ARG(type));
		v[*n].name = arena_cstr(a, name);
		v[*n].type = type.n > 0 ? ldapspec_types[k].type : LDAPSPEC_NORMAL;
		v[*n].classes = one.n > 0 ? arena_str(a, one) : STR_NONE;
		++*n;
	}
	return 0;
}

bool
ldapspec_class(struct str classes, struct str class)
{
	struct str	one;

	if (classes.n == 0)
		return true;
	while (str_split(&classes, '|', &one))
		if (str_caseeq(one, class))
			return true;
	return false;
}

static void
ldapspec_escape(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '*' || s.p[i] == '(' || s.p[i] == ')' || s.p[i] == '\\' || s.p[i] == '\0')
			buf_addf(b, "\\%02x", (unsigned)(unsigned char)s.p[i]);
		else
			buf_addch(b, s.p[i]);
}

void
ldapspec_filter(struct buf *b, struct str f, struct str key, const struct str *args, size_t nargs, bool multi)
{
	for (size_t i = 0; i < f.n; i++) {
		char	c = i + 1 < f.n ? f.p[i + 1] : '\0';

		if (f.p[i] != '%' || (c != 's' && c != '0' && c != '%' && !(multi && chr_is_digit(c)))) {
			buf_addch(b, f.p[i]);
			continue;
		}
		i++;
		if (c == '%')
			buf_addch(b, '%');
		else if (c == 's')
			buf_add(b, key);
		else if (c == '0')
			ldapspec_escape(b, key);
		else if ((size_t)(c - '0') <= nargs)
			ldapspec_escape(b, args[c - '1']);
	}
}
