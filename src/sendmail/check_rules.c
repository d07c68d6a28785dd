/*
 * check_rules - rulesets, and what rules name: other rulesets, mailers, classes, macros, maps.
 */
#include <string.h>

#include "base/near.h"
#include "check.h"
#include "rule/build.h"
#include "rule/check.h"

/* Rulesets that sendmail itself calls. */
static const char *const check_hooks[] = {
	"0", "1", "2", "3", "4", "5", "parse", "canonify", "final", "localaddr", "check_relay", "check_mail", "check_rcpt", "check_data",
	"check_compat", "check_eoh", "check_eom", "check_etrn", "check_expn", "check_vrfy", "check_other", "check_header", "trust_auth",
	"tls_client", "tls_server", "tls_rcpt", "try_tls", "tls_srv_features", "tls_clt_features", "srv_features", "clt_features",
	"authinfo", "queuegroup", "greet_pause", "ratecontrol", "conncontrol", "D_check_relay", "Local_check_relay", "Local_check_mail",
	"Local_check_rcpt", "Local_trust_auth", "Local_localaddr", "Local_Relay_Auth", "Local_greet_pause", "Local_tls_client", "Local_tls_server",
	"Local_tls_rcpt", "Local_try_tls", "Local_srv_features", "Local_clt_features",
	"Local_ratecontrol", "Local_conncontrol", "RelayTLS", "Basic_check_relay", "Basic_check_mail", "Basic_check_rcpt",
	NULL
};

/* Long classes of the m4 tree. */
static const char *const check_classes[] = {
	"VirtHost", "LDAPRoute", "LDAPRouteEquiv", "Accept", "Reject", "TrustAuthMech", "persistentMacros", "ResOk", "tls", "src",
	"w", "cert_altnames", "checkMIMEHeaders", "checkMIMETextHeaders", "checkMIMEFieldHeaders", "LDAPRouteDetail",
	NULL
};

/* Macros that sendmail sets: operations guide, "D -- Define Macro". */
static const char *const check_macros[] = {
	"addr_type", "alg_bits", "auth_authen", "auth_author", "auth_ssf", "auth_type", "bodytype", "cert_fp", "cert_issuer",
	"cert_md5", "cert_subject", "cert_altnames", "cipher", "cipher_bits", "client_addr", "client_connections", "client_flags",
	"client_name", "client_port", "client_ptr", "client_rate", "client_resolve", "cn_issuer", "cn_subject", "currHeader", "daemon_addr",
	"daemon_family", "daemon_flags", "daemon_info", "daemon_name", "daemon_port", "deliveryMode", "dsn_envid", "dsn_notify",
	"dsn_ret", "envid", "hdr_name", "hdrlen", "if_addr", "if_addr_out", "if_family", "if_family_out", "if_name", "if_name_out",
	"load_avg", "mail_addr", "mail_from", "mail_host", "mail_mailer", "msg_id", "msg_size", "nbadrcpts", "nrcpts", "ntries", "opMode",
	"quarantine", "queue_interval", "rcpt_addr", "rcpt_host", "rcpt_mailer", "server_addr", "server_name", "time", "tls_version",
	"total_rate", "verify", "sts_sni", "rsa_cn", "MessageIdCheck", "mtaHost", "client_addr_rev",
	NULL
};

static bool
word_in(const char *const *list, struct str s)
{
	for (; *list != NULL; list++)
		if (str_caseeq_c(s, *list))
			return true;
	return false;
}

static const char *
hook_word(size_t i)
{
	return check_hooks[i];
}

static const char *
macro_word(size_t i)
{
	return check_macros[i];
}

static void
rule_place(const struct check *c, int set, size_t rule, struct conf_place *p, struct rule_text *t)
{
	memset(t, 0, sizeof *t);
	(void)rules_rule(c->conf->rules, set, rule, c->arena, t);
	t->lhs = str_trim(t->lhs);
	*p = (struct conf_place){ c->conf->file, t->line, t->origin };
}

static bool
mailer_known(const struct check *c, struct str name)
{
	/* answers of rulesets that sendmail asks, and of FEATURE()s among themselves, are no mailers */
	static const char *const	answers[] = { "ok", "error", "discard", "local", "quarantine", "temp", "reject", "relay", "dns", NULL };

	return word_in(answers, name) || conf_mailer_find(c->conf, name) != NULL;
}

/* Rulesets whose $# is a mailer. */
static bool
mailer_set(struct str set)
{
	static const char *const	sets[] = { "0", "5", "parse", "localaddr", "Local_localaddr", NULL };

	return word_in(sets, set);
}

/* A letter, or a name that a rule sets by a map of class macro: "$(map {name} $@ value $)". */
static bool
macro_known(const struct check *c, struct str name)
{
	struct str	braced = arena_fmt(c->arena, "{%.*s}", STR_ARG(name));
	struct rule_text t;

	if (name.n == 1 || word_in(check_macros, name))
		return true;
	for (int s = 0; s < rules_count(c->conf->rules); s++)
		for (size_t i = 0; i < rules_rule_count(c->conf->rules, s); i++) {
			size_t	at;

			if (rules_rule(c->conf->rules, s, i, c->arena, &t) == -1 || str_find(t.rhs, STR("$(")) == SIZE_MAX)
				continue;
			at = str_find(t.rhs, braced);
			if (at != SIZE_MAX && (at == 0 || (t.rhs.p[at - 1] != '&' && t.rhs.p[at - 1] != '$')))
				return true;
		}
	return false;
}

static void
rule_found(void *arg, const struct rule_finding *f)
{
	struct check		*c = arg;
	struct conf_place	 p, before;
	struct rule_text	 t, other;
	struct str		 set = rules_name(c->conf->rules, f->set);

	rule_place(c, f->set, f->rule, &p, &t);
	switch (f->fault) {
	case RULE_CALLS_NOTHING:
		if (word_in(check_hooks, f->name))
			break;			/* a site may define it */
		check_say(c, true, &p, "ruleset %.*s calls ruleset %.*s, which is not defined: the call changes nothing", STR_ARG(set),
		    STR_ARG(f->name));
		break;
	case RULE_DEAD:
		if (c->generated || (p.origin.n > 0 && str_casefind(p.origin, STR(".mc:")) == SIZE_MAX))
			break;			/* a FEATURE has made a rule of the tree superfluous */
		rule_place(c, f->set, f->other, &before, &other);
		check_say(c, true, &p, "ruleset %.*s: rule R%.*s can never match: R%.*s (%.*s%sline %u) takes all that it could", STR_ARG(set),
		    STR_ARG(t.lhs), STR_ARG(other.lhs), STR_ARG(other.origin), other.origin.n > 0 ? ", " : "", other.line);
		break;
	case RULE_LOOPS:
		check_say(c, false, &p, "ruleset %.*s: rule R%.*s matches what it writes, again and again: $: or $@ is missing before the right side",
		    STR_ARG(set), STR_ARG(t.lhs));
		break;
	case RULE_CLASS_EMPTY:
		/* the m4 tree uses classes that a site may fill: only what a person wrote himself is told */
		if (c->generated || (f->name.n == 1 ? str_casefind(p.origin, STR(".mc:")) == SIZE_MAX : word_in(check_classes, f->name)))
			break;
		check_say(c, true, &p, "ruleset %.*s: no C or F line fills class %.*s: rule R%.*s can never match", STR_ARG(set), STR_ARG(f->name),
		    STR_ARG(t.lhs));
		break;
	case RULE_MACRO_UNSET:
		if (!macro_known(c, f->name)) {
			struct str	hint = check_hint(c->arena, f->name, macro_word);

			check_say(c, true, &p, "ruleset %.*s: nothing sets macro {%.*s}%.*s", STR_ARG(set), STR_ARG(f->name), STR_ARG(hint));
		}
		break;
	case RULE_MAILER:
		if (!mailer_known(c, f->name) && (!word_in(check_hooks, set) || mailer_set(set)))
			check_say(c, true, &p, "ruleset %.*s: there is no mailer %.*s", STR_ARG(set), STR_ARG(f->name));
		break;
	case RULE_SET_UNUSED:
		if (!word_in(check_hooks, f->name)) {
			struct str	near = near_word(f->name, hook_word);

			/* short names, and those without an underscore, are near each other by chance */
			if (near.n > 6 && f->name.n > 6 && near_distance(f->name, near) <= (str_chr(f->name, '_') != SIZE_MAX ? 2u : 1u))
				check_say(c, true, &p, "nothing calls ruleset %.*s; did you mean %.*s?", STR_ARG(f->name), STR_ARG(near));
		}
		break;
	}
}

/* The ruleset that this one calls whatever it is given: its first rule takes all and calls.  -1: none. */
static int
always_calls(const struct check *c, int set)
{
	struct rule_text	 t;
	struct str		 rest, name = STR("");
	size_t			 at;

	if (rules_rule(c->conf->rules, set, 0, c->arena, &t) == -1 || !str_eq_c(str_trim(t.lhs), "$*") ||
	    (at = str_find(t.rhs, STR("$> "))) == SIZE_MAX)
		return -1;
	rest = str_from(t.rhs, at + 3);
	(void)str_word(&rest, &name);
	return rules_find(c->conf->rules, name);
}

/* Rulesets that call each other for ever, told at the one with the lowest index. */
static void
check_calls(struct check *c)
{
	int	n = rules_count(c->conf->rules);

	for (int s = 0; s < n; s++) {
		struct rule_text	t;
		struct conf_place	p;
		int			at = s, steps = 0;

		do
			at = always_calls(c, at);
		while (at > s && ++steps < n);
		if (at != s)
			continue;
		rule_place(c, s, 0, &p, &t);
		check_say(c, false, &p, "ruleset %.*s calls itself for ever%s%.*s", STR_ARG(rules_name(c->conf->rules, s)), steps > 0 ? ", by way of ruleset " : "",
		    STR_ARG(steps > 0 ? rules_name(c->conf->rules, always_calls(c, s)) : STR("")));
	}
}

static void
check_mailer_sets(struct check *c, const struct mailer *m)
{
	const struct { int set; const char *what; } v[] = {
		{ m->se_rules, "S=" }, { m->sh_rules, "S=" }, { m->re_rules, "R=" }, { m->rh_rules, "R=" }
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		if (v[i].set < 0 || rules_begun(c->conf->rules, v[i].set) || (i % 2 == 1 && v[i].set == v[i - 1].set))
			continue;
		check_say(c, true, &m->place, "mailer %.*s: %s names ruleset %.*s, which is not defined: addresses stay as they are", STR_ARG(m->name),
		    v[i].what, STR_ARG(rules_name(c->conf->rules, v[i].set)));
	}
}

void
check_rules(struct check *c)
{
	rules_check(c->conf->rules, rule_found, c);
	check_calls(c);
	for (size_t i = 0; i < c->conf->nmailers; i++)
		if (c->conf->mailers[i].place.line > 0)
			check_mailer_sets(c, &c->conf->mailers[i]);
	for (size_t i = 0; i < c->conf->nchecks; i++)
		if (c->conf->checks[i].check >= 0 && !rules_begun(c->conf->rules, c->conf->checks[i].check))
			check_say(c, true, &c->conf->checks[i].place, "header %.*s is to be checked by ruleset %.*s, which is not defined",
			    STR_ARG(c->conf->checks[i].name), STR_ARG(rules_name(c->conf->rules, c->conf->checks[i].check)));
	for (size_t i = 0; i < c->conf->nmaps; i++)
		if (!c->conf->maps[i].declared)
			check_say(c, false, &c->conf->maps[i].place, "map %.*s is used, but no K line declares it", STR_ARG(c->conf->maps[i].name));
}
