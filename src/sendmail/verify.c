/*
 * verify - sendmail -bv: where would these addresses go?
 *
 * The same expansion as in delivery (alias.c), in this one process and with its caller's rights: a .forward or list that the caller may not read is taken as it stands, unexpanded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alias.h"
#include "base/status.h"
#include "forward.h"
#include "maps.h"
#include "os/fd.h"
#include "os/file.h"
#include "verify.h"

#define VERIFY_LIST	((size_t)64 << 10)

struct verify {
	const struct conf	*conf;
	struct maps		*maps;
	struct rule_ctx		*rules;
};

static enum map_rc
verify_alias(void *arg, struct str name, struct buf *value, struct err *e)
{
	struct verify	*v = arg;

	return maps_alias(v->maps, name, value, NULL, e);
}

static int
verify_user(void *arg, struct str name, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	return os_user_by_name(name, a, u, e);
}

static int
verify_read(const char *path, struct arena *a, struct list_answer *ans)
{
	struct buf	text;
	struct str	*items;
	int		 fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return -1;
	buf_init(&text, VERIFY_LIST);
	ans->state = LIST_BAD;
	ans->text = STR("cannot be read");
	if (os_read_file(fd, &text) == 0 && forward_parse(arena_str(a, buf_str(&text)), true, a, &items, &ans->nitem) == 0) {
		ans->state = LIST_OK;
		ans->item = ARENA_ARRAY(a, struct list_item, ans->nitem + 1);
		for (size_t i = 0; i < ans->nitem; i++)
			ans->item[i].addr = items[i];
	}
	ans->path = str_c(path);
	buf_done(&text);
	close(fd);
	return 0;
}

static int
verify_list(void *arg, bool include, const struct list_ask *ask, struct arena *a, struct list_answer *ans, struct err *e)
{
	struct verify	*v = arg;
	struct os_user	 u;
	struct buf	 paths;
	struct str	 list, one;

	memset(ans, 0, sizeof *ans);
	ans->state = LIST_NONE;
	if (include) {
		ans->text = STR("cannot be opened");
		if (verify_read(arena_cstr(a, ask->path), a, ans) == -1)
			ans->state = LIST_BAD;
		return 0;
	}
	if (os_user_by_name(ask->user, a, &u, e) != 1)
		return 0;
	ans->ctl_user = u.name;
	ans->ctl_uid = u.uid;
	ans->ctl_gid = u.gid;
	rule_macro_set(v->rules, STR("z"), u.home);
	rule_macro_set(v->rules, STR("u"), u.name);
	rule_macro_set(v->rules, STR("h"), ask->detail.n > 0 ? ask->detail : STR_NONE);
	buf_init(&paths, 16384);
	if (rule_expand(v->rules, v->conf->opt.forward_path, &paths) == 0 && buf_ok(&paths))
		for (list = arena_str(a, buf_str(&paths)); str_split(&list, ':', &one);)
			if (one.n > 0 && one.p[0] == '/' && verify_read(arena_cstr(a, one), a, ans) == 0)
				break;
	buf_done(&paths);
	return 0;
}

static struct str
verify_seal(void *arg, struct str item, struct str alias, struct arena *a)
{
	(void)arg;
	(void)item;
	(void)alias;
	(void)a;
	return STR("-");		/* nothing is delivered */
}

/* The code of one final address, after a line about it. */
static int
verify_print(const struct conf *c, const struct alias_rcpt *r)
{
	switch (r->state) {
	case ALIAS_LEAF:
		printf("%.*s... deliverable: mailer %.*s, ", STR_ARG(r->q.addr), STR_ARG(c->mailers[r->mailer].name));
		if (r->host.n > 0)
			printf("host %.*s, ", STR_ARG(r->host));
		printf("user %.*s\n", STR_ARG(r->user));
		return EXIT_OK;
	case ALIAS_FAILED:
	case ALIAS_DEFERRED:
		printf("%.*s... %.*s\n", STR_ARG(r->q.addr), STR_ARG(r->text));
		return r->state == ALIAS_DEFERRED ? EXIT_TEMPFAIL : r->ex != EXIT_OK ? r->ex : EXIT_NOUSER;
	case ALIAS_DISCARDED:
		printf("%.*s... discarded\n", STR_ARG(r->q.addr));
		return EXIT_OK;
	default:
		return EXIT_OK;
	}
}

int
verify_run(const struct conf *conf, const struct opts *o)
{
	struct verify		 v = { .conf = conf };
	const struct alias_ops	 ops = { verify_alias, verify_user, verify_list, verify_seal, &v };
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct alias_set	 set;
	struct qf_rcpt		 q;
	int			 code = EXIT_OK, one;

	if (o->nrcpt == 0) {
		fputs("Recipient names must be specified\n", stderr);
		arena_free(&a);
		return EXIT_USAGE;
	}
	v.maps = maps_local(a, conf, NULL);
	v.rules = rule_ctx_new(conf->rules, NULL, maps_lookup, v.maps);
	alias_init(&set, a, conf, v.rules, &ops);
	set.no_alias = o->no_alias;
	for (size_t i = 0; i < o->nrcpt; i++) {
		memset(&q, 0, sizeof q);
		q.addr = str_c(o->rcpt[i]);
		q.flags = QR_PRIMARY;
		alias_add(&set, &q);
	}
	alias_run(&set);
	for (size_t i = 0; i < set.n; i++)
		if ((one = verify_print(conf, set.v[i])) != EXIT_OK)
			code = one;
	rule_ctx_free(&v.rules);
	maps_close(v.maps);
	arena_free(&a);
	return fflush(stdout) == 0 ? code : EXIT_IOERR;
}
