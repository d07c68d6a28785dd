/*
 * reqtls - see the header.  Pure.
 */
#include "reqtls.h"

#include "attempt.h"

/* RFC 8689 3: one field, with the one value there is; anything else says nothing. */
static bool
reqtls_optional(const struct qf *q)
{
	size_t seen = 0, no = 0;

	for (size_t i = 0; i < q->nhdr; i++)
		if (str_caseeq_c(q->hdr[i].name, "TLS-Required")) {
			seen++;
			no += str_caseeq_c(str_trim(q->hdr[i].value), "No");
		}
	return seen == 1 && no == 1;
}

unsigned
reqtls_flags(const struct conf *conf, const struct qf *q)
{
	if (qf_macro(q, STR("requiretls")).n > 0)	/* 4.1: the stronger wish counts */
		return ATTEMPT_REQTLS;
	return conf->opt.smtp_extensions & SMTPX_TLSREQUIRED && reqtls_optional(q) ? ATTEMPT_ANYTLS : 0;
}

bool
reqtls_report(const struct conf *conf, const struct qf *of, struct qf *report, struct arena *a)
{
	unsigned flags = reqtls_flags(conf, of);

	if (flags & ATTEMPT_REQTLS)			/* 5: what had to be kept from eavesdroppers is not sent about */
		qf_set_macro(report, a, STR("requiretls"), STR("yes"));
	else if (flags & ATTEMPT_ANYTLS)
		*qf_add_hdr(report, a) = (struct qf_hdr){ .flags = STR_NONE, .name = STR("TLS-Required"), .value = STR(" No") };
	return (flags & ATTEMPT_REQTLS) != 0;
}
