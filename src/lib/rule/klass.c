/*
 * klass - classes: sets of phrases, matched by the joined text of one or several tokens.
 */
#include <string.h>

#include "base/trace.h"
#include "rule/rule_int.h"

bool
klass_has(const struct klass *k, uint32_t atom)
{
	if (atom == ATOM_NONE || k->slot == NULL)
		return false;
	for (uint32_t i = (atom * 2654435761u) & k->mask; k->slot[i] != 0; i = (i + 1) & k->mask)
		if (k->slot[i] == atom)
			return true;
	return false;
}

static void
klass_insert(struct klass *k, uint32_t atom)
{
	uint32_t	i = (atom * 2654435761u) & k->mask;

	while (k->slot[i] != 0)
		i = (i + 1) & k->mask;
	k->slot[i] = atom;
}

static void
klass_grow(struct rules *r, struct klass *k)
{
	uint32_t	 size = k->size == 0 ? 8 : k->size * 2;
	uint32_t	*member = ARENA_ARRAY(r->arena, uint32_t, size);
	const char	**spelling = arena_array(r->arena, size, sizeof *spelling);

	if (k->n > 0) {
		memcpy(member, k->member, k->n * sizeof *member);
		memcpy(spelling, k->spelling, k->n * sizeof *spelling);
	}
	k->member = member;
	k->spelling = spelling;
	k->size = size;
	k->mask = size * 2 - 1;
	k->slot = ARENA_ARRAY(r->arena, uint32_t, (size_t)k->mask + 1);
	for (uint32_t i = 0; i < k->n; i++)
		klass_insert(k, k->member[i]);
}

static void
klass_add(struct rules *r, struct klass *k, struct str member)
{
	uint32_t	atom;

	k->touched = true;
	if (member.n == 0)
		return;
	atom = atoms_add(&r->atoms, member.p, member.n);
	if (klass_has(k, atom))
		return;
	if (k->n == k->size)
		klass_grow(r, k);
	k->spelling[k->n] = arena_str(r->arena, member).p;
	k->member[k->n++] = atom;
	klass_insert(k, atom);
	if (member.n > k->maxlen)
		k->maxlen = (uint32_t)member.n;
}

/*
 * Which atoms begin a member of several tokens?  A phrase is text joined with BlankSub, so this can be told only where BlankSub
 * separates tokens itself.
 */
void
klass_finish(struct rules *r, struct klass *k)
{
	uint8_t	blank = r->chars.type[(unsigned char)r->blank_sub];

	k->any_first = blank == r->chars.type['a'];
	for (uint32_t i = 0; i < k->n; i++) {
		struct atom	a = r->atoms.v[k->member[i]];
		uint32_t	n = 0, first;

		k->bits |= id_bit(k->member[i]);
		while (n < a.n && r->chars.type[(unsigned char)a.p[n]] == r->chars.type['a'])
			n++;
		if (n == 0)
			n = 1;
		if (n >= a.n)
			continue;
		if (r->chars.type[(unsigned char)a.p[0]] == r->chars.type['"'] || memchr(a.p, '\\', a.n) != NULL)
			k->any_first = true;
		first = atoms_add(&r->atoms, a.p, n);
		k->first |= (uint64_t)1 << (first & 63);
		k->bits |= id_bit(first);
	}
	if (k->any_first)
		k->bits = UINT64_MAX;
}

void
trace_set_class(struct str name, struct str member)
{
	trace_printf("setclass(%.*s, %.*s)\n", STR_ARG(name), STR_ARG(member));
}

void
rules_class_add(struct rules *r, int class, struct str member)
{
	if (class < 0 || (uint32_t)class >= r->nklasses)
		return;
	if (member.n > 0 && trace_on(37, 8))
		trace_set_class(rules_macro_name(r, class), member);
	klass_add(r, &r->klasses[class], member);
}

void
rules_class_touch(struct rules *r, int class)
{
	rules_class_add(r, class, STR_NONE);
}

int
rules_classes(const struct rules *r)
{
	return (int)r->nklasses;
}

size_t
rules_class_count(const struct rules *r, int class)
{
	return class >= 0 && (uint32_t)class < r->nklasses ? r->klasses[class].n : 0;
}

struct str
rules_class_member(const struct rules *r, int class, size_t i)
{
	const struct klass	*k;

	if (i >= rules_class_count(r, class))
		return STR_NONE;
	k = &r->klasses[class];
	return str_mem(k->spelling[i], r->atoms.v[k->member[i]].n);
}

bool
ctx_class_extra(const struct rule_ctx *c, int class, struct str text)
{
	for (; c != NULL; c = c->parent)
		for (const struct klass_extra *x = c->extra; x != NULL; x = x->next)
			if (x->class == class && str_caseeq(str_mem(x->text, x->n), text))
				return true;
	return false;
}

bool
rule_class_has(const struct rule_ctx *c, struct str name, struct str member)
{
	int	id = ctx_macro_id(c, name, false);

	if (id < 0)
		return false;
	if ((uint32_t)id < c->rules->nklasses &&
	    klass_has(&c->rules->klasses[id], atoms_find(&c->rules->atoms, member.p, member.n)))
		return true;
	return ctx_class_extra(c, id, member);
}

void
rule_class_each(const struct rule_ctx *c, struct str name, bool (*fn)(void *, struct str), void *arg)
{
	int	id = ctx_macro_id(c, name, false);

	if (id < 0)
		return;
	for (size_t i = 0; i < rules_class_count(c->rules, id); i++)
		if (!fn(arg, rules_class_member(c->rules, id, i)))
			return;
	for (; c != NULL; c = c->parent)
		for (const struct klass_extra *x = c->extra; x != NULL; x = x->next)
			if (x->class == id && !fn(arg, str_mem(x->text, x->n)))
				return;
}
