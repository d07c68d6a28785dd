/*
 * stsask - see the header.  Pure; whoever sends these may have been taken over.
 */
#include "stsask.h"

#include "net/dns.h"
#include "proc/form.h"
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

FORM_STRINGS(mx_form, STS_WORD);
FORM(policy_form, struct sts_policy, NULL,
    FORM_ENUM(struct sts_policy, mode, 0, STS_ENFORCE),
    FORM_U32(struct sts_policy, max_age),
    FORM_LIST(struct sts_policy, mx, nmx, mx_form, STS_MX_MAX));
FORM(answer_form, struct sts_answer, NULL,
    FORM_BOOL(struct sts_answer, found),
    FORM_IN(struct sts_answer, policy, policy_form),
    FORM_STR(struct sts_answer, id, STS_WORD),
    FORM_STR(struct sts_answer, problem, STS_WORD),
    FORM_CUT(struct sts_answer, why, STS_WHY));
FORM_PAIR_LISTS(sts_answer, sts_answer, answer_form)

static bool
note_ok(const void *p)
{
	const struct tlsrpt_note *n = p;

	return sts_domain_ok(n->domain);
}
FORM(note_form, struct tlsrpt_note, note_ok,
    FORM_CUT(struct tlsrpt_note, domain, STS_WORD),
    FORM_CUT(struct tlsrpt_note, type, 32),
    FORM_CUT(struct tlsrpt_note, policy, 8u << 10),
    FORM_CUT(struct tlsrpt_note, mx, STS_WORD),
    FORM_CUT(struct tlsrpt_note, ip, 80),
    FORM_CUT(struct tlsrpt_note, sender_ip, 80),
    FORM_CUT(struct tlsrpt_note, result, 64),
    FORM_CUT(struct tlsrpt_note, why, STS_WHY));
FORM_PAIR(tlsrpt_note, tlsrpt_note, note_form)
