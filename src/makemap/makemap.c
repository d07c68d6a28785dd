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
#include "mapprog.h"
#include "os/fd.h"
#include "os_conf.h"

#define MAKEMAP_LINE	((size_t)64 << 10)	/* longest row */

struct makemap {
	const char		*cf;
	bool			 cf_given;
	bool			 dups;		/* one was told */
	bool			 with_nul, empty_ok, keep_case, dump, verbose;
	char			 comment;
	int			 delim;		/* -1: white space */
	const char		*type, *fallback, *name;
	struct map_build_how	 how;
	struct arena		*arena;
};

static const char *const makemap_types[][2] = { { "hash", "db" }, { "btree", "db" }, { "implicit", "" }, { "cdb", "cdb" }, { "lmdb", "lmdb" } };

static int
makemap_usage(void)
{
	fputs("Usage: makemap [-C cffile] [-N] [-c cachesize] [-D commentchar]\n"
	    "               [-d] [-e] [-f] [-i type] [-l] [-o] [-r] [-s] [-t delimiter]\n"
	    "               [-u] [-v] type mapname\n", stderr);
	return EXIT_USAGE;
}

static int
makemap_dump_one(void *arg, struct str key, struct str value)
{
	struct makemap	*mm = arg;

	if (key.n > 0 && key.p[key.n - 1] == '\0')
		key.n--;
	if (value.n > 0 && value.p[value.n - 1] == '\0')
		value.n--;
	mapprog_print(stdout, key);
	putchar(mm->delim == -1 ? '\t' : mm->delim);
	mapprog_print(stdout, value);
	putchar('\n');
	return ferror(stdout) ? 1 : 0;
}

static int
makemap_dump(struct makemap *mm)
{
	const struct bdb_ops	*ops;
	struct bdb		*db;
	struct err		 e = ERR_INIT;
	int			 rc = EXIT_OK;

	if ((db = mapprog_open(mm->type, mm->name, mm->how.unsafe, mm->arena, &ops, &e)) == NULL)
		return mapprog_failed("makemap", mm->type, mm->name, &e);
	if (ops->each(db, NULL, makemap_dump_one, mm, &e) != 0 || fflush(stdout) != 0) {
		fprintf(stderr, "makemap: %s: %s\n", mm->name, e.text[0] != '\0' ? e.text : "cannot write the output");
		rc = EXIT_IOERR;
	}
	ops->close(db);
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
		for (size_t i = 0; i < key->n; i++)
			fputc(mm->keep_case ? key->p[i] : chr_lower(key->p[i]), stderr);
		fputc('\n', stderr);
		return -1;
	}
	if (str_has_nul(*key) || str_has_nul(*value)) {
		fprintf(stderr, "makemap: %s: line %zu: NUL byte in the row\n", mm->name, n);
		return -1;
	}
	return 0;
}

/* Rows whose key was there already, when they are known. */
static void
makemap_dup(void *arg, size_t line, struct str key)
{
	struct makemap	*mm = arg;

	fprintf(stderr, "makemap: %s: line %zu: key ", mm->name, line);
	mapprog_print(stderr, key.n > 0 && mm->with_nul ? str_first(key, key.n - 1) : key);
	fputs(": duplicate key\n", stderr);
	mm->dups = true;
}

static int
makemap_store(struct makemap *mm, struct map_build *mb, size_t n, struct str key, struct str value, struct err *e)
{
	arena_reset(mm->arena);
	key = mm->keep_case ? arena_str(mm->arena, key) : arena_lower(mm->arena, key);
	value = arena_str(mm->arena, value);
	if (mm->verbose) {
		printf("key=`");
		mapprog_print(stdout, key);
		printf("', val=`");
		mapprog_print(stdout, value);
		printf("'\n");
	}
	if (mm->with_nul) {
		key.n++;		/* arena copies end in a NUL */
		value.n++;
	}
	return map_build_add(mb, n, key, value, e);
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
	if (code != EXIT_IOERR && map_build_flush(mb, &e) == -1) {
		fprintf(stderr, "makemap: %s: cannot store: %s\n", mm->name, e.text);
		return EXIT_IOERR;
	}
	return mm->dups && code == EXIT_OK ? EXIT_DATAERR : code;
}

static int
makemap_build(struct makemap *mm)
{
	struct err		 e = ERR_INIT;
	struct map_build	*mb;
	int			 code;

	mm->how.type = map_build_type(str_c(mm->type));
	mm->how.dup = makemap_dup;
	mm->how.dup_arg = mm;
	if (mm->how.type == BDB_ANY && mm->fallback != NULL && map_build_type(str_c(mm->fallback)) != BDB_ANY) {
		mm->type = mm->fallback;
		mm->how.type = map_build_type(str_c(mm->type));
	}
	if (mm->how.type == BDB_ANY) {
		mapprog_unknown(mm->type, &e);
		return mapprog_failed("makemap", mm->type, mm->name, &e);
	}
	if ((mb = map_build_new(mm->name, &mm->how, &e)) == NULL)
		return mapprog_failed("makemap", mm->type, mm->name, &e);
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
		if (with_suffix)
			printf("%s:%s\n", makemap_types[i][0], makemap_types[i][1]);
		else
			printf("%s\n", makemap_types[i][0]);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_IOERR;
}

/* Options that are there or not. */
static bool
makemap_switch(struct makemap *mm, char letter)
{
	const struct { char letter; bool *on; } switches[] = {
		{ 'N', &mm->with_nul }, { 'e', &mm->empty_ok }, { 'f', &mm->keep_case }, { 'o', &mm->how.append }, { 's', &mm->how.unsafe },
		{ 'u', &mm->dump }, { 'v', &mm->verbose },
	};

	for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
		if (switches[i].letter == letter)
			return *switches[i].on = true;
	return false;
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
		case 'i':
			mm->fallback = optarg;
			break;
		case 'l':
		case 'x':
			return makemap_list(c == 'x');
		case 'r':
			mm->how.flags |= BDB_REPLACE;
			break;
		case 't':
			if (optarg[0] == '\0') {
				fputs("Invalid separator\n", stderr);
				break;
			}
			mm->delim = (unsigned char)optarg[0];
			break;
		default:
			if (!makemap_switch(mm, (char)c))
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
	if ((code = makemap_options(&mm, argc, argv)) != -1)
		return code;
	mm.arena = arena_new(ARENA_DEFAULT);
	if ((code = mapprog_read_cf("makemap", mm.cf, mm.cf_given, mm.arena, &mm.how)) == EXIT_OK)
		code = mm.dump ? makemap_dump(&mm) : makemap_build(&mm);
	arena_free(&mm.arena);
	return code;
}
