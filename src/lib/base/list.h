/*
 * list - intrusive doubly linked lists with a head that is one of the links.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list	*next, *prev;
};

#define LIST_OF(link, type, member) \
	((type *)(void *)((char *)(link) - offsetof(type, member)))
#define LIST_EACH(it, head) \
	for (struct list *it = (head)->next, *it##_n = it->next; it != (head); it = it##_n, it##_n = it->next)

static inline void
list_init(struct list *h)
{
	h->next = h->prev = h;
}

static inline bool
list_empty(const struct list *h)
{
	return h->next == h;
}

static inline void
list_insert(struct list *at, struct list *l)	/* behind `at` */
{
	l->next = at->next;
	l->prev = at;
	at->next->prev = l;
	at->next = l;
}

static inline void
list_append(struct list *head, struct list *l)
{
	list_insert(head->prev, l);
}

static inline void
list_prepend(struct list *head, struct list *l)
{
	list_insert(head, l);
}

static inline void
list_remove(struct list *l)			/* may be called again on the same link */
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

#endif
