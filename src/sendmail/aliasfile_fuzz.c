/*
 * aliasfile_fuzz - whatever stands in an alias file, entries have a name and a value without line ends.
 */
#include <stdint.h>

#include "aliasfile.h"
#include "base/must.h"

static int
fuzz_entry(void *arg, unsigned line, struct str name, struct str value)
{
	(void)arg;
	must(line > 0 && name.n > 0 && value.n > 0);
	must(str_chr(name, '\n') == SIZE_MAX && str_chr(value, '\n') == SIZE_MAX);
	must(!str_has_nul(name) && !str_has_nul(value));
	return 0;
}

static void
fuzz_complain(void *arg, unsigned line, const char *what)
{
	(void)arg;
	must(line > 0 && what != NULL);
}

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct aliasfile_sink	 sink = { fuzz_entry, fuzz_complain, NULL };
	struct arena			*a = arena_new(ARENA_FUZZ);

	must(aliasfile_parse(str_mem(p, n), a, &sink) == 0);
	arena_free(&a);
	return 0;
}
