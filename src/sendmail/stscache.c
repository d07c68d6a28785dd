/*
 * stscache - see the header.
 *
 * A kept policy is a file "sts.DOMAIN", a failure "failed.DOMAIN": "id SECONDS" (of the record; when it was fetched), then the policy as it came.  It is valid for its
 * max_age, whatever DNS says meanwhile; a new id, or a day, is a reason to fetch it again, and a failure is no reason to forget it (RFC 8461 5.1).
 */
#include "stscache.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "net/dns.h"
#include "net/http.h"
#include "os/file.h"

#define STS_FETCH_MS	20000		/* RFC 8461 3.3 suggests a minute; a delivery waits for it */
#define STS_RETRY_S	300		/* after a failure */
#define STS_FRESH_S	86400
#define STS_ROOTS_MAX	((size_t)4 << 20)

const char *
stscache_public_ca(void)
{
	static const char *const files[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
		"/usr/local/share/certs/ca-root-nss.crt", "/etc/ssl/ca-bundle.pem"
	};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}

const char *
stscache_dir(const struct conf *c, struct arena *a)
{
	struct str dir = c->opt.queue_directory;

	if (c->opt.sts_directory.n > 0)
		return arena_cstr(a, c->opt.sts_directory);
	if (geteuid() == 0)
		return "/var/lib/angarium/sts";
	return dir.n > 0 && str_chr(dir, '*') == SIZE_MAX ? arena_cstr(a, arena_fmt(a, "%.*s/sts", STR_ARG(dir))) : NULL;
}

/* The folder and those above it; the last one is that user's. */
static int
stscache_folder(const char *dir, int64_t uid, int64_t gid, struct arena *a)
{
	struct str path = str_c(dir);
	struct stat st;

	for (size_t i = 1; i < path.n; i++)
		if (path.p[i] == '/' && mkdir(arena_cstr(a, str_first(path, i)), 0755) == -1 && errno != EEXIST)
			return -1;
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return -1;
	if (lstat(dir, &st) == -1 || !S_ISDIR(st.st_mode))
		return -1;
	return uid < 0 || st.st_uid == (uid_t)uid ? 0 : lchown(dir, (uid_t)uid, (gid_t)gid);
}

void
stscache_open(const struct conf *c, struct arena *a, int64_t uid, int64_t gid, struct stscache *s)
{
	stscache_open_nowhere(c, a, s);
	s->dir = stscache_dir(c, a);
	if (s->dir != NULL && stscache_folder(s->dir, uid, gid, a) == -1) {
		log_line(1, LOG_P_WARNING, NULL, "MTA-STS: %s: %s: policies are not kept", s->dir, strerror(errno));
		s->dir = NULL;
	}
}

void
stscache_open_nowhere(const struct conf *c, struct arena *a, struct stscache *s)
{
	const char *ca = stscache_public_ca();
	struct str own = STR(""), public = STR("");
	struct err e = ERR_INIT;

	memset(s, 0, sizeof *s);
	s->port = (int)c->opt.sts_port;
	if (ca != NULL && os_slurp(ca, a, STS_ROOTS_MAX, &public, &e) == -1)
		public = STR("");
	if (c->opt.ca_cert_file.n > 0 && os_slurp(arena_cstr(a, c->opt.ca_cert_file), a, STS_ROOTS_MAX, &own, &e) == -1)
		own = STR("");
	s->roots = arena_fmt(a, "%.*s\n%.*s", STR_ARG(own), STR_ARG(public));
	if (own.n == 0 && public.n == 0)
		log_line(1, LOG_P_ERR, NULL, "MTA-STS: this system has no certificates that web servers could be checked with (CACertFile)");
}

/* ---- what is kept ---- */

struct sts_kept {
	struct str	 id;
	uint64_t	 since;
	struct sts_policy policy;
};

static const char *
sts_file(const struct stscache *s, const char *kind, struct str domain, struct arena *a)
{
	return arena_cstr(a, arena_fmt(a, "%s/%s.%.*s", s->dir, kind, STR_ARG(arena_lower(a, domain))));
}

static bool
sts_kept(const struct stscache *s, struct str domain, struct arena *a, struct sts_kept *k)
{
	struct str text, head, why, word;
	uint64_t now = (uint64_t)time(NULL);

	if (s->dir == NULL || os_slurp(sts_file(s, "sts", domain, a), a, STS_TEXT_MAX + 256, &text, NULL) == -1 || !str_split(&text, '\n', &head) ||
	    !str_word(&head, &k->id) || !str_word(&head, &word) || num_u64(str_trim(word), 0, UINT64_MAX, &k->since) == -1 ||
	    sts_policy_parse(text, a, &k->policy, &why) == -1)
		return false;
	return k->since <= now && now - k->since < k->policy.max_age;
}

static void
sts_keep(const struct stscache *s, struct str domain, struct str id, struct str text, struct arena *a)
{
	struct err e = ERR_INIT;

	if (s->dir != NULL && os_replace(sts_file(s, "sts", domain, a), arena_fmt(a, "%.*s %lld\n%.*s", STR_ARG(id), (long long)time(NULL), STR_ARG(text)),
		0600, &e) == -1)
		log_line(1, LOG_P_WARNING, NULL, "MTA-STS: %s", e.text);
}

/* A web server that failed is left alone for a while. */
static bool
sts_failed_lately(const struct stscache *s, struct str domain, struct arena *a, struct sts_answer *out)
{
	struct stat st;
	const char *file;
	struct str text, type;

	if (s->dir == NULL)
		return false;
	file = sts_file(s, "failed", domain, a);
	if (stat(file, &st) == -1 || time(NULL) - st.st_mtime >= STS_RETRY_S || st.st_mtime > time(NULL) ||
	    os_slurp(file, a, STS_WHY, &text, NULL) == -1 || !str_split(&text, '\n', &type))
		return false;
	out->problem = str_first(type, 64);
	out->why = str_is_none(text) ? STR("") : str_trim(text);
	return true;
}

static void
sts_note_failure(const struct stscache *s, struct str domain, const struct sts_answer *out, struct arena *a)
{
	const char *file;

	log_line(5, LOG_P_NOTICE, NULL, "MTA-STS: %.*s: %.*s: %.*s", STR_ARG(domain), STR_ARG(out->problem), STR_ARG(out->why));
	if (s->dir == NULL)
		return;
	file = sts_file(s, "failed", domain, a);
	(void)os_replace(file, arena_fmt(a, "%.*s\n%.*s\n", STR_ARG(out->problem), STR_ARG(out->why)), 0600, NULL);
}

/* ---- DNS and the web ---- */

/* RFC 8461 3.1: exactly one record, or there is none.  -1: DNS does not say. */
static int
sts_record(struct str domain, struct arena *a, struct str *id)
{
	struct dns_answer ans;
	struct str one;
	int n = 0;

	if (dns_ask(arena_fmt(a, "_mta-sts.%.*s", STR_ARG(domain)), DNS_TXT, a, &ans, NULL) == -1 || ans.rc == DNS_TEMP)
		return -1;
	for (size_t i = 0; ans.rc == DNS_OK && i < ans.nrr; i++)
		if (sts_record_is(ans.rr[i].data, STR("v=STSv1"))) {
			n++;
			if (!sts_record_parse(ans.rr[i].data, &one))
				n = 99;
			else
				*id = arena_str(a, one);
		}
	return n == 1;
}

struct str
stscache_addrs(struct str host, struct arena *a)
{
	struct str out = STR("");
	enum dns_rc rc;
	struct ip *ip;
	size_t n;

	if (dns_addrs(host, true, true, a, &rc, &ip, &n, NULL) == -1)
		return out;
	for (size_t i = 0; i < n && i < 8; i++) {
		char text[IP_TEXT];
		bool six = ip[i].family == 6;

		(void)ip_print(&ip[i], true, text);
		out = arena_fmt(a, "%.*s%s%s%s%s", STR_ARG(out), out.n > 0 ? "," : "", six ? "[" : "", str_casestarts(str_c(text), STR("IPv6:")) ? text + 5 : text,
		    six ? "]" : "");
	}
	return out;
}

static int
sts_fetch(const struct stscache *s, struct str domain, struct arena *a, struct str *text, struct sts_answer *out)
{
	struct str host = arena_fmt(a, "mta-sts.%.*s", STR_ARG(domain)), addrs = stscache_addrs(host, a);
	struct http_ask q = { .host = arena_cstr(a, host), .port = s->port, .path = "/.well-known/mta-sts.txt", .addrs = arena_cstr(a, addrs),
		.roots = s->roots, .timeout_ms = STS_FETCH_MS, .max = STS_TEXT_MAX };
	struct err e = ERR_INIT;
	enum http_rc rc = HTTP_FAILED;
	struct buf b;

	buf_init(&b, STS_TEXT_MAX + 1);
	if (addrs.n == 0)
		err_set(&e, ERR_TEMP, "%.*s has no address", STR_ARG(host));
	else
		rc = http_get(&q, &b, &e);
	*text = arena_str(a, buf_str(&b));
	buf_done(&b);
	if (rc == HTTP_OK) {
		if (sts_policy_parse(*text, a, &out->policy, &out->why) == 0)
			return 0;
		out->problem = STR("sts-policy-invalid");
		return -1;
	}
	out->problem = rc == HTTP_CERT ? STR("sts-webpki-invalid") : STR("sts-policy-fetch-error");
	out->why = arena_str(a, str_c(e.text));
	return -1;
}

void
stscache_ask(const struct stscache *s, struct str domain, bool fetch, struct arena *a, struct sts_answer *out)
{
	struct sts_kept kept;
	struct str id = STR(""), text;
	bool have = sts_kept(s, domain, a, &kept);
	int record = sts_record(domain, a, &id);

	memset(out, 0, sizeof *out);
	out->id = out->problem = out->why = STR("");
	if (have) {
		out->found = true;
		out->id = kept.id;
		out->policy = kept.policy;
	}
	if (record != 1 || !fetch || (have && str_eq(kept.id, id) && (uint64_t)time(NULL) - kept.since < STS_FRESH_S) ||
	    sts_failed_lately(s, domain, a, out))
		return;
	struct sts_answer fresh = { .id = id, .problem = STR(""), .why = STR("") };

	if (sts_fetch(s, domain, a, &text, &fresh) == 0) {
		fresh.found = true;
		*out = fresh;
		sts_keep(s, domain, id, text, a);
		return;
	}
	out->problem = fresh.problem;
	out->why = fresh.why;
	sts_note_failure(s, domain, out, a);
}
