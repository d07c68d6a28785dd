/*
 * praliases - print the alias databases, all of them or single names.
 *
 * The command, its messages and exit codes are sendmail's.  What AliasFile names is read by file: hash, btree, cdb, lmdb; of other classes (ldap, nis, ...) it is
 * said that they have no file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/status.h"
#include "mapprog.h"
#include "os/fd.h"
#include "os/file.h"
#include "os_conf.h"

#define PRALIASES_CF	((size_t)16 << 20)

static int
praliases_usage(void)
{
	fputs("usage: praliases [-C cffile] [-f aliasfile] [key ...]\n", stderr);
	return EXIT_USAGE;
}

static struct str
praliases_plain(struct str s)
{
	while (s.n > 0 && s.p[s.n - 1] == '\0')
		s.n--;
	return s;
}

static int
praliases_print(void *arg, struct str key, struct str value)
{
	(void)arg;
	mapprog_print(stdout, praliases_plain(key));
	putchar(':');
	mapprog_print(stdout, praliases_plain(value));
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

/* One name: stored with its NUL by newaliases, without by makemap. */
static int
praliases_key(const struct bdb_ops *ops, struct bdb *db, const char *name, struct err *e)
{
	struct str	key = str_mem(name, strlen(name) + 1);
	struct buf	v;
	int		rc;

	buf_init(&v, 0);
	if ((rc = ops->get(db, key, &v, e)) == 0)
		rc = ops->get(db, str_c(name), &v, e);
	if (rc == 1)
		(void)praliases_print(NULL, key, buf_str(&v));
	else if (rc == 0)
		printf("%s: No such key\n", name);
	buf_done(&v);
	return rc == -1 ? -1 : 0;
}

/* "hash:-o /etc/mail/aliases", "/etc/mail/aliases" */
static int
praliases_file(struct str spec, struct arena *a, char **keys)
{
	const struct bdb_ops	*ops;
	struct bdb		*db;
	struct err		 e = ERR_INIT;
	struct str		 type = STR("implicit"), word;
	size_t			 colon = str_chr(spec, ':');
	bool			 optional = false;
	const char		*name;
	int			 rc = 0;

	if (colon != SIZE_MAX && str_chr(str_first(spec, colon), '/') == SIZE_MAX) {
		type = str_trim(str_first(spec, colon));
		spec = str_from(spec, colon + 1);
	}
	for (spec = str_trim(spec); spec.n > 1 && spec.p[0] == '-'; spec = str_trim(spec)) {
		str_word(&spec, &word);
		optional |= str_eq_c(word, "-o");
	}
	name = arena_cstr(a, spec);
	if ((db = mapprog_open(arena_cstr(a, type), name, false, a, &ops, &e)) == NULL) {
		if (!(optional && e.sys == ENOENT))
			fprintf(stderr, "praliases: %s: open: %s\n", name, e.sys != 0 ? strerror(e.sys) : e.text);
		return optional && e.sys == ENOENT ? 0 : -1;
	}
	if (*keys == NULL)
		rc = ops->each(db, NULL, praliases_print, NULL, &e) == 0 ? 0 : -1;
	for (; *keys != NULL && rc == 0; keys++)
		rc = praliases_key(ops, db, *keys, &e);
	if (rc == -1)
		fprintf(stderr, "praliases: %s: %s\n", name, e.text);
	ops->close(db);
	return rc;
}

/* Each part of a list: commas within quotes or brackets are a part's own. */
static int
praliases_list(struct str list, struct arena *a, char **keys)
{
	bool	quoted = false;
	int	depth = 0, rc = 0;
	size_t	from = 0;

	for (size_t i = 0; i <= list.n; i++) {
		char	c = i < list.n ? list.p[i] : ',';

		if (c == '"')
			quoted = !quoted;
		else if (c == '(' || c == ')')
			depth += c == '(' ? 1 : -1;
		if (i < list.n && (c != ',' || quoted || depth > 0))
			continue;
		if (str_trim(str_sub(list, from, i)).n > 0 && praliases_file(str_trim(str_sub(list, from, i)), a, keys) == -1)
			rc = -1;
		from = i + 1;
	}
	return rc;
}

int
main(int argc, char **argv)
{
	const char	*cf = CONF_ETCDIR "/sendmail.cf", *file = NULL;
	struct arena	*a;
	struct str	 text, list;
	struct err	 e = ERR_INIT;
	int		 c, code = EXIT_OK;

	if (os_fd_std() == -1)
		return EXIT_OSERR;
	while ((c = getopt(argc, argv, "C:f:")) != -1)
		switch (c) {
		case 'C':
			cf = optarg;
			break;
		case 'f':
			file = optarg;
			break;
		default:
			return praliases_usage();
		}
	a = arena_new(ARENA_DEFAULT);
	if (file != NULL)
		code = praliases_list(str_c(file), a, argv + optind) == 0 ? EXIT_OK : EXIT_UNAVAILABLE;
	else if (os_slurp(cf, a, PRALIASES_CF, &text, &e) == -1) {
		fprintf(stderr, "praliases: %s\n", e.text);
		code = EXIT_NOINPUT;
	} else if ((list = mapprog_option(text, STR("AliasFile"))).n == 0) {
		fprintf(stderr, "praliases: %s: no AliasFile is set\n", cf);
		code = EXIT_CONFIG;
	} else
		code = praliases_list(list, a, argv + optind) == 0 ? EXIT_OK : EXIT_UNAVAILABLE;
	if (fflush(stdout) != 0 || ferror(stdout))
		code = EXIT_IOERR;
	arena_free(&a);
	return code;
}
