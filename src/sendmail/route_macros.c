/*
 * route_macros - macros of a message while it is routed, and those that go with an attempt: for templates of mailers, and for the rules that the client
 * has asked (policy.h).  What is set is what sendmail has set when check_compat, tls_server and tls_rcpt run, as recorded.
 */
#include "base/enc.h"
#include "mime/date.h"
#include "os/load.h"
#include "route.h"

/* Size and hops as the header tells them: our own Received: is not part of the message as it came. */
static uint64_t
macros_header(const struct qf *q, unsigned *hops, struct str *msgid)
{
	uint64_t size = 1;

	*hops = 0;
	*msgid = STR("");
	for (size_t i = 0; i < q->nhdr; i++) {
		bool received = str_caseeq_c(q->hdr[i].name, "Received");

		*hops += received;
		if (!received || *hops > 1)
			size += q->hdr[i].name.n + q->hdr[i].value.n + 2;
		if (str_caseeq_c(q->hdr[i].name, "Message-Id"))
			*msgid = str_trim(q->hdr[i].value);
	}
	return size;
}

/* DSN parameters of MAIL, and BODY=: 8BITMIME with nothing of 8 bits in it is 7BIT. */
static void
macros_mail(struct routing *r)
{
	const struct qf	*q = &r->qf;
	struct buf	 b;

	rule_macro_set(r->rules, STR("bodytype"), q->body.n == 0 ? STR("") :
	    str_caseeq_c(q->body, "8BITMIME") && !(q->flags & QF_HAS8BIT) ? STR("7BIT") : q->body);
	rule_macro_set_c(r->rules, "dsn_ret", !(q->flags & QF_RET_HDRS) ? "" : q->flags & QF_NO_BODY_RET ? "HDRS" : "FULL");
	buf_init(&b, 4096);
	if (q->envid.n > 0)
		(void)enc_xtext(&b, q->envid);
	rule_macro_set(r->rules, STR("dsn_envid"), buf_str(&b));
	rule_macro_set(r->rules, STR("envid"), buf_str(&b));
	buf_done(&b);
}

void
route_macros(struct routing *r)
{
	const struct qf	*q = &r->qf;
	char		 d[DATE_MAX];
	struct str	 msgid;
	struct date	 date;
	unsigned	 hops;
	uint64_t	 size = macros_header(q, &hops, &msgid) + r->size;

	for (size_t i = 0; i < q->nmacro; i++)
		rule_macro_set(r->rules, q->macro[i].name, q->macro[i].value);
	rule_macro_set(r->rules, STR("i"), q->id);
	rule_macro_set(r->rules, STR("f"), q->sender.n == 0 ? STR("<>") : q->sender);
	date_from_time(r->now, date_local_zone(r->now), &date);
	date_print_ctime(d, &date);
	rule_macro_set_c(r->rules, "d", d);
	rule_macro_set(r->rules, STR("msg_id"), msgid);
	rule_macro_setf(r->rules, "msg_size", "%llu", (unsigned long long)size);
	rule_macro_setf(r->rules, "c", "%u", hops);
	rule_macro_setf(r->rules, "nrcpts", "%zu", q->nrcpt);
	rule_macro_set_c(r->rules, "nbadrcpts", "0");
	rule_macro_setf(r->rules, "ntries", "%d", q->tries);
	rule_macro_setf(r->rules, "deliveryMode", "%c", r->rt->conf->opt.delivery_mode);
	rule_macro_setf(r->rules, "load_avg", "%d", os_load_avg());
	macros_mail(r);
}

void
route_attempt_macros(struct routing *r, struct attempt *t)
{
	static const char *const names[] = { "s", "r", "_", "i", "x", "d", "client_addr", "client_name", "auth_authen", "daemon_name", "daemon_flags",
		"nrcpts", "nbadrcpts", "ntries", "msg_size", "msg_id", "mt_priority", "if_addr", "c", "bodytype", "dsn_ret", "dsn_envid", "envid",
		"deliveryMode", "load_avg" };
	size_t	n = sizeof names / sizeof *names;

	t->macro = ARENA_ARRAY(r->m, struct attempt_macro, n + 3);
	for (size_t i = 0; i < n; i++) {
		struct str v;

		rule_reset(r->rules);
		v = rule_macro_value(r->rules, str_c(names[i]));
		if (v.n != 0)
			t->macro[t->nmacro++] = (struct attempt_macro){ str_c(names[i]), arena_str(r->m, v) };
	}
	t->macro[t->nmacro++] = (struct attempt_macro){ STR("f"), route_f(r, t) };
	t->macro[t->nmacro++] = (struct attempt_macro){ STR("g"), t->sender.n == 0 ? STR("<>") : t->sender };
	t->macro[t->nmacro++] = (struct attempt_macro){ STR("h"), t->host };
}
