/*
 * stsask - see the header.  Pure; whoever sends these may have been taken over.
 */
#include "stsask.h"

#include <string.h>

#include "net/dns.h"
#include "proc/msg.h"

bool
sts_domain_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!chr_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.' && s.p[i] != '_')
			return false;
	return dns_name_ok(s);
}

void
sts_ask_put(struct buf *b, struct str domain)
{
	msg_put_str(b, domain);
}

int
sts_ask_get(struct str body, struct str *domain)
{
	struct msg_in in = msg_in(body);

	*domain = msg_str(&in, STS_WORD);
	return msg_end(&in) && sts_domain_ok(*domain) ? 0 : -1;
}

void
sts_answer_put(struct buf *b, const struct sts_answer *s)
{
	msg_put_bool(b, s->found);
	msg_put_u8(b, (uint8_t)s->policy.mode);
	msg_put_u32(b, s->policy.max_age);
	msg_put_u32(b, (uint32_t)s->policy.nmx);
	for (size_t i = 0; i < s->policy.nmx; i++)
		msg_put_str(b, s->policy.mx[i]);
	msg_put_str(b, s->id);
	msg_put_str(b, s->problem);
	msg_put_str(b, str_first(s->why, STS_WHY));
}

int
sts_answer_get(struct str body, struct arena *a, struct sts_answer *s)
{
	struct msg_in in = msg_in(body);
	uint32_t n;
	uint8_t mode;

	memset(s, 0, sizeof *s);
	s->found = msg_bool(&in);
	mode = msg_u8(&in);
	s->policy.max_age = msg_u32(&in);
	n = msg_u32(&in);
	if (mode > STS_ENFORCE || n > STS_MX_MAX)
		return -1;
	s->policy.mode = (enum sts_mode)mode;
	s->policy.mx = ARENA_ARRAY(a, struct str, n + 1);
	for (; s->policy.nmx < n; s->policy.nmx++)
		s->policy.mx[s->policy.nmx] = msg_str(&in, STS_WORD);
	s->id = msg_str(&in, STS_WORD);
	s->problem = msg_str(&in, STS_WORD);
	s->why = msg_str(&in, STS_WHY);
	return msg_end(&in) ? 0 : -1;
}

/* Every field has its limit; what is longer is cut by who sends. */
static const struct { size_t at, max; } note_fields[] = {
#define F(f, n)	{ offsetof(struct tlsrpt_note, f), n }
	F(domain, STS_WORD), F(type, 32), F(policy, (size_t)8 << 10), F(mx, STS_WORD), F(ip, 80), F(sender_ip, 80), F(result, 64), F(why, STS_WHY)
#undef F
};
#define NOTE_FIELDS	(sizeof note_fields / sizeof note_fields[0])

void
tlsrpt_note_put(struct buf *b, const struct tlsrpt_note *n)
{
	for (size_t i = 0; i < NOTE_FIELDS; i++)
		msg_put_str(b, str_first(*(const struct str *)(const void *)((const char *)n + note_fields[i].at), note_fields[i].max));
}

int
tlsrpt_note_get(struct str body, struct tlsrpt_note *n)
{
	struct msg_in in = msg_in(body);

	memset(n, 0, sizeof *n);
	for (size_t i = 0; i < NOTE_FIELDS; i++)
		*(struct str *)(void *)((char *)n + note_fields[i].at) = msg_str(&in, note_fields[i].max);
	return msg_end(&in) && sts_domain_ok(n->domain) ? 0 : -1;
}
