/*
 * sts_policy - see the header.
 */
#include "wire/sts_policy.h"

#include <string.h>

#include "base/num.h"

/* "v=VERSION; key=value; ...": the value of one key; the version must come first. */
static bool
sts_record(struct str txt, struct str version, struct str want, struct str *value)
{
	struct str field, key;
	bool first = true;

	*value = STR_NONE;
	while (str_split(&txt, ';', &field)) {
		field = str_trim(field);
		if (field.n == 0 && !first)
			continue;
		key = str_trim(str_first(field, str_chr(field, '=')));
		if (str_chr(field, '=') == SIZE_MAX)
			return false;
		field = str_trim(str_from(field, str_chr(field, '=') + 1));
		if (first && (!str_eq_c(key, "v") || !str_eq(field, version)))
			return false;
		if (!first && str_eq(key, want) && str_is_none(*value))
			*value = field;
		first = false;
	}
	return !first && !str_is_none(*value) && value->n > 0;
}

bool
sts_record_is(struct str txt, struct str version)
{
	struct str rest;

	if (!str_starts(txt, version))
		return false;
	rest = str_trim(str_from(txt, version.n));
	return rest.n == 0 || rest.p[0] == ';';
}

bool
sts_record_parse(struct str txt, struct str *id)
{
	if (!sts_record(txt, STR("STSv1"), STR("id"), id) || id->n > 32)
		return false;
	for (size_t i = 0; i < id->n; i++)
		if (!chr_is_alnum(id->p[i]))
			return false;
	return true;
}

bool
tlsrpt_record_parse(struct str txt, struct str *rua)
{
	return sts_record(txt, STR("TLSRPTv1"), STR("rua"), rua);
}

static bool
sts_name_ok(struct str s)
{
	if (str_starts(s, STR("*.")))
		s = str_from(s, 2);
	if (s.n == 0 || s.n > 253 || s.p[0] == '.' || s.p[s.n - 1] == '.' || str_chr(s, '.') == SIZE_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!chr_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.' && s.p[i] != '_')
			return false;
	return true;
}

struct sts_reading {
	struct sts_policy	*p;
	struct arena		*a;
	bool			 version, mode, age;
};

static const char *
sts_policy_pair(struct sts_reading *r, struct str key, struct str value)
{
	uint64_t n;

	if (str_eq_c(key, "version")) {
		if (!str_eq_c(value, "STSv1"))
			return "version is not STSv1";
		r->version = true;
	} else if (str_eq_c(key, "mode") && !r->mode) {		/* RFC 8461 3.2: the first one counts */
		if (str_eq_c(value, "enforce"))
			r->p->mode = STS_ENFORCE;
		else if (str_eq_c(value, "testing"))
			r->p->mode = STS_TESTING;
		else if (!str_eq_c(value, "none"))
			return "unknown mode";
		r->mode = true;
	} else if (str_eq_c(key, "max_age") && !r->age) {
		if (value.n > 10 || num_u64(value, 0, UINT64_MAX, &n) == -1)
			return "max_age is not a number";
		r->p->max_age = n > STS_AGE_MAX ? STS_AGE_MAX : (uint32_t)n;
		r->age = true;
	} else if (str_eq_c(key, "mx")) {
		if (value.n > 1 && value.p[value.n - 1] == '.')		/* the root's, as sts_policy_names drops it from a host's name */
			value = str_first(value, value.n - 1);
		if (!sts_name_ok(value))
			return "mx is not a host name";
		if (r->p->nmx < STS_MX_MAX)
			r->p->mx[r->p->nmx++] = arena_lower(r->a, value);
	}
	return NULL;
}

int
sts_policy_parse(struct str text, struct arena *a, struct sts_policy *p, struct str *why)
{
	struct sts_reading r = { .p = p, .a = a };
	struct str line;
	const char *bad = NULL;

	memset(p, 0, sizeof *p);
	p->mx = ARENA_ARRAY(a, struct str, STS_MX_MAX);
	if (text.n > STS_TEXT_MAX)
		bad = "the policy is too long";
	while (bad == NULL && str_split(&text, '\n', &line)) {
		size_t colon;

		line = str_trim(line);
		if (line.n == 0)
			continue;
		if ((colon = str_chr(line, ':')) == SIZE_MAX)
			bad = "a line without a colon";
		else
			bad = sts_policy_pair(&r, str_trim(str_first(line, colon)), str_trim(str_from(line, colon + 1)));
	}
	if (bad == NULL)
		bad = !r.version ? "no version" : !r.mode ? "no mode" : !r.age ? "no max_age" :
		    p->mode != STS_NONE && p->nmx == 0 ? "no mx" : NULL;
	*why = str_c(bad != NULL ? bad : "");
	return bad == NULL ? 0 : -1;
}

bool
sts_policy_names(const struct sts_policy *p, struct str host)
{
	size_t dot;

	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	dot = str_chr(host, '.');
	for (size_t i = 0; i < p->nmx; i++) {
		if (str_caseeq(p->mx[i], host))
			return true;
		/* one label and no more stands for the asterisk */
		if (str_starts(p->mx[i], STR("*.")) && dot != SIZE_MAX && dot > 0 &&
		    str_caseeq(str_from(p->mx[i], 1), str_from(host, dot)))
			return true;
	}
	return false;
}

const char *
sts_mode_name(enum sts_mode m)
{
	return m == STS_ENFORCE ? "enforce" : m == STS_TESTING ? "testing" : "none";
}
