/*
 * mbconf_fuzz - any text as mailbox.cf: it loads, or there is a sentence with its line; and any text as a file of users.
 */
#include <stdint.h>
#include <string.h>

#include "auth/mbconf.h"
#include "auth/mbuser.h"
#include "base/must.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena	*a = arena_new(ARENA_FUZZ);
	struct mbconf	 c;
	struct err	 e = ERR_INIT;
	struct str	 text = str_mem(p, n), f[5];
	struct mbuser	 u = { .name = STR("joe@example.org"), .home = STR("/home/joe") };

	if (mbconf_parse(a, text, "mailbox.cf", &c, &e) == -1)
		must(strncmp(e.text, "mailbox.cf: ", 12) == 0);
	else {
		struct str	path = mbuser_path(a, c.mailbox_path, &u);

		must(c.mailbox_path != NULL && c.nlisten <= MB_LISTEN_MAX);
		must(str_is_none(path) || path.p[0] == '/');
		for (size_t i = 0; i < c.nlisten; i++)
			must((c.listen[i].port != 0) == (c.listen[i].socket == NULL) && c.listen[i].addr != NULL);
	}
	must(mbuser_line(text, STR("joe"), f, 5) <= 5);
	(void)mbuser_name_ok(text);
	arena_free(&a);
	return 0;
}
