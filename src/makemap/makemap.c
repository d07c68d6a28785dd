/*
 * makemap - make the databases behind K lines from text on standard input.
 *
 * The command, its messages and exit codes are sendmail's.  The new database appears at once (map_build.h): a reader never meets half of one.  A bad row is named and left out, the others are
 * stored, and the exit code is 65.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/status.h"
#include "bdb/bdb.h"
#include "map/map_build.h"
#include "os/file.h"
#include "os/fd.h"
#include "os/user.h"
#include "os_conf.h"

#define MAKEMAP_LINE	((size_t)64 << 10)	/* longest row */

struct makemap {
	const char		*cf;
	bool			 cf_given;
	bool			 with_nul, empty_ok, keep_case, dump, verbose;
	char			 comment;
	int			 delim;		/* -1: white space */
	const char		*type, *fallback, *name;
	struct map_build_how	 how;
	struct arena		*arena;
};

static const char makemap_types[][9] = { "hash", "btree", "implicit" };

static int
makemap_usage(void)
{
	fputs("Usage: makemap [-C cffile] [-N] [-c cachesize] [-D commentchar]\n"
	    "               [-d] [-e] [-f] [-i type] [-l] [-o] [-r] [-s] [-t delimiter]\n"
	    "               [-u] [-v] type mapname\n", stderr);
	return EXIT_USAGE;
}

/* The two options that matter here. */
static int
makemap_read_cf(struct makemap *mm)
{
	struct str	text, line, user;
	struct err	e = ERR_INIT;
	struct os_user	u;
	int64_t		n;

	if (os_slurp(mm->cf, mm->arena, (size_t)16 << 20, &text, &e) == -1) {
		if (!mm->cf_given && e.sys == ENOENT)
			return EXIT_OK;		/* a host that is being set up: maps first */
		fprintf(stderr, "makemap: %s\n", e.text);
		return EXIT_NOINPUT;
	}
	while (str_split(&text, '\n', &line)) {
		if (!str_casestarts(line, STR("O TrustedUser=")) || geteuid() != 0)
			continue;
		user = str_trim(str_from(line, sizeof("O TrustedUser=") - 1));
		if (os_user_by_name(user, mm->arena, &u, &e) == 1) {
			mm->how.uid = u.uid;
			mm->how.gid = (gid_t)-1;
		} else if (num_any(user, 0, INT32_MAX, &n) == 0) {
			mm->how.uid = (uid_t)n;
			mm->how.gid = (gid_t)-1;
		} else {
			fprintf(stderr, "makemap: %s: TrustedUser: unknown user %.*s\n", mm->cf, STR_ARG(user));
			return EXIT_CONFIG;
		}
		mm->how.chown = true;
	}
	return EXIT_OK;
}

static void
makemap_print(FILE *f, struct str s)
{
	if (s.n > 0)
		fwrite(s.p, 1, s.n, f);
}

static int
makemap_dump_one(void *arg, struct str key, struct str value)
{
	struct makemap	*mm = arg;

	if (key.n > 0 && key.p[key.n - 1] == '\0')
		key.n--;
	if (value.n > 0 && value.p[value.n - 1] == '\0')
		value.n--;
	makemap_print(stdout, key);
	putchar(mm->delim == -1 ? '\t' : mm->delim);
	makemap_print(stdout, value);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
makemap_failed(const struct makemap *mm, const struct err *e)
{
	fprintf(stderr, "makemap: error opening type %s map %s: %s\n", mm->type, mm->name, e->sys != 0 ? strerror(e->sys) : e->text);
	return EXIT_CANTCREAT;
}

static int
makemap_dump(struct makemap *mm)
{
	unsigned	 allow = mm->how.unsafe ? ~0u : OS_SAFE_ANYOWNER | OS_SAFE_NOPATH | OS_SAFE_GROUPWRITE | OS_SAFE_LINK;
	struct str	 name = str_c(mm->name);
	char		*path = arena_cstr(mm->arena, str_ends(name, STR(".db")) ? name : arena_fmt(mm->arena, "%s.db", mm->name));
	struct err	 e = ERR_INIT;
	struct bdb	*db;
	int		 fd, rc = EXIT_OK;

	if (map_build_type(str_c(mm->type)) == BDB_ANY) {
		err_set(&e, ERR_PERM, "Unknown database type");
		return makemap_failed(mm, &e);
	}
	if ((fd = os_open_safe(path, O_RDONLY, 0, geteuid(), allow, NULL, &e)) == -1 || (db = bdb_ops_linked.open_fd(fd, BDB_ANY, &e)) == NULL)
		return makemap_failed(mm, &e);
	if (bdb_ops_linked.each(db, makemap_dump_one, mm, &e) != 0 || fflush(stdout) != 0) {
		fprintf(stderr, "makemap: %s: %s\n", mm->name, e.text[0] != '\0' ? e.text : "cannot write the output");
		rc = EXIT_IOERR;
	}
	bdb_ops_linked.close(db);
	return rc;
}

/*
 * A row's key and value.  0 fine, 1 nothing in it, -1 wrong (said so).
 */
static int
makemap_row(const struct makemap *mm, size_t n, struct str line, struct str *key, struct str *value)
{
	size_t	end = 0;

	if (line.n == 0 || line.p[0] == mm->comment)
		return 1;
	if (mm->delim == -1) {
		if (str_trim(line).n == 0)
			return 1;
		if (chr_is_space(line.p[0])) {
			fprintf(stderr, "makemap: %s: line %zu: syntax error (leading space)\n", mm->name, n);
			return -1;
		}
		while (end < line.n && !chr_is_space(line.p[end]))
			end++;
	} else
		while (end < line.n && line.p[end] != (char)mm->delim)
			end++;
	*key = str_first(line, end);
	if (mm->delim == -1)
		while (end < line.n && chr_is_space(line.p[end]))
			end++;
	else if (end < line.n)
		end++;
	*value = str_from(line, end);
	if (value->n == 0 && !mm->empty_ok) {
		fprintf(stderr, "makemap: %s: line %zu: no RHS for LHS ", mm->name, n);
		makemap_print(stderr, *key);
		fputc('\n', stderr);
		return -1;
	}
	if (str_has_nul(*key) || str_has_nul(*value)) {
		fprintf(stderr, "makemap: %s: line %zu: NUL byte in the row\n", mm->name, n);
		return -1;
	}
	return 0;
}

/* 0 stored, 1 a bad row, -1 the database cannot be written. */
static int
makemap_store(struct makemap *mm, struct map_build *mb, size_t n, struct str key, struct str value, struct err *e)
{
	int	rc;

	arena_reset(mm->arena);
	key = mm->keep_case ? arena_str(mm->arena, key) : arena_lower(mm->arena, key);
	value = arena_str(mm->arena, value);
	if (mm->verbose) {
		printf("key=`");
		makemap_print(stdout, key);
		printf("', val=`");
		makemap_print(stdout, value);
		printf("'\n");
	}
	if (mm->with_nul) {
		key.n++;		/* arena copies end in a NUL */
		value.n++;
	}
	if ((rc = map_build_put(mb, key, value, e)) != 1)
		return rc;
	fprintf(stderr, "makemap: %s: line %zu: key ", mm->name, n);
	makemap_print(stderr, str_first(key, key.n - mm->with_nul));
	fputs(": duplicate key\n", stderr);
	return 1;
}

static int
makemap_rows(struct makemap *mm, struct map_build *mb)
{
	struct err	 e = ERR_INIT;
	struct str	 key, value;
	char		*text = NULL;
	size_t		 room = 0, n = 0;
	ssize_t		 got;
	int		 code = EXIT_OK, rc;

	while ((got = getline(&text, &room, stdin)) != -1) {
		struct str	line = str_mem(text, (size_t)got);

		n++;
		if (line.n > 0 && line.p[line.n - 1] == '\n')
			line.n--;
		if (line.n > MAKEMAP_LINE) {
			fprintf(stderr, "makemap: %s: line %zu: line too long (%zu bytes max)\n", mm->name, n, MAKEMAP_LINE);
			code = EXIT_DATAERR;
			continue;
		}
		if ((rc = makemap_row(mm, n, line, &key, &value)) == 1)
			continue;
		if (rc == 0 && (rc = makemap_store(mm, mb, n, key, value, &e)) == -1) {
			fprintf(stderr, "makemap: %s: line %zu: cannot store: %s\n", mm->name, n, e.text);
			code = EXIT_IOERR;
			break;
		}
		if (rc != 0)
			code = EXIT_DATAERR;
	}
	if (ferror(stdin)) {
		fprintf(stderr, "makemap: %s: cannot read the input: %s\n", mm->name, strerror(errno));
		code = EXIT_IOERR;
	}
	free(text);
	return code;
}

static int
makemap_build(struct makemap *mm)
{
	struct err		 e = ERR_INIT;
	struct map_build	*mb;
	int			 code;

	mm->how.type = map_build_type(str_c(mm->type));
	if (mm->how.type == BDB_ANY && mm->fallback != NULL) {
		mm->type = mm->fallback;
		mm->how.type = map_build_type(str_c(mm->type));
	}
	if (mm->how.type == BDB_ANY) {
		fprintf(stderr, "makemap: error opening type %s map %s: %s\n", mm->type, mm->name,
		    strcmp(mm->type, "dbm") == 0 || strcmp(mm->type, "cdb") == 0 ? "this type is not built in; hash and btree are" : "Unknown database type");
		return EXIT_CANTCREAT;
	}
	if ((mb = map_build_new(mm->name, &mm->how, &e)) == NULL)
		return makemap_failed(mm, &e);
	code = makemap_rows(mm, mb);
	if (code == EXIT_IOERR) {
		map_build_abort(&mb);
		return code;
	}
	if (map_build_commit(&mb, &e) == -1) {
		fprintf(stderr, "makemap: %s: %s; the old map stays\n", mm->name, e.text);
		return EXIT_IOERR;
	}
	return code;
}

static int
makemap_list(bool with_suffix)
{
	for (size_t i = 0; i < sizeof(makemap_types) / sizeof(makemap_types[0]); i++)
		printf(with_suffix ? "%s:%s\n" : "%s\n", makemap_types[i], i == 2 ? "" : "db");
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_IOERR;
}

/* -1: go on, else the exit code. */
static int
makemap_options(struct makemap *mm, int argc, char **argv)
{
	int64_t	n;
	int	c;

	while ((c = getopt(argc, argv, "C:D:Nc:defi:lorst:uvx")) != -1)
		switch (c) {
		case 'C':
			mm->cf = optarg;
			mm->cf_given = true;
			break;
		case 'D':
			mm->comment = optarg[0];
			break;
		case 'N':
			mm->with_nul = true;
			break;
		case 'c':
			if (num_any(str_c(optarg), 0, (int64_t)4 << 30, &n) == -1) {
				fprintf(stderr, "makemap: cache size \"%s\" is not a number of bytes\n", optarg);
				return EXIT_USAGE;
			}
			mm->how.cache = (size_t)n;
			break;
		case 'd':
			mm->how.flags |= BDB_DUP;
			break;
		case 'e':
			mm->empty_ok = true;
			break;
		case 'f':
			mm->keep_case = true;
			break;
		case 'i':
			mm->fallback = optarg;
			break;
		case 'l':
		case 'x':
			return makemap_list(c == 'x');
		case 'o':
			mm->how.append = true;
			break;
		case 'r':
			mm->how.flags |= BDB_REPLACE;
			break;
		case 's':
			mm->how.unsafe = true;
			break;
		case 't':
			if (optarg[0] == '\0') {
				fputs("Invalid separator\n", stderr);
				break;
			}
			mm->delim = (unsigned char)optarg[0];
			break;
		case 'u':
			mm->dump = true;
			break;
		case 'v':
			mm->verbose = true;
			break;
		default:
			return makemap_usage();
		}
	if (argc - optind != 2)
		return makemap_usage();
	mm->type = argv[optind];
	mm->name = argv[optind + 1];
	return -1;
}

int
main(int argc, char **argv)
{
	struct makemap	mm = { .cf = CONF_ETCDIR "/sendmail.cf", .comment = '#', .delim = -1, .how = { .mode = 0640 } };
	int		code;

	if (os_fd_std() == -1)
		return EXIT_OSERR;
	bdb_use(&bdb_ops_linked);
	if ((code = makemap_options(&mm, argc, argv)) != -1)
		return code;
	mm.arena = arena_new(ARENA_DEFAULT);
	if ((code = makemap_read_cf(&mm)) == EXIT_OK)
		code = mm.dump ? makemap_dump(&mm) : makemap_build(&mm);
	arena_free(&mm.arena);
	return code;
}
