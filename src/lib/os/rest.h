/*
 * rest - waiting, and giving memory back to the system while nothing comes.
 *
 * A worker holds what its last work needed: blocks kept for the next, pages that malloc has free, its own copies of pages that it shared with its master until
 * it wrote there.  Where hundreds of processes wait for slow peers that is most of their memory.
 */
#ifndef OS_REST_H
#define OS_REST_H

struct pollfd;

/* As poll(2), interruptions too; when nothing came for a second (and this did not happen just before), it rests meanwhile. */
int	os_wait(struct pollfd *, unsigned n, int ms);
/* Give back what can be had again.  Functions given to os_rest_also come first, in their order; one given twice counts once. */
void	os_rest(void);
void	os_rest_also(void (*fn)(void));

#endif
