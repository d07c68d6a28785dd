/*
 * verify - sendmail -bv: where would these addresses go?
 *
 * The same expansion as in delivery (alias.c), in this one process and with its caller's rights: a .forward or list that the caller may not read is taken as it stands, unexpanded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alias.h"
#include "alias_trace.h"
#include "base/status.h"
#include "blame.h"
#include "explain.h"
#include "forward.h"
#include "maps.h"
#include "os/fd.h"
#include "os/file.h"
#include "rcptlist.h"
#include "say.h"
#include "verify.h"

#define VERIFY_LIST	((size_t)64 << 10)

struct verify {
	const struct conf	*conf;
	struct maps		*maps;
	struct rule_ctx		*rules;
	int			 code;		/* of the first recipient that failed */
};

static enum map_rc
verify_alias(void *arg, struct str name, struct buf *value, struct err *e)
{
	struct verify	*v = arg;

	return maps_alias(v->maps, name, value, NULL, e);
}

static enum map_rc
verify_userdb(void *arg, enum maps_udb field, struct str user, struct buf *value, struct err *e)
{
	struct verify	*v = arg;

	return maps_userdb(v->maps, field, user, value, e);
}

static int
verify_user(void *arg, struct str name, struct arena *a, struct os_user *u, struct err *e)
{
	(void)arg;
	return os_user_by_name(name, a, u, e);
}

static int
verify_read(const struct conf *c, enum blame_what what, const char *path, uid_t owner, struct arena *a, struct list_answer *ans, struct err *e)
{
	struct buf	text;
	struct str	*items;
	int		 fd = os_open_safe(path, O_RDONLY, 0, owner, blame_allow(c, what) | (geteuid() != 0 ? OS_SAFE_NOPATH : 0), NULL, e);

	if (fd == -1)
		return -1;
	buf_init(&text, VERIFY_LIST);
	ans->state = LIST_BAD;
	ans->text = STR("cannot be read");
	if (os_read_file(fd, &text) == 0 && forward_parse(arena_str(a, buf_str(&text)), true, a, &items, &ans->nitem) == 0) {
		ans->state = LIST_OK;
		ans->text = STR_NONE;
		ans->item = ARENA_ARRAY(a, struct list_item, ans->nitem + 1);
		for (size_t i = 0; i < ans->nitem; i++) {
			ans->item[i].addr = items[i];
			ans->item[i].seal = STR("-");
			ans->item[i].quoted = alias_was_quoted(buf_str(&text), items[i]);
		}
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
	struct err	 why = ERR_INIT;

	memset(ans, 0, sizeof *ans);
	ans->state = LIST_NONE;
	if (include) {
		alias_trace_file(false, ask->path);
		if (verify_read(v->conf, BLAME_INCLUDE, arena_cstr(a, ask->path), 0, a, ans, &why) == -1) {
			ans->state = LIST_BAD;
			ans->text = arena_fmt(a, "Cannot open %.*s", STR_ARG(why.sys != 0 ? arena_fmt(a, "%.*s: %s", STR_ARG(ask->path), strerror(why.sys)) : str_c(why.text)));
		}
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
			if (one.n > 0 && one.p[0] == '/') {
				alias_trace_file(true, one);
				if (verify_read(v->conf, BLAME_FORWARD, arena_cstr(a, one), u.uid, a, ans, &why) == 0 || why.sys == 0)
					break;		/* the first that is there counts, though it may not be used */
			}
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
	const char	*quote = r->quoted ? "\"" : "";
	bool		 slash = r->q.addr.n > 0 && r->q.addr.p[0] == '\\' && !str_starts(r->user, STR("\\"));

	switch (r->state) {
	case ALIAS_LEAF:
		printf("%s%.*s%s... deliverable: mailer %.*s, ", quote, STR_ARG(r->q.addr), quote, STR_ARG(c->mailers[r->mailer].name));
		if (r->host.n > 0)
			printf("host %.*s, ", STR_ARG(r->host));
		printf("user %s%s%.*s%s\n", quote, slash ? "\\" : "", STR_ARG(r->user), quote);
		return EXIT_OK;
	case ALIAS_FAILED:
	case ALIAS_DEFERRED:
		if (!str_starts(r->text, r->q.addr))		/* what its tokens are like is told with it */
			printf("%s%.*s%s... ", quote, STR_ARG(r->q.addr), quote);
		printf("%.*s\n", STR_ARG(r->text));
		if (r->state == ALIAS_DEFERRED)
			return EXIT_TEMPFAIL;
		return r->ex == EXIT_OK ? EXIT_NOUSER : r->ex;
	case ALIAS_DISCARDED:
		printf("%.*s... discarded\n", STR_ARG(r->q.addr));
		return EXIT_OK;
	default:
		return EXIT_OK;
	}
}

/* What fails is said when it is found. */
static void
verify_ended(void *arg, const struct alias_rcpt *x)
{
	struct verify	*v = arg;
	int		 code;

	if ((x->state == ALIAS_FAILED || x->state == ALIAS_DEFERRED) && (code = verify_print(v->conf, x)) != EXIT_OK && v->code == EXIT_OK)
		v->code = code;
	fflush(stdout);				/* -D and -d write beside it */
}

/* As sendmail lists them: those without a host first, then by host; otherwise as they were found. */
static int
verify_before(const void *pa, const void *pb)
{
	const struct alias_rcpt *const *a = pa, *const *b = pb;
	int				by = str_casecmp((*a)->host, (*b)->host);

	return by != 0 ? by : ((*a)->turn > (*b)->turn) - ((*a)->turn < (*b)->turn);
}

/* An argument may be a list, "a, b": the last one first, as everywhere. */
static void
verify_add(struct arena *a, struct alias_set *set, struct str arg)
{
	struct rcptlist	l;
	struct qf_rcpt	q;

	memset(&q, 0, sizeof q);
	q.flags = QR_PRIMARY;
	if (rcptlist_parse(a, set->conf, arg, set->conf->opt.old_style_headers, &l) == -1)
		return;
	if (l.n == 0 && arg.n > 0) {			/* it is no list of addresses: be it one, and what is wrong with it is told */
		q.addr = arg;
		alias_add(set, &q);
	}
	for (size_t i = l.n; i-- > 0;) {
		q.addr = l.v[i].addr;
		alias_add(set, &q);
	}
}

static int
verify_all(struct verify *v, struct arena *a, struct alias_set *set, const struct opts *o)
{
	for (size_t i = 0; i < o->nrcpt; i++)
		verify_add(a, set, str_c(o->rcpt[i]));
	alias_run(set);
	qsort(set->v, set->n, sizeof(struct alias_rcpt *), verify_before);
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i]->state == ALIAS_LEAF || set->v[i]->state == ALIAS_DISCARDED)
			(void)verify_print(v->conf, set->v[i]);
	return v->code;
}

/* --explain: the words are a question (explain.h); how it was decided is told before where the recipients go, who alone are left in *o. */
static int
verify_explain(struct verify *v, struct opts *o, struct arena *a)
{
	struct explain_ask	ask;
	struct explain_rows	rows;
	struct buf		b;
	struct err		e = ERR_INIT;
	int			code;

	(void)explain_parse(STR(""), &ask, NULL);
	ask.verbose = o->verbose;
	for (size_t i = 0; i < o->nrcpt; i++)
		if (explain_word(str_c(o->rcpt[i]), &ask, &e) == -1) {
			fprintf(stderr, "%s\n", e.text);
			return EXIT_USAGE;
		}
	code = explain_run(v->conf, v->rules, maps_lookup, v->maps, &ask, a, &rows);
	buf_init(&b, (size_t)8 << 20);
	explain_text(&rows, &b);
	if (ask.nto > 0 && code == EXIT_OK)
		buf_addch(&b, '\n');
	fwrite(b.p == NULL ? "" : b.p, 1, b.n, stdout);
	buf_done(&b);
	if (o->explain_svg != NULL && explain_svg_write(&rows, o->explain_svg, &e) == -1) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_CANTCREAT;
	}
	o->rcpt = ARENA_ARRAY(a, char *, ask.nto + 1);
	for (o->nrcpt = 0; o->nrcpt < ask.nto; o->nrcpt++)
		o->rcpt[o->nrcpt] = arena_cstr(a, ask.to[o->nrcpt]);
	return code;
}

int
verify_run(const struct conf *conf, const struct opts *given)
{
	struct opts		 all = *given, *o = &all;
	struct verify		 v = { .conf = conf };
	const struct alias_ops	 ops = {
		.alias = verify_alias, .userdb = verify_userdb, .user = verify_user, .list = verify_list, .seal = verify_seal,
		.told = o->verbose ? say_alias : NULL, .ended = verify_ended, .arg = &v
	};
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct alias_set	 set;
	int			 code = EXIT_OK;

	if (geteuid() != 0)
		fputs("Notice: -bv may give misleading output for non-privileged user\n", stderr);
	if (o->nrcpt == 0) {
		fputs("Recipient names must be specified\n", stderr);
		arena_free(&a);
		return EXIT_USAGE;
	}
	v.maps = maps_local(a, conf, NULL);
	v.rules = rule_ctx_new(conf->rules, NULL, maps_lookup, v.maps);
	alias_init(&set, a, conf, v.rules, &ops);
	set.no_alias = o->no_alias;
	set.sender = o->sender != NULL ? str_c(o->sender) : STR_NONE;
	if (o->explain) {
		code = verify_explain(&v, o, a);
		rule_reset(v.rules);
	}
	if (code == EXIT_OK)
		code = verify_all(&v, a, &set, o);
	rule_ctx_free(&v.rules);
	maps_close(v.maps);
	arena_free(&a);
	return fflush(stdout) == 0 ? code : EXIT_IOERR;
}
