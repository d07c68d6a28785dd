/*
 * rules_cost - what one recipient costs in the rulesets, nothing printed: check_mail, check_rcpt and routing with its decision kept.
 *
 *	rules_cost sendmail.cf COUNT SENDER RECIPIENT ...
 *
 * The recipients take turns.  Prints microseconds of processor time for each (the sum is without keeping decisions), and how often memory was asked for
 * while they ran (after the first round, which fills buffers).  Run by rules.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "classmap.h"
#include "conf.h"
#include "conf_direct.h"

#include "dnsconf.h"
#include "maps.h"
#include "os/file.h"
#include "resolve.h"
#include "why.h"

#ifdef __GLIBC__
extern void	*__libc_malloc(size_t);
extern void	*__libc_calloc(size_t, size_t);
extern void	*__libc_realloc(void *, size_t);

static unsigned long	asked;

void *
malloc(size_t n)
{
	asked++;
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	asked++;
	return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	asked++;
	return __libc_realloc(p, n);
}
#else
static unsigned long	asked;
#endif

static double
cost_now(void)
{
	struct timespec	t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct cost {
	struct conf	*conf;
	struct rule_ctx	*ctx;
	struct maps	*maps;
	struct str	 from, to;
	struct why	*why;
	struct arena	*line;
};

/* What is measured is not what was meant: numbers would lie. */
static _Noreturn void
cost_wrong(const char *what, struct str addr, struct str text)
{
	fprintf(stderr, "rules_cost: %s %.*s: %.*s\n", what, STR_ARG(addr), STR_ARG(text));
	exit(1);
}

static void
cost_mail(struct cost *c)
{
	struct check_verdict	v;

	(void)resolve_check(c->ctx, c->conf, STR("check_mail"), c->from, STR_NONE, 0, &v);
	if (v.kind != CHECK_OK)
		cost_wrong("check_mail refuses", c->from, v.text);
}

static void
cost_rcpt(struct cost *c)
{
	struct check_verdict	v;

	(void)resolve_check(c->ctx, c->conf, STR("check_rcpt"), c->to, STR_NONE, 0, &v);
	if (v.kind != CHECK_OK)
		cost_wrong("check_rcpt refuses", c->to, v.text);
}

static void
cost_route(struct cost *c)
{
	struct resolved	r;

	(void)resolve_addr(c->ctx, c->conf, c->to, 0, &r);
	if (r.kind != RES_MAILER || !str_ends(r.host, STR("]")))
		cost_wrong("not routed by the mailertable:", c->to, r.text);
}

static void
cost_decision(struct cost *c)
{
	struct str	why = STR_NONE;

	why_begin(c->why, c->ctx);
	cost_route(c);
	arena_reset(c->line);
	why_end(c->why, c->ctx, c->conf->rules, c->line, &why);
	if (why.n == 0)
		cost_wrong("nobody knows why it goes there:", c->to, STR(""));
}

static const struct {
	const char	*name;
	void		(*run)(struct cost *);
	bool		 counts;
} cost_parts[] = {
	{ "check_mail", cost_mail, true },
	{ "check_rcpt", cost_rcpt, true },
	{ "routing", cost_route, true },
	{ "and why", cost_decision, false },
};
#define COST_PARTS	(sizeof cost_parts / sizeof *cost_parts)

static void
cost_setup(struct cost *c, const char *path, struct arena *a)
{
	struct conf_direct	 direct = { .map = NULL };
	struct class_maps	*maps = class_maps_new(&direct);
	struct conf_loader	 loader = conf_loader_direct(&direct);
	struct err_list		 errs;

	err_list_init(&errs);
	c->conf = conf_load_file(path, &loader, &errs);
	class_maps_free(&maps);
	if (c->conf == NULL || errs.nerrors > 0) {
		fprintf(stderr, "%s: cannot be loaded\n", path);
		exit(1);
	}
	dnsconf_use_direct(c->conf);
	c->why = why_new();
	c->line = arena_new(ARENA_DEFAULT);
	c->maps = maps_local(a, c->conf, &errs);
	c->ctx = rule_ctx_new(c->conf->rules, NULL, maps_lookup, c->maps);
	rule_on_run(c->ctx, maps_run);
	rule_macro_set_c(c->ctx, "{client_name}", "mx.example.org");
	rule_macro_set_c(c->ctx, "{client_addr}", "192.0.2.7");
	rule_macro_set_c(c->ctx, "{client_resolve}", "OK");
	rule_macro_set_c(c->ctx, "{daemon_flags}", "");
	rule_macro_set(c->ctx, STR("f"), c->from);
	err_list_done(&errs);
}

int
main(int argc, char **argv)
{
	struct cost	c;
	struct arena	*a = arena_new(ARENA_DEFAULT);
	double		 spent[COST_PARTS] = { 0 }, all = 0, start;
	unsigned long	 before[COST_PARTS] = { 0 }, got[COST_PARTS] = { 0 };
	long		 count, warm = argc;

	if (argc < 5 || (count = strtol(argv[2], NULL, 10)) <= 0) {
		fprintf(stderr, "usage: rules_cost sendmail.cf count sender recipient ...\n");
		return 64;
	}
	log_set_level(0);
	c.from = str_c(argv[3]);
	cost_setup(&c, argv[1], a);
	for (size_t p = 0; p < COST_PARTS; p++) {
		for (long i = -warm; i < count; i++) {
			if (i == 0) {
				before[p] = asked;
				start = cost_now();
				spent[p] = -start;
			}
			c.to = str_c(argv[4 + (i + warm) % (argc - 4)]);
			rule_reset(c.ctx);
			cost_parts[p].run(&c);
		}
		spent[p] += cost_now();
		got[p] = asked - before[p];
	}
	for (size_t p = 0; p < COST_PARTS; p++) {
		printf("%-10s %6.2f us, %.4f requests for memory\n", cost_parts[p].name, spent[p] / (double)count,
		    (double)got[p] / (double)count);
		if (cost_parts[p].counts)
			all += spent[p] / (double)count;
	}
	printf("together   %6.2f us of processor time a recipient\n", all);
	why_free(&c.why);
	arena_free(&c.line);
	rule_ctx_free(&c.ctx);
	maps_close(c.maps);
	conf_free(&c.conf);
	arena_free(&a);
	return 0;
}
