/*
 * clt_policy - what the rules of the configuration say about the server at the other end: asked through clt_conf.policy, since the client
 * runs no rules itself (policy.h).
 *
 * Macros as sendmail sets them: {server_name} and {server_addr} from the greeting on, {verify} and its companions after STARTTLS was said or
 * passed by, those of the message always.
 */
#include "clt_int.h"
#include <string.h>


#include "base/log.h"
#include "base/status.h"
#include "queue/qfile.h"

struct clt_macros {
	struct attempt_macro	 v[POLICY_MACROS];
	size_t			 n;
};

static void
clt_macro(struct clt_macros *m, const char *name, struct str value)
{
	if (m->n < POLICY_MACROS && !str_is_none(value))
		m->v[m->n++] = (struct attempt_macro){ str_c(name), value };
}

static void
clt_macros_tls(const struct clt *c, struct arena *a, struct clt_macros *m)
{
	const struct tls_info *t = &c->info;

	clt_macro(m, "verify", str_c(c->verify));
	if (!c->tls)
		return;
	clt_macro(m, "tls_version", t->version);
	clt_macro(m, "cipher", t->cipher);
	clt_macro(m, "cipher_bits", arena_fmt(a, "%d", t->bits));
	clt_macro(m, "alg_bits", arena_fmt(a, "%d", t->alg_bits));
	clt_macro(m, "cert_subject", t->cert_subject);
	clt_macro(m, "cert_issuer", t->cert_issuer);
	clt_macro(m, "cn_subject", t->cn_subject);
	clt_macro(m, "cn_issuer", t->cn_issuer);
	if (c->c.conf->opt.set_cert_altnames && t->altnames.n > 0)
		clt_macro(m, "cert_altnames", t->altnames);
	clt_macro(m, c->c.conf->opt.cert_fingerprint_algorithm.n > 0 ? "cert_fp" : "cert_md5", t->cert_fp);
}

/* NOTIFY= as MAIL would have it. */
static struct str
clt_notify(struct arena *a, unsigned notify)
{
	static const struct {
		unsigned	 bit;
		const char	*word;
	} words[] = { { QR_SUCCESS, "SUCCESS" }, { QR_FAILURE, "FAILURE" }, { QR_DELAY, "DELAY" } };
	struct str s = STR("");

	if (!(notify & QR_NOTIFY))
		return STR_NONE;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (notify & words[i].bit)
			s = arena_fmt(a, "%.*s%s%s", STR_ARG(s), s.n > 0 ? "," : "", words[i].word);
	return s.n > 0 ? s : STR("NEVER");
}

static void
clt_macros_own(const struct clt_own *own, struct clt_macros *m)
{
	clt_macro(m, "client_flags", own->flags);
	clt_macro(m, "if_addr_out", own->addr);
	clt_macro(m, "if_family_out", own->family);
	clt_macro(m, "if_name_out", own->name);
}

static void
clt_macros_message(const struct attempt *t, struct arena *a, struct clt_macros *m)
{
	if (t == NULL)
		return;
	clt_macro(m, "f", t->sender.n > 0 ? t->sender : STR("<>"));
	clt_macro(m, "h", t->host);
	clt_macro(m, "i", t->id);
	clt_macro(m, "addr_type", STR("e s"));
	if (t->nrcpt == 1) {
		clt_macro(m, "u", t->rcpt[0].user);
		clt_macro(m, "dsn_notify", clt_notify(a, t->rcpt[0].notify));
	}
	for (size_t i = 0; i < t->nmacro; i++)
		if (policy_may_name(t->macro[i].name) && !str_eq_c(t->macro[i].name, "f") && !str_eq_c(t->macro[i].name, "i") &&
		    m->n < POLICY_MACROS)
			m->v[m->n++] = t->macro[i];
}

struct str
clt_server_addr(const struct clt *c)
{
	struct str s = c->c.addr;

	return s.n > 2 && s.p[0] == '[' ? str_sub(s, 1, s.n - 1) : s.n > 0 ? s : STR("");
}

int
clt_policy(struct clt *c, enum policy_moment moment, struct str *arg, size_t narg, struct str arg2, struct arena *a,
    struct policy_answer *out, struct clt_fail *f)
{
	struct policy_ask q = { .moment = moment, .arg = arg, .narg = narg, .arg2 = arg2 };
	struct clt_macros m = { .n = 0 };
	struct err e = ERR_INIT;

	memset(out, 0, sizeof *out);
	if (c->c.policy == NULL || narg == 0 || !policy_has(c->c.conf, moment))
		return 0;
	clt_macro(&m, "server_name", c->c.host);
	clt_macro(&m, "server_addr", clt_server_addr(c));
	clt_macros_own(&c->c.own, &m);
	if (c->verify != NULL)
		clt_macros_tls(c, a, &m);
	if (c->authed)
		clt_macro(&m, "auth_type", c->auth_mech);
	clt_macros_message(c->now, a, &m);
	q.macro = m.v;
	q.nmacro = m.n;
	if (c->c.policy(c->c.policy_arg, &q, a, out, &e) == 0 && out->n == narg)
		return 0;
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_DEFERRED;
	f->ex = EXIT_TEMPFAIL;
	f->status = STR("4.3.0");
	f->text = arena_fmt(a, "Deferred: rules cannot be asked: %s", e.text[0] != '\0' ? e.text : "no answer");
	return -1;
}

void
clt_policy_fail(const struct policy_verdict *v, struct arena *a, struct clt_fail *f)
{
	bool temp = v->smtp >= 400 && v->smtp < 500;
	const struct status *st;

	memset(f, 0, sizeof *f);
	f->reply = arena_fmt(a, "%d %.*s%s%.*s", v->smtp, STR_ARG(v->dsn), v->dsn.n > 0 ? " " : "",
	    STR_ARG(smtp_clean(a, str_first(v->text, 400))));
	f->status = v->dsn.n > 0 && v->dsn.p[0] == (temp ? '4' : '5') ? v->dsn : temp ? STR("4.7.0") : STR("5.7.0");
	if (temp) {
		f->outcome = OUTCOME_DEFERRED;
		f->ex = EXIT_TEMPFAIL;
		f->text = arena_cat(a, STR("Deferred: "), f->reply);
		return;
	}
	f->outcome = OUTCOME_FAILED;
	f->ex = status_ex_of_dsn(f->status);
	if (f->ex == EXIT_OK || f->ex == EXIT_TEMPFAIL)
		f->ex = EXIT_UNAVAILABLE;
	st = status_by_ex(f->ex);
	f->text = str_c(st != NULL ? st->text : "Service unavailable");
}

/* Ask about the server itself: false and *f when the rules do not want to talk to it. */
bool
clt_policy_server(struct clt *c, struct arena *a, struct clt_fail *f)
{
	struct policy_answer ans;
	struct str verify = str_c(c->verify);

	if (clt_policy(c, POLICY_TLS_SERVER, &verify, 1, STR_NONE, a, &ans, f) == -1)
		return false;
	if (ans.n == 0 || !ans.v[0].refused)
		return true;
	clt_policy_fail(&ans.v[0], a, f);
	return false;
}

void
clt_log_policy(const struct clt *c, const char *ruleset, struct str arg, const struct clt_fail *f)
{
	if (f->reply.n > 0)
		log_line(5, LOG_P_NOTICE, c->now != NULL ? arena_cstr(c->arena, c->now->id) : NULL,
		    "ruleset=%s, arg1=%.*s, relay=%.*s, reject=%.*s", ruleset, STR_ARG(arg), STR_ARG(c->c.host), STR_ARG(f->reply));
}
