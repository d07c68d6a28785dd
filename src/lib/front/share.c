/*
 * share - connections of all fronts together; see share.h.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "front/share.h"
#include "os/fd.h"
#include "os/load.h"

#define SHARE_SLOTS	16384u

struct share_row {
	_Atomic uint32_t	all;
	_Atomic uint16_t	slot[SHARE_SLOTS];
};

struct share_page {
	uint64_t		seed;		/* of the hash, chosen by the parent */
	struct share_row	row[];
};

struct share {
	struct share_page	*page;
	size_t			 rows, mine;
};

static size_t
share_size(size_t rows)
{
	return sizeof(struct share_page) + rows * sizeof(struct share_row);
}

int
share_new(size_t rows, struct err *e)
{
	uint64_t	seed;
	int		fd = os_sharedfile("connections", share_size(rows), e);

	if (fd == -1)
		return -1;
	os_random(&seed, sizeof seed);
	(void)os_write_all(fd, str_mem((const char *)&seed, sizeof seed));
	return fd;
}

struct share *
share_open(int fd, size_t rows, size_t mine, struct err *e)
{
	struct share	*s = calloc(1, sizeof *s);
	void		*p;

	if (s == NULL || mine >= rows || (p = mmap(NULL, share_size(rows), PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) {
		free(s);
		err_sys(e, ERR_TEMP, "memory shared by the fronts");
		return NULL;
	}
	*s = (struct share){ p, rows, mine };
	return s;
}

void
share_close(struct share **sp)
{
	if (*sp == NULL)
		return;
	(void)munmap((*sp)->page, share_size((*sp)->rows));
	free(*sp);
	*sp = NULL;
}

void
share_clear(struct share *s, size_t row)
{
	struct share_row	*r = &s->page->row[row];

	atomic_store_explicit(&r->all, 0, memory_order_relaxed);
	for (size_t i = 0; i < SHARE_SLOTS; i++)
		atomic_store_explicit(&r->slot[i], 0, memory_order_relaxed);
}

static size_t
share_slot(const struct share *s, const struct ip *ip)
{
	return hash_bytes(str_mem((const char *)ip->a, ip->family == 4 ? 4 : 16), s->page->seed) % SHARE_SLOTS;
}

void
share_count(struct share *s, const struct ip *ip, bool on)
{
	struct share_row	*r = &s->page->row[s->mine];
	size_t			 i = share_slot(s, ip);

	if (on) {
		atomic_fetch_add_explicit(&r->all, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&r->slot[i], 1, memory_order_relaxed);
	} else {
		atomic_fetch_sub_explicit(&r->all, 1, memory_order_relaxed);
		atomic_fetch_sub_explicit(&r->slot[i], 1, memory_order_relaxed);
	}
}

size_t
share_all(const struct share *s)
{
	size_t	n = 0;

	for (size_t i = 0; i < s->rows; i++)
		n += atomic_load_explicit(&s->page->row[i].all, memory_order_relaxed);
	return n;
}

size_t
share_from(const struct share *s, const struct ip *ip)
{
	size_t	n = 0, slot = share_slot(s, ip);

	for (size_t i = 0; i < s->rows; i++)
		n += atomic_load_explicit(&s->page->row[i].slot[slot], memory_order_relaxed);
	return n;
}
