/*
 * tls_mem - where a server's master keeps what the TLS library makes once, for all its workers.
 *
 * A handshake takes locks and counts users of some forty small blocks that the master made, and most of them are as before when it is over.  In the heap each is on
 * another page, which was the master's until then and is the worker's own from then on.  So what the library asks for while the master gets ready lies in memory of
 * a file: pages that are as the file has them again are given back in a silent moment (tls_mem_rest), and what each handshake changes for good lies together.
 *
 * When the first process is forked that is over, and all that is asked for is malloc's again; a block from here that is given back then is forgotten: there are no
 * more than the master made.
 */
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls_int.h"
#include "os/room.h"

/* AddressSanitizer is to see each block. */
#ifdef __SANITIZE_ADDRESS__
#define MEM_POOL	false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_POOL	false
#endif
#endif
#ifndef MEM_POOL
#define MEM_POOL	true
#endif

#define MEM_ROOM	((size_t)1 << 20)	/* addresses; what is not used is no memory */
#define MEM_HOT		((size_t)32 << 10)	/* of these, for what each handshake changes */
#define MEM_BLOCK	2048u			/* longer ones come and go with sessions */
#define MEM_STEP	16u			/* blocks are multiples of this */

struct mem_head {			/* before each block */
	uint32_t	 size;		/* with this */
	uint32_t	 hot;
	uint64_t	 align;
};

struct mem_spare {
	struct mem_spare *next;
};

struct mem_part {
	char		*at, *end;
	struct mem_spare *spare[(MEM_BLOCK + sizeof(struct mem_head)) / MEM_STEP + 1];	/* given back, by size */
};

/* The library's functions for memory know no context: this is its process's. */
static struct {
	struct os_room	 room;
	bool		 open;
	struct mem_part	 part[2];
} mem;

/*
 * Whose blocks handshakes change: the random generators and their ciphers, keys, certificates, contexts, by the names of the library's sources.  If they are
 * called otherwise in another version, some pages more are changed.
 */
static const struct mem_hot {
	const char	*file;
	size_t		 least;
} hot[] = {
	{ "/rands/drbg.c", 0 }, { "/rands/drbg_ctr.c", 0 }, { "/ciphers/cipher_aes.c", 0 }, { "/evp/p_lib.c", 0 }, { "/asn1/tasn_new.c", 256 }, { "ssl/ssl_lib.c", 1024 },
	{ "/evp/digest.c", 200 }, { "/evp/signature.c", 200 }, { "/evp/keymgmt_meth.c", 0 }, { "/evp/exchange.c", 0 },
};

static bool
mem_is_hot(const char *file, size_t n)
{
	size_t	len = file == NULL ? 0 : strlen(file);

	for (size_t i = 0; i < sizeof hot / sizeof *hot; i++) {
		size_t	k = strlen(hot[i].file);

		if (n >= hot[i].least && len >= k && memcmp(file + len - k, hot[i].file, k) == 0)
			return true;
	}
	return false;
}

static bool
mem_ours(const void *p)
{
	return mem.room.at != NULL && (const char *)p >= mem.room.at && (const char *)p < mem.room.at + MEM_ROOM;
}

static void *
mem_take(struct mem_part *part, size_t size)
{
	struct mem_spare	*s = part->spare[size / MEM_STEP];
	char			*p = part->at;

	if (s != NULL) {
		part->spare[size / MEM_STEP] = s->next;
		return s;
	}
	if ((size_t)(part->end - p) < size)
		return NULL;
	part->at = p + size;
	return p + sizeof(struct mem_head);
}

static void *
mem_malloc(size_t n, const char *file, int line)
{
	size_t	 size = (n + sizeof(struct mem_head) + MEM_STEP - 1) / MEM_STEP * MEM_STEP;
	bool	 is_hot;
	char	*p;

	(void)line;
	if (!mem.open || n == 0 || n > MEM_BLOCK)
		return n == 0 ? NULL : malloc(n);
	is_hot = mem_is_hot(file, n);
	if ((p = mem_take(&mem.part[is_hot], size)) == NULL)
		return malloc(n);
	*(struct mem_head *)(void *)(p - sizeof(struct mem_head)) = (struct mem_head){ (uint32_t)size, is_hot, 0 };
	return p;
}

static void
mem_free(void *p, const char *file, int line)
{
	const struct mem_head	*h;
	struct mem_spare	*s = p;

	(void)file;
	(void)line;
	if (!mem_ours(p)) {
		free(p);
		return;
	}
	if (!mem.open)
		return;
	h = (const struct mem_head *)p - 1;
	s->next = mem.part[h->hot].spare[h->size / MEM_STEP];
	mem.part[h->hot].spare[h->size / MEM_STEP] = s;
}

static void *
mem_realloc(void *p, size_t n, const char *file, int line)
{
	const struct mem_head	*h = (const struct mem_head *)p - 1;
	void			*q;
	size_t			 had;

	if (p == NULL)
		return mem_malloc(n, file, line);
	if (!mem_ours(p))
		return realloc(p, n);
	had = h->size - sizeof *h;
	if ((q = mem_malloc(n, file, line)) == NULL)
		return NULL;
	memcpy(q, p, had < n ? had : n);
	mem_free(p, file, line);
	return q;
}

static void
mem_close(void)
{
	if (mem.open)
		(void)os_room_keep(&mem.room, (size_t)(mem.part[0].at - mem.room.at));
	mem.open = false;
}

void
tls_mem_open(void)
{
	struct os_room	r;

	if (!MEM_POOL || mem.room.at != NULL || !os_room_new(&r, MEM_ROOM))
		return;
	if (pthread_atfork(mem_close, NULL, NULL) != 0 || CRYPTO_set_mem_functions(mem_malloc, mem_realloc, mem_free) != 1) {
		os_room_free(&r);	/* it has asked for memory already */
		return;
	}
	mem.room = r;
	mem.part[1] = (struct mem_part){ .at = r.at, .end = r.at + MEM_HOT };
	mem.part[0] = (struct mem_part){ .at = r.at + MEM_HOT, .end = r.at + MEM_ROOM };
	mem.open = true;
}

void
tls_mem_rest(void)
{
	os_room_rest(&mem.room);
}
