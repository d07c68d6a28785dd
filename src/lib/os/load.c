/*
 * load - what the machine says about itself.
 */
#include "os/load.h"

#include "os_conf.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_GETRANDOM
#include <sys/random.h>
#endif
#if defined(__has_include) && defined(IFF_UP)
#if __has_include(<ifaddrs.h>)
#include <ifaddrs.h>
#define LOAD_IFADDRS
#endif
#endif

#include "os/fd.h"

#if defined(__linux__)
#include <sys/sysinfo.h>
#endif

#define LOAD_AVG_MS	1000

unsigned
os_cores(void)
{
#ifdef _SC_NPROCESSORS_ONLN
	long	n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n > 1)
		return n < 4096 ? (unsigned)n : 4096;
#endif
	return 1;
}

static int
load_avg_now(void)
{
#if defined(__linux__)
	struct sysinfo	si;

	/* by a system call: the C library would read a file, which a sandboxed role cannot */
	if (sysinfo(&si) == 0)
		return (int)((double)si.loads[0] / (1 << SI_LOAD_SHIFT) + 0.5);
#elif defined(HAVE_GETLOADAVG)
	double	avg[1];

	if (getloadavg(avg, 1) == 1 && avg[0] >= 0 && avg[0] < INT_MAX - 1)
		return (int)(avg[0] + 0.5);
#endif
	return 0;
}

/* Systems count it every five seconds. */
int
os_load_avg(void)
{
	static uint64_t	until;
	static int	last;
	uint64_t	now = os_now_ms();

	if (now >= until) {
		last = load_avg_now();
		until = now + LOAD_AVG_MS;
	}
	return last;
}

int
os_hostname(char *dst, size_t size)
{
	if (size == 0 || gethostname(dst, size) == -1)
		return -1;
	if (memchr(dst, '\0', size) == NULL) {		/* cut: a wrong name is worse than none */
		dst[0] = '\0';
		return -1;
	}
	return 0;
}

uint64_t
os_uptime(void)
{
	struct timespec	t;

#ifdef CLOCK_BOOTTIME
	if (clock_gettime(CLOCK_BOOTTIME, &t) == 0)
		return (uint64_t)t.tv_sec;
#endif
	return clock_gettime(CLOCK_MONOTONIC, &t) == 0 ? (uint64_t)t.tv_sec : 0;
}

bool
os_proc_in_disk(pid_t pid)
{
	char	 path[64], b[512];
	const char *at;
	ssize_t	 n;
	int	 fd;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	n = read(fd, b, sizeof b - 1);
	close(fd);
	if (n <= 0)
		return false;
	b[n] = '\0';
	return (at = strrchr(b, ')')) != NULL && at[1] == ' ' && at[2] == 'D';	/* "pid (name, with anything in it) state ..." */
}

uint64_t
os_now_ms(void)
{
	struct timespec	t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) == -1)
		abort();
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
os_now_us(void)
{
	struct timespec	t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) == -1)
		abort();
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int
load_urandom(char *p, size_t n)
{
	int	fd = open("/dev/urandom", O_RDONLY|O_CLOEXEC);
	ssize_t	got;

	if (fd == -1)
		return -1;
	got = os_read_full(fd, p, n);
	close(fd);
	return got == (ssize_t)n ? 0 : -1;
}

void
os_random(void *dst, size_t n)
{
	char	*p = dst;
#ifdef HAVE_GETRANDOM
	ssize_t	 got;

	while (n > 0) {
		if ((got = getrandom(p, n, 0)) == -1) {
			if (errno == EINTR)
				continue;
			break;
		}
		p += got;
		n -= (size_t)got;
	}
#endif
	if (n > 0 && load_urandom(p, n) == -1)
		abort();
}

#ifdef LOAD_IFADDRS
static const char *
load_print_addr(const struct sockaddr *sa, char *dst, socklen_t size)
{
	struct sockaddr_in6	in6;
	struct sockaddr_in	in4;

	if (sa->sa_family == AF_INET) {
		memcpy(&in4, sa, sizeof in4);
		return inet_ntop(AF_INET, &in4.sin_addr, dst, size);
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof in6);
		return inet_ntop(AF_INET6, &in6.sin6_addr, dst, size);
	}
	return NULL;
}

int
os_interfaces(int (*fn)(void *arg, const char *ifname, const char *addr), void *arg, struct err *e)
{
	char		 text[INET6_ADDRSTRLEN];
	struct ifaddrs	*all, *i;
	int		 rc = 0;

	if (getifaddrs(&all) == -1)
		return err_sys(e, ERR_TEMP, "list interfaces");
	for (i = all; i != NULL && rc == 0; i = i->ifa_next)
		if (i->ifa_addr != NULL && (i->ifa_flags & IFF_UP) &&
		    load_print_addr(i->ifa_addr, text, sizeof text) != NULL)
			rc = fn(arg, i->ifa_name, text);
	freeifaddrs(all);
	return rc;
}
#else
int
os_interfaces(int (*fn)(void *arg, const char *ifname, const char *addr), void *arg, struct err *e)
{
	(void)fn;
	(void)arg;
	return err_set(e, ERR_PERM, "list interfaces: not known on this system");
}
#endif
