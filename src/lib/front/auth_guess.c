/*
 * auth_guess - a memory for who guessed wrong: an answer is late, and later with each guess from the same address or for the same account.
 */
#include <stdio.h>
#include <stdlib.h>

#include "front/auth_int.h"
#include "os/load.h"

#define AUTH_DELAY	300u			/* ms for the first wrong guess, doubled for each further one */
#define AUTH_DELAY_MAX	15000u
#define AUTH_MEMORY	(10 * 60 * 1000)	/* ms that a wrong guess is remembered */
#define AUTH_MEMBERS	4096u

struct guess {				/* of an address or an account */
	struct list	 link;
	uint64_t	 until;
	unsigned	 n;
	char		 key[300];
};

static struct guess *
guess_find(struct auth *a, const char *key, bool make)
{
	uint64_t	now = os_now_ms();
	struct guess	*g;

	LIST_EACH(it, &a->guesses) {
		g = LIST_OF(it, struct guess, link);
		if (g->until <= now || a->nguesses > AUTH_MEMBERS) {
			list_remove(&g->link);
			a->nguesses--;
			free(g);
		} else if (strcmp(g->key, key) == 0)
			return g;
	}
	if (!make || (g = calloc(1, sizeof *g)) == NULL)
		return NULL;
	(void)str_copy(g->key, sizeof g->key, str_first(str_c(key), sizeof g->key - 1));
	list_append(&a->guesses, &g->link);
	a->nguesses++;
	return g;
}

unsigned
guess_wrong(struct auth *a, const char *peer, const char *name)
{
	char		keys[2][300];
	unsigned	most = 0, ms;

	snprintf(keys[0], sizeof keys[0], "ip %s", peer);
	snprintf(keys[1], sizeof keys[1], "user %s", name);
	for (int i = 0; i < 2; i++) {
		struct guess	*g = guess_find(a, keys[i], true);

		if (g == NULL)
			continue;
		g->n++;
		g->until = os_now_ms() + AUTH_MEMORY;
		if (g->n > most)
			most = g->n;
	}
	ms = AUTH_DELAY;
	for (unsigned i = 1; i < most && ms < AUTH_DELAY_MAX; i++)
		ms *= 2;
	return ms < AUTH_DELAY_MAX ? ms : AUTH_DELAY_MAX;
}
