/*
 * room - see the header.
 */
#include "os/room.h"

#include "os_conf.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/fd.h"

#if defined(HAVE_MEMFD_CREATE) && defined(MADV_DONTNEED) && defined(MAP_ANONYMOUS)

bool
os_room_new(struct os_room *r, size_t size)
{
	void	*p = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

	*r = (struct os_room){ .at = p == MAP_FAILED ? NULL : p, .size = size };
	return r->at != NULL;
}

void
os_room_free(struct os_room *r)
{
	if (r->at != NULL)
		(void)munmap(r->at, r->size);
	if (r->file != NULL)
		(void)munmap((void *)(uintptr_t)r->file, r->kept);
	*r = (struct os_room){ .at = NULL };
}

bool
os_room_keep(struct os_room *r, size_t n)
{
	size_t	 page = (size_t)sysconf(_SC_PAGESIZE);
	void	*file;
	int	 fd;

	n = (n + page - 1) / page * page;
	if (r->at == NULL || r->file != NULL || n == 0 || n > r->size || (fd = os_memfile("room", str_mem(r->at, n), NULL)) == -1)
		return false;
	if ((file = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0)) != MAP_FAILED) {
		if (mmap(r->at, n, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, fd, 0) != MAP_FAILED) {
			r->file = file;
			r->kept = n;
		} else
			(void)munmap(file, n);
	}
	close(fd);
	return r->file != NULL;
}

/* Where MADV_DONTNEED keeps private pages, nothing is won and nothing lost. */
void
os_room_rest(const struct os_room *r)
{
	size_t	page = (size_t)sysconf(_SC_PAGESIZE), from = 0;

	if (r->file == NULL)
		return;
	for (size_t at = 0; at <= r->kept; at += page) {
		if (at < r->kept && memcmp(r->at + at, r->file + at, page) == 0)
			continue;
		if (from < at)
			(void)madvise(r->at + from, at - from, MADV_DONTNEED);
		from = at + page;
	}
}

#else

bool
os_room_new(struct os_room *r, size_t size)
{
	(void)size;
	*r = (struct os_room){ .at = NULL };
	return false;
}

void
os_room_free(struct os_room *r)
{
	(void)r;
}

bool
os_room_keep(struct os_room *r, size_t n)
{
	(void)r;
	(void)n;
	return false;
}

void
os_room_rest(const struct os_room *r)
{
	(void)r;
}

#endif
