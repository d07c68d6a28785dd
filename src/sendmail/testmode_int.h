/*
 * testmode_int - what the files of -bt share.
 */
#ifndef SENDMAIL_TESTMODE_INT_H
#define SENDMAIL_TESTMODE_INT_H

#include "conf.h"
#include "rule/rule.h"

struct hash;
struct maps;

struct test {
	struct conf	*conf;
	struct rule_ctx	*ctx;
	struct maps	*maps;
	rule_lookup_fn	*lookup;	/* NULL without maps; its arg is this */
	struct arena	*arena;
	unsigned	 tryflags;	/* RESOLVE_SENDER, RESOLVE_HEADER */
	bool		 quit;
	struct hash	*hosts;		/* what the host maps have said: "map name" -> struct host_seen */
	unsigned	 nhosts;
	bool		*map_said;	/* by number of the map: it was told why it cannot be asked */
	char		 host_key[512];
};

void	test_show(struct str);
void	test_show_template(struct str);
/* "x" or "{name}" at the front; sendmail's words in err. */
int	test_name(struct str, struct str *name, size_t *taken, struct err *);
/* Too long or with forbidden bytes: said (behind the address itself if `named`), true. */
bool	test_bad_address(const struct test *, struct str, bool named);
void	test_print_rules(struct test *, struct str name);
void	test_print_mailers(struct test *);
/* Commands that begin with a slash. */
void	test_slash(struct test *, struct str);

#endif
