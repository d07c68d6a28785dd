/*
 * attempt - bodies of the messages between spool, route, client and local.
 *
 * Each is a form, which checks every count against what is left of the body before anything is allocated: a short message can never ask for much
 * memory.
 */
#include "attempt.h"

#include "base/enc.h"
#include "base/mac.h"
#include "proc/form.h"
#include "queue/qfile.h"

#define TEXT_MAX	QF_VALUE_MAX		/* addresses, replies, names */
#define LIST_MAX	((uint32_t)1 << 20)

/* ---- rows that many have ---- */

#define NAME(s, m)	FORM_STR(s, m, TEXT_MAX)
#define QF(s, m)	FORM_STR(s, m, QF_TEXT_MAX)
#define CONTENT(s, m)	FORM_STR(s, m, ATTEMPT_INLINE)
#define REPLY(s, m)	FORM_STR(s, m, 4 * TEXT_MAX)
#define TRANSCRIPT(s, m) FORM_STR(s, m, 8 * TEXT_MAX)

/* ---- spool's content, commits ---- */

FORM(df_ask_form, struct df_ask, NULL, NAME(struct df_ask, id));
FORM_PAIR(df_ask, df_ask, df_ask_form)

FORM(commit_form, struct commit, NULL,
    NAME(struct commit, id),
    QF(struct commit, qf),
    CONTENT(struct commit, content),
    FORM_BOOL(struct commit, in_df),
    FORM_U64(struct commit, size),
    FORM_U64(struct commit, whole),
    FORM_CHAR(struct commit, mode),
    FORM_U32(struct commit, from_mailer),
    FORM_U32(struct commit, near));
FORM_PAIR(commit, commit, commit_form)

/* ---- attempts and their results ---- */

FORM(attempt_rcpt_form, struct attempt_rcpt, NULL,
    FORM_U32(struct attempt_rcpt, index),
    NAME(struct attempt_rcpt, addr),
    NAME(struct attempt_rcpt, user),
    NAME(struct attempt_rcpt, orig),
    FORM_U32(struct attempt_rcpt, notify),
    NAME(struct attempt_rcpt, orcpt),
    NAME(struct attempt_rcpt, home),
    NAME(struct attempt_rcpt, ctl_user),
    FORM_U32(struct attempt_rcpt, ctl_uid),
    FORM_U32(struct attempt_rcpt, ctl_gid),
    NAME(struct attempt_rcpt, ctl_alias),
    NAME(struct attempt_rcpt, seal));
FORM(attempt_macro_form, struct attempt_macro, NULL,
    NAME(struct attempt_macro, name),
    NAME(struct attempt_macro, value));
FORM(attempt_form, struct attempt, NULL,
    NAME(struct attempt, id),
    NAME(struct attempt, mailer),
    FORM_U32(struct attempt, mailer_index),
    NAME(struct attempt, host),
    NAME(struct attempt, sender),
    NAME(struct attempt, auth),
    NAME(struct attempt, envid),
    NAME(struct attempt, body),
    NAME(struct attempt, charset),
    FORM_U32(struct attempt, flags),
    FORM_I64(struct attempt, deliver_by),
    FORM_CHAR(struct attempt, by_mode),
    FORM_BOOL(struct attempt, by_trace),
    FORM_U32(struct attempt, nice),
    FORM_I64(struct attempt, created),
    QF(struct attempt, header),
    CONTENT(struct attempt, content),
    FORM_U64(struct attempt, size),
    FORM_LIST(struct attempt, macro, nmacro, attempt_macro_form, LIST_MAX),
    FORM_LIST(struct attempt, rcpt, nrcpt, attempt_rcpt_form, ATTEMPT_RCPT_MAX),
    FORM_U32(struct attempt, aside));
FORM_PAIR_LISTS(attempt, attempt, attempt_form)

FORM(result_rcpt_form, struct result_rcpt, NULL,
    FORM_U32(struct result_rcpt, index),
    FORM_ENUM(struct result_rcpt, outcome, OUTCOME_SENT, OUTCOME_FAILED),
    FORM_INT(struct result_rcpt, ex, 0x7fff),
    NAME(struct result_rcpt, status),
    NAME(struct result_rcpt, text),
    REPLY(struct result_rcpt, reply),
    FORM_BOOL(struct result_rcpt, relayed_dsn),
    FORM_CHAR(struct result_rcpt, by),
    NAME(struct result_rcpt, relay),
    NAME(struct result_rcpt, mta));
FORM(host_form, struct host_result, NULL,
    NAME(struct host_result, name),
    FORM_WIDE(struct host_result, err, INT32_MAX),
    FORM_WIDE(struct host_result, ex, INT32_MAX),
    NAME(struct host_result, status),
    NAME(struct host_result, text));
FORM(result_form, struct attempt_result, NULL,
    NAME(struct attempt_result, id),
    NAME(struct attempt_result, relay),
    NAME(struct attempt_result, mta),
    TRANSCRIPT(struct attempt_result, transcript),
    FORM_I64(struct attempt_result, xdelay_ms),
    FORM_BOOL(struct attempt_result, down),
    FORM_BOOL(struct attempt_result, kept),
    FORM_U32(struct attempt_result, connects),
    FORM_LIST(struct attempt_result, rcpt, nrcpt, result_rcpt_form, LIST_MAX),
    FORM_LIST(struct attempt_result, host, nhost, host_form, LIST_MAX));
FORM_PAIR_LISTS(attempt_result, attempt_result, result_form)

/* ---- what route is asked, and answers ---- */

FORM(route_ask_form, struct route_ask, NULL,
    NAME(struct route_ask, id),
    QF(struct route_ask, qf),
    FORM_U64(struct route_ask, size),
    FORM_I64(struct route_ask, now),
    FORM_BOOL(struct route_ask, demand),
    FORM_U32(struct route_ask, aside));
FORM_PAIR(route_ask, route_ask, route_ask_form)

FORM(split_form, struct split, NULL,
    NAME(struct split, id),
    QF(struct split, qf));
FORM(routed_form, struct routed, NULL,
    QF(struct routed, qf),
    FORM_LIST(struct routed, done, ndone, result_rcpt_form, LIST_MAX),
    FORM_LIST(struct routed, split, nsplit, split_form, LIST_MAX),
    FORM_LIST(struct routed, attempt, nattempt, attempt_form, LIST_MAX));

void
routed_put(struct buf *b, struct routed *r)
{
	for (size_t i = r->nattempt; i-- > 1; )
		if (r->attempt[i].header.p == r->attempt[i - 1].header.p && r->attempt[i].header.n == r->attempt[i - 1].header.n)
			r->attempt[i].header = STR_NONE;
	form_put(b, &routed_form, r);
}

int
routed_get(struct str body, struct arena *m, struct routed *r)
{
	if (form_get(body, &routed_form, m, r) == -1)
		return -1;
	for (size_t i = 1; i < r->nattempt; i++)
		if (str_is_none(r->attempt[i].header))
			r->attempt[i].header = r->attempt[i - 1].header;
	return 0;
}

/* ---- reports ---- */

FORM(report_rcpt_form, struct report_rcpt, NULL,
    FORM_U32(struct report_rcpt, index),
    FORM_ENUM(struct report_rcpt, kind, REPORT_FAILED, REPORT_SENT),
    NAME(struct report_rcpt, status),
    NAME(struct report_rcpt, text),
    REPLY(struct report_rcpt, reply),
    NAME(struct report_rcpt, mta),
    NAME(struct report_rcpt, mailer),
    NAME(struct report_rcpt, action));
FORM(report_ask_form, struct report_ask, NULL,
    NAME(struct report_ask, id),
    QF(struct report_ask, qf),
    CONTENT(struct report_ask, content),
    FORM_U64(struct report_ask, size),
    FORM_I64(struct report_ask, now),
    FORM_I64(struct report_ask, give_up),
    TRANSCRIPT(struct report_ask, transcript),
    FORM_BOOL(struct report_ask, copy),
    FORM_LIST(struct report_ask, rcpt, nrcpt, report_rcpt_form, LIST_MAX));
FORM_PAIR_LISTS(report_ask, report_ask, report_ask_form)

FORM(reported_form, struct reported, NULL,
    FORM_BOOL(struct reported, some),
    FORM_IN(struct reported, commit, commit_form),
    NAME(struct reported, note),
    FORM_BOOL(struct reported, copy),
    FORM_BOOL(struct reported, lost));
FORM_PAIR(reported, reported, reported_form)

/* ---- lists and seals ---- */

FORM(list_ask_form, struct list_ask, NULL,
    NAME(struct list_ask, user),
    NAME(struct list_ask, detail),
    NAME(struct list_ask, path),
    NAME(struct list_ask, via));
FORM_PAIR(list_ask, list_ask, list_ask_form)

FORM(list_item_form, struct list_item, NULL,
    NAME(struct list_item, addr),
    NAME(struct list_item, seal));
FORM(list_answer_form, struct list_answer, NULL,
    FORM_ENUM(struct list_answer, state, LIST_NONE, LIST_BAD),
    NAME(struct list_answer, path),
    NAME(struct list_answer, text),
    NAME(struct list_answer, ctl_user),
    FORM_U32(struct list_answer, ctl_uid),
    FORM_U32(struct list_answer, ctl_gid),
    FORM_LIST(struct list_answer, item, nitem, list_item_form, LIST_MAX));
FORM_PAIR_LISTS(list_answer, list_answer, list_answer_form)

FORM(seal_ask_form, struct seal_ask, NULL,
    NAME(struct seal_ask, addr),
    NAME(struct seal_ask, alias));
FORM_PAIR(seal_ask, seal_ask, seal_ask_form)

void
attempt_result_all(const struct attempt *a, struct arena *m, enum outcome o, int ex, struct str status, struct str text, struct attempt_result *r)
{
	*r = (struct attempt_result){ .id = a->id };
	r->nrcpt = a->nrcpt;
	r->rcpt = ARENA_ARRAY(m, struct result_rcpt, a->nrcpt);
	for (size_t i = 0; i < a->nrcpt; i++)
		r->rcpt[i] = (struct result_rcpt){
			.index = a->rcpt[i].index, .outcome = o, .ex = ex, .status = status, .text = text
		};
}

void
attempt_token(const struct attempt *a, size_t i, struct str host, struct buf *out)
{
	static const uint8_t	key[MAC_KEY] = { 'a', 'n', 'g', 'a', 'r', 'i', 'u', 'm', ' ', 't', 'o', 'k', 'e', 'n', 0, 1 };
	uint8_t			name[MAC_SIZE];
	struct buf		b;

	buf_init(&b, 0);
	msg_put_str(&b, host);
	msg_put_str(&b, a->id);
	msg_put_i64(&b, a->created);
	msg_put_str(&b, a->rcpt[i].addr);
	mac_siphash128(key, buf_str(&b), name);
	(void)enc_hex(out, str_mem(name, sizeof name));
	buf_done(&b);
}
