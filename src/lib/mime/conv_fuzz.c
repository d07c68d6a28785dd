/*
 * conv_fuzz - whatever the message, converting ends; a leaf decodes to what it was.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/must.h"
#include "mime/conv.h"
#include "mime/part.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fuzz_collect(void *arg, struct str s)
{
	buf_add(arg, s);
}

/* A leaf of any octets, sent as binary: decoding gives them back. */
static void
fuzz_leaf(struct arena *m, struct str content)
{
	struct buf out, back;
	struct conv c = { .to = CONV_7BIT, .raw = true, .put = fuzz_collect, .put_arg = &out };
	struct part *p;

	buf_init(&out, 0);
	buf_init(&back, 0);
	must(conv_run(m, &c, STR("MIME-Version: 1.0\nContent-Type: image/x\nContent-Transfer-Encoding: binary\n"), content) == 0);
	for (size_t i = 0; i < out.n; i++)
		must((unsigned char)out.p[i] < 0x80 && out.p[i] != '\r' && out.p[i] != '\0');
	p = part_parse(m, buf_str(&out));
	must(p != NULL && xfer_decode(&back, p->xfer, str_sub(buf_str(&out), p->body.start, p->body.start + p->body.len)) == 0);
	if (p->xfer == XFER_BASE64)
		must(str_eq(buf_str(&back), content));
	buf_done(&out);
	buf_done(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena *m = arena_new(ARENA_DEFAULT);
	struct str all = str_mem(p, n), header, content;
	struct buf out;
	struct conv c = { .put = fuzz_collect, .put_arg = &out, .by = STR("x") };
	size_t cut = str_find(all, STR("\n\n"));

	header = cut == SIZE_MAX ? STR("") : str_first(all, cut + 1);
	content = cut == SIZE_MAX ? all : str_from(all, cut + 2);
	for (unsigned i = 0; i < 4; i++) {
		c.to = i & 1 ? CONV_8BIT : CONV_7BIT;
		c.raw = i > 1;
		buf_init(&out, 0);
		must(conv_run(m, &c, header, content) == 0);
		(void)conv_widen(m, &c, header, content);
		buf_done(&out);
	}
	fuzz_leaf(m, content);
	arena_free(&m);
	return 0;
}
