/*
 * client_result - what becomes of an attempt: what each host said, who is left for the next one, and how it ends for all.
 */
#include "client_int.h"

#include <string.h>

void
client_fail(struct try *t, bool temp, int ex, const char *status, struct str text)
{
	memset(&t->fail, 0, sizeof t->fail);
	t->fail.outcome = temp ? OUTCOME_DEFERRED : OUTCOME_FAILED;
	t->fail.ex = ex;
	t->fail.status = str_c(status);
	t->fail.text = temp && !str_starts(text, STR("Deferred"))
			   ? arena_cat(t->arena, STR("Deferred: "), text)
			   : text;
}

bool
client_settled(struct try *t)
{
	if (t->fail.elsewhere) {		/* RFC 8689 4.2.1: the next one may do, and one that is away now may do later */
		if (t->worse.outcome == OUTCOME_DEFERRED)
			t->fail = t->worse;
		return false;
	}
	t->worse = t->fail;
	return t->fail.outcome == OUTCOME_FAILED;
}

bool
client_rest(struct try *t)
{
	const struct attempt	*a = t->a;
	struct attempt_result	*r = &t->res;
	struct attempt_rcpt	*left = ARENA_ARRAY(t->arena, struct attempt_rcpt, a->nrcpt);
	size_t			 n = 0, k = 0;

	if (t->got == NULL)
		t->got = ARENA_ARRAY(t->arena, struct result_rcpt, t->whole->nrcpt);
	for (size_t i = 0; i < a->nrcpt; i++, k++) {
		while (t->whole->rcpt[k].index != a->rcpt[i].index)	/* `a` has some of them, in the same order */
			k++;
		t->got[k] = r->rcpt[i];
		t->got[k].relay = r->relay;
		t->got[k].mta = r->mta;
		if (r->rcpt[i].outcome == OUTCOME_DEFERRED)
			left[n++] = a->rcpt[i];
	}
	t->said = t->said.n == 0 ? r->transcript : arena_cat(t->arena, t->said, r->transcript);
	t->spoken = true;
	if (n > 0) {
		t->left = *a;
		t->left.rcpt = left;
		t->left.nrcpt = n;
		t->a = &t->left;
	}
	return n == 0;
}

void
client_whole(struct try *t)
{
	if (t->got == NULL)
		return;
	t->a = t->whole;
	t->fail.outcome = 0;
	t->res.rcpt = t->got;
	t->res.nrcpt = t->whole->nrcpt;
	t->res.transcript = t->said;
	for (size_t i = 0; i < t->res.nrcpt; i++)
		if (str_eq(t->got[i].relay, t->res.relay))	/* as the whole */
			t->got[i].relay = t->got[i].mta = STR_NONE;
}

void
client_note_host(struct try *t, struct str name)
{
	struct attempt_result *r = &t->res;

	if (t->fail.elsewhere)		/* nothing is wrong with it */
		return;
	if (r->host == NULL)
		r->host = ARENA_ARRAY(t->arena, struct host_result, CLIENT_TRIES);
	if (r->nhost > 0 && str_caseeq(r->host[r->nhost - 1].name, name))
		r->nhost--;		/* its last address counts */
	r->host[r->nhost++] = (struct host_result){ .name = name, .err = t->err, .ex = t->fail.ex,
		.status = t->fail.status, .text = t->fail.text };
}
