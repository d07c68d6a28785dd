/*
 * check_equal - sendmail -bC --equal other.cf: the same addresses through two configurations.
 *
 * Addresses come one a line on standard input.  Each is resolved as recipient and as sender, and given to check_mail and check_rcpt as a stranger would
 * give it; where the two configurations do not say the same, both answers are printed.
 */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "check.h"
#include "classmap.h"
#include "net/ip.h"
#include "os/file.h"
#include "resolve.h"
#include "srv_int.h"

#define EQUAL_LINE	4096
#define EQUAL_DIFFER	1

struct side {
	const struct conf	*conf;
	struct maps		*maps;
	struct rule_ctx		*ctx;
	const char		*path;
	struct buf		 said;
};

static void
side_open(struct side *s, struct arena *a, struct err_list *errs)
{
	struct park	p;

	s->maps = maps_local(a, s->conf, errs);
	s->ctx = rule_ctx_new(s->conf->rules, NULL, maps_lookup, s->maps);
	buf_init(&s->said, 1 << 16);
	memset(&p, 0, sizeof p);
	(void)ip_parse(STR("203.0.113.7"), &p.client);
	(void)ip_parse(STR("192.0.2.25"), &p.local);
	p.verdict.resolve = RESOLVE_OK;
	p.verdict.name = p.verdict.ptr = STR("mail.outside.example");
	srv_macros(s->ctx, s->conf, s->conf->ndaemons > 0 ? &s->conf->daemons[0] : NULL, &p);
}

static void
side_close(struct side *s)
{
	buf_done(&s->said);
	rule_ctx_free(&s->ctx);
	maps_close(s->maps);
}

static void
say_resolved(struct side *s, struct str addr, unsigned flags)
{
	struct resolved	r;

	rule_reset(s->ctx);
	buf_clear(&s->said);
	if (resolve_addr(s->ctx, s->conf, addr, flags, &r) == -1 || r.kind == RES_ERROR) {
		if (r.dsn.n > 0)
			buf_addf(&s->said, "error %d %.*s %.*s", r.smtp, STR_ARG(r.dsn), STR_ARG(r.text));
		else
			buf_addf(&s->said, "error %.*s", STR_ARG(r.text));
	} else if (r.kind == RES_DISCARD)
		buf_addf(&s->said, "discard");
	else
		buf_addf(&s->said, "mailer %.*s, host %.*s, user %.*s", STR_ARG(s->conf->mailers[r.mailer].name), STR_ARG(r.host), STR_ARG(r.user));
}

static void
say_verdict(struct side *s, const char *set, struct str addr)
{
	struct check_verdict	v;
	struct arena		*a = arena_new(ARENA_DEFAULT);

	rule_reset(s->ctx);
	buf_clear(&s->said);
	memset(&v, 0, sizeof v);
	(void)resolve_check(s->ctx, s->conf, str_c(set), addr.n > 0 && addr.p[0] == '<' ? addr : arena_fmt(a, "<%.*s>", STR_ARG(addr)),
	    STR_NONE, 0, &v);
	buf_addf(&s->said, "%s", v.kind == CHECK_OK ? "ok" : v.kind == CHECK_DISCARD ? "discard" : v.kind == CHECK_QUARANTINE ? "quarantine" : "");
	buf_add(&s->said, v.reply);
	arena_free(&a);
}

static bool
equal_print(struct side side[2], struct str addr, const char *what)
{
	if (str_eq(buf_str(&side[0].said), buf_str(&side[1].said)))
		return true;
	printf("%.*s (%s)\n", STR_ARG(addr), what);
	for (int i = 0; i < 2; i++)
		printf("\t%s: %s\n", side[i].path, buf_c(&side[i].said));
	return false;
}

static bool
equal_one(struct side side[2], struct str addr)
{
	static const struct { const char *what; unsigned flags; const char *set; } asks[] = {
		{ "recipient", RESOLVE_RCPT, NULL }, { "sender", RESOLVE_SENDER, NULL },
		{ "check_mail", 0, "check_mail" }, { "check_rcpt", 0, "check_rcpt" },
	};
	bool	same = true;

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		for (int k = 0; k < 2; k++) {
			if (asks[i].set != NULL)
				say_verdict(&side[k], asks[i].set, addr);
			else
				say_resolved(&side[k], addr, asks[i].flags);
		}
		if (!equal_print(side, addr, asks[i].what))
			same = false;
	}
	return same;
}

static struct conf *
equal_load(struct cmd *cmd, const char *path)
{
	struct conf_direct	 direct = { .map = NULL };
	struct class_maps	*maps = class_maps_new(&direct);
	struct conf_loader	 loader = conf_loader_direct(&direct);
	struct err_list		 errs;
	struct conf		*c;
	struct buf		 line;

	(void)cmd;
	err_list_init(&errs);
	c = conf_load_file(path, &loader, &errs);
	class_maps_free(&maps);
	buf_init(&line, 0);
	for (size_t i = 0; i < errs.n; i++) {
		buf_clear(&line);
		err_list_print(&errs.v[i], &line);
		fprintf(stderr, "%s\n", buf_c(&line));
	}
	buf_done(&line);
	if (errs.nerrors > 0)
		conf_free(&c);
	err_list_done(&errs);
	return c;
}

int
check_equal(struct cmd *cmd, const char *other)
{
	struct side	 side[2] = { { .conf = cmd->conf, .path = arena_cstr(cmd->arena, cmd->conf->file) }, { .path = other } };
	struct conf	*second;
	char		 line[EQUAL_LINE];
	size_t		 n = 0, differ = 0;

	for (size_t i = 0; i < cmd->errors.n; i++)
		if (!cmd->errors.v[i].warning)
			fprintf(stderr, "%s: line %u: %.*s\n", side[0].path, cmd->errors.v[i].place.line, STR_ARG(cmd->errors.v[i].text));
	if (cmd->errors.nerrors > 0 || (second = equal_load(cmd, other)) == NULL)
		return EXIT_CONFIG;
	side[1].conf = second;
	for (int i = 0; i < 2; i++)
		side_open(&side[i], cmd->arena, &cmd->errors);
	while (fgets(line, sizeof line, stdin) != NULL) {
		struct str	addr = str_trim(str_c(line));

		if (addr.n == 0 || addr.p[0] == '#')
			continue;
		n++;
		if (!equal_one(side, addr))
			differ++;
	}
	printf("%zu of %zu addresses are treated differently\n", differ, n);
	for (int i = 0; i < 2; i++)
		side_close(&side[i]);
	conf_free(&second);
	return differ > 0 ? EQUAL_DIFFER : EXIT_OK;
}
