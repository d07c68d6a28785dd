/*
 * tally_row - see the header.
 */
#include "tally_row.h"

#include <stdio.h>
#include <string.h>

#include "base/mac.h"
#include "net/ip.h"
#include "proc/msg.h"

void
tally_row_put(struct buf *b, const struct tally_row *r)
{
	msg_put_u8(b, (uint8_t)r->kind);
	msg_put_i64(b, r->first);
	msg_put_i64(b, r->last);
	msg_put_i64(b, r->until);
	for (size_t i = 0; i < 3; i++)
		msg_put_str(b, r->word[i].n > 0 ? r->word[i] : STR(""));
	if (r->kind != 'c') {
		msg_put_u32(b, r->held);
		msg_put_u32(b, r->passed);
		return;
	}
	msg_put_i64(b, r->window);
	for (size_t i = 0; i < TALLY_PARTS; i++)
		msg_put_u32(b, r->part[i]);
}

static bool
tally_is_time(int64_t s)
{
	return s >= 0 && s < (int64_t)1 << 40;
}

int
tally_row_get(struct str s, struct tally_row *r)
{
	struct msg_in	in = msg_in(s);

	memset(r, 0, sizeof *r);
	r->kind = (char)msg_u8(&in);
	if (r->kind != 'g' && r->kind != 'n' && r->kind != 'c')
		return -1;
	r->first = msg_i64(&in);
	r->last = msg_i64(&in);
	r->until = msg_i64(&in);
	for (size_t i = 0; i < 3; i++)
		r->word[i] = msg_str(&in, TALLY_WORD_MAX);
	if (r->kind != 'c') {
		r->held = msg_u32(&in);
		r->passed = msg_u32(&in);
	} else {
		r->window = msg_i64(&in);
		for (size_t i = 0; i < TALLY_PARTS; i++)
			r->part[i] = msg_u32(&in);
		if (r->window < 1)
			return -1;
	}
	return msg_end(&in) && tally_is_time(r->first) && tally_is_time(r->last) && tally_is_time(r->until) && tally_is_time(r->window) ? 0 : -1;
}

void
tally_row_key(const struct tally_row *r, char key[TALLY_KEY])
{
	static const uint8_t	known[MAC_KEY] = "tally";	/* not a secret: words are compared */
	struct buf		b;

	buf_init(&b, 0);
	for (size_t i = 0; i < 3; i++)
		msg_put_str(&b, r->word[i].n > 0 ? r->word[i] : STR(""));
	key[0] = r->kind;
	mac_siphash128(known, buf_str(&b), (uint8_t *)key + 1);
	buf_done(&b);
}

bool
tally_row_same(const struct tally_row *a, const struct tally_row *b)
{
	for (size_t i = 0; i < 3; i++)
		if (!str_eq(a->word[i].n > 0 ? a->word[i] : STR(""), b->word[i].n > 0 ? b->word[i] : STR("")))
			return false;
	return a->kind == b->kind;
}

/* ---- words ---- */

struct str
tally_net(struct str addr, struct arena *a)
{
	struct ip	ip;
	char		text[IP_TEXT];

	addr = str_trim(addr);
	if (ip_parse(addr, &ip) == -1 && ip_parse_literal(addr, &ip) == -1)
		return arena_lower(a, str_first(addr, TALLY_WORD_MAX));
	memset(ip.a + (ip.family == 4 ? 3 : 8), 0, ip.family == 4 ? 1 : 8);
	return arena_fmt(a, "%s/%d", ip_text(&ip, text), ip.family == 4 ? 24 : 64);
}

static struct str
tally_address(struct str s, struct arena *a)
{
	s = str_trim(s);
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = str_sub(s, 1, s.n - 1);
	return arena_lower(a, str_first(s, TALLY_WORD_MAX));
}

struct str
tally_rcpt(struct str s, struct arena *a)
{
	return tally_address(s, a);
}

struct str
tally_sender(struct str s, struct arena *a)
{
	struct str	 in = tally_address(s, a);
	size_t		 at = str_rchr(in, '@'), plus, n = 0;
	char		*p = arena_bytes(a, in.n + 1);

	if (at == SIZE_MAX)
		at = in.n;
	plus = str_chr(str_first(in, at), '+');
	for (size_t i = 0; i < in.n; i++) {
		if (plus != SIZE_MAX && plus > 0 && i >= plus && i < at)
			continue;
		if (i < at && chr_is_digit(in.p[i])) {
			if (n == 0 || p[n - 1] != '#')
				p[n++] = '#';
		} else
			p[n++] = in.p[i];
	}
	return str_mem(p, n);
}

/* ---- questions ---- */

int64_t
tally_grey(const struct map_tally *q, int64_t now, struct tally_row *t, struct tally_row *net, bool *good)
{
	*good = false;
	if (q->good > 0 && net->first != 0 && net->passed >= q->good && now < net->until) {
		net->last = now;
		net->until = now + q->keep;
		*good = true;
		return 0;
	}
	if (t->first == 0 || t->first > now || now >= t->until) {	/* new, or of long ago */
		t->first = t->last = now;
		t->until = now + q->retry;
		t->held = 1;
		t->passed = 0;
		return q->wait;
	}
	if (t->passed == 0 && now - t->first < q->wait) {
		t->last = now;
		t->held++;
		return q->wait - (now - t->first);
	}
	if (t->passed++ == 0 && q->good > 0) {
		if (net->first == 0 || now >= net->until) {
			net->first = now;
			net->passed = 0;
		}
		net->passed++;
		net->last = now;
		net->until = now + q->keep;
		*good = true;
	}
	t->last = now;
	t->until = now + q->keep;
	return 0;
}

/* Parts of the window that are over count no more. */
static void
tally_turn(struct tally_row *r, int64_t part, int64_t now)
{
	int64_t	from = r->last / part + 1, to = now / part;

	if (r->first == 0 || r->last > now || to - from >= TALLY_PARTS) {
		memset(r->part, 0, sizeof r->part);
		return;
	}
	for (; from <= to; from++)
		r->part[from % TALLY_PARTS] = 0;
}

int64_t
tally_count(const struct map_tally *q, int64_t now, struct tally_row *r)
{
	int64_t		part = (q->wait + TALLY_PARTS - 1) / TALLY_PARTS, now_part = now / part;
	uint64_t	sum = 0;

	if (r->window != q->wait)
		memset(r->part, 0, sizeof r->part);
	tally_turn(r, part, now);
	r->window = q->wait;
	if (r->first == 0 || r->first > now)
		r->first = now;
	r->last = now;
	r->until = now + part * TALLY_PARTS;
	for (size_t i = 0; i < TALLY_PARTS; i++)
		sum += r->part[i];
	if (sum + q->add <= q->limit) {
		r->part[now_part % TALLY_PARTS] += q->add;
		return 0;
	}
	/* The oldest parts go first: when is there room? */
	for (int64_t i = 1; i <= TALLY_PARTS; i++) {
		sum -= r->part[(now_part + i) % TALLY_PARTS];
		if (sum + q->add <= q->limit)
			return (now_part + i) * part - now;
	}
	return part * TALLY_PARTS;		/* more at once than the limit: never */
}

/* ---- for people ---- */

static void
tally_time(struct buf *b, int64_t s)
{
	static const struct {
		int64_t		s;
		const char	*unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } };

	if (s < 0)
		s = 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (s >= 2 * units[i].s || units[i].s == 1) {
			(void)buf_addf(b, "%lld%s", (long long)(s / units[i].s), units[i].unit);
			return;
		}
}

static void
tally_word(struct buf *b, struct str s)
{
	(void)buf_addch(b, ' ');
	for (size_t i = 0; i < s.n; i++)
		(void)buf_addch(b, s.p[i] > ' ' && s.p[i] < 0x7f ? s.p[i] : '?');
	if (s.n == 0)
		(void)buf_addc(b, "<>");
}

void
tally_row_print(struct buf *b, const struct tally_row *r, int64_t now)
{
	uint64_t sum = 0;

	switch (r->kind) {
	case 'g':
		(void)buf_addc(b, r->passed > 0 ? "known" : "waiting");
		break;
	case 'n':
		(void)buf_addc(b, "network");
		break;
	default:
		(void)buf_addc(b, "count");
	}
	for (size_t i = 0; i < (r->kind == 'g' ? 3u : r->kind == 'n' ? 1u : 2u); i++)
		tally_word(b, r->word[i]);
	(void)buf_addc(b, " first=");
	tally_time(b, now - r->first);
	(void)buf_addc(b, " last=");
	tally_time(b, now - r->last);
	(void)buf_addc(b, " expires=");
	tally_time(b, r->until - now);
	if (r->kind == 'c') {
		for (size_t i = 0; i < TALLY_PARTS; i++)
			sum += r->part[i];
		(void)buf_addf(b, " counted=%llu window=", (unsigned long long)sum);
		tally_time(b, r->window);
		return;
	}
	if (r->kind == 'g')
		(void)buf_addf(b, " held=%u", r->held);
	(void)buf_addf(b, " passed=%u", r->passed);
}
