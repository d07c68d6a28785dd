/*
 * ask - bodies of requests.
 *
 * Every getter reads its body to the last byte and checks each value that has a
 * range; what it leaves in its struct is then safe to use without further checks.
 */
#include "ask_int.h"
#include "bundle.h"
#include "rule/rule.h"

void
ask_ip_put(struct buf *b, const struct ip *ip)
{
	msg_put_u8(b, ip->family);
	for (size_t i = 0; i < sizeof ip->a; i++)
		msg_put_u8(b, ip->a[i]);
	msg_put_u16(b, ip->port);
	msg_put_u32(b, ip->scope);
}

void
ask_ip_take(struct msg_in *in, struct ip *ip)
{
	ip->family = msg_u8(in);
	if (ip->family != 0 && ip->family != 4 && ip->family != 6)
		in->bad = true;
	for (size_t i = 0; i < sizeof ip->a; i++)
		ip->a[i] = msg_u8(in);
	ip->port = msg_u16(in);
	ip->scope = msg_u32(in);
}

/* ---- verdicts and sessions ---- */

void
verdict_ask_put(struct buf *b, const struct verdict_ask *m)
{
	msg_put_u32(b, m->daemon);
	ask_ip_put(b, &m->client);
	ask_ip_put(b, &m->local);
	msg_put_u32(b, m->client_rate);
	msg_put_u32(b, m->total_rate);
	msg_put_u32(b, m->client_connections);
	msg_put_u32(b, m->total_connections);
	msg_put_bool(b, m->last);
	msg_put_bool(b, m->no_ident);
	msg_put_str(b, m->ident);
	msg_put_str(b, m->dns);
}

int
verdict_ask_get(struct str body, struct verdict_ask *m)
{
	struct msg_in in = msg_in(body);

	m->daemon = msg_u32(&in);
	ask_ip_take(&in, &m->client);
	ask_ip_take(&in, &m->local);
	m->client_rate = msg_u32(&in);
	m->total_rate = msg_u32(&in);
	m->client_connections = msg_u32(&in);
	m->total_connections = msg_u32(&in);
	m->last = msg_bool(&in);
	m->no_ident = msg_bool(&in);
	m->ident = ask_text(&in);
	m->dns = msg_str(&in, ASK_DNS_MAX);
	return ask_end(&in);
}

void
verdict_put(struct buf *b, const struct verdict *m)
{
	msg_put_u8(b, (uint8_t)m->kind);
	msg_put_str(b, m->reply);
	msg_put_str(b, m->banner);
	msg_put_str(b, m->name);
	msg_put_str(b, m->ptr);
	msg_put_str(b, m->ident);
	msg_put_u8(b, (uint8_t)m->resolve);
	msg_put_str(b, m->macros);
	msg_put_str(b, m->dns);
	msg_put_str(b, m->questions);
	msg_put_u32(b, m->tarpit_ms);
	msg_put_bool(b, m->early_ends);
	msg_put_u32(b, m->pause_ms);
}

static void
verdict_take(struct msg_in *in, struct verdict *m)
{
	m->kind = (enum verdict_kind)ask_enum(in, VERDICT_WAIT);
	m->reply = ask_text(in);
	m->banner = ask_text(in);
	m->name = ask_text(in);
	m->ptr = ask_text(in);
	m->ident = ask_text(in);
	m->resolve = (enum client_resolve)ask_enum(in, RESOLVE_TEMP);
	m->macros = msg_str(in, ASK_TEXT_MAX);
	m->dns = msg_str(in, ASK_DNS_MAX);
	m->questions = msg_str(in, ASK_DNS_MAX);
	m->tarpit_ms = msg_u32(in);
	m->early_ends = msg_bool(in);
	m->pause_ms = msg_u32(in);
}

int
verdict_get(struct str body, struct verdict *m)
{
	struct msg_in in = msg_in(body);

	verdict_take(&in, m);
	return ask_end(&in);
}

void
park_put(struct buf *b, const struct park *m)
{
	msg_put_u32(b, m->daemon);
	ask_ip_put(b, &m->client);
	ask_ip_put(b, &m->local);
	msg_put_u32(b, m->client_rate);
	msg_put_u32(b, m->total_rate);
	msg_put_u32(b, m->client_connections);
	msg_put_u32(b, m->total_connections);
	verdict_put(b, &m->verdict);
	msg_put_i64(b, m->started);
	msg_put_bool(b, m->greeted);
	msg_put_bool(b, m->early);
	msg_put_str(b, m->input);
	msg_put_bool(b, m->parked);
	msg_put_str(b, m->helo);
	msg_put_bool(b, m->esmtp);
	for (size_t i = 0; i < PARK_COUNTS; i++)
		msg_put_u32(b, m->count[i]);
	msg_put_u64(b, m->octets);
	msg_put_str(b, m->extra);
	msg_put_u32(b, m->nfilters);
	msg_put_u32(b, m->from);
}

static void
park_take(struct msg_in *in, struct park *m)
{
	m->daemon = msg_u32(in);
	ask_ip_take(in, &m->client);
	ask_ip_take(in, &m->local);
	m->client_rate = msg_u32(in);
	m->total_rate = msg_u32(in);
	m->client_connections = msg_u32(in);
	m->total_connections = msg_u32(in);
	verdict_take(in, &m->verdict);
	m->started = msg_i64(in);
	m->greeted = msg_bool(in);
	m->early = msg_bool(in);
	m->input = msg_str(in, PARK_INPUT_MAX);
	m->parked = msg_bool(in);
	m->helo = ask_text(in);
	m->esmtp = msg_bool(in);
	for (size_t i = 0; i < PARK_COUNTS; i++)
		m->count[i] = msg_u32(in);
	m->octets = msg_u64(in);
	m->extra = msg_str(in, ASK_TEXT_MAX);
	m->nfilters = msg_u32(in);
	m->filters = NULL;
	m->from = msg_u32(in);
	in->bad = in->bad || m->nfilters >= BUNDLE_MAX || m->from > (PARK_FROM_COMMAND | PARK_FROM_LOCAL);
}

int
park_get(struct str body, struct park *m)
{
	struct msg_in in = msg_in(body);

	park_take(&in, m);
	return ask_end(&in);
}

void
session_done_put(struct buf *b, const struct session_done *m)
{
	msg_put_bool(b, m->parked);
	if (m->parked)
		park_put(b, &m->park);
}

int
session_done_get(struct str body, struct session_done *m)
{
	struct msg_in in = msg_in(body);

	memset(m, 0, sizeof *m);
	m->parked = msg_bool(&in);
	if (m->parked)
		park_take(&in, &m->park);
	return ask_end(&in);
}

void
ident_ask_put(struct buf *b, const struct ident_ask *m)
{
	ask_ip_put(b, &m->client);
	ask_ip_put(b, &m->local);
	msg_put_u32(b, m->patience_ms);
}

int
ident_ask_get(struct str body, struct ident_ask *m)
{
	struct msg_in in = msg_in(body);

	ask_ip_take(&in, &m->client);
	ask_ip_take(&in, &m->local);
	m->patience_ms = msg_u32(&in);
	if (m->client.family == 0 || m->patience_ms > ASK_PATIENCE_MAX)
		return -1;
	return ask_end(&in);
}

/* ---- maps, users, names ---- */

void
map_ask_put(struct buf *b, const struct map_ask *m)
{
	msg_put_u32(b, m->map);
	msg_put_u32(b, m->part);
	msg_put_u8(b, m->raw);
	msg_put_str(b, m->key);
	msg_put_u32(b, m->nargs);
	for (uint32_t i = 0; i < m->nargs && i < MAP_ARGS_MAX; i++)
		msg_put_str(b, m->args[i]);
}

int
map_ask_get(struct str body, struct map_ask *m)
{
	struct msg_in in = msg_in(body);

	memset(m, 0, sizeof *m);
	m->map = msg_u32(&in);
	m->part = msg_u32(&in);
	m->raw = ask_enum(&in, 1);
	m->key = msg_str(&in, ASK_TEXT_MAX);
	m->nargs = msg_u32(&in);
	if (m->nargs > MAP_ARGS_MAX)
		return -1;
	for (uint32_t i = 0; i < m->nargs; i++)
		m->args[i] = msg_str(&in, ASK_TEXT_MAX);
	return ask_end(&in);
}

void
map_answer_put(struct buf *b, const struct map_answer *m)
{
	msg_put_u8(b, m->rc);
	msg_put_str(b, m->value);
	msg_put_str(b, m->why);
}

int
map_answer_get(struct str body, struct map_answer *m)
{
	struct msg_in in = msg_in(body);

	m->rc = (uint8_t)ask_enum(&in, MAP_TEMP);
	m->value = msg_str(&in, (size_t)1 << 20);
	m->why = ask_text(&in);
	return ask_end(&in);
}

void
mapfd_ask_put(struct buf *b, const struct mapfd_ask *m)
{
	msg_put_u32(b, m->map);
	msg_put_u32(b, m->part);
}

int
mapfd_ask_get(struct str body, struct mapfd_ask *m)
{
	struct msg_in in = msg_in(body);

	m->map = msg_u32(&in);
	m->part = msg_u32(&in);
	return ask_end(&in);
}

void
mapfd_put(struct buf *b, const struct mapfd *m)
{
	msg_put_u8(b, (uint8_t)m->state);
	msg_put_str(b, m->path);
	msg_put_str(b, m->class);
	msg_put_str(b, m->why);
}

int
mapfd_get(struct str body, struct mapfd *m)
{
	struct msg_in in = msg_in(body);

	m->state = (enum mapfd_state)ask_enum(&in, MAPFD_NO_PART);
	m->path = ask_text(&in);
	m->class = ask_text(&in);
	m->why = ask_text(&in);
	return m->state == 0 ? -1 : ask_end(&in);
}

void
user_ask_put(struct buf *b, const struct user_ask *m)
{
	msg_put_str(b, m->name);
	msg_put_bool(b, m->by_gecos);
}

int
user_ask_get(struct str body, struct user_ask *m)
{
	struct msg_in in = msg_in(body);

	m->name = ask_text(&in);
	m->by_gecos = msg_bool(&in);
	return ask_end(&in);
}

void
user_answer_put(struct buf *b, const struct user_answer *m)
{
	msg_put_u8(b, (uint8_t)(m->rc + 1));
	msg_put_str(b, m->user.name);
	msg_put_str(b, m->user.gecos);
	msg_put_str(b, m->user.home);
	msg_put_str(b, m->user.shell);
	msg_put_u32(b, (uint32_t)m->user.uid);
	msg_put_u32(b, (uint32_t)m->user.gid);
}

int
user_answer_get(struct str body, struct user_answer *m)
{
	struct msg_in in = msg_in(body);

	m->rc = (int)ask_enum(&in, 2) - 1;
	m->user.name = ask_text(&in);
	m->user.gecos = ask_text(&in);
	m->user.home = ask_text(&in);
	m->user.shell = ask_text(&in);
	m->user.uid = (uid_t)msg_u32(&in);
	m->user.gid = (gid_t)msg_u32(&in);
	return ask_end(&in);
}

void
dns_question_put(struct buf *b, const struct dns_question_ask *m)
{
	msg_put_str(b, m->name);
	msg_put_u16(b, m->type);
	msg_put_u32(b, m->patience_ms);
}

int
dns_question_get(struct str body, struct dns_question_ask *m)
{
	struct msg_in in = msg_in(body);

	m->name = ask_text(&in);
	m->type = msg_u16(&in);
	m->patience_ms = msg_u32(&in);
	return m->patience_ms > ASK_PATIENCE_MAX ? -1 : ask_end(&in);
}

/* ---- queue runs ---- */

void
qrun_ask_put(struct buf *b, const struct qrun_ask *m)
{
	msg_put_u32(b, m->nterm);
	for (uint32_t i = 0; i < m->nterm && i < QRUN_TERMS; i++) {
		msg_put_u8(b, (uint8_t)m->term[i].what);
		msg_put_bool(b, m->term[i].negate);
		msg_put_str(b, m->term[i].text);
	}
	msg_put_bool(b, m->quarantined);
	msg_put_bool(b, m->verbose);
}

int
qrun_ask_get(struct str body, struct qrun_ask *m)
{
	struct msg_in in = msg_in(body);

	memset(m, 0, sizeof *m);
	m->nterm = msg_u32(&in);
	if (m->nterm > QRUN_TERMS)
		return -1;
	for (uint32_t i = 0; i < m->nterm; i++) {
		m->term[i].what = (char)msg_u8(&in);
		if (memchr("IRSQGE", m->term[i].what, 6) == NULL)
			in.bad = true;
		m->term[i].negate = msg_bool(&in);
		m->term[i].text = ask_text(&in);
	}
	m->quarantined = msg_bool(&in);
	m->verbose = msg_bool(&in);
	return ask_end(&in);
}

void
qrun_answer_put(struct buf *b, const struct qrun_answer *m)
{
	msg_put_u32(b, m->matched);
}

int
qrun_answer_get(struct str body, struct qrun_answer *m)
{
	struct msg_in in = msg_in(body);

	m->matched = msg_u32(&in);
	return ask_end(&in);
}

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

/* ---- answer of Q_STATUS ---- */

void
status_answer_put(struct buf *b, const struct status_answer *a)
{
	msg_put_u32(b, a->n);
	for (uint32_t i = 0; i < a->n; i++)
		msg_put_u64(b, a->v[i]);
}

int
status_answer_get(struct str body, struct status_answer *a)
{
	struct msg_in in = msg_in(body);

	if ((a->n = msg_u32(&in)) > STATUS_MAX)
		return -1;
	for (uint32_t i = 0; i < a->n; i++)
		a->v[i] = msg_u64(&in);
	return msg_end(&in) ? 0 : -1;
}
