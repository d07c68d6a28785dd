/*
 * dnsconf - how this configuration asks DNS.
 */
#include "dnsconf.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "os/file.h"
#include "os/id.h"
#include "secure.h"

#define DNSCONF_TIMEOUT_MS	20000
#define DNSCONF_TIMEOUT_MAX	120000
#define DNSCONF_SWITCH_MAX	((size_t)64 << 10)
#define DNSCONF_TEXT_MAX	((size_t)1 << 20)

#define DNSCONF_ALIAS		"#hostalias "

struct str
dnsconf_text(struct arena *a)
{
	struct str	text = STR(""), aliases, line;
	const char	*path = os_id_is_setid() ? NULL : getenv("HOSTALIASES");
	struct buf	b;

	(void)os_slurp(DNSCONF_RESOLV, a, DNSCONF_TEXT_MAX, &text, NULL);
	if (path == NULL || path[0] != '/' || os_slurp(path, a, DNSCONF_TEXT_MAX, &aliases, NULL) == -1)
		return text;
	buf_init(&b, 4 * DNSCONF_TEXT_MAX);
	buf_addf(&b, "%.*s\n", STR_ARG(text));
	while (str_split(&aliases, '\n', &line))
		if (str_trim(line).n > 0)
			buf_addf(&b, DNSCONF_ALIAS "%.*s\n", STR_ARG(str_trim(line)));
	if (buf_ok(&b))
		text = arena_str(a, buf_str(&b));
	buf_done(&b);
	return text;
}

struct str
dnsconf_aliases(struct arena *a, struct str text)
{
	struct str	line, out;
	struct buf	b;

	buf_init(&b, DNSCONF_TEXT_MAX);
	while (str_split(&text, '\n', &line))
		if (str_starts(line, STR(DNSCONF_ALIAS)))
			buf_addf(&b, "%.*s\n", STR_ARG(str_from(line, sizeof DNSCONF_ALIAS - 1)));
	out = buf_ok(&b) && b.n > 0 ? arena_str(a, buf_str(&b)) : STR("");
	buf_done(&b);
	return out;
}

/* Where ServiceSwitchFile says that hosts come from; files, then DNS, if it cannot be read. */
static enum dns_order
dnsconf_order(const struct conf *c, struct arena *a)
{
	struct str	text, line, word;
	bool		files = false, dns = false, last = false;

	if (c->opt.service_switch_file.n == 0 ||
	    os_slurp(arena_cstr(a, c->opt.service_switch_file), a, DNSCONF_SWITCH_MAX, &text, NULL) != 0)
		return DNS_FILES_FIRST;
	while (str_split(&text, '\n', &line))
		if (str_word(&line, &word) && str_caseeq_c(word, "hosts"))
			while (str_word(&line, &word) && word.p[0] != '#') {
				last = last || (dns && !files && str_caseeq_c(word, "files"));
				files = files || str_caseeq_c(word, "files");
				dns = dns || str_caseeq_c(word, "dns");
			}
	return last ? DNS_FILES_LAST : files && !dns ? DNS_FILES_ONLY : dns && !files ? DNS_NO_FILES : DNS_FILES_FIRST;
}

/* How the text of resolv.conf, as roles get it, says the order. */
static const char *const dnsconf_marks[] = { [DNS_FILES_ONLY] = DNSCONF_FILES, [DNS_FILES_LAST] = "#hosts dns files\n", [DNS_NO_FILES] = "#hosts dns\n" };

struct str
dnsconf_resolv(const struct conf *c, struct arena *a)
{
	enum dns_order	order = c == NULL ? DNS_FILES_FIRST : dnsconf_order(c, a);

	if (order == DNS_FILES_ONLY)
		return STR(DNSCONF_FILES);
	return order == DNS_FILES_FIRST ? dnsconf_text(a) : arena_cat(a, str_c(dnsconf_marks[order]), dnsconf_text(a));
}

static enum dns_order
dnsconf_order_said(struct str resolv)
{
	for (size_t i = DNS_FILES_ONLY; i < sizeof dnsconf_marks / sizeof *dnsconf_marks; i++)
		if (str_starts(resolv, str_c(dnsconf_marks[i])))
			return (enum dns_order)i;
	return DNS_FILES_FIRST;
}

/* Timeout.resolver.retrans and .retry together: how long one question may take in all. */
static int
dnsconf_timeout(const struct conf_timeouts *t)
{
	int64_t ms = DNSCONF_TIMEOUT_MS;

	if (t->res_retrans_normal > 0)
		ms = t->res_retrans_normal * 1000 * (t->res_retry_normal > 0 ? t->res_retry_normal : 4);
	return (int)(ms > DNSCONF_TIMEOUT_MAX ? DNSCONF_TIMEOUT_MAX : ms);
}

int
dnsconf_first_ms(const struct conf *c)
{
	const struct conf_timeouts	*t = &c->opt.timeout;
	int64_t				 retrans = t->res_retrans_first > 0 ? t->res_retrans_first : t->res_retrans_normal > 0 ? t->res_retrans_normal : 5;
	int64_t				 retry = t->res_retry_first > 0 ? t->res_retry_first : t->res_retry_normal > 0 ? t->res_retry_normal : 4;

	if (t->res_retrans_first <= 0 && t->res_retry_first <= 0)
		return 0;
	return (int)(retrans * retry > DNSCONF_TIMEOUT_MAX / 1000 ? DNSCONF_TIMEOUT_MAX : retrans * retry * 1000);
}

static int
dnsconf_server(struct str word, struct arena *a, struct dns_conf *d, struct err *e)
{
	struct str	addr, port = word;
	struct ip	ip;

	(void)str_split(&port, '@', &addr);
	if (ip_parse(addr, &ip) == -1)
		return err_set(e, ERR_PERM, "ResolverOptions: nameserver=%.*s: not an address", STR_ARG(word));
	d->server = arena_cstr(a, addr);
	if (!str_is_none(port) && num_int(port, 1, UINT16_MAX, &d->port) == -1)
		return err_set(e, ERR_PERM, "ResolverOptions: nameserver=%.*s: not a port", STR_ARG(word));
	return 0;
}

int
dnsconf_make(const struct conf *c, struct str hosts, struct str resolv, struct arena *a, struct dns_conf *d, struct err *e)
{
	struct str opts = c->opt.resolver_options, word;

	memset(d, 0, sizeof *d);
	d->hosts = hosts;
	d->resolv = resolv;
	d->order = str_is_none(resolv) ? dnsconf_order(c, a) : dnsconf_order_said(resolv);
	if (str_is_none(hosts))
		d->hosts_file = c->opt.hosts_file.n > 0 ? arena_cstr(a, c->opt.hosts_file) : DNSCONF_HOSTS;
	d->timeout_ms = dnsconf_timeout(&c->opt.timeout);
	if (c->opt.timeout.res_retry_normal > 0)
		d->tries = c->opt.timeout.res_retry_normal;
	while (str_word(&opts, &word)) {
		if (str_casestarts(word, STR("nameserver=")) && dnsconf_server(str_from(word, 11), a, d, e) == -1)
			return -1;
		if (str_casestarts(word, STR("anchor=")) && word.n > 7)
			d->anchor_file = arena_cstr(a, str_from(word, 7));
		if (str_casestarts(word, STR("insecure=")) && dns_name_ok(str_from(word, 9)))
			d->insecure = arena_cstr(a, arena_fmt(a, "%s%s%.*s", d->insecure != NULL ? d->insecure : "", d->insecure != NULL ? " " : "",
			    STR_ARG(str_from(word, 9))));
	}
	if (d->anchor_file == NULL && secure_dane(c))
		d->anchor_file = dnsconf_root_anchors();
	return 0;
}

const char *
dnsconf_root_anchors(void)
{
	static const char *const files[] = {
		"/usr/share/dns/root.key", "/var/lib/unbound/root.key", "/etc/unbound/root.key", "/usr/local/etc/unbound/root.key",
		"/var/unbound/root.key", "/etc/trusted-key.key"
	};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}

void
dnsconf_search(const struct conf *c, struct str resolv, struct arena *a, const char ***list, size_t *n)
{
	struct str	opts = c->opt.resolver_options, word;
	bool		search = true, domain = true;

	while (str_word(&opts, &word)) {
		if (str_caseeq_c(word, "-dnsrch"))
			search = false;
		if (str_caseeq_c(word, "-defnames"))
			domain = false;
	}
	(void)dns_search_list(str_eq_c(resolv, DNSCONF_FILES) ? STR("") : resolv, a, list, n);
	if (!search && *n > 1)			/* only the first is the domain itself */
		*n = 1;
	if (!domain)
		*n = 0;
}

/* ---- commands ---- */

struct dnsconf_direct {
	const struct conf	*conf;
	struct dns_engine	*engine;
	struct arena		*arena;
	bool			 failed;
	struct err		 err;
};

static int
dnsconf_ask(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	struct dnsconf_direct	*d = arg;
	struct dns_conf		 dc;

	if (d->engine == NULL && !d->failed) {
		d->arena = arena_new(ARENA_DEFAULT);
		if (dnsconf_make(d->conf, STR_NONE, STR_NONE, d->arena, &dc, &d->err) == 0)
			d->engine = dns_engine_open(&dc, NULL, &d->err);
		d->failed = d->engine == NULL;
	}
	if (d->failed) {
		if (e != NULL)
			*e = d->err;
		return -1;
	}
	return dns_engine_ask(d->engine, name, type, a, out, e);
}

void
dnsconf_use_direct(const struct conf *c)
{
	static struct dnsconf_direct d;

	if (d.engine != NULL)
		dns_engine_close(&d.engine);
	if (d.arena != NULL)
		arena_free(&d.arena);
	memset(&d, 0, sizeof d);
	d.conf = c;
	dns_set_asker(dnsconf_ask, &d);
}
