/*
 * hostst_fuzz - no name leads out of the tree; a record that is understood prints and reads back the same.
 */
#include <string.h>

#include "base/must.h"
#include "queue/hostst.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str	text = str_mem(p, n);
	struct hostst	h, again;
	char		path[HOSTST_PATH], name[HOSTST_PATH];
	struct buf	b;

	if (hostst_path(text, path) == 0) {
		must(path[0] != '/' && path[0] != '.' && strstr(path, "/.") == NULL && strstr(path, "..") == NULL);
		must(hostst_name(str_c(path), name) == 0);
	}
	buf_init(&b, 0);
	if (hostst_parse(text, &h) == 0) {
		hostst_print(&h, &b);
		must(hostst_parse(buf_str(&b), &again) == 0);
		must(h.ex == again.ex && h.used == again.used && strcmp(h.text, again.text) == 0 && strcmp(h.status, again.status) == 0);
	}
	buf_done(&b);
	return 0;
}
