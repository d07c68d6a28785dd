/*
 * tally - asking role tally, and the command that shows and clears what it remembers.
 *
 *	sendmail -bg [WORD ...]			list rows, those that hold one of the words
 *	sendmail -bg expire			drop what is over
 *	sendmail -bg delete WORD ...		drop rows that hold one of the words
 */
#include "tally.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "bdb/keep.h"
#include "base/status.h"
#include "proc/form.h"
#include "proc/msg.h"
#include "req.h"
#include "tally_row.h"

#define TALLY_GONE	10000	/* rows dropped in one pass */

bool
tally_is_wanted(const struct conf *c)
{
	for (size_t i = 0; i < c->nmaps; i++)
		if (c->maps[i].declared && (str_caseeq_c(c->maps[i].class, "greylist") || str_caseeq_c(c->maps[i].class, "tally")))
			return true;
	return false;
}

const char *
tally_dir(const struct conf *c, struct arena *a)
{
	struct str	name = c->opt.tally_directory, dir = c->opt.queue_directory;
	size_t		star = str_chr(dir, '*'), slash;

	if (name.n > 0 && name.p[0] == '/')
		return arena_cstr(a, name);
	if (star != SIZE_MAX && (slash = str_rchr(str_first(dir, star), '/')) != SIZE_MAX)
		dir = str_first(dir, slash);
	if (dir.n == 0 || name.n == 0)
		return NULL;
	return arena_cstr(a, arena_fmt(a, "%.*s/%.*s", STR_ARG(dir), STR_ARG(name)));
}

/* ---- Q_TALLY ---- */

static bool
tally_is_span(int64_t s, int64_t min)
{
	return s >= min && s <= (int64_t)366 * 86400;
}

static bool
tally_ok(const void *p)
{
	const struct map_tally *q = p;

	return tally_is_span(q->wait, 1) && tally_is_span(q->retry, q->grey) && tally_is_span(q->keep, q->grey);
}
FORM(tally_form, struct map_tally, tally_ok,
    FORM_BOOL(struct map_tally, grey),
    FORM_STR(struct map_tally, map, 256),
    FORM_CUT(struct map_tally, key, TALLY_WORD_MAX),
    FORM_CUT(struct map_tally, sender, TALLY_WORD_MAX),
    FORM_CUT(struct map_tally, rcpt, TALLY_WORD_MAX),
    FORM_I64(struct map_tally, wait),
    FORM_I64(struct map_tally, retry),
    FORM_I64(struct map_tally, keep),
    FORM_U32(struct map_tally, good),
    FORM_UPTO(struct map_tally, limit, UINT32_MAX / 2),
    FORM_UPTO(struct map_tally, add, UINT32_MAX / 2));

int
tally_ask_get(struct str body, struct map_tally *q)
{
	return form_get(body, &tally_form, NULL, q);
}

int
tally_ask(struct role_ctx *ctx, const struct map_tally *q, int64_t *seconds, struct err *e)
{
	struct msg_in	in;
	struct frame	f;
	struct buf	b;
	int		rc;

	buf_init(&b, 0);
	form_put(&b, &tally_form, q);
	rc = req_ask(ctx, R_TALLY, Q_TALLY, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	in = msg_in(f.body);
	*seconds = msg_i64(&in);
	return msg_end(&in) ? 0 : err_set(e, ERR_BUG, "tally: malformed answer");
}

/* ---- the command ---- */

struct tally_view {
	struct cmd	*c;
	char		**word;
	size_t		 nword;
	bool		 expire, drop;
	int64_t		 now;
	size_t		 seen;
	struct buf	 line, gone;	/* keys to drop, one behind the other */
};

static bool
tally_matches(struct tally_view *v, const struct tally_row *r)
{
	if (v->expire)
		return v->now >= r->until;
	if (v->nword == 0)
		return true;
	for (size_t i = 0; i < v->nword; i++)
		for (size_t k = 0; k < 3; k++)
			if (r->word[k].n > 0 && str_casefind(r->word[k], str_c(v->word[i])) != SIZE_MAX)
				return true;
	return false;
}

static int
tally_view_row(void *arg, struct str key, struct str value)
{
	struct tally_view	*v = arg;
	struct tally_row	 r;
	bool			 good = tally_row_get(value, &r) == 0;

	if (good ? !tally_matches(v, &r) : !v->expire)
		return 0;
	v->seen++;
	if (v->drop)
		return key.n != TALLY_KEY || buf_add(&v->gone, key) == -1 || v->gone.n >= (size_t)TALLY_GONE * TALLY_KEY;
	buf_clear(&v->line);
	tally_row_print(&v->line, &r, v->now);
	(void)puts(buf_c(&v->line));
	return 0;
}

/* What was found goes, until nothing more is found. */
static int
tally_drop(const struct keep_ops *ops, struct keep *k, struct tally_view *v, struct err *e)
{
	do {
		buf_clear(&v->gone);
		if (ops->each(k, STR(""), tally_view_row, v, e) == -1)
			return -1;
		for (size_t i = 0; i < v->gone.n; i += TALLY_KEY)
			if (ops->del(k, str_sub(buf_str(&v->gone), i, i + TALLY_KEY), e) == -1)
				return -1;
	} while (v->gone.n > 0);
	return ops->commit(k, e);
}

int
tally_command(struct cmd *c)
{
	struct tally_view	 v = { .c = c, .now = (int64_t)time(NULL) };
	const struct keep_ops	*ops;
	const char		*dir = tally_dir(c->conf, c->arena), *path;
	struct keep		*k;
	struct err		 e = ERR_INIT;
	char			**args = c->opts->rcpt;
	size_t			 n = c->opts->nrcpt;
	int			 rc;

	v.expire = n == 1 && str_eq_c(str_c(args[0]), "expire");
	v.drop = v.expire || (n > 1 && str_eq_c(str_c(args[0]), "delete"));
	v.word = v.drop ? args + 1 : args;
	v.nword = v.drop ? n - 1 : n;
	if (dir == NULL || (ops = keep_library(&e)) == NULL) {
		(void)fprintf(stderr, "%s: %s\n", c->opts->name, dir == NULL ? "no QueueDirectory, no TallyDirectory" : e.text);
		return EXIT_UNAVAILABLE;
	}
	path = arena_cstr(c->arena, arena_fmt(c->arena, "%s/" TALLY_FILE, dir));
	if ((k = ops->open(path, TALLY_ROOM, v.drop ? 0 : KEEP_READ, &e)) == NULL) {
		(void)fprintf(stderr, "%s: %s\n", c->opts->name, e.text);
		return e.sys == ENOENT ? EXIT_UNAVAILABLE : e.sys == EACCES ? EXIT_NOPERM : EXIT_TEMPFAIL;
	}
	buf_init(&v.line, 0);
	buf_init(&v.gone, 0);
	rc = v.drop ? tally_drop(ops, k, &v, &e) : ops->each(k, STR(""), tally_view_row, &v, &e);
	ops->close(k);
	buf_done(&v.line);
	buf_done(&v.gone);
	if (rc == -1) {
		(void)fprintf(stderr, "%s: %s: %s\n", c->opts->name, path, e.text);
		return EXIT_TEMPFAIL;
	}
	if (v.drop)
		(void)printf("%zu dropped\n", v.seen);
	return EXIT_OK;
}
