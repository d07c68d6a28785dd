/*
 * load - the machine: load average, interfaces, host name, time, random bytes, title.
 */
#ifndef OS_LOAD_H
#define OS_LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

int	os_load_avg(void);				/* rounded 1-minute average, at most a second old; 0 when unknown */
unsigned os_cores(void);			/* processors that can be used, at least 1 */
int	os_hostname(char *dst, size_t size);
/* What the system has, as words ("HASFLOCK"), NULL past the last; and libraries that we were built with. */
const char *os_feature(size_t i);
bool	os_has_sasl(void);
bool	os_has_tls(void);
uint64_t os_now_ms(void);				/* monotonic */
uint64_t os_now_us(void);				/* the same clock */
/* Seconds since the boot, time asleep included. */
uint64_t os_uptime(void);
/* Does this process wait for a disk, so that no signal reaches it?  false where that cannot be known. */
bool	os_proc_in_disk(pid_t);
void	os_random(void *, size_t);			/* cryptographic; never fails (aborts) */
/* Process title for ps; call os_title_init first thing in main. */
void	os_title_init(int argc, char **argv);
void	os_title_set(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Addresses of the interfaces that are up, as text, one call of fn each. */
int	os_interfaces(int (*fn)(void *arg, const char *ifname, const char *addr), void *arg, struct err *);

#endif
