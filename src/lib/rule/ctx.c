/*
 * ctx - what one session, envelope or command adds to the rules: macro values, class members, scratch memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "base/hash.h"
#include "base/must.h"
#include "base/trace.h"
#include "rule/rule_int.h"

#define CTX_MAXDYN	4096u		/* names of macros that the configuration does not know */
#define CTX_ROWS	16u

/* Workspaces of contexts that are over, for those to come: a message has several contexts, one after the other, and each wants some. */
static struct rule_tok	*rows[CTX_ROWS];
static unsigned		 nrows;

/*
 * Contexts that are over, for those to come: a session, its verdict and each of its messages have one, with much the same macros.  They keep their memory and
 * the names they gave numbers to, and no value.  None under AddressSanitizer, which is to see what is used after its end.
 */
#if defined(__SANITIZE_ADDRESS__)
#define CTX_IDLE	0u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CTX_IDLE	0u
#endif
#endif
#ifndef CTX_IDLE
#define CTX_IDLE	3u
#endif
#define CTX_IDLE_NAMES	64u		/* more names than that were not ours */
#define CTX_IDLE_BUF	4096u		/* larger memory is not kept */
static struct rule_ctx	*idle[CTX_IDLE + 1];
static unsigned		 nidle;

static void
ctx_forget_names(struct rule_ctx *c)
{
	for (uint32_t i = 0; i < c->ndyn; i++)
		free((void *)(uintptr_t)c->dynname[i].p);
	free(c->dynname);
	c->dynname = NULL;
	c->ndyn = c->dyn_size = 0;
	hash_free(&c->names);
}

/* Values and members of classes. */
static void
ctx_forget_values(struct rule_ctx *c)
{
	for (uint32_t i = 0; i < c->nmacro; i++)
		c->slot[c->macro[i].id] = 0;
	c->nmacro = 0;
	if (c->texts != NULL)
		arena_reset(c->texts);
	while (c->extra != NULL) {
		struct klass_extra	*x = c->extra;

		c->extra = x->next;
		free(x->text);
		free(x);
	}
	err_clear(&c->err);
}

static struct rule_ctx *
ctx_make(void)
{
	struct rule_ctx	*c = calloc(1, sizeof *c);

	must_have(c);
	c->scratch = arena_new(CTX_SCRATCH);
	buf_init(&c->tmp, 0);
	buf_init(&c->tmp2, 0);
	buf_init(&c->line, 0);
	buf_init(&c->value, 1 << 20);
	return c;
}

struct rule_ctx *
rule_ctx_new(const struct rules *r, struct rule_ctx *parent, rule_lookup_fn *lookup, void *arg)
{
	struct rule_ctx	*c = nidle > 0 ? idle[--nidle] : ctx_make();

	if (c->serial != r->serial || c->first_dyn != r->nmacros)
		ctx_forget_names(c);	/* numbers of another configuration */
	c->serial = r->serial;
	c->first_dyn = r->nmacros;
	c->rules = r;
	c->parent = parent;
	c->lookup = lookup;
	c->arg = arg;
	c->on_run = parent != NULL && parent->arg == arg ? parent->on_run : NULL;
	return c;
}

void
rule_on_run(struct rule_ctx *c, rule_run_fn *fn)
{
	c->on_run = fn;
}

void
rule_forget(struct rule_ctx *c)
{
	ctx_forget_values(c);
	ctx_forget_names(c);
}

static void
ctx_buf_keep(struct buf *b)
{
	if (b->size > CTX_IDLE_BUF)
		buf_done(b);
	else
		buf_clear(b);
}

/* As ctx_make left it, but for memory and names. */
static void
ctx_rest(struct rule_ctx *c)
{
	ctx_forget_values(c);
	if (c->ndyn > CTX_IDLE_NAMES)
		ctx_forget_names(c);
	arena_reset(c->scratch);
	arena_trim(c->scratch, 4 * CTX_IDLE_BUF);
	if (c->texts != NULL)
		arena_trim(c->texts, 4 * CTX_IDLE_BUF);
	ctx_buf_keep(&c->tmp);
	ctx_buf_keep(&c->tmp2);
	ctx_buf_keep(&c->line);
	ctx_buf_keep(&c->value);
	c->explain = NULL;
	c->nshown = 0;
	c->any_extra = c->loose = c->trace = false;
	c->mute = 0;
	err_clear(&c->why);
	c->depth = 0;
	c->steps = c->applied = 0;
	c->used = 0;
}

static void
ctx_destroy(struct rule_ctx *c)
{
	rule_forget(c);
	free(c->macro);
	free(c->slot);
	arena_free(&c->texts);
	arena_free(&c->scratch);
	buf_done(&c->tmp);
	buf_done(&c->tmp2);
	buf_done(&c->line);
	buf_done(&c->value);
	free(c);
}

/* Workspaces have nothing in them between two runs. */
static void
ctx_pool_leave(struct rule_ctx *c)
{
	for (size_t i = 0; i < sizeof c->pool / sizeof *c->pool; i++) {
		if (c->pool[i] != NULL && nrows < CTX_ROWS)
			rows[nrows++] = c->pool[i];
		else
			free(c->pool[i]);
		c->pool[i] = NULL;
	}
}

void
rule_ctx_free(struct rule_ctx **cp)
{
	struct rule_ctx	*c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	ctx_pool_leave(c);
	free(c->shown);
	c->shown = NULL;
	if (nidle == CTX_IDLE) {
		ctx_destroy(c);
		return;
	}
	ctx_rest(c);
	idle[nidle++] = c;
}

void
rule_rest(void)
{
	while (nrows > 0)
		free(rows[--nrows]);
	while (nidle > 0)
		ctx_destroy(idle[--nidle]);
}

void
rule_reset(struct rule_ctx *c)
{
	c->loose = false;
	if (c->depth == 0)
		ctx_pool_leave(c);
	arena_reset(c->scratch);
	c->nshown = UINT32_MAX;		/* the same addresses will hold other text */
}

struct arena *
rule_scratch(struct rule_ctx *c)
{
	return c->scratch;
}

void
rule_trace(struct rule_ctx *c, bool on)
{
	c->trace = on;
}

const struct err *
rule_error(const struct rule_ctx *c)
{
	return &c->err;
}

struct rule_tok *
ctx_pool_new(struct rule_ctx *c, int i)
{
	/* not zeroed: of most workspaces only the first tokens are ever touched */
	c->pool[i] = nrows > 0 ? rows[--nrows] : malloc((RULE_MAXATOM + 8) * sizeof *c->pool[i]);
	must_have(c->pool[i]);
	return c->pool[i];
}

void
ctx_say(struct rule_ctx *c, int class, const char *fmt, ...)
{
	struct err	e;
	va_list		ap;

	if (c->mute > 0)
		return;
	err_clear(&e);
	va_start(ap, fmt);
	err_vset(&e, (enum err_class)class, fmt, ap);
	va_end(ap);
	if (c->err.class == ERR_NONE)
		c->err = e;
	if (c->trace) {
		for (char *p = e.text; *p != '\0'; p++)	/* sendmail's messages are 7-bit */
			*p = (char)(*p & 0177);
		trace_say(str_c(e.text));
		trace_say(STR("\n"));
	}
}

/* ---- macros ---- */

static struct str
name_bare(struct str name)
{
	if (name.n >= 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
		return str_sub(name, 1, name.n - 1);
	return name;
}

/* Numbers behind the configuration's are this family's own: the outermost context keeps them. */
int
ctx_macro_id(const struct rule_ctx *cc, struct str name, bool create)
{
	struct rule_ctx	*c = (struct rule_ctx *)(uintptr_t)cc;
	int		 id;
	void		*v;
	char		*copy;
	struct str	*list;

	name = name_bare(name);
	if (name.n == 0)
		return -1;
	id = rules_macro_find(c->rules, name);
	if (id >= 0)
		return id;
	while (c->parent != NULL)
		c = c->parent;
	v = c->names == NULL ? NULL : hash_get(c->names, name);
	if (v != NULL)
		return (int)((uintptr_t)v - 1);
	if (!create || c->ndyn >= CTX_MAXDYN)
		return -1;
	if (c->names == NULL)
		c->names = hash_new(NULL, 0);
	copy = malloc(name.n + 1);
	must_have(copy);
	must_have(c->names);
	if (c->ndyn == c->dyn_size) {
		c->dyn_size = c->ndyn == 0 ? 8 : 2 * c->ndyn;
		list = realloc(c->dynname, c->dyn_size * sizeof *list);
		must_have(list);
		c->dynname = list;
	}
	memcpy(copy, name.p, name.n);
	copy[name.n] = '\0';
	c->dynname[c->ndyn] = str_mem(copy, name.n);
	id = (int)(c->rules->nmacros + c->ndyn++);
	hash_put(c->names, str_mem(copy, name.n), (void *)((uintptr_t)id + 1));
	return id;
}

/* What this context has of macro `id`; NULL: nothing. */
static struct macro_val *
ctx_val(const struct rule_ctx *c, int id)
{
	return (uint32_t)id < c->nslot && c->slot[id] != 0 ? &c->macro[c->slot[id] - 1] : NULL;
}

bool
ctx_macro(const struct rule_ctx *c, int id, struct str *value, bool *template)
{
	const struct rules	*r = c->rules;

	for (; c != NULL; c = c->parent) {
		const struct macro_val	*m = ctx_val(c, id);

		if (m == NULL)
			continue;
		if (m->gone)
			return false;
		*value = str_mem(m->p == NULL ? "" : m->p, m->n);
		*template = m->template;
		return true;
	}
	*value = rules_macro(r, id);
	*template = true;
	return !str_is_none(*value);
}

struct str
ctx_macro_plain(struct rule_ctx *c, struct str value, bool template)
{
	char	*p;
	size_t	 n = 0;

	if (!template || str_find(value, STR("$$")) == SIZE_MAX)
		return arena_str(c->scratch, value);
	p = arena_bytes(c->scratch, value.n + 1);
	for (size_t i = 0; i < value.n; i++) {
		p[n++] = value.p[i];
		if (value.p[i] == '$' && i + 1 < value.n && value.p[i + 1] == '$')
			i++;
	}
	return str_mem(p, n);
}

static void
ctx_slots(struct rule_ctx *c, uint32_t id)
{
	uint32_t	 n = id < c->rules->nmacros ? c->rules->nmacros : id + 16;
	uint16_t	*slot;

	if (id < c->nslot)
		return;
	slot = realloc(c->slot, n * sizeof *slot);
	must_have(slot);
	memset(slot + c->nslot, 0, (n - c->nslot) * sizeof *slot);
	c->slot = slot;
	c->nslot = n;
}

/* Macro `id` has a value of its own from now on, or none where the configuration has one. */
static struct macro_val *
ctx_val_new(struct rule_ctx *c, uint32_t id)
{
	ctx_slots(c, id);
	if (c->nmacro == c->macro_size) {
		uint32_t	 size = c->macro_size == 0 ? 32 : 2 * c->macro_size;
		struct macro_val *v = realloc(c->macro, size * sizeof *v);

		must_have(v);
		c->macro = v;
		c->macro_size = size;
	}
	c->macro[c->nmacro] = (struct macro_val){ .id = id };
	c->slot[id] = (uint16_t)++c->nmacro;
	return &c->macro[c->nmacro - 1];
}

static int
ctx_macro_put(struct rule_ctx *c, struct str name, struct str value, bool template)
{
	int			 id = ctx_macro_id(c, name, true);
	struct macro_val	*m;

	if (id < 0)
		return -1;
	if (trace_on(35, 9) && !str_is_none(value)) {
		struct str	old;
		bool		was;

		trace_define(name_bare(name), value, ctx_macro(c, id, &old, &was));
	}
	if (c->texts == NULL)
		c->texts = arena_new(CTX_SCRATCH);
	m = ctx_val(c, id);
	if (m == NULL)
		m = ctx_val_new(c, (uint32_t)id);
	m->stored = false;
	m->gone = str_is_none(value);
	if (m->gone)
		return 0;
	if (m->size < value.n + 1) {		/* the old text stays: it may be part of the new one */
		size_t	size = value.n + 32 > 2 * (size_t)m->size ? value.n + 32 : 2 * (size_t)m->size;

		m->p = arena_bytes(c->texts, size);
		m->size = (uint32_t)size;
	}
	memmove(m->p, value.p, value.n);
	m->p[value.n] = '\0';
	m->n = (uint32_t)value.n;
	m->template = template;
	return 0;
}

int
rule_macro_set(struct rule_ctx *c, struct str name, struct str value)
{
	return ctx_macro_put(c, name, value, false);
}

int
rule_macro_store(struct rule_ctx *c, struct str name, struct str value)
{
	if (ctx_macro_put(c, name, value, false) == -1)
		return -1;
	ctx_val(c, ctx_macro_id(c, name, false))->stored = true;
	return 0;
}

void
rule_macro_stored(struct rule_ctx *c, bool (*fn)(void *, struct str, struct str), void *arg)
{
	const struct rule_ctx *top = c;

	while (top->parent != NULL)
		top = top->parent;
	for (uint32_t k = 0; k < c->nmacro; k++) {
		const struct macro_val	*m = &c->macro[k];
		uint32_t		 i = m->id;
		struct str		 name = i < c->rules->nmacros ? c->rules->macros[i].name : STR_NONE;

		if (!m->stored)
			continue;
		if (i >= c->rules->nmacros && i - c->rules->nmacros < top->ndyn)
			name = top->dynname[i - c->rules->nmacros];
		if (!fn(arg, name, m->gone ? STR_NONE : str_mem(m->p == NULL ? "" : m->p, m->n)))
			return;
	}
}

int
rule_macro_define(struct rule_ctx *c, struct str name, struct str value)
{
	return ctx_macro_put(c, name, value, true);
}

int
rule_macro_set_c(struct rule_ctx *c, const char *name, const char *value)
{
	return ctx_macro_put(c, str_c(name), str_c(value), false);
}

int
rule_macro_setf(struct rule_ctx *c, const char *name, const char *fmt, ...)
{
	char	text[2048];
	va_list	ap;

	va_start(ap, fmt);
	(void)fmt_v(text, sizeof text, fmt, ap);
	va_end(ap);
	return rule_macro_set_c(c, name, text);
}

struct str
rule_macro_get(const struct rule_ctx *c, struct str name)
{
	struct str	value;
	bool		template;
	int		id = ctx_macro_id(c, name, false);

	return id >= 0 && ctx_macro(c, id, &value, &template) ? value : STR_NONE;
}

struct str
rule_macro_value(struct rule_ctx *c, struct str name)
{
	struct str	value;
	struct buf	b;
	bool		template;
	int		id = ctx_macro_id(c, name, false);

	if (id < 0 || !ctx_macro(c, id, &value, &template))
		return STR_NONE;
	if (!template || str_chr(value, '$') == SIZE_MAX)
		return arena_str(c->scratch, value);
	buf_init(&b, 65536);
	(void)macro_expand(c->rules, c, value, &b, 0);
	value = arena_str(c->scratch, buf_str(&b));
	buf_done(&b);
	return value;
}

int
rule_class_add(struct rule_ctx *c, struct str name, struct str member)
{
	struct klass_extra	*x;
	int			 id = ctx_macro_id(c, name, true);

	if (id < 0)
		return -1;
	if (member.n > 0 && trace_on(37, 8))
		trace_set_class(name_bare(name), member);
	if (member.n == 0 || rule_class_has(c, name, member))
		return 0;
	x = calloc(1, sizeof *x);
	must_have(x);
	x->text = malloc(member.n + 1);
	must_have(x->text);
	memcpy(x->text, member.p, member.n);
	x->text[member.n] = '\0';
	x->n = (uint32_t)member.n;
	x->class = id;
	x->next = c->extra;
	c->extra = x;
	return 0;
}
