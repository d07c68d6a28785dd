/*
 * conf_loader - who answers what the text of a configuration does not say.
 *
 * Three ways: directly from this machine; through a recorder that keeps each answer; from such a record.  A record is a row of
 * `kind found length-of-question length-of-answer\nquestion\nanswer\n`, so that a role compiles the configuration without opening a file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/must.h"
#include "base/num.h"
#include "conf.h"
#include "conf_direct.h"

/* ---- record ---- */

struct conf_record {
	struct conf_loader	 from;
	struct buf		 text;
};

static enum conf_found
record_ask(void *arg, enum conf_ask kind, struct str question, struct buf *answer, struct err *e)
{
	struct conf_record	*r = arg;
	struct err		 mine = ERR_INIT;
	size_t			 before = answer->n;
	enum conf_found		 found = r->from.ask(r->from.arg, kind, question, answer, &mine);
	struct str		 said = found == CONF_FOUND ? str_mem(answer->p == NULL ? "" : answer->p + before,
					    answer->n - before) : str_c(mine.text);

	buf_addf(&r->text, "%d %d %zu %zu\n", (int)kind, (int)found, question.n, said.n);
	buf_add(&r->text, question);
	buf_addch(&r->text, '\n');
	buf_add(&r->text, said);
	buf_addch(&r->text, '\n');
	if (e != NULL)
		*e = mine;
	return found;
}

struct conf_record *
conf_record_new(struct conf_loader from)
{
	struct conf_record	*r = calloc(1, sizeof *r);

	must_have(r);
	r->from = from;
	buf_init(&r->text, 0);
	return r;
}

void
conf_record_free(struct conf_record **rp)
{
	if (*rp == NULL)
		return;
	buf_done(&(*rp)->text);
	free(*rp);
	*rp = NULL;
}

struct conf_loader
conf_record_loader(struct conf_record *r)
{
	return (struct conf_loader){ record_ask, r };
}

struct str
conf_record_text(struct conf_record *r)
{
	return buf_str(&r->text);
}

/* ---- replay ---- */

struct answer {
	enum conf_found	found;
	struct str	text;
};

struct conf_replay {
	struct arena	*arena;
	struct hash	*answers;
};

static struct str
replay_key(struct arena *a, int kind, struct str question)
{
	return arena_fmt(a, "%d %.*s", kind, STR_ARG(question));
}

static enum conf_found
replay_ask(void *arg, enum conf_ask kind, struct str question, struct buf *out, struct err *e)
{
	struct conf_replay	*r = arg;
	const struct answer	*a = hash_get(r->answers, replay_key(r->arena, (int)kind, question));

	if (a == NULL) {
		err_set(e, ERR_TEMP, "the loader was not asked for this");
		return CONF_FAILED;
	}
	if (a->found == CONF_FOUND)
		buf_add(out, a->text);
	else
		err_set(e, ERR_PERM, "%.*s", STR_ARG(a->text));
	return a->found;
}

/* "kind found nq na\nquestion\nanswer\n" off the front. */
static int
replay_take(struct str *s, int *kind, int *found, struct str *question, struct str *answer)
{
	struct str	line, word;
	uint64_t	size;
	size_t		n[2], at = str_chr(*s, '\n');

	if (at == SIZE_MAX)
		return -1;
	line = str_first(*s, at);
	*s = str_from(*s, at + 1);
	if (!str_word(&line, &word) || num_int(word, 0, 99, kind) == -1 || !str_word(&line, &word) ||
	    num_int(word, -1, 1, found) == -1)
		return -1;
	for (int i = 0; i < 2; i++) {
		if (!str_word(&line, &word) || num_u64(word, 0, s->n, &size) == -1)
			return -1;
		n[i] = (size_t)size;
	}
	if (n[0] + n[1] + 2 > s->n)
		return -1;
	*question = str_first(*s, n[0]);
	*answer = str_sub(*s, n[0] + 1, n[0] + 1 + n[1]);
	*s = str_from(*s, n[0] + n[1] + 2);
	return 0;
}

struct conf_replay *
conf_replay_new(struct str text, struct err *e)
{
	struct conf_replay	*r = calloc(1, sizeof *r);
	struct str		 question, answer;
	int			 kind, found;

	must_have(r);
	r->arena = arena_new((size_t)256 << 20);
	r->answers = hash_new(r->arena, 0);
	while (text.n > 0) {
		struct answer	*a;

		if (replay_take(&text, &kind, &found, &question, &answer) == -1) {
			err_set(e, ERR_BUG, "the loader's answers are malformed");
			conf_replay_free(&r);
			return NULL;
		}
		a = ARENA_NEW(r->arena, struct answer);
		a->found = (enum conf_found)found;
		a->text = answer;
		hash_put(r->answers, replay_key(r->arena, kind, question), a);
	}
	return r;
}

void
conf_replay_free(struct conf_replay **rp)
{
	if (*rp == NULL)
		return;
	arena_free(&(*rp)->arena);
	free(*rp);
	*rp = NULL;
}

struct conf_loader
conf_replay_loader(struct conf_replay *r)
{
	return (struct conf_loader){ replay_ask, r };
}

/* ---- direct ---- */

static enum conf_found
direct_ask(void *arg, enum conf_ask kind, struct str question, struct buf *answer, struct err *e)
{
	static enum conf_found	(*const how[])(struct conf_direct *, struct str, struct buf *, struct err *) = {
		[CONF_ASK_FILE] = direct_file, [CONF_ASK_PROGRAM] = direct_program, [CONF_ASK_MAP] = direct_map,
		[CONF_ASK_USER] = direct_user, [CONF_ASK_GROUP] = direct_group, [CONF_ASK_HOST] = direct_host
	};

	return how[kind](arg, question, answer, e);
}

struct conf_loader
conf_loader_direct(struct conf_direct *d)
{
	return (struct conf_loader){ direct_ask, d };
}
