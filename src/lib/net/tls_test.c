/*
 * tls_test - keys of every kind that are elsewhere, certificates by name, tickets: real handshakes over socketpairs, certificates made by openssl(1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/stream.h"
#include "net/tls.h"
#include "net/tls_key.h"
#include "net/tls_make.h"
#include "proc/sig.h"

static char dir[] = "/tmp/tls_test.XXXXXX";

static const struct kind {
	const char *name, *key[4];
} kinds[] = {
	{ "rsa", { "RSA", "-pkeyopt", "rsa_keygen_bits:2048" } }, { "pss", { "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048" } },
	{ "ec", { "EC", "-pkeyopt", "ec_paramgen_curve:P-256" } }, { "ec384", { "EC", "-pkeyopt", "ec_paramgen_curve:P-384" } },
	{ "ed25519", { "ED25519" } }, { "ed448", { "ED448" } }, { "weak", { "RSA", "-pkeyopt", "rsa_keygen_bits:1024" } },
	{ "other", { "EC", "-pkeyopt", "ec_paramgen_curve:P-256" } },
};
#define KINDS	(sizeof kinds / sizeof kinds[0])

static char *
path(const char *name, const char *end)
{
	static char p[4][200];
	static int i;

	i = (i + 1) % 4;
	(void)snprintf(p[i], sizeof p[i], "%s/%s.%s", dir, name, end);
	return p[i];
}

static void
openssl(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(127);
		execvp("openssl", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
set_up(void **state)
{
	(void)state;
	sig_ignore(SIGPIPE);
	if (mkdtemp(dir) == NULL)
		return -1;
	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *k = &kinds[i];
		const char *gen[12] = { "openssl", "genpkey", "-out", path(k->name, "key"), "-algorithm" };
		char subject[64], alt[64];
		const char *req[] = { "openssl", "req", "-x509", "-new", "-key", path(k->name, "key"), "-out", path(k->name, "crt"), "-days", "2", "-subj",
			subject, "-addext", alt, NULL };

		for (int n = 0; n < 3; n++)
			gen[5 + n] = k->key[n];
		(void)snprintf(subject, sizeof subject, "/CN=%s", k->name);
		(void)snprintf(alt, sizeof alt, "subjectAltName=DNS:%s.test", k->name);
		openssl(gen);
		openssl(req);
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		unlink(path(kinds[i].name, "key"));
		unlink(path(kinds[i].name, "crt"));
	}
	return rmdir(dir);
}

/* ---- a signer ---- */

static struct tls_key *keys[KINDS];
static int nsigned;

static int
sign(void *arg, const struct tls_sign *q, unsigned char *sig, size_t *n)
{
	(void)arg;
	for (size_t i = 0; i < KINDS; i++)
		if (keys[i] != NULL && memcmp(tls_key_id(keys[i]), q->key, TLS_KEY_ID) == 0) {
			nsigned++;
			return tls_key_sign(keys[i], q, sig, n, NULL);
		}
	return -1;
}

/* ---- a handshake ---- */

struct shake {
	const char *ca, *name, *host, *suites, *options;
	const char *server_cert;	/* by the rules */
	const char *public_ca, *crl;
	bool rest;			/* the server rests before it says anything */
};

/* KiB of its own that this process has of the library's memory (tls_mem.c). */
static long
own_pages(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[300];
	bool ours = false;
	long n = 0, kib;

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (strstr(line, "-") != NULL && strstr(line, " rw-p ") != NULL)
			ours = strstr(line, "memfd:room") != NULL;
		else if (ours && sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			n += kib;
	}
	if (f != NULL)
		(void)fclose(f);
	return n;
}

/* Less is its own than before, and some still is. */
static bool
rests(void)
{
	long had = own_pages(), has;

	tls_rest();
	has = own_pages();
	printf("# %ld KiB before the rest, %ld then\n", had, has);
	(void)fflush(stdout);
	return has > 0 && has < had;
}

/* True when it came about; *info is the client's. */
static bool
shake(struct tls_ctx *server, const struct shake *h, struct arena *a, struct tls_info *info, bool *verified)
{
	struct tls_conf c = { .ca_file = h->ca, .ciphers = h->suites, .options = h->options, .public_ca = h->public_ca, .crl_file = h->crl };
	struct tls_tune tune = { .cert_file = h->server_cert };
	struct err e = ERR_INIT;
	struct tls_ctx *client = tls_client_new(&c, &e);
	struct stream *s;
	int sock[2], status = 0;
	bool good;
	pid_t pid;

	if (client == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	if ((pid = fork()) == 0) {
		close(sock[0]);
		s = stream_new(sock[1], sock[1]);
		if (tls_accept_tuned(server, &tune, s, 10000, &e) == -1) {
			printf("# %s\n", e.text);
			(void)fflush(stdout);
			_exit(1);
		}
		if (h->rest && !rests())
			_exit(3);
		(void)stream_write(s, STR("hello\r\n"));
		(void)stream_flush(s);
		stream_free(&s);
		_exit(nsigned > 0 ? 0 : 2);
	}
	close(sock[1]);
	s = stream_new(sock[0], sock[0]);
	good = tls_connect(client, s, h->name, 10000, &e) == 0;
	if (good) {
		struct str line;

		good = stream_line(s, 100, &line) == STREAM_OK && str_eq_c(line, "hello\r\n");
		(void)tls_info(s, a, info);
		*verified = tls_session_verified(s, h->host, a, NULL);
	}
	stream_free(&s);
	tls_ctx_free(&client);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return good && status == 0;
}

/* The library's memory falls back to what it was where a handshake left nothing, and the session goes on.  First of all: nobody has asked the library for memory yet. */
static void
pages_fall_back(void **state)
{
#ifndef __SANITIZE_ADDRESS__
	struct tls_conf c = { .cert_file = path("rsa", "crt"), .remote_keys = true, .warm = true };
	struct shake h = { .ca = path("rsa", "crt"), .host = "rsa.test", .rest = true };
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct err e = ERR_INIT;
	struct tls_ctx *server = tls_server_new(&c, &e);
	struct tls_info info;
	bool verified;

	(void)state;
	if (access("/proc/self/smaps", R_OK) == -1) {
		print_message("# pages_fall_back is left out: nothing tells whose pages are\n");
		return;
	}
	tls_set_signer(sign, NULL);
	if (server == NULL || (keys[0] = tls_key_load(path("rsa", "key"), &e)) == NULL)
		fail_msg("%s", e.text);
	for (int i = 0; i < 2; i++)
		if (!shake(server, &h, a, &info, &verified))
			fail_msg("no handshake, or nothing given back");
	tls_key_free(&keys[0]);
	tls_ctx_free(&server);
	arena_free(&a);
#else
	(void)state;
	print_message("# pages_fall_back is left out: tls_mem.c leaves all to malloc under a sanitizer\n");
#endif
}

static void
all_kinds(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct tls_info info;
	struct err e = ERR_INIT;
	bool verified;

	(void)state;
	tls_set_signer(sign, NULL);
	for (size_t i = 0; i < 6; i++) {
		struct tls_conf c = { .cert_file = path(kinds[i].name, "crt"), .remote_keys = true, .warm = true };
		struct tls_ctx *server;
		char host[64];

		(void)snprintf(host, sizeof host, "%s.test", kinds[i].name);
		if ((keys[i] = tls_key_load(path(kinds[i].name, "key"), &e)) == NULL || (server = tls_server_new(&c, &e)) == NULL)
			fail_msg("%s: %s", kinds[i].name, e.text);
		for (int old = 0; old < 2; old++) {
			struct shake h = { .ca = path(kinds[i].name, "crt"), .host = host, .options = old ? "+NO_TLSv1_3" : NULL };

			if (!shake(server, &h, a, &info, &verified))
				fail_msg("%s, %s", kinds[i].name, old ? "TLS 1.2" : "TLS 1.3");
			if (!str_eq_c(info.version, old ? "TLSv1.2" : "TLSv1.3") || !str_eq_c(info.verify, "OK") || !verified)
				fail_msg("%s: %.*s %.*s %d", kinds[i].name, STR_ARG(info.version), STR_ARG(info.verify), verified);
			h.host = "evil.test";
			assert_true(shake(server, &h, a, &info, &verified));
			assert_false(verified);
		}
		tls_ctx_free(&server);
	}
	arena_free(&a);
}

/* RSA's key exchange needs a decryption that nobody offers: it is not chosen, whatever the client would like. */
static void
no_rsa_exchange(void **state)
{
	struct tls_conf c = { .cert_file = path("rsa", "crt"), .remote_keys = true };
	struct err e = ERR_INIT;
	struct tls_ctx *server = tls_server_new(&c, &e);
	struct shake h = { .suites = "AES256-GCM-SHA384", .options = "+NO_TLSv1_3" };
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct tls_info info;
	bool verified;

	(void)state;
	assert_non_null(server);
	assert_false(shake(server, &h, a, &info, &verified));
	tls_ctx_free(&server);
	arena_free(&a);
}

static int nrefused;
static char refused[512];

static void
on_refused(void *arg, const char *why)
{
	(void)arg;
	nrefused++;
	(void)snprintf(refused, sizeof refused, "%s", why);
}

static void
by_name(void **state)
{
	char certs[900];
	const char *extra[] = { path("ed448", "crt"), NULL };
	struct tls_conf c = { .cert_file = certs, .remote_keys = true, .refused = on_refused };
	struct err e = ERR_INIT;
	struct tls_ctx *server;
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct tls_info info;
	bool verified;
	static const struct { const char *sni, *options, *want; } rows[] = {
		{ NULL, NULL, "/CN=ec" }, { "nobody.test", NULL, "/CN=ec" }, { "rsa.test", NULL, "/CN=rsa" }, { "other.test", NULL, "/CN=other" },
		{ "other.test", "+NO_TLSv1_3", "/CN=other" }, { "ec.test", NULL, "/CN=ec" }, { "ed448.test", NULL, "/CN=ec" },
	};

	(void)state;
	(void)snprintf(certs, sizeof certs, "%s/rsa.crt,%s/ec.crt,%s/weak.crt, %s/other.crt", dir, dir, dir, dir);
	c.extra_certs = extra;
	if (keys[KINDS - 1] == NULL)
		keys[KINDS - 1] = tls_key_load(path("other", "key"), &e);
	if ((server = tls_server_new(&c, &e)) == NULL)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct shake h = { .name = rows[i].sni, .options = rows[i].options };

		if (!shake(server, &h, a, &info, &verified) || !str_eq_c(info.cert_subject, rows[i].want))
			fail_msg("%s: %.*s", rows[i].sni != NULL ? rows[i].sni : "no name", STR_ARG(info.cert_subject));
	}
	struct shake h = { .name = "rsa.test", .server_cert = extra[0] };
	assert_true(shake(server, &h, a, &info, &verified));
	assert_true(str_eq_c(info.cert_subject, "/CN=ed448"));
	h.server_cert = "/nowhere.crt";
	assert_false(shake(server, &h, a, &info, &verified));
	tls_ctx_free(&server);
	arena_free(&a);
}

static void
weak_is_named(void **state)
{
	struct tls_conf c = { .cert_file = path("weak", "crt"), .remote_keys = true, .refused = on_refused };
	struct err e = ERR_INIT;

	(void)state;
	nrefused = 0;
	assert_null(tls_server_new(&c, &e));
	assert_int_equal(nrefused, 1);
	if (strstr(refused, "weak.crt: ee key too small (RSA, 1024 bits): below the security level") == NULL || strcmp(refused, e.text) != 0)
		fail_msg("%s | %s", refused, e.text);
}

static void
keys_sign_nothing_else(void **state)
{
	static unsigned char text[TLS_SIGN_DATA + 1];
	struct tls_sign q;
	unsigned char sig[TLS_SIGN_MAX];
	size_t n;

	(void)state;
	memset(&q, 0, sizeof q);
	q.data = text;
	(void)snprintf(q.md, sizeof q.md, "SHA2-256");
	q.ndata = 32;
	q.pad = 1;
	assert_int_equal(tls_key_sign(keys[0], &q, sig, &n, NULL), 0);
	q.ndata = 31;
	assert_int_equal(tls_key_sign(keys[0], &q, sig, &n, NULL), -1);
	q.ndata = 32;
	q.pad = 3;			/* none: a raw private operation */
	assert_int_equal(tls_key_sign(keys[0], &q, sig, &n, NULL), -1);
	q.pad = 1;
	(void)snprintf(q.md, sizeof q.md, "MD4");
	assert_int_equal(tls_key_sign(keys[0], &q, sig, &n, NULL), -1);
	q.md[0] = '\0';
	assert_int_equal(tls_key_sign(keys[0], &q, sig, &n, NULL), -1);
	assert_int_equal(tls_key_sign(keys[2], &q, sig, &n, NULL), -1);
	q.ndata = TLS_SIGN_DATA;
	q.pad = 0;
	assert_int_equal(tls_key_sign(keys[4], &q, sig, &n, NULL), 0);
	q.ndata = TLS_SIGN_DATA + 1;
	assert_int_equal(tls_key_sign(keys[4], &q, sig, &n, NULL), -1);
	assert_null(tls_key_load("/nowhere", NULL));
	for (size_t i = 0; i < KINDS; i++)
		tls_key_free(&keys[i]);
}

/* ---- sessions that a client resumes ---- */

struct again {
	struct tls_ctx *server, *client;
	struct tls_tune tune;
	const char *name;
	bool forget, verified;
};

/* One more session, with what the server says in it read, as tickets of TLS 1.3 stand before it. */
static bool
again(struct again *g, struct arena *a, struct tls_info *info)
{
	struct err e = ERR_INIT;
	struct stream *s;
	struct str line;
	int sock[2], status = 0;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	if ((pid = fork()) == 0) {
		close(sock[0]);
		s = stream_new(sock[1], sock[1]);
		if (tls_accept(g->server, s, 10000, &e) == -1)
			_exit(1);
		(void)stream_write(s, STR("hello\r\n"));
		(void)stream_flush(s);
		(void)stream_line(s, 100, &line);
		stream_free(&s);
		_exit(0);
	}
	close(sock[1]);
	s = stream_new(sock[0], sock[0]);
	if (tls_connect_tuned(g->client, &g->tune, s, g->name, 10000, &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(stream_line(s, 100, &line), STREAM_OK);
	assert_int_equal(tls_info(s, a, info), 0);
	g->verified = tls_session_verified(s, "ec.test", a, NULL);
	if (g->forget)
		tls_session_forget(s);
	stream_free(&s);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return info->resumed;
}

/* A list of its own that names the certificate `ec'. */
static void
make_crl(const char *crl)
{
	static const char *const files[] = { "index", "number", "index.attr", "index.old", "number.old", "index.attr.old" };
	char conf[200], key[200], crt[200];
	const char *const revokes[] = { "openssl", "ca", "-config", conf, "-cert", crt, "-keyfile", key, "-revoke", crt, NULL };
	const char *const lists[] = { "openssl", "ca", "-config", conf, "-cert", crt, "-keyfile", key, "-gencrl", "-out", crl, NULL };
	FILE *f;

	(void)snprintf(conf, sizeof conf, "%s/revoke.conf", dir);
	(void)snprintf(key, sizeof key, "%s/ec.key", dir);
	(void)snprintf(crt, sizeof crt, "%s/ec.crt", dir);
	assert_non_null(f = fopen(conf, "w"));
	(void)fprintf(f, "[ca]\ndefault_ca=d\n[d]\ndatabase=%s/revoke.index\ncrlnumber=%s/revoke.number\ndefault_md=sha256\ndefault_crl_days=2\n", dir, dir);
	assert_int_equal(fclose(f), 0);
	assert_non_null(f = fopen(path("revoke", "index"), "w"));
	assert_int_equal(fclose(f), 0);
	assert_non_null(f = fopen(path("revoke", "number"), "w"));
	(void)fputs("01\n", f);
	assert_int_equal(fclose(f), 0);
	openssl(revokes);
	openssl(lists);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		(void)unlink(path("revoke", files[i]));
	(void)unlink(conf);
}

/* Roots that everybody trusts prove who it is; that this site knows better, they do not undo. */
static void
public_roots(void **state)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct tls_conf c = { .cert_file = path("ec", "crt"), .key_file = path("ec", "key") };
	struct err e = ERR_INIT;
	struct tls_ctx *server = tls_server_new(&c, &e);
	char ec[200], other[200], crl[200];
	struct tls_info info;
	bool verified;

	(void)state;
	assert_non_null(server);
	(void)snprintf(ec, sizeof ec, "%s/ec.crt", dir);
	(void)snprintf(other, sizeof other, "%s/other.crt", dir);
	(void)snprintf(crl, sizeof crl, "%s/ec.crl", dir);
	make_crl(crl);
	const struct { const char *ca, *public_ca, *crl, *verify; bool verified; } rows[] = {
		{ ec, NULL, NULL, "OK", true }, { other, ec, NULL, "FAIL", true }, { other, other, NULL, "FAIL", false },
		{ ec, NULL, crl, "FAIL", false }, { ec, ec, crl, "FAIL", false }, { other, ec, crl, "FAIL", false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct shake h = { .ca = rows[i].ca, .host = "ec.test", .public_ca = rows[i].public_ca, .crl = rows[i].crl };

		nsigned = 1;
		assert_true(shake(server, &h, a, &info, &verified));
		if (!str_eq_c(info.verify, rows[i].verify) || verified != rows[i].verified)
			fail_msg("row %zu: %.*s %d (%.*s)", i, STR_ARG(info.verify), verified, STR_ARG(info.verify_why));
	}
	nsigned = 0;
	(void)unlink(crl);
	tls_ctx_free(&server);
	arena_free(&a);
}

static struct tls_ctx *
client_with(const char *options)
{
	struct tls_conf c = { .ca_file = path("ec", "crt"), .options = options };
	struct err e = ERR_INIT;
	struct tls_ctx *t = tls_client_new(&c, &e);

	if (t == NULL)
		fail_msg("%s", e.text);
	return t;
}

static void
resumed(void **state)
{
	struct tls_conf c = { .cert_file = path("ec", "crt"), .key_file = path("ec", "key") };
	struct err e = ERR_INIT;
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct again g = { .server = tls_server_new(&c, &e), .name = "ec.test" };
	struct tls_info info;

	(void)state;
	assert_non_null(g.server);
	for (int old = 0; old < 2; old++) {
		g.client = client_with(old ? "+NO_TLSv1_3" : NULL);
		g.tune = (struct tls_tune){ .resume = NULL };
		assert_false(again(&g, a, &info));
		assert_false(again(&g, a, &info));		/* nobody asked for it */
		g.tune.resume = "one";
		assert_false(again(&g, a, &info));
		for (int i = 0; i < 3; i++) {
			assert_true(again(&g, a, &info));
			assert_true(str_eq_c(info.version, old ? "TLSv1.2" : "TLSv1.3"));
			assert_true(g.verified && str_eq_c(info.verify, "OK"));
			assert_true(str_eq_c(info.cert_subject, "/CN=ec"));
		}
		g.tune.resume = "two";
		assert_false(again(&g, a, &info));		/* another host, or another policy for it */
		g.tune.resume = "one";
		g.name = "other.test";
		assert_false(again(&g, a, &info));
		g.name = "ec.test";
		g.tune.need_crl = true;
		g.tune.options = old ? "+NO_TLSv1_3" : "+NO_TLSv1_2";
		assert_false(again(&g, a, &info));
		g.tune.need_crl = false;
		g.tune.options = NULL;
		g.forget = true;
		assert_true(again(&g, a, &info));
		g.forget = false;
		assert_false(again(&g, a, &info));		/* it was forgotten */
		assert_true(again(&g, a, &info));
		for (int i = 0; i < 20; i++) {			/* the oldest go: few are kept */
			g.tune.resume = arena_fmt(a, "host %d", i).p;
			assert_false(again(&g, a, &info));
		}
		assert_true(again(&g, a, &info));
		g.tune.resume = "one";
		assert_false(again(&g, a, &info));
		tls_ctx_free(&g.client);
	}
	g.client = client_with("+NO_TICKET");
	assert_false(again(&g, a, &info));
	assert_false(again(&g, a, &info));			/* an administrator who wants none */
	tls_ctx_free(&g.client);
	tls_ctx_free(&g.server);
	arena_free(&a);
}

/* A TLSA record that matched is what a resumed session stands on; other records want another look. */
static void
resumed_dane(void **state)
{
	struct tls_conf c = { .cert_file = path("ec", "crt"), .key_file = path("ec", "key") };
	struct err e = ERR_INIT;
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct again g = { .server = tls_server_new(&c, &e), .client = client_with(NULL), .name = "ec.test" };
	char digest[32], wrong[32], text[200];
	struct tls_tlsa rr[2];
	struct tls_dane dane = { .base = "ec.test", .rr = rr, .nrr = 1 };
	struct tls_info info;
	const char *hex;

	(void)state;
	assert_non_null(g.server);
	assert_int_equal(tls_make_tlsa(path("ec", "crt"), text, sizeof text, &e), 0);
	hex = strrchr(text, ' ');
	assert_non_null(hex);
	for (size_t i = 0; i < sizeof digest; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 1 + 2 * i, "%2x", &v), 1);
		digest[i] = (char)v;
		wrong[i] = (char)(v ^ 1);
	}
	rr[0] = (struct tls_tlsa){ 3, 1, 1, str_mem(digest, sizeof digest) };
	rr[1] = (struct tls_tlsa){ 3, 1, 1, str_mem(wrong, sizeof wrong) };
	g.tune = (struct tls_tune){ .resume = "dane", .dane = &dane };
	assert_false(again(&g, a, &info));
	assert_true(info.dane && g.verified);
	assert_true(again(&g, a, &info));
	assert_true(info.dane && g.verified);
	assert_true(str_eq_c(info.verify, "TRUSTED"));
	rr[0] = rr[1];
	g.forget = true;
	assert_false(again(&g, a, &info));
	assert_false(info.dane || g.verified);
	tls_ctx_free(&g.client);
	tls_ctx_free(&g.server);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_fall_back), cmocka_unit_test(all_kinds), cmocka_unit_test(no_rsa_exchange), cmocka_unit_test(by_name), cmocka_unit_test(weak_is_named),
		cmocka_unit_test(keys_sign_nothing_else), cmocka_unit_test(resumed), cmocka_unit_test(resumed_dane),
		cmocka_unit_test(public_roots),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
