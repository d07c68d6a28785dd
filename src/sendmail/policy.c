/*
 * policy - bodies of Q_POLICY, and the rulesets behind it; see the header.
 *
 * What is read came from a process that talks to strangers.
 */
#include "policy.h"

#include <string.h>

#include "proc/form.h"
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

static bool
macro_ok(const void *p)
{
	const struct attempt_macro *m = p;

	return policy_may_name(m->name);
}
FORM(macro_form, struct attempt_macro, macro_ok,
    FORM_STR(struct attempt_macro, name, 64),
    FORM_STR(struct attempt_macro, value, POLICY_TEXT));
FORM_STRINGS(arg_form, POLICY_TEXT);
FORM(ask_form, struct policy_ask, NULL,
    FORM_ENUM(struct policy_ask, moment, 0, POLICY_MOMENTS - 1),
    FORM_LIST(struct policy_ask, macro, nmacro, macro_form, POLICY_MACROS),
    FORM_LIST(struct policy_ask, arg, narg, arg_form, ATTEMPT_RCPT_MAX),
    FORM_STR(struct policy_ask, arg2, POLICY_TEXT));
FORM_PAIR_LISTS(policy_ask, policy_ask, ask_form)

static bool
verdict_ok(const void *p)
{
	const struct policy_verdict *v = p;

	return v->smtp <= 999;
}
FORM(verdict_form, struct policy_verdict, verdict_ok,
    FORM_BOOL(struct policy_verdict, refused),
    FORM_INT(struct policy_verdict, smtp, INT32_MAX),
    FORM_STR(struct policy_verdict, dsn, 64),
    FORM_STR(struct policy_verdict, text, POLICY_TEXT),
    FORM_STR(struct policy_verdict, said, POLICY_TEXT),
    FORM_STR(struct policy_verdict, result, POLICY_TEXT));
FORM(answer_form, struct policy_answer, NULL, FORM_LIST(struct policy_answer, v, n, verdict_form, ATTEMPT_RCPT_MAX));
FORM_PAIR_LISTS(policy_answer, policy_answer, answer_form)

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
