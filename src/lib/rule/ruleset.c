/*
 * ruleset - the compiled configuration: rulesets by name and number, rules as programs.
 *
 * sendmail numbers its rulesets: those called by name only get 199, 198, ... in the order of first mention; messages show
 * these numbers, so they are kept.  Inside, a ruleset is its index.
 */
#include <string.h>

#include "base/hash.h"
#include "base/num.h"
#include "rule/rule_int.h"

struct rules *
rules_new(struct arena *m)
{
	static uint32_t	 serial;
	struct rules	*r = ARENA_NEW(m, struct rules);
	char		*names = arena_bytes(m, 256);

	r->arena = m;
	r->serial = ++serial;
	atoms_init(&r->atoms, m);
	r->level = 1;
	r->blank_sub = ' ';
	r->next_number = MAXRWSETS - 1;
	r->macros_size = 1024;
	r->nmacros = 256;
	r->macros = ARENA_ARRAY(m, struct macro_def, r->macros_size);
	r->klasses = ARENA_ARRAY(m, struct klass, r->macros_size);
	r->nklasses = 256;
	for (int i = 0; i < 256; i++) {
		names[i] = (char)i;
		r->macros[i].name = str_mem(names + i, 1);
	}
	r->macro_names = hash_new(m, HASH_TRUSTED);
	r->sets_size = 64;
	r->sets = ARENA_ARRAY(m, struct ruleset, r->sets_size);
	r->host_map = -1;
	r->tok = ARENA_ARRAY(m, struct rule_tok, RULE_MAXATOM);
	rules_set_operators(r, STR(".:@[]"));
	return r;
}

void
rules_set_level(struct rules *r, int level)
{
	r->level = level;
}

void
rules_set_operators(struct rules *r, struct str ops)
{
	r->operators = arena_str(r->arena, ops);
	tok_chars_set(&r->chars, ops);
}

void
rules_set_blank_sub(struct rules *r, char c)
{
	r->blank_sub = c;
}

void
rules_set_file(struct rules *r, struct str file)
{
	r->file = arena_str(r->arena, file);
}

void
rules_on_map(struct rules *r, rules_map_fn *fn, void *arg)
{
	r->map_fn = fn;
	r->map_arg = arg;
}

static void
map_mark(struct rules *r, int map, uint8_t mark)
{
	uint32_t	 size = (uint32_t)map + 32;
	uint8_t		*v;

	if (map < 0)
		return;
	if ((uint32_t)map >= r->nmap_mark) {
		v = ARENA_ARRAY(r->arena, uint8_t, size);
		if (r->nmap_mark > 0)
			memcpy(v, r->map_mark, r->nmap_mark);
		r->map_mark = v;
		r->nmap_mark = size;
	}
	r->map_mark[map] = mark;
}

void
rules_map_name(struct rules *r, struct str name, int map)
{
	r->atoms.v[atoms_add(&r->atoms, name.p, name.n)].map = (uint32_t)map + 1;
}

void
rules_map_is_macro(struct rules *r, int map)
{
	map_mark(r, map, MAP_MACRO);
}

void
rules_map_is_log(struct rules *r, int map)
{
	map_mark(r, map, MAP_LOG);
}

void
rules_map_is_unknown(struct rules *r, int map)
{
	map_mark(r, map, MAP_UNKNOWN);
}

/* ---- rulesets ---- */

static int
set_new(struct rules *r, struct str name, int number)
{
	struct ruleset	*s;

	if (r->nsets == r->sets_size) {
		struct ruleset	*v = ARENA_ARRAY(r->arena, struct ruleset, (size_t)r->sets_size * 2);

		memcpy(v, r->sets, r->nsets * sizeof *v);
		r->sets = v;
		r->sets_size *= 2;
	}
	s = &r->sets[r->nsets];
	s->number = number;
	s->name = name.n > 0 ? arena_str(r->arena, name) : STR_NONE;
	if (name.n > 0)
		r->atoms.v[atoms_add(&r->atoms, name.p, name.n)].set = r->nsets + 1;
	return (int)r->nsets++;
}

static int
set_by_number(const struct rules *r, int number)
{
	if (r->finished)
		return number >= 0 && number < MAXRWSETS ? (int)r->by_number[number] - 1 : -1;
	for (uint32_t i = 0; i < r->nsets; i++)
		if (r->sets[i].number == number)
			return (int)i;
	return -1;
}

static int
set_named(const struct rules *r, uint32_t atom, struct str name)
{
	int	set = atom == ATOM_NONE ? -1 : (int)r->atoms.v[atom].set - 1;

	if (set < 0 || str_eq(r->sets[set].name, name))
		return set;
	for (uint32_t i = 0; i < r->nsets; i++)		/* names differ by case, atoms do not */
		if (str_eq(r->sets[i].name, name))
			return (int)i;
	return -1;
}

static int
set_by_name(const struct rules *r, struct str name)
{
	return set_named(r, atoms_find(&r->atoms, name.p, name.n), name);
}

/* A name or number as rules call it; numbers exist by themselves up to 99. */
static int
set_call(const struct rules *r, struct str name)
{
	int	number;

	if (name.n > 0 && chr_is_digit(name.p[0])) {
		size_t	n = 0;

		while (n < name.n && chr_is_digit(name.p[n]))
			n++;
		if (num_int(str_first(name, n), 0, MAXRWSETS / 2 - 1, &number) == -1)
			return -1;
		return set_by_number(r, number);
	}
	return set_by_name(r, name);
}

int
set_by_atom(const struct rules *r, const struct rule_tok *t)
{
	if (t->n > 0 && chr_is_digit(t->p[0]))
		return set_call(r, str_mem(t->p, t->n));
	return ID_IS_META(t->id) ? -1 : set_named(r, t->id, str_mem(t->p, t->n));
}

void
rules_set_begin(struct rules *r, int set)
{
	if (set >= 0 && (uint32_t)set < r->nsets)
		r->sets[set].begun = true;
}

bool
rules_begun(const struct rules *r, int set)
{
	return set >= 0 && (uint32_t)set < r->nsets && r->sets[set].begun;
}

int
rules_find(const struct rules *r, struct str name)
{
	return set_call(r, name);
}

static bool
set_name_char(char c)
{
	return chr_is_alnum(c) || c == '_';
}

static int
set_numbered(struct rules *r, struct str digits, struct str spec, struct err *e)
{
	int	number = MAXRWSETS, i;

	(void)num_int(digits, 0, 1 << 20, &number);
	if (number >= MAXRWSETS / 2)
		return err_set(e, ERR_PERM, "bad ruleset %.*s (%d max)", STR_ARG(spec), MAXRWSETS / 2);
	i = set_by_number(r, number);
	return i >= 0 ? i : set_new(r, STR_NONE, number);
}

/* "=3" behind a name. */
static int
set_equals(struct rules *r, struct str name, struct str rest, struct str spec, struct err *e)
{
	size_t	n = 0;
	int	number = 0, i = set_by_name(r, name), j;

	while (n < rest.n && chr_is_digit(rest.p[n]))
		n++;
	if (n == 0) {
		if (i < 0)
			set_new(r, name, r->next_number--);
		return err_set(e, ERR_PERM, "bad ruleset definition \"%.*s\" (number required after `=')", STR_ARG(spec));
	}
	if (num_int(str_first(rest, n), 0, MAXRWSETS / 2 - 1, &number) == -1) {
		(void)num_int(str_first(rest, n), 0, 1 << 30, &number);
		if (i < 0)
			set_new(r, name, r->next_number--);
		return err_set(e, ERR_PERM, "bad ruleset number %d in \"%.*s\" (%d max)", number, STR_ARG(spec), MAXRWSETS / 2);
	}
	if (i >= 0) {
		if (r->sets[i].number != number && r->sets[i].number < MAXRWSETS / 2)
			return err_set(e, ERR_PERM, "%.*s: ruleset changed value (old %d, new %d)", STR_ARG(spec),
			    r->sets[i].number, number);
		if (set_by_number(r, number) < 0)
			r->sets[i].number = number;
		return i;
	}
	j = set_by_number(r, number);
	if (j < 0)
		return set_new(r, name, number);
	if (r->sets[j].name.n == 0)
		r->sets[j].name = arena_str(r->arena, name);
	r->atoms.v[atoms_add(&r->atoms, name.p, name.n)].set = (uint32_t)j + 1;
	return j;
}

int
rules_set(struct rules *r, struct str spec, struct err *e)
{
	struct str	s = str_ltrim(spec), name, rest;
	size_t		n = 0;
	int		i;

	if (s.n == 0)
		return err_set(e, ERR_PERM, "invalid ruleset name: \"%.*s\"", STR_ARG(spec));
	if (chr_is_digit(s.p[0])) {
		while (n < s.n && chr_is_digit(s.p[n]))
			n++;
		return set_numbered(r, str_first(s, n), str_first(s, n), e);
	}
	while (n < s.n && set_name_char(s.p[n]))
		n++;
	if (n == 0)
		return err_set(e, ERR_PERM, "invalid ruleset name: \"%.*s\"", STR_ARG(s));
	name = str_first(s, n);
	rest = str_ltrim(str_from(s, n));
	if (rest.n > 0 && rest.p[0] == '=')
		return set_equals(r, name, str_ltrim(str_from(rest, 1)), s, e);
	i = set_by_name(r, name);
	if (i >= 0)
		return i;
	if (r->next_number < MAXRWSETS / 2)
		return err_set(e, ERR_PERM, "%.*s: too many named rulesets (%d max)", STR_ARG(name), MAXRWSETS / 2);
	return set_new(r, name, r->next_number--);
}

struct str
rules_name(const struct rules *r, int set)
{
	return set >= 0 && (uint32_t)set < r->nsets ? r->sets[set].name : STR_NONE;
}

int
rules_number(const struct rules *r, int set)
{
	return set >= 0 && (uint32_t)set < r->nsets ? r->sets[set].number : -1;
}

int
rules_count(const struct rules *r)
{
	return (int)r->nsets;
}

bool
rules_has_rules(const struct rules *r, int set)
{
	return set >= 0 && (uint32_t)set < r->nsets && r->sets[set].n > 0;
}

size_t
rules_rule_count(const struct rules *r, int set)
{
	return rules_has_rules(r, set) ? r->sets[set].n : 0;
}

int
rules_rule(const struct rules *r, int set, size_t i, struct arena *m, struct rule_text *t)
{
	const struct rule	*rule;
	struct buf		 b;

	if (i >= rules_rule_count(r, set))
		return -1;
	rule = &r->sets[set].rules[i];
	buf_init(&b, 0);
	rules_print(r, rule->lhs, rule->nlhs, &b);
	t->lhs = arena_str(m, buf_str(&b));
	buf_clear(&b);
	rules_print_rhs(r, rule, &b);
	t->rhs = arena_str(m, buf_str(&b));
	buf_done(&b);
	t->line = rule->line;
	t->origin = rule->origin;
	t->file = r->file;
	return 0;
}

static void
set_gates(struct rules *r, struct ruleset *s)
{
	struct pat	*pat;
	size_t		 n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		n += s->rules[i].npat;
	pat = ARENA_ARRAY(r->arena, struct pat, n + 1);
	s->gate = ARENA_ARRAY(r->arena, struct gate, (size_t)s->n + 1);
	for (uint32_t i = 0; i < s->n; i++) {
		s->gate[i] = pat_gate(r, &s->rules[i], pat);
		pat += s->rules[i].npat;
	}
}

/* "canonify           input:" */
void
set_heads(struct ruleset *s)
{
	static const char *const what[2] = { "   input:", " returns:" };
	char			 digits[16];
	struct str		 name = s->name;

	if (name.n == 0) {
		size_t	at = sizeof digits;
		int	number = s->number;

		do {
			digits[--at] = (char)('0' + number % 10);
			number /= 10;
		} while (number > 0);
		name = str_mem(digits + at, sizeof digits - at);
	}
	for (int i = 0; i < 2; i++) {
		size_t	n = name.n < 16 ? name.n : 16;

		memset(s->head[i], ' ', 16);
		memcpy(s->head[i], name.p, n);
		memcpy(s->head[i] + 16, what[i], 9);
		s->nhead[i] = 25;
	}
}

void
rules_finish(struct rules *r)
{
	if (r->map_fn != NULL)
		r->host_map = r->map_fn(r->map_arg, STR("host"));
	r->map_fn = NULL;
	r->map_arg = NULL;
	macros_known(r);
	for (uint32_t i = 0; i < r->nklasses; i++)
		klass_finish(r, &r->klasses[i]);
	for (uint32_t i = 0; i < r->nsets; i++) {
		set_gates(r, &r->sets[i]);
		set_heads(&r->sets[i]);
		if (r->sets[i].number >= 0 && r->sets[i].number < MAXRWSETS && r->by_number[r->sets[i].number] == 0)
			r->by_number[r->sets[i].number] = (uint16_t)(i + 1);
	}
	r->finished = true;
}
