/*
 * must - a promise checked in every build: never compiled out; and what is to become of a process that gets no memory.
 *
 * In a worker or a command no memory is the end (EXIT_TEMPFAIL): better no answer than one made of half a text.  Roles that must live on look at
 * what they got (buf_ok), and refuse.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#define must(x)	((x) ? (void)0 : must_fail(#x, __FILE__, __LINE__))
/* Memory that was asked for: NULL ends the process, not as a broken promise. */
#define must_have(p)	((p) != NULL ? (void)0 : must_memory_end(__FILE__, __LINE__))
/* From now on a struct buf that gets no memory ends the process. */
void	must_memory(void);
/* A buf got none: returns only where must_memory was not called. */
void	must_memory_short(void);
_Noreturn void must_memory_end(const char *file, int line);
_Noreturn void must_fail(const char *what, const char *file, int line);

#endif
