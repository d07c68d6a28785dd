/*
 * Any text is a .mc to be looked at, and rules of any kind are checked: findings, never a crash.
 */
#include "base/must.h"
#include "check.h"
#include "rule/check.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum conf_found
ask(void *arg, enum conf_ask kind, struct str q, struct buf *out, struct err *e)
{
	(void)arg;
	(void)q;
	if (kind == CONF_ASK_HOST)
		buf_addc(out, "name mail\ncanon mail.corp.test\n");
	else {
		err_set(e, ERR_PERM, "no");
		return CONF_ABSENT;
	}
	return CONF_FOUND;
}

static void
found(void *arg, const struct rule_finding *f)
{
	const struct conf	*c = arg;

	must(f->set >= 0 && f->set < rules_count(c->rules));
	must(f->fault == RULE_SET_UNUSED || f->rule < rules_rule_count(c->rules, f->set));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct conf_loader	 l = { ask, NULL };
	struct cmd		 cmd = { .arena = arena_new((size_t)64 << 20) };
	struct check		 c = { .cmd = &cmd, .arena = cmd.arena };
	struct err_list		 errs;
	struct conf		*conf;

	if (n > 1 << 16)
		n = 1 << 16;
	err_list_init(&cmd.errors);
	err_list_init(&errs);
	conf = conf_load_text(str_mem(p, n), STR("x.cf"), &l, &errs);
	must(conf != NULL);
	c.conf = conf;
	rules_check(conf->rules, found, conf);
	check_rules(&c);
	check_text(&c, str_mem(p, n));
	check_mc(&c, STR("x.mc"), str_mem(p, n));
	conf_free(&conf);
	err_list_done(&errs);
	err_list_done(&cmd.errors);
	arena_free(&cmd.arena);
	return 0;
}
