/*
 * loop - events and timers; the only file that knows libevent.
 */
#ifndef PROC_LOOP_H
#define PROC_LOOP_H

#include <stdint.h>

struct loop;
struct loop_io;
struct loop_timer;

#define LOOP_READ	0x1
#define LOOP_WRITE	0x2

typedef void loop_io_fn(void *arg, int fd, unsigned what);
typedef void loop_timer_fn(void *arg);
typedef void loop_sig_fn(void *arg, int signo);

struct loop	*loop_new(void);			/* NULL on shortage */
void		 loop_free(struct loop **);
int		 loop_run(struct loop *);		/* until loop_stop; -1 on failure */
void		 loop_stop(struct loop *);
/*
 * In a forked child that inherited a loop: let go of what it shares with its parent (the kernel's event queue), so that freeing or using
 * it here changes nothing there.  -1: exit.
 */
int		 loop_after_fork(struct loop *);
/*
 * In a forked child that has closed what its parent's loop waits for and makes no use of it: nothing the parent has is in reach any more, and its
 * memory stays shared, for nothing of it is taken apart.
 */
void		 loop_leave(struct loop **);
/* The library's own handle, for another library that can live on this loop (libunbound). */
void		*loop_base(struct loop *);

/* Level-triggered and persistent; `what` may be changed; freeing inside the callback is allowed. */
struct loop_io	*loop_io_new(struct loop *, int fd, unsigned what, loop_io_fn *, void *arg);
int		 loop_io_set(struct loop_io *, unsigned what);
void		 loop_io_free(struct loop_io **);

/* One-shot; set again to repeat. */
struct loop_timer *loop_timer_new(struct loop *, loop_timer_fn *, void *arg);
int		 loop_timer_set(struct loop_timer *, uint64_t ms);
void		 loop_timer_cancel(struct loop_timer *);
void		 loop_timer_free(struct loop_timer **);

/* Signals become events. */
int		 loop_signal(struct loop *, int signo, loop_sig_fn *, void *arg);

#endif
