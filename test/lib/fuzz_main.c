/*
 * fuzz_main - run a fuzz target over the files of its corpus, with any compiler.
 *
 *	x_fuzz [-n NAME] path ...
 *
 * A path is a seed or a folder of seeds.  Each is handed to LLVMFuzzerTestOneInput in a heap
 * block of exactly its size, so that one byte too far is an error under a sanitizer.  Besides
 * the seed itself some of its prefixes are tried, and copies with single bytes changed, by a
 * fixed pattern: a replay gives the same answer every time.  Prints one TAP test a path.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { SEED_MAX = 1 << 20, PREFIXES = 64, CHANGES = 64 };

static unsigned long runs;

static void
fuzz_one(const uint8_t *p, size_t n)
{
	uint8_t	*copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	runs++;
}

/*
 * The seed, prefixes of it spread evenly, and copies with one byte changed.
 */
static void
fuzz_seed(uint8_t *p, size_t n)
{
	static const uint8_t with[] = { 0x00, 0x0a, 0x0d, 0x22, 0x3c, 0x5c, 0x7f, 0x80, 0xff };
	size_t	 i, step, at;
	uint8_t	 was;

	fuzz_one(p, n);
	step = n / PREFIXES + 1;
	for (i = 0; i < n; i += step)
		fuzz_one(p, i);
	step = n / CHANGES + 1;
	for (i = 0; i * step < n; i++) {
		at = i * step;
		was = p[at];
		p[at] = with[i % sizeof with];
		fuzz_one(p, n);
		p[at] = was;
	}
}

static int
fuzz_file(const char *path)
{
	uint8_t	*p;
	FILE	*f;
	size_t	 n;

	if ((f = fopen(path, "rb")) == NULL || (p = malloc(SEED_MAX)) == NULL) {
		printf("# %s: %s\n", path, strerror(errno));
		if (f != NULL)
			fclose(f);
		return -1;
	}
	n = fread(p, 1, SEED_MAX, f);
	fclose(f);
	fuzz_seed(p, n);
	free(p);
	return 0;
}

static int
fuzz_folder(const char *path)
{
	struct dirent	*e;
	char		 name[4096];
	DIR		*d;
	int		 rc = 0, n;

	if ((d = opendir(path)) == NULL) {
		printf("# %s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		n = snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		if (n < 0 || (size_t)n >= sizeof name || fuzz_file(name) == -1)
			rc = -1;
	}
	closedir(d);
	return rc;
}

int
main(int argc, char **argv)
{
	struct stat	 st;
	int		 i, rc, bad = 0;
	uint8_t		 none[1] = { 0 };

	if (argc < 2) {
		fprintf(stderr, "usage: %s seed-or-folder ...\n", argv[0]);
		return 2;
	}
	fuzz_seed(none, 0);
	printf("1..%d\n", argc - 1);
	for (i = 1; i < argc; i++) {
		rc = -1;
		if (stat(argv[i], &st) == -1)
			printf("# %s: %s\n", argv[i], strerror(errno));
		else if (S_ISDIR(st.st_mode))
			rc = fuzz_folder(argv[i]);
		else
			rc = fuzz_file(argv[i]);
		if (rc == -1)
			bad = 1;
		printf("%sok %d - %s (%lu runs)\n", rc == -1 ? "not " : "", i, argv[i], runs);
		fflush(stdout);
	}
	return bad;
}
