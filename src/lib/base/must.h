/*
 * must - a promise checked in every build: never compiled out.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#define must(x)	((x) ? (void)0 : must_fail(#x, __FILE__, __LINE__))
_Noreturn void must_fail(const char *what, const char *file, int line);

#endif
