/*
 * near - a process runs where the packets of its connection come in, and others make room for it.
 *
 * Two processes that say something in turns wait for each other's processor to wake up each time, if each of them has one of its own: on a virtual machine that
 * takes as long as what they do.  While there is little to do a system puts whoever is woken on an idle processor, so those with the least to do are the
 * slowest.
 */
#ifndef OS_NEAR_H
#define OS_NEAR_H

#define OS_NEAR_UNKNOWN	(-1)

/*
 * The processor on which this socket's last packet came in, which is where a local peer runs; OS_NEAR_UNKNOWN.  To be asked before we send: the peer's system
 * may acknowledge that at once, on our processor.
 */
int	os_near_of(int sock);
/* From now on we run there, if we may; who is at one place already goes to another when it is asked a second time in a row. */
void	os_near(int processor);
/* Where os_near has put us; OS_NEAR_UNKNOWN: anywhere. */
int	os_near_at(void);
/* From now on we run anywhere else, if there is anything else; OS_NEAR_UNKNOWN, or what is no processor: os_anywhere. */
void	os_aside(int processor);
/* ... and from now on where we might before the first of these. */
void	os_anywhere(void);

#endif
