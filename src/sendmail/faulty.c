/*
 * faulty - sendmail for test/fault: the same program, whose calls to the system can fail, break off, or be its last, and are written down.
 *
 * It is never installed.  The calls below stand in front of the C library's.  Only the spool role and its helpers are touched, or the role that the test
 * names ("parent" is the one without a role; files are smtpd's, too, and what it does to them is written down, requests of memory and channels everybody's), and only if a file "fault.state" lies beside the program; the test writes
 * its wishes there while the daemon runs, and reads what happened.  Layout (test/lib/fault.py has the same): octets 0 call, 4 action, 8 the
 * how-manieth call from now, 16 set once it was done, 24 end of the log, 32 log or not, 36 the role that is short of memory, 64 a count for each
 * call, 256 by how many seconds the clock of all roles is wrong, 264 a load average, in hundredths and 1 more, that the machine is said to have;
 * from 4096 the log.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#if __has_include(<sys/sysinfo.h>)
#include <sys/sysinfo.h>
#endif
#include <time.h>
#include <unistd.h>

#include "main.c"

enum call { C_WRITE = 1, C_PWRITE, C_FDATASYNC, C_FSYNC, C_OPENAT, C_RENAMEAT, C_LINKAT, C_UNLINKAT, C_FTRUNCATE, C_RECVMSG, C_MEMORY, C_CALLS };
enum action { A_NONE, A_EIO, A_ENOSPC, A_EINTR, A_SHORT, A_KILL, A_KILL_AFTER, A_EROFS, A_EDQUOT, A_DISK, A_SLOW };

#define C_STATE		100		/* not one call: until the test says otherwise the file system is read-only, or a quota is used up */

struct fault_state {
	_Atomic uint32_t	call, action;
	_Atomic uint64_t	nth;
	_Atomic uint64_t	fired;
	_Atomic uint64_t	end;
	_Atomic uint32_t	logging;
	char			role[28];
	_Atomic uint64_t	count[C_CALLS];
	char			pad[256 - 64 - 8 * C_CALLS];
	_Atomic int64_t		clock;
	_Atomic uint32_t	load;
};

_Static_assert(offsetof(struct fault_state, clock) == 256, "as test/lib/fault.py has it");
_Static_assert(offsetof(struct fault_state, load) == 264, "as test/lib/smtp.py has it");

#define LOG_START	4096
#define DISK_S		4		/* A_DISK: so long the process waits as for a disk */
#define SLOW_MS		20		/* A_SLOW, of all: so long each takes */

struct fault_entry {
	uint32_t	size;		/* of all of it */
	uint8_t		call, zeros, pad[2];
	uint64_t	time;		/* ns, monotonic */
	uint64_t	ino;
	uint64_t	where;		/* offset; of a sync: end of the log when it began */
	uint64_t	n;		/* octets written */
};

static struct fault_state	*state;		/* in the spool role, and in smtpd */
static struct fault_state	*memory;	/* in every one */
static char			 own_role[28];
static pid_t			 own_pid;		/* of the role; its helpers have others */
static char			*fault_log;
static size_t			 fault_room;

/* The next definition of a name: the C library's.  A function pointer out of a data pointer, as POSIX has it. */
#define NEXT(call)	static __typeof__(&call) next; if (next == NULL) *(void **)(void *)&next = dlsym(RTLD_NEXT, #call)

__attribute__((constructor)) static void
fault_begin(void)
{
	char		path[PATH_MAX], line[256] = "";
	ssize_t		n = readlink("/proc/self/exe", path, sizeof path - 32);
	int		fd = open("/proc/self/cmdline", O_RDONLY);
	struct stat	st;
	void		*p;
	const char	*role;

	if (fd == -1 || n <= 0)
		return;
	if (read(fd, line, sizeof line - 1) <= 0) {
		close(fd);
		return;
	}
	close(fd);
	role = memmem(line, sizeof line, "-role", 6);		/* with its NUL */
	(void)snprintf(own_role, sizeof own_role, "%s", role != NULL ? role + 6 : memmem(line, sizeof line, "-bD", 4) != NULL ? "parent" : "-");
	own_pid = getpid();
	path[n] = '\0';
	(void)snprintf(strrchr(path, '/'), 32, "/fault.state");
	if ((fd = open(path, O_RDWR)) == -1)
		return;
	if (fstat(fd, &st) == 0 && st.st_size > 65536 &&
	    (p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED) {
		memory = p;
		if (strcmp(own_role, "spool") == 0 || strcmp(own_role, "smtpd") == 0)
			state = p;
		fault_log = (char *)p + LOG_START;
		fault_room = (size_t)st.st_size - LOG_START;
	}
	close(fd);
}

static bool
fault_all_zero(const char *p, size_t n)
{
	return n >= 4096 && p[0] == '\0' && memcmp(p, p + 1, n - 1) == 0;
}

static void
fault_note(enum call c, uint64_t ino, uint64_t where, const void *data, size_t n, uint64_t octets)
{
	struct fault_entry	e = { .call = (uint8_t)c, .ino = ino, .where = where, .n = octets };
	struct timespec		t;
	uint64_t		at;

	if (!state->logging)
		return;
	if (c <= C_PWRITE && fault_all_zero(data, n)) {
		e.zeros = 1;
		n = 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	e.time = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	e.size = (uint32_t)((sizeof e + n + 7) & ~(size_t)7);
	at = atomic_fetch_add(&state->end, e.size);
	if (at + e.size > fault_room)
		return;
	if (n > 0)
		memcpy(fault_log + at + sizeof e, data, n);
	memcpy(fault_log + at + 4, (const char *)&e + 4, sizeof e - 4);
	atomic_thread_fence(memory_order_release);
	memcpy(fault_log + at, &e, 4);		/* from here on it is whole */
}

/* Is it this process's calls that the test means? */
static bool
fault_is_meant(void)
{
	return state != NULL && strcmp(state->role[0] == '\0' ? "spool" : state->role, own_role) == 0;
}

static void
fault_pause(time_t s, long ms)
{
	(void)nanosleep(&(struct timespec){ s, ms * 1000000 }, NULL);
}

/* As if a disk did not answer (state D): so Linux has it who waits for a child of vfork. */
static void
fault_in_disk(void)
{
	if (vfork() == 0) {
		fault_pause(DISK_S, 0);
		_exit(0);
	}
}

/* One that takes its time, and does not fail.  Of the role itself, not of its helpers. */
static void
fault_waits(enum call c)
{
	if (getpid() != own_pid)
		return;
	if (state->action == A_SLOW) {
		state->fired = 1;
		fault_pause(0, SLOW_MS);
	} else if (atomic_fetch_add(&state->count[c], 1) + 1 == state->nth && atomic_exchange(&state->fired, 1) == 0)
		fault_in_disk();
}

static int
fault_errno(enum action a, int saved)
{
	static const int of[] = { [A_EIO] = EIO, [A_ENOSPC] = ENOSPC, [A_EINTR] = EINTR, [A_EROFS] = EROFS, [A_EDQUOT] = EDQUOT };

	return (size_t)a < sizeof of / sizeof *of && of[a] != 0 ? of[a] : saved;
}

/* What is to become of this call? */
static enum action
fault_asked(enum call c)
{
	int saved = errno;
	uint64_t n;

	if (!fault_is_meant())
		return A_NONE;
	if (state->action == A_DISK || state->action == A_SLOW) {
		if (state->call == (uint32_t)c)
			fault_waits(c);
		return A_NONE;
	}
	n = atomic_fetch_add(&state->count[c], 1) + 1;
	if (state->call == C_STATE) {
		bool grows = c == C_WRITE || c == C_OPENAT || c == C_LINKAT;

		if (state->action == A_EDQUOT ? !grows : c == C_FSYNC || c == C_FDATASYNC || c == C_RECVMSG)
			return A_NONE;
		state->fired = 1;
		errno = fault_errno((enum action)state->action, saved);
		return (enum action)state->action;
	}
	if (state->call != (uint32_t)c || state->nth != n || atomic_exchange(&state->fired, 1) != 0)
		return A_NONE;
	if (state->action == A_KILL)
		_exit(128 + SIGKILL);	/* kill(2) is not for a role in its sandbox */
	errno = fault_errno((enum action)state->action, saved);
	return (enum action)state->action;
}

static bool
fault_fails(enum action a)
{
	return a == A_EIO || a == A_ENOSPC || a == A_EINTR || a == A_EROFS || a == A_EDQUOT;
}

static void
fault_after(enum action a)
{
	if (a == A_KILL_AFTER)
		_exit(128 + SIGKILL);	/* kill(2) is not for a role in its sandbox */
}

#if __has_include(<sys/sysinfo.h>)
/* ---- load ---- */

int
sysinfo(struct sysinfo *si)
{
	NEXT(sysinfo);
	int rc = next(si);

	if (rc == 0 && memory != NULL && memory->load > 0)
		si->loads[0] = (unsigned long)(memory->load - 1) * (1UL << SI_LOAD_SHIFT) / 100;
	return rc;
}
#endif

static bool
fault_is_file(int fd, uint64_t *ino)
{
	struct stat st;

	if (state == NULL || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return false;
	*ino = (uint64_t)st.st_ino;
	return true;
}

/* ---- memory ---- */

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define FAULT_SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FAULT_SANITIZED
#endif
#endif

#ifndef FAULT_SANITIZED
/* What dlsym asks for while it looks for the C library's functions comes from here. */
static char	early[4096];
static size_t	early_used;
static bool	early_now;

static void *
early_alloc(size_t n)
{
	char *p = early + early_used;

	n = (n + 15) & ~(size_t)15;
	if (n > sizeof early - early_used)
		_exit(EXIT_OSERR);
	early_used += n;
	return p;
}

/* From the how-manieth request on, how many find no memory: "action" says it. */
static bool
memory_fails(void)
{
	uint64_t	n;

	if (memory == NULL || strcmp(memory->role, own_role) != 0)
		return false;
	n = atomic_fetch_add(&memory->count[C_MEMORY], 1) + 1;
	if (memory->call != C_MEMORY || n < memory->nth || n >= memory->nth + memory->action)
		return false;
	memory->fired = 1;
	errno = ENOMEM;
	return true;
}

#define NEXT_EARLY(call)	static __typeof__(&call) next; if (next == NULL && !early_now) { early_now = true; \
	*(void **)(void *)&next = dlsym(RTLD_NEXT, #call); early_now = false; }

void *
malloc(size_t n)
{
	NEXT_EARLY(malloc);

	return next == NULL ? early_alloc(n) : memory_fails() ? NULL : next(n);
}

void *
calloc(size_t n, size_t size)
{
	NEXT_EARLY(calloc);

	return next == NULL ? early_alloc(n * size) : memory_fails() ? NULL : next(n, size);
}

void *
realloc(void *p, size_t n)
{
	NEXT_EARLY(realloc);

	return next == NULL ? early_alloc(n) : memory_fails() ? NULL : next(p, n);
}

void
free(void *p)
{
	NEXT_EARLY(free);

	if (next != NULL && ((char *)p < early || (char *)p >= early + sizeof early))
		next(p);
}
#endif

/* ---- the calls ---- */

ssize_t
write(int fd, const void *p, size_t n)
{
	NEXT(write);
	enum action	a;
	uint64_t	ino;
	ssize_t		r;
	off_t		at;

	if (!fault_is_file(fd, &ino))
		return next(fd, p, n);
	if (fault_fails(a = fault_asked(C_WRITE)))
		return -1;
	at = lseek(fd, 0, SEEK_CUR);
	if ((r = next(fd, p, a == A_SHORT && n > 1 ? n / 2 : n)) > 0)
		fault_note(C_WRITE, ino, (uint64_t)at, p, (size_t)r, (uint64_t)r);
	fault_after(a);
	return r;
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	NEXT(pwrite);
	enum action	a;
	uint64_t	ino;
	ssize_t		r;

	if (!fault_is_file(fd, &ino))
		return next(fd, p, n, at);
	if (fault_fails(a = fault_asked(C_PWRITE)))
		return -1;
	if ((r = next(fd, p, a == A_SHORT && n > 1 ? n / 2 : n, at)) > 0)
		fault_note(C_PWRITE, ino, (uint64_t)at, p, (size_t)r, (uint64_t)r);
	fault_after(a);
	return r;
}

static int
fault_sync(enum call c, int fd, int (*next)(int))
{
	enum action	a = fault_asked(c);
	uint64_t	start = state == NULL ? 0 : state->end;
	struct stat	st;
	int		rc;

	if (fault_fails(a))
		return -1;
	if ((rc = next(fd)) == 0 && state != NULL && fstat(fd, &st) == 0)
		fault_note(c, (uint64_t)st.st_ino, start, NULL, 0, 0);
	fault_after(a);
	return rc;
}

int
fdatasync(int fd)
{
	NEXT(fdatasync);

	return fault_sync(C_FDATASYNC, fd, next);
}

int
fsync(int fd)
{
	NEXT(fsync);

	return fault_sync(C_FSYNC, fd, next);
}

/* Of a name: the folder's inode in `where`, names behind each other. */
static void
fault_note_names(enum call c, int dir, const char *one, const char *two, uint64_t ino)
{
	char		names[512];
	struct stat	st;
	int		n;

	if (state == NULL || fstat(dir, &st) == -1)
		return;
	n = snprintf(names, sizeof names, "%s/%s", one, two == NULL ? "" : two);
	if (n > 0 && (size_t)n < sizeof names)
		fault_note(c, ino, (uint64_t)st.st_ino, names, (size_t)n, (uint64_t)n);
}

int
openat(int dir, const char *name, int flags, ...)
{
	NEXT(openat);
	enum action	a;
	struct stat	st;
	mode_t		mode = 0;
	va_list		ap;
	bool		there;
	int		fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (state == NULL || dir == AT_FDCWD || (state->call == C_STATE && (flags & (O_WRONLY | O_RDWR | O_CREAT)) == 0))
		return next(dir, name, flags, mode);
	there = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (state->action == A_SLOW && !there && (flags & O_CREAT) == 0)
		return next(dir, name, flags, mode);		/* that a name is not there the system knows without its disk */
	if (fault_fails(a = fault_asked(C_OPENAT)))
		return -1;
	if ((fd = next(dir, name, flags, mode)) != -1 && (flags & O_CREAT) && !there && fstat(fd, &st) == 0)
		fault_note_names(C_OPENAT, dir, name, NULL, (uint64_t)st.st_ino);
	else if (fd != -1 && there && (flags & O_TRUNC))
		fault_note(C_FTRUNCATE, (uint64_t)st.st_ino, 0, NULL, 0, 0);
	fault_after(a);
	return fd;
}

int
renameat(int from, const char *old, int to, const char *new)
{
	NEXT(renameat);
	enum action	a = fault_asked(C_RENAMEAT);
	int		rc;

	if (fault_fails(a))
		return -1;
	if ((rc = next(from, old, to, new)) == 0)
		fault_note_names(C_RENAMEAT, from, old, new, 0);
	fault_after(a);
	return rc;
}

int
linkat(int from, const char *old, int to, const char *new, int flags)
{
	NEXT(linkat);
	enum action	a = fault_asked(C_LINKAT);
	int		rc;

	if (fault_fails(a))
		return -1;
	if ((rc = next(from, old, to, new, flags)) == 0)
		fault_note_names(C_LINKAT, from, old, new, 0);
	fault_after(a);
	return rc;
}

int
unlinkat(int dir, const char *name, int flags)
{
	NEXT(unlinkat);
	enum action	a = fault_asked(C_UNLINKAT);
	int		rc;

	if (fault_fails(a))
		return -1;
	if ((rc = next(dir, name, flags)) == 0)
		fault_note_names(C_UNLINKAT, dir, name, NULL, 0);
	fault_after(a);
	return rc;
}

int
ftruncate(int fd, off_t n)
{
	NEXT(ftruncate);
	enum action	a = fault_asked(C_FTRUNCATE);
	struct stat	st;
	int		rc;

	if (fault_fails(a))
		return -1;
	if ((rc = next(fd, n)) == 0 && state != NULL && fstat(fd, &st) == 0)
		fault_note(C_FTRUNCATE, (uint64_t)st.st_ino, (uint64_t)n, NULL, 0, 0);
	fault_after(a);
	return rc;
}

/* Of channels between processes: the one that reads breaks; with a role, that one's. */
ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	NEXT(recvmsg);
	enum action		 a;
	struct fault_state	*spool = state;

	if (memory != NULL && memory->call == C_RECVMSG && memory->role[0] != '\0')
		state = strcmp(memory->role, own_role) == 0 ? memory : NULL;
	a = fault_asked(C_RECVMSG);
	state = spool;
	return fault_fails(a) ? -1 : next(fd, m, flags);
}

/* ---- the clock ---- */

int
clock_gettime(clockid_t which, struct timespec *t)
{
	NEXT(clock_gettime);
	int rc = next(which, t);

	if (rc == 0 && which == CLOCK_REALTIME && memory != NULL)
		t->tv_sec += (time_t)memory->clock;
	return rc;
}

time_t
time(time_t *out)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t) == -1)
		return (time_t)-1;
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}
