/*
 * rhs - the first step of a right side: its own tokens, what $1 stands for, and the values of $&x.
 */
#include "base/status.h"
#include "base/trace.h"
#include "rule/rhs.h"

#define RULE_MAXBUILD	(RULE_MAXATOM - 10)	/* a right side's own tokens end here, as in sendmail */

/* $1: 0x55d0c0de="joe" */
static void
trace_capture(unsigned ref, const struct work *w, const struct capture *k)
{
	struct buf	b;

	buf_init(&b, 0);
	buf_addf(&b, "$%u:", ref);
	for (uint32_t i = k->from; i < k->to; i++) {
		buf_addf(&b, " %p=\"", (const void *)w->tok[i].p);
		buf_add(&b, str_mem(w->tok[i].p, w->tok[i].n));
		buf_addch(&b, '"');
	}
	buf_addch(&b, '\n');
	trace_write(buf_str(&b));
	buf_done(&b);
}

static int
build_macro(struct build *b, unsigned id, int *status)
{
	struct rule_ctx	*c = b->c;
	struct str	 value = STR_NONE;
	bool		 template;
	int		 n;

	if (!ctx_macro(c, (int)id, &value, &template))
		value = STR_NONE;
	if (trace_on(21, 2)) {
		struct str	name = c->rules->macros[id].name;

		trace_printf("rewrite: RHS $&{%.*s} => ", STR_ARG(name));
		if (str_is_none(value))
			trace_printf("\"(NULL)\"\n");
		else {
			struct str	plain = ctx_macro_plain(c, value, template);

			trace_printf("\"%.*s\"\n", STR_ARG(plain));
		}
	}
	if (value.n == 0)
		return 0;
	value = ctx_macro_plain(c, value, template);	/* the macro may be set again while its tokens are in use */
	n = ctx_scan(c, value, 0, b->tok + b->n, RULE_MAXATOM - b->n);
	if (n < 0 || (n == 0 && str_trim(value).n > 0)) {
		*status = EXIT_DATAERR;
		return -2;
	}
	tok_number(&c->rules->atoms, b->tok + b->n, (size_t)n);
	if (trace_on(21, 19)) {
		for (int i = 0; i < n; i++)
			trace_printf(" ... %.*s\n", (int)b->tok[b->n + (uint32_t)i].n, b->tok[b->n + (uint32_t)i].p);
		trace_printf(" ... DONE\n");
	}
	b->n += (uint32_t)n;
	return 0;
}

static inline bool
rhs_is_ref(uint32_t id)
{
	return (id & 0xffff0000u) == ID_OF('1', 0) || (id & 0xffff0000u) == ID_OF('&', 0);
}

/* The usual case: it fits whatever the references stand for, there is no $&x in it, and nobody listens. */
static void
build_plain(struct build *b, const struct rule *rule, const struct work *w, const struct capture *cap)
{
	const struct rule_tok	*t = rule->rhs, *end = t + rule->nrhs;
	struct rule_tok		*to = b->tok;

	for (; t < end; t++) {
		const struct rule_tok	*from, *stop;

		if ((t->id & 0xffff0000u) != ID_OF('1', 0)) {
			*to++ = *t;
			continue;
		}
		from = w->tok + cap[ID_PAR(t->id) - 1].from;
		stop = w->tok + cap[ID_PAR(t->id) - 1].to;
		while (from < stop)
			*to++ = *from++;
	}
	b->n = (uint32_t)(to - b->tok);
}

int
build_rhs(struct build *b, const struct rule *rule, const struct work *w, const struct capture *cap, int *status)
{
	const struct rule_tok	*t = rule->rhs, *end = t + rule->nrhs;
	bool			 t15 = trace_on(21, 15);

	if (!rule->has_macro && !t15 && (size_t)rule->nrhs + (size_t)rule->nrhs_ref * w->n <= RULE_MAXBUILD) {
		build_plain(b, rule, w, cap);
		return 0;
	}
	for (; t < end; t++) {
		int	rc = 0;

		if (!rhs_is_ref(t->id)) {
			if (b->n >= RULE_MAXBUILD)
				return -1;
			b->tok[b->n++] = *t;
		} else if (ID_KIND(t->id) == '1') {
			const struct capture	*k = &cap[ID_PAR(t->id) - 1];

			if (t15)
				trace_capture(ID_PAR(t->id), w, k);
			rc = build_put(b, w->tok + k->from, k->to - k->from);
		} else
			rc = build_macro(b, ID_PAR(t->id), status);
		if (rc < 0)
			return rc;
	}
	return 0;
}
