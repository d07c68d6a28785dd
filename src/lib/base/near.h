/*
 * near - the known word that a misspelt one was meant to be.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include "base/str.h"

/* word(i) is the i-th known word, NULL past the last.  Case does not count.  STR_NONE: nothing is near, or the word itself is known. */
struct str	near_word(struct str name, const char *(*word)(size_t i));
/* Letters to change, add, drop or swap to make b of a; words of more than 47 letters are far from everything. */
unsigned	near_distance(struct str a, struct str b);

#endif
