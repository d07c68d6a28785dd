/*
 * policy - bodies of Q_POLICY, and the rulesets behind it; see the header.
 *
 * What is read came from a process that talks to strangers.
 */
#include "policy.h"

#include <string.h>

#include "base/status.h"
#include "proc/msg.h"
#include "resolve.h"

static const char *const policy_sets[POLICY_MOMENTS] = {
	[POLICY_CLT_FEATURES] = "clt_features",
	[POLICY_TRY_TLS] = "try_tls",
	[POLICY_TLS_CLT_FEATURES] = "tls_clt_features",
	[POLICY_TLS_SERVER] = "tls_server",
	[POLICY_TLS_RCPT] = "tls_rcpt",
	[POLICY_AUTHINFO] = "authinfo",
};

/* Macros of the session and of the message that a client may name. */
static const char *const policy_names[] = {
	"server_name", "server_addr", "verify", "tls_version", "cipher", "cipher_bits", "alg_bits", "cert_subject", "cert_issuer",
	"cn_subject", "cn_issuer", "cert_altnames", "cert_fp", "cert_md5", "auth_type", "auth_ssf", "f", "h", "i", "u", "r", "s", "_", "x", "d",
	"client_addr", "client_name", "auth_authen", "daemon_name", "daemon_flags", "nrcpts", "msg_size", "ntries", "dsn_envid",
	"opMode", "deliveryMode", "addr_type", "nbadrcpts", "msg_id", "c", "bodytype", "dsn_ret", "dsn_notify", "envid", "load_avg",
	"client_flags", "if_addr_out", "if_family_out", "if_name_out",
};

bool
policy_may_name(struct str name)
{
	for (size_t i = 0; i < sizeof policy_names / sizeof policy_names[0]; i++)
		if (str_eq_c(name, policy_names[i]))
			return true;
	return false;
}

void
policy_ask_put(struct buf *b, const struct policy_ask *q)
{
	msg_put_u8(b, (uint8_t)q->moment);
	msg_put_u32(b, (uint32_t)q->nmacro);
	for (size_t i = 0; i < q->nmacro; i++) {
		msg_put_str(b, q->macro[i].name);
		msg_put_str(b, q->macro[i].value);
	}
	msg_put_u32(b, (uint32_t)q->narg);
	for (size_t i = 0; i < q->narg; i++)
		msg_put_str(b, q->arg[i]);
	msg_put_str(b, q->arg2);
}

static size_t
policy_count(struct msg_in *in, size_t max)
{
	uint32_t n = msg_u32(in);

	if (n > max || n > in->s.n)
		in->bad = true;
	return in->bad ? 0 : n;
}

int
policy_ask_get(struct str body, struct arena *m, struct policy_ask *q)
{
	struct msg_in in = msg_in(body);
	uint8_t moment = msg_u8(&in);

	memset(q, 0, sizeof *q);
	if (moment >= POLICY_MOMENTS)
		return -1;
	q->moment = (enum policy_moment)moment;
	q->nmacro = policy_count(&in, POLICY_MACROS);
	q->macro = ARENA_ARRAY(m, struct attempt_macro, q->nmacro);
	for (size_t i = 0; i < q->nmacro; i++) {
		q->macro[i].name = msg_str(&in, 64);
		q->macro[i].value = msg_str(&in, POLICY_TEXT);
		if (!policy_may_name(q->macro[i].name))
			in.bad = true;
	}
	q->narg = policy_count(&in, ATTEMPT_RCPT_MAX);
	q->arg = ARENA_ARRAY(m, struct str, q->narg);
	for (size_t i = 0; i < q->narg; i++)
		q->arg[i] = msg_str(&in, POLICY_TEXT);
	q->arg2 = msg_str(&in, POLICY_TEXT);
	return msg_end(&in) ? 0 : -1;
}

void
policy_answer_put(struct buf *b, const struct policy_answer *a)
{
	msg_put_u32(b, (uint32_t)a->n);
	for (size_t i = 0; i < a->n; i++) {
		msg_put_bool(b, a->v[i].refused);
		msg_put_u32(b, (uint32_t)a->v[i].smtp);
		msg_put_str(b, a->v[i].dsn);
		msg_put_str(b, a->v[i].text);
		msg_put_str(b, a->v[i].said);
		msg_put_str(b, a->v[i].result);
	}
}

int
policy_answer_get(struct str body, struct arena *m, struct policy_answer *a)
{
	struct msg_in in = msg_in(body);

	a->n = policy_count(&in, ATTEMPT_RCPT_MAX);
	a->v = ARENA_ARRAY(m, struct policy_verdict, a->n);
	for (size_t i = 0; i < a->n; i++) {
		uint32_t smtp;

		a->v[i].refused = msg_bool(&in);
		smtp = msg_u32(&in);
		if (smtp > 999)
			in.bad = true;
		a->v[i].smtp = (int)smtp;
		a->v[i].dsn = msg_str(&in, 64);
		a->v[i].text = msg_str(&in, POLICY_TEXT);
		a->v[i].said = msg_str(&in, POLICY_TEXT);
		a->v[i].result = msg_str(&in, POLICY_TEXT);
	}
	return msg_end(&in) ? 0 : -1;
}

/* ---- running ---- */

bool
policy_has(const struct conf *c, enum policy_moment moment)
{
	return rules_has_rules(c->rules, rules_find(c->rules, str_c(policy_sets[moment])));
}

static void
policy_one(const struct conf *c, struct rule_ctx *ctx, const struct policy_ask *q, struct str arg, struct arena *m,
    struct policy_verdict *out)
{
	struct check_verdict v;

	memset(out, 0, sizeof *out);
	rule_reset(ctx);
	(void)resolve_check(ctx, c, str_c(policy_sets[q->moment]), arg, q->arg2, 0, &v);
	out->refused = v.kind == CHECK_REJECT || v.kind == CHECK_TEMPFAIL;
	if (out->refused) {
		out->smtp = v.smtp;
		out->dsn = arena_str(m, v.dsn);
		out->text = arena_str(m, str_first(v.text, POLICY_TEXT));
	} else if (v.out.is_triple && v.out.ntok > 1)
		out->said = arena_str(m, str_first(rule_join(ctx, v.out.tok + 1, v.out.ntok - 1, ' '), POLICY_TEXT));
	else if (v.out.ntok > 0)
		out->result = arena_str(m, str_first(rule_join(ctx, v.out.tok, v.out.ntok, '\0'), POLICY_TEXT));
}

void
policy_run(const struct conf *c, struct rule_ctx *ctx, const struct policy_ask *q, struct arena *m, struct policy_answer *a)
{
	for (size_t i = 0; i < q->nmacro; i++) {
		struct str rest = q->macro[i].value, one;

		if (!str_eq_c(q->macro[i].name, "cert_altnames")) {
			(void)rule_macro_set(ctx, q->macro[i].name, q->macro[i].value);
			continue;
		}
		while (str_word(&rest, &one))		/* SetCertAltnames: a class */
			(void)rule_class_add(ctx, STR("{cert_altnames}"), one);
	}
	a->n = q->narg;
	a->v = ARENA_ARRAY(m, struct policy_verdict, a->n);
	for (size_t i = 0; i < q->narg; i++)
		policy_one(c, ctx, q, q->arg[i], m, &a->v[i]);
}
