/*
 * ask - bodies of requests.
 *
 * Each is a form: what it leaves in its struct is within its rows' ranges, and safe to use without further checks.
 */
#include "ask_int.h"
#include "bundle.h"
#include "rule/rule.h"

static bool
ip_ok(const void *p)
{
	const struct ip *ip = p;

	return ip->family == 0 || ip->family == 4 || ip->family == 6;
}
FORM(ip_form, struct ip, ip_ok,
    FORM_U8(struct ip, family, 6),
    FORM_BYTES(struct ip, a),
    FORM_U16(struct ip, port),
    FORM_U32(struct ip, scope));

/* ---- verdicts and sessions ---- */

FORM(verdict_ask_form, struct verdict_ask, NULL,
    FORM_U32(struct verdict_ask, daemon),
    FORM_IN(struct verdict_ask, client, ip_form),
    FORM_IN(struct verdict_ask, local, ip_form),
    FORM_U32(struct verdict_ask, client_rate),
    FORM_U32(struct verdict_ask, total_rate),
    FORM_U32(struct verdict_ask, client_connections),
    FORM_U32(struct verdict_ask, total_connections),
    FORM_BOOL(struct verdict_ask, last),
    FORM_BOOL(struct verdict_ask, no_ident),
    ASK_LINE(struct verdict_ask, ident),
    FORM_STR(struct verdict_ask, dns, ASK_DNS_MAX));
FORM_PAIR(verdict_ask, verdict_ask, verdict_ask_form)

FORM(verdict_form, struct verdict, NULL,
    FORM_ENUM(struct verdict, kind, 0, VERDICT_WAIT),
    ASK_LINE(struct verdict, reply),
    ASK_LINE(struct verdict, banner),
    ASK_LINE(struct verdict, name),
    ASK_LINE(struct verdict, ptr),
    ASK_LINE(struct verdict, ident),
    FORM_ENUM(struct verdict, resolve, 0, RESOLVE_TEMP),
    FORM_STR(struct verdict, macros, ASK_TEXT_MAX),
    FORM_STR(struct verdict, dns, ASK_DNS_MAX),
    FORM_STR(struct verdict, questions, ASK_DNS_MAX),
    FORM_U32(struct verdict, tarpit_ms),
    FORM_BOOL(struct verdict, early_ends),
    FORM_U32(struct verdict, pause_ms));
FORM_PAIR(verdict, verdict, verdict_form)

FORM(counter_form, uint32_t, NULL, FORM_SELF_U32);
FORM(park_form, struct park, NULL,
    FORM_U32(struct park, daemon),
    FORM_IN(struct park, client, ip_form),
    FORM_IN(struct park, local, ip_form),
    FORM_U32(struct park, client_rate),
    FORM_U32(struct park, total_rate),
    FORM_U32(struct park, client_connections),
    FORM_U32(struct park, total_connections),
    FORM_IN(struct park, verdict, verdict_form),
    FORM_I64(struct park, started),
    FORM_BOOL(struct park, greeted),
    FORM_BOOL(struct park, early),
    FORM_STR(struct park, input, PARK_INPUT_MAX),
    FORM_BOOL(struct park, parked),
    ASK_LINE(struct park, helo),
    FORM_BOOL(struct park, esmtp),
    FORM_EACH(struct park, count, counter_form),
    FORM_U64(struct park, octets),
    FORM_STR(struct park, extra, ASK_TEXT_MAX),
    FORM_UPTO(struct park, nfilters, BUNDLE_MAX - 1),
    FORM_UPTO(struct park, from, PARK_FROM_COMMAND | PARK_FROM_LOCAL));
FORM_PAIR(park, park, park_form)

FORM(session_done_form, struct session_done, NULL, FORM_MAYBE(struct session_done, park, parked, park_form));
FORM_PAIR(session_done, session_done, session_done_form)

static bool
ident_ok(const void *p)
{
	const struct ident_ask *m = p;

	return m->client.family != 0;
}
FORM(ident_form, struct ident_ask, ident_ok,
    FORM_IN(struct ident_ask, client, ip_form),
    FORM_IN(struct ident_ask, local, ip_form),
    FORM_UPTO(struct ident_ask, patience_ms, ASK_PATIENCE_MAX));
FORM_PAIR(ident_ask, ident_ask, ident_form)

/* ---- maps, users, names ---- */

FORM_STRINGS(map_arg_form, ASK_TEXT_MAX);
FORM(map_ask_form, struct map_ask, NULL,
    FORM_U32(struct map_ask, map),
    FORM_U32(struct map_ask, part),
    FORM_BOOL(struct map_ask, raw),
    FORM_STR(struct map_ask, key, ASK_TEXT_MAX),
    FORM_SOME(struct map_ask, args, nargs, map_arg_form));
FORM_PAIR(map_ask, map_ask, map_ask_form)

FORM(map_answer_form, struct map_answer, NULL,
    FORM_U8(struct map_answer, rc, MAP_TEMP),
    FORM_STR(struct map_answer, value, 1u << 20),
    ASK_LINE(struct map_answer, why));
FORM_PAIR(map_answer, map_answer, map_answer_form)

FORM(mapfd_ask_form, struct mapfd_ask, NULL,
    FORM_U32(struct mapfd_ask, map),
    FORM_U32(struct mapfd_ask, part));
FORM_PAIR(mapfd_ask, mapfd_ask, mapfd_ask_form)

FORM(mapfd_form, struct mapfd, NULL,
    FORM_ENUM(struct mapfd, state, MAPFD_OPEN, MAPFD_NO_PART),
    ASK_LINE(struct mapfd, path),
    ASK_LINE(struct mapfd, class),
    ASK_LINE(struct mapfd, why));
FORM_PAIR(mapfd, mapfd, mapfd_form)

FORM(user_ask_form, struct user_ask, NULL,
    ASK_LINE(struct user_ask, name),
    FORM_BOOL(struct user_ask, by_gecos));
FORM_PAIR(user_ask, user_ask, user_ask_form)

FORM(user_answer_form, struct user_answer, NULL,
    FORM_SIGN(struct user_answer, rc),
    ASK_LINE(struct user_answer, user.name),
    ASK_LINE(struct user_answer, user.gecos),
    ASK_LINE(struct user_answer, user.home),
    ASK_LINE(struct user_answer, user.shell),
    FORM_U32(struct user_answer, user.uid),
    FORM_U32(struct user_answer, user.gid));
FORM_PAIR(user_answer, user_answer, user_answer_form)

FORM(dns_form, struct dns_question_ask, NULL,
    ASK_LINE(struct dns_question_ask, name),
    FORM_U16(struct dns_question_ask, type),
    FORM_UPTO(struct dns_question_ask, patience_ms, ASK_PATIENCE_MAX));
FORM_PAIR(dns_question, dns_question_ask, dns_form)

/* ---- queue runs ---- */

static bool
term_ok(const void *p)
{
	const struct qrun_term *t = p;

	return memchr("IRSQGE", t->what, 6) != NULL;
}
FORM(term_form, struct qrun_term, term_ok,
    FORM_CHAR(struct qrun_term, what),
    FORM_BOOL(struct qrun_term, negate),
    ASK_LINE(struct qrun_term, text));
FORM(qrun_ask_form, struct qrun_ask, NULL,
    FORM_SOME(struct qrun_ask, term, nterm, term_form),
    FORM_BOOL(struct qrun_ask, quarantined),
    FORM_BOOL(struct qrun_ask, verbose));
FORM_PAIR(qrun_ask, qrun_ask, qrun_ask_form)

FORM(qrun_answer_form, struct qrun_answer, NULL, FORM_U32(struct qrun_answer, matched));
FORM_PAIR(qrun_answer, qrun_answer, qrun_answer_form)

/* ---- answer of Q_STATUS ---- */

FORM(number64_form, uint64_t, NULL, FORM_SELF_U64);
FORM(status_form, struct status_answer, NULL, FORM_SOME(struct status_answer, v, n, number64_form));
FORM_PAIR(status_answer, status_answer, status_form)

/* ---- Q_COUNT: only mailers that have something ---- */

void
count_ask_put(struct buf *b, const struct count_ask *q)
{
	uint32_t n = 0;

	for (size_t i = 0; i < COUNT_MAILERS; i++)
		n += q->reject[i] != 0 || q->discard[i] != 0;
	msg_put_bool(b, q->connection);
	msg_put_bool(b, q->refused);
	msg_put_u32(b, n);
	for (uint32_t i = 0; i < COUNT_MAILERS; i++)
		if (q->reject[i] != 0 || q->discard[i] != 0) {
			msg_put_u32(b, i);
			msg_put_u32(b, q->reject[i]);
			msg_put_u32(b, q->discard[i]);
		}
}

int
count_ask_get(struct str body, struct count_ask *q)
{
	struct msg_in	in = msg_in(body);
	uint32_t	n, m, last = 0;

	memset(q, 0, sizeof *q);
	q->connection = msg_bool(&in);
	q->refused = msg_bool(&in);
	if ((n = msg_u32(&in)) > COUNT_MAILERS)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		if ((m = msg_u32(&in)) >= COUNT_MAILERS || (i > 0 && m <= last))
			return -1;
		last = m;
		q->reject[m] = msg_u32(&in);
		q->discard[m] = msg_u32(&in);
		if (q->reject[m] == 0 && q->discard[m] == 0)
			return -1;
	}
	return msg_end(&in) ? 0 : -1;
}
