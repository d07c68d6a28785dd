/*
 * Any text is a configuration with messages, never a crash; and an address goes through whatever came out.
 */
#include "base/must.h"
#include "conf.h"
#include "crack.h"
#include "resolve.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum conf_found
ask(void *arg, enum conf_ask kind, struct str q, struct buf *out, struct err *e)
{
	(void)arg;
	if (kind == CONF_ASK_HOST)
		buf_addc(out, "name mail\ncanon mail.corp.test\n");
	else if (kind == CONF_ASK_USER || kind == CONF_ASK_GROUP)
		buf_addc(out, "7 8");
	else if (q.n % 2 == 0)
		buf_addc(out, "word other\n# x\na:b c\n");
	else {
		err_set(e, ERR_PERM, "no");
		return CONF_ABSENT;
	}
	return CONF_FOUND;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct conf_loader	l = { ask, NULL };
	struct err_list		errs;
	struct conf		*c;
	struct rule_ctx		*x;
	struct resolved		r;
	struct check_verdict	v;
	struct str		out;
	struct buf		b;
	int			ex;

	err_list_init(&errs);
	buf_init(&b, 0);
	c = conf_load_text(str_mem(p, n), STR("x.cf"), &l, &errs);
	must(c != NULL && c->nmailers >= 5 && c->ngroups >= 1);
	for (size_t i = 0; i < errs.n; i++)
		err_list_print(&errs.v[i], &b);
	x = rule_ctx_new(c->rules, NULL, NULL, NULL);
	(void)resolve_addr(x, c, STR("\"A B\" <user@host.example> (c)"), 0, &r);
	(void)resolve_addr(x, c, str_first(str_mem(p, n), 200), RESOLVE_SENDER, &r);
	for (size_t i = 0; i < c->nmailers; i++)
		(void)resolve_rewrite(x, c, STR("u@h"), (int)i, RESOLVE_HEADER, &out, &ex);
	(void)resolve_check(x, c, STR("check_mail"), STR("<u@h>"), STR_NONE, 0, &v);
	for (size_t i = 0; i < c->nheaders; i++)
		(void)rule_expand(x, c->headers[i].template, &b);
	addr_crack(str_mem(p, n), c->opt.must_quote_chars, c->opt.colon_ok_in_addr, &b);
	rule_ctx_free(&x);
	conf_free(&c);
	buf_done(&b);
	err_list_done(&errs);
	return 0;
}
