/*
 * editmap - query, add, replace or delete one record of a map.
 *
 * The command, its messages and exit codes are sendmail's.  A change is made in a copy that then takes the file's place, so that readers never meet half of one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/status.h"
#include "mapprog.h"
#include "os/fd.h"
#include "os_conf.h"

struct editmap {
	const char		*cf;
	bool			 cf_given, with_nul, keep_case;
	char			 what;		/* q, u, x; NUL: none yet */
	const char		*type, *name, *value;
	struct str		 key;
	struct map_build_how	 how;
	struct arena		*arena;
};

static int
editmap_usage(void)
{
	fputs("Usage: editmap [-C cffile] [-N] [-f] [-q|-u|-x] maptype mapname key [ \"value ...\" ]\n", stderr);
	return EXIT_USAGE;
}

/* As it is stored. */
static struct str
editmap_stored(const struct editmap *em, struct str s)
{
	s = arena_str(em->arena, s);
	return em->with_nul ? str_mem(s.p, s.n + 1) : s;
}

static int
editmap_query(struct editmap *em)
{
	const struct bdb_ops	*ops;
	struct bdb		*db;
	struct buf		 v;
	struct err		 e = ERR_INIT;
	int			 rc, code = EXIT_OK;

	if ((db = mapprog_open(em->type, em->name, false, em->arena, &ops, &e)) == NULL)
		return mapprog_failed("editmap", em->type, em->name, &e);
	buf_init(&v, 0);
	if ((rc = ops->get(db, editmap_stored(em, em->key), &v, &e)) == 1) {
		while (v.n > 0 && v.p[v.n - 1] == '\0')
			v.n--;
		mapprog_print(stdout, buf_str(&v));
		putchar('\n');
		if (fflush(stdout) != 0)
			code = EXIT_IOERR;
	} else if (rc == 0) {
		printf("editmap: couldn't find key %.*s in map %s\n", STR_ARG(em->key), em->name);
		code = EXIT_UNAVAILABLE;
	} else {
		fprintf(stderr, "editmap: %s: %s\n", em->name, e.text);
		code = EXIT_IOERR;
	}
	buf_done(&v);
	ops->close(db);
	return code;
}

static int
editmap_change(struct editmap *em)
{
	struct map_build	*mb;
	struct err		 e = ERR_INIT;
	struct str		 key = editmap_stored(em, em->key);
	int			 rc;

	em->how.type = map_build_type(str_c(em->type));
	if (em->how.type == BDB_ANY) {
		mapprog_unknown(em->type, &e);
		return mapprog_failed("editmap", em->type, em->name, &e);
	}
	em->how.append = true;
	em->how.create = em->what == 'u';
	em->how.flags = BDB_REPLACE;
	if ((mb = map_build_new(em->name, &em->how, &e)) == NULL)
		return mapprog_failed("editmap", em->type, em->name, &e);
	if (em->what == 'u')
		rc = map_build_put(mb, key, editmap_stored(em, str_c(em->value)), &e);
	else
		rc = map_build_del(mb, key, &e);
	if (rc == 1) {
		fprintf(stderr, "editmap: key %.*s doesn't exist in map %s\n", STR_ARG(em->key), em->name);
		map_build_abort(&mb);
		return EXIT_OK;
	}
	if (rc == -1)
		map_build_abort(&mb);
	else
		rc = map_build_commit(&mb, &e);
	if (rc == 0)
		return EXIT_OK;
	fprintf(stderr, "editmap: %s: %s; the old map stays\n", em->name, e.text);
	return EXIT_IOERR;
}

/* -1: go on, else the exit code. */
static int
editmap_options(struct editmap *em, int argc, char **argv)
{
	int	c, rest;

	while ((c = getopt(argc, argv, "C:fquxN")) != -1)
		switch (c) {
		case 'C':
			em->cf = optarg;
			em->cf_given = true;
			break;
		case 'f':
			em->keep_case = true;
			break;
		case 'N':
			em->with_nul = true;
			break;
		case 'q':
		case 'u':
		case 'x':
			if (em->what != '\0')
				return editmap_usage();
			em->what = (char)c;
			break;
		default:
			return editmap_usage();
		}
	rest = argc - optind;
	if (em->what == '\0' || rest != (em->what == 'u' ? 4 : 3))
		return editmap_usage();
	em->type = argv[optind];
	em->name = argv[optind + 1];
	em->key = str_c(argv[optind + 2]);
	if (rest == 4)
		em->value = argv[optind + 3];
	return -1;
}

int
main(int argc, char **argv)
{
	struct editmap	em = { .cf = CONF_ETCDIR "/sendmail.cf", .how = { .mode = 0640 } };
	int		code;

	if (os_fd_std() == -1)
		return EXIT_OSERR;
	if ((code = editmap_options(&em, argc, argv)) != -1)
		return code;
	em.arena = arena_new(ARENA_DEFAULT);
	if (!em.keep_case)
		em.key = arena_lower(em.arena, em.key);
	if ((code = mapprog_read_cf("editmap", em.cf, em.cf_given, em.arena, &em.how)) == EXIT_OK)
		code = em.what == 'q' ? editmap_query(&em) : editmap_change(&em);
	arena_free(&em.arena);
	return code;
}
