/*
 * door_dns - see the header.
 */
#include "door_dns.h"

#include <string.h>

#include "ask.h"
#include "proc/msg.h"

#define DOOR_NAME_MAX	((size_t)255)
#define DOOR_ANSWER_MAX	((size_t)2 << 10)

static struct door_dns *door_now;	/* who is asked first */

/* ---- coding ---- */

static bool
door_answer(struct str *coded, struct str *name, uint16_t *type, struct str *body)
{
	struct msg_in in = msg_in(*coded);

	*name = msg_str(&in, DOOR_NAME_MAX);
	*type = msg_u16(&in);
	*body = msg_str(&in, DOOR_ANSWER_MAX);
	*coded = in.s;
	return !in.bad;
}

int
door_dns_find(struct str coded, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out)
{
	struct str	n, body;
	uint16_t	t;

	while (coded.n > 0) {
		struct msg_in in;

		if (!door_answer(&coded, &n, &t, &body))
			return -1;
		if (t != type || !str_caseeq(n, name))
			continue;
		memset(out, 0, sizeof *out);
		out->rc = DNS_TEMP;
		if (str_is_none(body))
			return 1;
		in = msg_in(body);
		return dns_answer_get(&in, a, out) == 0 && msg_end(&in) ? 1 : -1;
	}
	return 0;
}

void
door_dns_add(struct buf *b, struct str name, enum dns_type type, struct str body)
{
	size_t	before = b->n;

	if (name.n > DOOR_NAME_MAX || (!str_is_none(body) && body.n > DOOR_ANSWER_MAX))
		return;
	msg_put_str(b, name);
	msg_put_u16(b, (uint16_t)type);
	msg_put_str(b, body);
	if (buf_ok(b) && b->n <= ASK_DNS_MAX)
		return;
	buf_truncate(b, before);
	b->failed = false;
}

bool
door_dns_next(struct str *coded, struct door_question *q, bool *bad)
{
	struct msg_in	in = msg_in(*coded);
	uint16_t	type;

	*bad = false;
	if (coded->n == 0)
		return false;
	q->name = msg_str(&in, DOOR_NAME_MAX);
	type = msg_u16(&in);
	q->patience_ms = msg_u32(&in);
	*coded = in.s;
	q->type = (enum dns_type)type;
	if (!in.bad && dns_name_ok(q->name) && q->patience_ms <= ASK_PATIENCE_MAX)
		return true;
	*bad = true;
	return false;
}

/* ---- asking ---- */

static void
door_missing(struct door_dns *d, struct str name, enum dns_type type)
{
	struct str		coded = buf_str(&d->missing);
	struct door_question	q;
	bool			bad;
	size_t			before = d->missing.n;

	while (door_dns_next(&coded, &q, &bad))
		if (q.type == type && str_caseeq(q.name, name))
			return;
	if (d->nmissing++ >= DOOR_QUESTIONS)
		return;
	msg_put_str(&d->missing, name);
	msg_put_u16(&d->missing, (uint16_t)type);
	msg_put_u32(&d->missing, (uint32_t)dns_patience_now());
	if (!buf_ok(&d->missing)) {
		buf_truncate(&d->missing, before);
		d->missing.failed = false;
	}
}

static int
door_asker(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	struct door_dns *d = arg;

	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	if (door_dns_find(d->known, name, type, a, out) == 1)
		return 0;
	if (d->wait || !dns_name_ok(name))
		return d->next != NULL ? d->next(d->next_arg, name, type, a, out, e) : err_set(e, ERR_BUG, "nobody to ask about DNS");
	door_missing(d, name, type);
	memset(out, 0, sizeof *out);
	out->rc = DNS_TEMP;
	dns_pending(true);
	return 0;
}

void
door_dns_begin(struct door_dns *d, struct str known, bool wait)
{
	memset(d, 0, sizeof *d);
	d->known = known;
	d->wait = wait;
	buf_init(&d->missing, ASK_DNS_MAX);
	d->next = dns_asker_now(&d->next_arg);
	dns_set_asker(door_asker, d);
	door_now = d;
}

void
door_dns_end(struct door_dns *d)
{
	dns_set_asker(d->next, d->next_arg);
	door_now = NULL;
	dns_pending(false);
}

bool
door_dns_is_short(void)
{
	return door_now != NULL && door_now->nmissing > 0;
}

void
door_dns_done(struct door_dns *d)
{
	buf_done(&d->missing);
}
