/*
 * rest - see the header.
 */
#include "os/rest.h"

#include "os_conf.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif

#include "os/load.h"

#define REST_AFTER_MS	1000		/* of silence */
#define REST_APART_MS	4000		/* a peer that sends an octet a second is not to make us do this each time */
#define REST_MAX	8
#define REST_STACK	((uintptr_t)128 << 10)	/* so far down; the system keeps more than that free of other mappings there */
#define REST_STACK_NEAR	4096u			/* the calls from here on use less */
#define REST_STACK_MAX	((uintptr_t)4 << 20)	/* a stack is no longer than that */

static void	(*rest_fn[REST_MAX])(void);
static size_t	 nrest;
static uint64_t	 rest_next;		/* not before */
static uintptr_t rest_top;		/* somewhere in the stack of who said what is to be done, too */

/* Not the address of a variable: a sanitizer, or a compiler that guards the stack, keeps those elsewhere, beside others that live on. */
#if defined(__GNUC__) && defined(__linux__) && defined(MADV_DONTNEED)
#define REST_HERE	((uintptr_t)__builtin_frame_address(0))
#else
#define REST_HERE	((uintptr_t)0)		/* not known: the stack is left alone */
#endif

void
os_rest_also(void (*fn)(void))
{
	if (rest_top == 0)
		rest_top = REST_HERE;
	for (size_t i = 0; i < nrest; i++)
		if (rest_fn[i] == fn)
			return;
	if (nrest < REST_MAX)
		rest_fn[nrest++] = fn;
}

/* Of the stack what deeper calls have used: nobody has anything there.  Of this one only, not of a thread's. */
static void
rest_stack(void)
{
	uintptr_t	page = (uintptr_t)sysconf(_SC_PAGESIZE), here = REST_HERE;

	if (here == 0 || here > rest_top || rest_top - here > REST_STACK_MAX)
		return;
#ifdef MADV_DONTNEED
	here = (here - REST_STACK_NEAR) / page * page;
	(void)madvise((void *)(here - REST_STACK), REST_STACK, MADV_DONTNEED);	/* what is no stack yet is no memory, either: ENOMEM says so */
#endif
}

void
os_rest(void)
{
	rest_stack();
	for (size_t i = 0; i < nrest; i++)
		rest_fn[i]();
#ifdef HAVE_MALLOC_TRIM
	(void)malloc_trim(0);
#endif
}

int
os_wait(struct pollfd *p, unsigned n, int ms)
{
	uint64_t now;
	int	 first = REST_AFTER_MS, rc;

	if (ms >= 0 && ms <= REST_AFTER_MS)
		return poll(p, (nfds_t)n, ms);
	/* Most waits are short, and of them nobody asks the time: a rest that is not due yet is put off when the second is over. */
	if ((rc = poll(p, (nfds_t)n, first)) != 0)
		return rc;
	now = os_now_ms();
	if (now < rest_next) {
		int more = (int)(rest_next - now);

		if (ms >= 0 && more > ms - first)
			return poll(p, (nfds_t)n, ms - first);
		if ((rc = poll(p, (nfds_t)n, more)) != 0)
			return rc;
		first += more;
		now += (uint64_t)more;
	}
	rest_next = now + REST_APART_MS;
	os_rest();
	return poll(p, (nfds_t)n, ms < 0 ? -1 : ms - first);
}
