/*
 * check_relay - is this configuration an open relay?
 *
 * Clients that are nobody's try to send to strangers, through the rulesets a session would ask, with the macros a session would
 * set.  Clients, senders and recipients are generated: far networks and domains, senders that claim to be ours, every old way to hide a
 * stranger in one of our addresses, and what the access map itself names.  Nothing is asked of the network: every host name exists, no
 * blocklist knows anybody.  What comes out is a proof, not an opinion: this client, this sender, this recipient.
 */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "check.h"
#include "map/map.h"
#include "net/ip.h"
#include "resolve.h"
#include "rule/build.h"
#include "srv_int.h"

#define TARGET		"target.relaytest.example"
#define RELAY_MAX	64		/* of each kind */
#define RELAY_PROOFS	6		/* that are shown */
#define RELAY_KEYS	4000		/* of the access map, looked at */

struct relay_client {
	struct str	name, addr;	/* no name: address literal */
};

struct relay {
	struct check	*c;
	struct relay_client client[RELAY_MAX];
	size_t		 nclient;
	struct str	 sender[RELAY_MAX];
	size_t		 nsender;
	struct str	 rcpt[RELAY_MAX];
	size_t		 nrcpt, nplain;		/* the first are strangers as they are, the others hide one */
	struct str	 ours[4];		/* names of ours */
	size_t		 nours, nforeign;	/* senders before this one are strangers */
	size_t		 proofs, keys;
	bool		 rcpt_shown[RELAY_MAX];
	bool		 broken;		/* rules that fail are told once */
};

static void
add_str(struct str *v, size_t *n, struct str s)
{
	for (size_t i = 0; i < *n; i++)
		if (str_caseeq(v[i], s))
			return;
	if (*n < RELAY_MAX)
		v[(*n)++] = s;
}

static void
add_client(struct relay *r, struct str name, struct str addr)
{
	if (r->nclient < RELAY_MAX)
		r->client[r->nclient++] = (struct relay_client){ name, addr };
}

/* ---- maps as a quiet network would answer ---- */

static struct str
map_tag(struct str args)
{
	struct str	w;

	while (str_word(&args, &w))
		if (str_starts(w, STR("-a")))
			return str_from(w, 2);
	return STR("");
}

static enum map_rc
relay_lookup(void *arg, int map, struct str key, const struct str *args, size_t nargs, struct buf *value, struct err *e)
{
	struct relay		*r = arg;
	const struct conf_map	*m = map >= 0 && (size_t)map < r->c->conf->nmaps ? &r->c->conf->maps[map] : NULL;
	struct map		*real = maps_at(r->c->maps, map);

	if (m != NULL && str_eq_c(m->class, "host")) {
		if (key.n == 0 || key.p[0] == '[')
			return MAP_NOTFOUND;
		buf_add(value, key);
		buf_add(value, map_tag(m->args));
		return MAP_FOUND;
	}
	if (real != NULL && (map_is_remote(real) || str_eq_c(m->class, "dns") || str_eq_c(m->class, "bestmx")))
		return check_netmap_ask(r->c->net, map, key, args, nargs, value, e);
	return maps_lookup(r->c->maps, map, key, args, nargs, value, e);
}

/* ---- what is tried ---- */

static struct str
class_first(struct relay *r, const char *class, size_t skip)
{
	struct err	e;
	size_t		taken, n;
	int		id = rules_name_take((struct rules *)(uintptr_t)r->c->conf->rules, str_c(class), &taken, &e);

	if (id < 0)
		return STR_NONE;
	n = rules_class_count(r->c->conf->rules, id);
	for (size_t i = 0; i < n; i++) {
		struct str	m = rules_class_member(r->c->conf->rules, id, i);

		if (m.n > 0 && m.p[0] != '[' && m.p[0] != '.' && str_chr(m, '.') != SIZE_MAX && skip-- == 0)
			return m;
	}
	return STR_NONE;
}

static void
relay_ours(struct relay *r)
{
	struct rule_ctx	*x = rule_ctx_new(r->c->conf->rules, NULL, NULL, NULL);
	struct str	 j = arena_str(r->c->arena, rule_macro_value(x, STR("j")));
	static const char *const classes[] = { "w", "m", "R", "{VirtHost}" };

	rule_ctx_free(&x);
	if (j.n > 0)
		r->ours[r->nours++] = j;
	for (size_t i = 0; i < sizeof classes / sizeof *classes && r->nours < sizeof r->ours / sizeof *r->ours; i++) {
		struct str	m = class_first(r, classes[i], 0);

		if (m.n > 0 && !str_caseeq(m, j))
			r->ours[r->nours++] = m;
	}
}

static void
relay_generate(struct relay *r)
{
	static const char *const tlds[] = { "com", "net", "org", "edu", "de", "cn", "ru", "example" };
	static const unsigned	 nets[] = { 1, 24, 45, 62, 81, 100, 120, 141, 165, 185, 200, 217, 223 };
	/* %v the stranger's user, %t his domain, %o one of our names */
	static const char *const ways[] = {
		"%v%%%t@%o", "%v@%t@%o", "\"%v@%t\"@%o", "@%o:%v@%t", "%t!%v@%o", "%t!%v", "%o!%t!%v", "%v%%%t", "\"%v%%%t\"@%o",
		"@%t:%v@%o", "%v%%%t@[127.0.0.1]", "%v@[203.0.113.9]", "%t::%v@%o", "%v@%t."
	};
	struct arena		*a = r->c->arena;

	add_client(r, STR("mail.outside.example"), STR("203.0.113.7"));
	add_client(r, STR(""), STR("198.51.100.9"));
	add_client(r, STR(""), STR("2a0e:7261:7::25"));
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
		add_client(r, arena_fmt(a, "host.elsewhere.%s", tlds[i % (sizeof tlds / sizeof *tlds)]), arena_fmt(a, "%u.77.88.99", nets[i]));
	add_str(r->sender, &r->nsender, STR("probe@outside.example"));
	add_str(r->sender, &r->nsender, STR(""));
	r->nforeign = r->nsender;
	for (size_t i = 0; i < r->nours; i++)
		add_str(r->sender, &r->nsender, arena_fmt(a, "postmaster@%.*s", STR_ARG(r->ours[i])));
	add_str(r->sender, &r->nsender, STR("root"));
	add_str(r->rcpt, &r->nrcpt, STR("victim@" TARGET));
	for (size_t i = 0; i + 1 < sizeof tlds / sizeof *tlds; i++)
		add_str(r->rcpt, &r->nrcpt, arena_fmt(a, "victim@relaytest-7261.%s", tlds[i]));
	r->nplain = r->nrcpt;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		for (size_t o = 0; o < (r->nours > 2 ? 2 : r->nours); o++) {
			struct buf	b;

			buf_init(&b, 1024);
			for (const char *p = ways[i]; *p != '\0'; p++) {
				if (*p != '%' || *++p == '%')
					buf_addch(&b, *p);
				else
					buf_add(&b, *p == 'v' ? STR("victim") : *p == 't' ? STR(TARGET) : r->ours[o]);
			}
			add_str(r->rcpt, &r->nrcpt, arena_str(a, buf_str(&b)));
			buf_done(&b);
		}
}

/* ---- what the access map names ---- */

static bool
digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!chr_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static int
relay_key(void *arg, struct str key, struct str value)
{
	static const char *const tags[] = { "connect:", "from:", "to:", "spam:" };
	struct relay	*r = arg;
	struct arena	*a = r->c->arena;
	bool		 relays = str_casestarts(value, STR("RELAY"));
	size_t		 tag = sizeof tags / sizeof *tags;
	unsigned	 net;

	if (++r->keys > RELAY_KEYS)
		return 1;
	for (tag = 0; tag < sizeof tags / sizeof *tags; tag++)
		if (str_casestarts(key, str_c(tags[tag])))
			break;
	if (tag < sizeof tags / sizeof *tags)
		key = str_from(key, strlen(tags[tag]));
	if (str_chr(key, ':') != SIZE_MAX)
		return 0;			/* another tag, or IPv6 */
	if (digits(key) && key.n <= 3) {
		net = 0;
		for (size_t i = 0; i < key.n; i++)
			net = net * 10 + (unsigned)(key.p[i] - '0');
		if (relays && net != 10 && net != 127)	/* a whole /8 of strangers */
			add_client(r, STR(""), arena_fmt(a, "%u.77.88.99", net));
	} else if (relays && str_chr(key, '.') == SIZE_MAX && str_chr(key, '@') == SIZE_MAX && key.n > 1 && key.n < 30 &&
	    !str_caseeq_c(key, "localhost")) {
		add_client(r, arena_fmt(a, "host.elsewhere.%.*s", STR_ARG(key)), STR("203.0.113.77"));
		if (r->nplain < RELAY_MAX && r->nrcpt < RELAY_MAX) {	/* in front of those that hide */
			memmove(&r->rcpt[r->nplain + 1], &r->rcpt[r->nplain], (r->nrcpt - r->nplain) * sizeof r->rcpt[0]);
			r->rcpt[r->nplain++] = arena_fmt(a, "victim@relaytest-7261.%.*s", STR_ARG(key));
			r->nrcpt++;
		}
	} else if (str_chr(key, '.') != SIZE_MAX && !digits(str_first(key, str_chr(key, '.'))) && r->nsender < 20)
		add_str(r->sender, &r->nsender, str_chr(key, '@') != SIZE_MAX ? arena_str(a, key) :
		    arena_fmt(a, "anybody@%.*s", STR_ARG(key)));
	return 0;
}

static void
relay_access(struct relay *r)
{
	int		 i = conf_map_find(r->c->conf, STR("access"));
	struct map	*m = i < 0 ? NULL : maps_at(r->c->maps, i);

	if (m != NULL && map_file(m) != NULL && map_open(m, NULL) == 0)
		(void)map_each(m, relay_key, r, NULL);
}

/* ---- one attempt ---- */

static struct rule_ctx *
relay_connect(struct relay *r, const struct conf_daemon *d, const struct relay_client *cl)
{
	struct rule_ctx	*x = rule_ctx_new(r->c->conf->rules, NULL, relay_lookup, r);
	struct park	 p;

	memset(&p, 0, sizeof p);
	(void)ip_parse(cl->addr, &p.client);
	(void)ip_parse(STR("192.0.2.25"), &p.local);
	p.client.port = 40000;
	p.local.port = 25;
	p.verdict.resolve = cl->name.n > 0 ? RESOLVE_OK : RESOLVE_FAIL;
	p.verdict.name = p.verdict.ptr = cl->name.n > 0 ? cl->name : arena_fmt(r->c->arena, "[%.*s]", STR_ARG(cl->addr));
	srv_macros(x, r->c->conf, d, &p);
	(void)rule_macro_set(x, STR("s"), cl->name.n > 0 ? cl->name : STR("helo.outside.example"));
	return x;
}

/* A ruleset's verdict; rules that fail are worth a line of their own. */
static bool
relay_passes(struct relay *r, struct rule_ctx *x, const char *set, struct str arg, struct str arg2)
{
	struct check_verdict	v;

	memset(&v, 0, sizeof v);
	if (resolve_check(x, r->c->conf, str_c(set), arg, arg2, 0, &v) == -1)
		return false;
	if (v.ex == EXIT_CONFIG && rule_error(x)->class != ERR_NONE && !r->broken) {
		r->broken = true;
		check_say(r->c, false, NULL, "ruleset %s fails for %.*s: %s", set, STR_ARG(arg), rule_error(x)->text);
	}
	return v.kind == CHECK_OK;
}

static bool
relay_sender(struct relay *r, struct rule_ctx *x, struct str sender)
{
	struct resolved	s;

	rule_reset(x);
	if (sender.n == 0) {
		(void)rule_macro_set_c(x, "f", "<>");
		return relay_passes(r, x, "check_mail", STR("<>"), STR_NONE);
	}
	if (resolve_addr(x, r->c->conf, sender, RESOLVE_SENDER, &s) == -1 || s.kind == RES_ERROR)
		return false;
	(void)rule_macro_set(x, STR("f"), sender);
	if (s.kind == RES_MAILER) {
		(void)rule_macro_set(x, STR("mail_mailer"), r->c->conf->mailers[s.mailer].name);
		(void)rule_macro_set(x, STR("mail_host"), s.host);
		(void)rule_macro_set(x, STR("mail_addr"), s.user);
	}
	return relay_passes(r, x, "check_mail", arena_fmt(r->c->arena, "<%.*s>", STR_ARG(sender)), STR_NONE);
}

/* Does mail for this recipient leave us for a stranger?  `out` is where it goes. */
static bool
relay_rcpt(struct relay *r, struct rule_ctx *x, size_t i, struct resolved *out)
{
	const struct mailer	*m;

	r->c->nprobe++;
	if (resolve_addr(x, r->c->conf, r->rcpt[i], RESOLVE_RCPT, out) == -1 || out->kind != RES_MAILER)
		return false;
	m = &r->c->conf->mailers[out->mailer];
	if (m->index == r->c->conf->m_local || mailer_has(m, 'A') || mailer_has(m, 'w'))
		return false;
	if (i >= r->nplain && str_casefind(out->host, STR(TARGET)) == SIZE_MAX && str_casefind(out->user, STR("@" TARGET)) == SIZE_MAX &&
	    str_find(out->host, STR("203.0.113.9")) == SIZE_MAX)
		return false;		/* still one of ours, wherever it goes */
	(void)rule_macro_set(x, STR("rcpt_mailer"), m->name);
	(void)rule_macro_set(x, STR("rcpt_host"), out->host);
	(void)rule_macro_set(x, STR("rcpt_addr"), out->user);
	return relay_passes(r, x, "check_rcpt", arena_fmt(r->c->arena, "<%.*s>", STR_ARG(r->rcpt[i])), STR_NONE);
}

static void
relay_proof(struct relay *r, const struct relay_client *cl, size_t sender, size_t rcpt, const struct resolved *to)
{
	const char	*who = sender >= r->nforeign ? "with a sender that anybody can claim" : "for everyone";

	r->proofs++;
	r->rcpt_shown[rcpt] = true;
	if (r->proofs > RELAY_PROOFS)
		return;
	check_say(r->c, false, NULL, "open relay %s: client %.*s [%.*s], sender <%.*s>, recipient <%.*s> is accepted and goes to mailer %.*s, "
	    "host %.*s", who, STR_ARG(cl->name), STR_ARG(cl->addr), STR_ARG(r->sender[sender]), STR_ARG(r->rcpt[rcpt]),
	    STR_ARG(r->c->conf->mailers[to->mailer].name), STR_ARG(to->host));
}

/* One proof a client and sender is enough, and one a recipient. */
static void
relay_try(struct relay *r, const struct conf_daemon *d, const struct relay_client *cl, size_t s)
{
	struct rule_ctx	*x = relay_connect(r, d, cl);
	struct resolved	 to;

	if (relay_passes(r, x, "check_relay", rule_macro_value(x, STR("client_name")), rule_macro_value(x, STR("client_addr"))) &&
	    relay_sender(r, x, r->sender[s]))
		for (size_t i = 0; i < r->nrcpt; i++) {
			if (r->rcpt_shown[i])
				continue;
			if (relay_rcpt(r, x, i, &to)) {
				relay_proof(r, cl, s, i, &to);
				if (i < r->nplain) {	/* all the others follow from it */
					for (size_t k = 0; k < RELAY_MAX; k++)
						r->rcpt_shown[k] = true;
					break;
				}
			}
			rule_reset(x);
		}
	rule_ctx_free(&x);
}

static bool
is_loopback(const struct conf_daemon *d)
{
	struct ip	ip;

	return str_caseeq_c(d->addr, "localhost") || str_caseeq_c(d->family, "local") || str_caseeq_c(d->family, "unix") ||
	    (ip_parse(d->addr, &ip) == 0 && ip_is_loopback(&ip));
}

/* Rules that do not load prove nothing; a file that is missing here or an unknown option does not matter. */
static bool
relay_worth(const struct check *c)
{
	static const char *const	words[] = { "ruleset", "rewrite", "No local mailer", "argument required", "map " };

	for (size_t i = 0; i < c->cmd->errors.n; i++)
		for (size_t k = 0; !c->cmd->errors.v[i].warning && k < sizeof words / sizeof *words; k++)
			if (str_find(c->cmd->errors.v[i].text, str_c(words[k])) != SIZE_MAX)
				return false;
	return true;
}

void
check_relay(struct check *c)
{
	struct relay	*r = ARENA_NEW(c->arena, struct relay);

	if (!relay_worth(c))
		return;
	r->c = c;
	c->net = check_netmap_new(c);
	relay_ours(r);
	relay_generate(r);
	relay_access(r);
	for (size_t i = 0; i < c->conf->ndaemons; i++) {
		const struct conf_daemon	*d = &c->conf->daemons[i];

		/* nobody comes from outside, or nobody without a password */
		if (is_loopback(d) || conf_flag(&d->modifiers, 'a'))
			continue;
		for (size_t s = 0; s < r->nsender; s++)
			for (size_t k = 0; k < r->nclient; k++)
				relay_try(r, d, &r->client[k], s);
	}
	if (r->proofs > RELAY_PROOFS)
		check_say(c, false, NULL, "%zu more ways to relay", r->proofs - RELAY_PROOFS);
}
