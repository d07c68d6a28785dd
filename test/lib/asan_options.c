/*
 * asan_options - linked into the programs of a build with the address sanitizer (sh Build check-asan).
 *
 * A role keeps what it has until it ends, and programs start each other with environments of their own,
 * where ASAN_OPTIONS is lost: leaks are looked for in unit tests and fuzz targets, not here.
 */
const char	*__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=1";
}
