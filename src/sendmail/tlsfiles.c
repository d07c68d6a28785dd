/*
 * tlsfiles - see the header.
 */
#include "tlsfiles.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "os/file.h"

#define TLSFILES_SIZE	((off_t)256 << 10)

static void
tlsfiles_add(struct tlsfiles *t, struct str name, struct arena *a)
{
	const char *file;

	name = str_trim(name);
	if (name.n == 0 || t->n == TLSFILES_MAX)
		return;
	for (size_t i = 0; i < t->n; i++)
		if (str_eq_c(name, t->v[i]))
			return;
	file = arena_cstr(a, name);
	t->v[t->n++] = file;
	t->v[t->n] = NULL;
}

static void
tlsfiles_init(struct tlsfiles *t, struct arena *a)
{
	t->v = ARENA_ARRAY(a, const char *, TLSFILES_MAX + 1);
	t->n = t->literal = 0;
}

static struct str
tlsfiles_option(const struct conf *c, bool server, bool key)
{
	const struct conf_opts *o = &c->opt;
	struct str cert = server ? o->server_cert_file : o->client_cert_file, own = server ? o->server_key_file : o->client_key_file;

	return key && own.n > 0 ? own : cert;
}

void
tlsfiles_named(const struct conf *c, bool server, bool key, struct arena *a, struct tlsfiles *t)
{
	struct str list = tlsfiles_option(c, server, key), one;

	tlsfiles_init(t, a);
	while (list.n > 0 && str_split(&list, ',', &one))
		tlsfiles_add(t, one, a);
}

/* "CertFile=NAME" anywhere in the configuration: NAME ends where a path cannot go on. */
static void
tlsfiles_literal(struct str text, struct str word, struct arena *a, struct tlsfiles *t)
{
	size_t at, n;

	while ((at = str_casefind(text, word)) != SIZE_MAX) {
		text = str_from(text, at + word.n);
		for (n = 0; n < text.n && strchr("; \t\r\n,\"", text.p[n]) == NULL; n++)
			;
		if (n > 0 && n < 1024 && text.p[0] == '/')
			tlsfiles_add(t, str_first(text, n), a);
	}
}

static void
tlsfiles_folder(const char *file, struct arena *a, struct tlsfiles *t)
{
	const char *slash = strrchr(file, '/');
	struct str dir = slash == NULL ? STR_NONE : str_mem(file, (size_t)(slash - file));
	struct dirent *d;
	struct stat st;
	DIR *f;

	if (str_is_none(dir) || (f = opendir(dir.n == 0 ? "/" : arena_cstr(a, dir))) == NULL)
		return;
	while ((d = readdir(f)) != NULL && t->n < TLSFILES_MAX) {
		struct str name = arena_fmt(a, "%.*s/%s", STR_ARG(dir), d->d_name);

		if (d->d_name[0] != '.' && stat(name.p, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < TLSFILES_SIZE)
			tlsfiles_add(t, name, a);
	}
	(void)closedir(f);
}

bool
tlsfiles_any(const struct conf *c, bool server)
{
	return tlsfiles_option(c, server, false).n > 0 ||
	    rules_has_rules(c->rules, rules_find(c->rules, server ? STR("tls_srv_features") : STR("tls_clt_features")));
}

void
tlsfiles_extra(const struct conf *c, struct str cf_text, bool server, bool key, struct arena *a, struct tlsfiles *t)
{
	struct tlsfiles named;

	tlsfiles_init(t, a);
	if (!rules_has_rules(c->rules, rules_find(c->rules, server ? STR("tls_srv_features") : STR("tls_clt_features"))))
		return;
	tlsfiles_literal(cf_text, key ? STR("KeyFile=") : STR("CertFile="), a, t);
	t->literal = t->n;
	tlsfiles_named(c, server, key, a, &named);
	if (named.n == 0)				/* TLS_Clt_features where there is no ClientCertFile: beside the server's */
		tlsfiles_named(c, !server, key, a, &named);
	for (size_t i = 0; i < named.n; i++)
		tlsfiles_folder(named.v[i], a, t);
}

static bool
tlsfiles_blameless(const struct conf *c, const char *word)
{
	for (size_t i = 0; i < c->opt.dont_blame.n; i++)
		if (str_caseeq_c(c->opt.dont_blame.v[i], word))
			return true;
	return false;
}

int
tlsfiles_key_safe(const struct conf *c, const char *file, struct err *e)
{
	struct stat st;

	if (stat(file, &st) == -1)
		return err_sys(e, ERR_PERM, "private key %s", file);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_PERM, "private key %s: not a plain file", file);
	if (st.st_mode & (S_IWGRP | S_IWOTH | S_IROTH))
		return err_set(e, ERR_PERM, "private key %s: others may %s it", file, st.st_mode & S_IROTH ? "read" : "write");
	if (st.st_mode & S_IRGRP && !tlsfiles_blameless(c, "groupreadablekeyfile"))
		return err_set(e, ERR_PERM, "private key %s: its group may read it (DontBlameSendmail=GroupReadableKeyFile)", file);
	return 0;
}

static uint64_t
tlsfiles_stamp_one(uint64_t seed, const char *file)
{
	struct stat st;
	struct { int64_t sec; int64_t nsec; int64_t size; uint64_t ino; } key;

	memset(&key, 0, sizeof key);
	if (stat(file, &st) == 0) {
		struct timespec m = os_mtime(&st);

		key.sec = m.tv_sec;
		key.nsec = m.tv_nsec;
		key.size = st.st_size;
		key.ino = st.st_ino;
	}
	return hash_bytes(str_mem((const char *)&key, sizeof key), seed);
}

uint64_t
tlsfiles_stamp(const struct conf *c)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	/* Of a folder it counts when a name came or went; DHParameters may be a word, which names no file. */
	const struct str more[] = { c->opt.ca_cert_file, c->opt.crl_file, c->opt.ca_cert_path, c->opt.crl_path, c->opt.dh_parameters };
	struct tlsfiles t;
	uint64_t h = 1;

	for (int i = 0; i < 4; i++) {
		tlsfiles_named(c, (i & 1) != 0, (i & 2) != 0, a, &t);
		for (size_t k = 0; k < t.n; k++)
			h = tlsfiles_stamp_one(h, t.v[k]);
	}
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		if (more[i].n > 0)
			h = tlsfiles_stamp_one(h, arena_cstr(a, more[i]));
	arena_free(&a);
	return h;
}

/* ---- folders ---- */

struct tlsfiles_dirs {
	const char	**v;
	size_t		 n, max;
	struct arena	*a;
};

static void
tlsfiles_dir(struct tlsfiles_dirs *d, struct str dir)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_eq_c(dir, d->v[i]))
			return;
	if (d->n < d->max)
		d->v[d->n++] = arena_cstr(d->a, dir);
}

/* c_rehash and "ln -s" make links, often to another folder. */
static void
tlsfiles_links(struct tlsfiles_dirs *d, const char *dir)
{
	char real[PATH_MAX];
	DIR *list = opendir(dir);
	struct dirent *ent;
	struct stat st;

	while (list != NULL && (ent = readdir(list)) != NULL) {
		const char *name = arena_cstr(d->a, arena_fmt(d->a, "%s/%s", dir, ent->d_name)), *slash;

		if (lstat(name, &st) == -1 || !S_ISLNK(st.st_mode) || realpath(name, real) == NULL || stat(real, &st) == -1 || !S_ISREG(st.st_mode))
			continue;
		if ((slash = strrchr(real, '/')) != NULL && slash > real)
			tlsfiles_dir(d, str_mem(real, (size_t)(slash - real)));
	}
	if (list != NULL)
		(void)closedir(list);
}

void
tlsfiles_hashed(const struct conf *c, struct arena *a, const char **paths, size_t max)
{
	const struct str dirs[] = { c->opt.ca_cert_path, c->opt.crl_path };
	struct tlsfiles_dirs d = { .v = paths, .max = max, .a = a };

	for (size_t i = 0; i < 2; i++)
		if (dirs[i].n > 0)
			tlsfiles_dir(&d, dirs[i]);
	for (size_t i = 0; i < 2; i++)
		if (dirs[i].n > 0)
			tlsfiles_links(&d, arena_cstr(a, dirs[i]));
	paths[d.n] = NULL;
}
