/*
 * Spans lie within their text and their parents, sizes agree with the bytes, and a text in pieces gives the same tree.
 */
#include <stdint.h>

#include "base/must.h"
#include "mime/part.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_span(struct str all, struct part_span s)
{
	size_t	lines = 0, lf = 0;

	must(s.start <= all.n && s.len <= all.n - s.start);
	for (size_t i = s.start; i < s.start + s.len; i++)
		if (all.p[i] == '\n') {
			lines++;
			lf += i == 0 || all.p[i - 1] != '\r';
		}
	must(lines == s.lines && lf == s.lf);
}

static bool
same_span(struct part_span a, struct part_span b)
{
	return a.start == b.start && a.len == b.len && a.lf == b.lf && a.lines == b.lines;
}

static void
check(struct str all, const struct part *p, const struct part *q, unsigned depth)
{
	size_t	n = 0;

	must(depth <= PART_DEPTH_MAX);
	check_span(all, p->header);
	check_span(all, p->body);
	must(p->header.start + p->header.len == p->body.start);
	must(p->head_cut || str_eq(p->head, str_sub(all, p->header.start, p->body.start)));
	must(same_span(p->header, q->header) && same_span(p->body, q->body) && p->nchild == q->nchild);
	must(!p->message || p->nchild == 1);
	must(p->multipart || p->message || p->nchild == 0);
	q = q->child;
	for (const struct part *c = p->child; c != NULL; c = c->next, q = q->next, n++) {
		must(c->parent == p && c->header.start >= p->body.start);
		check(all, c, q, depth + 1);
	}
	must(n == p->nchild);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct part_scan	*s = part_scan_new(m);
	struct str		 all = str_mem(p, n), left;
	struct part		*root;
	size_t			 step = n > 0 ? p[0] % 13 + 1 : 1;

	for (left = all; left.n > 0; left = str_from(left, step))
		must(part_scan_add(s, str_first(left, step)) == 0);
	root = part_scan_end(s);
	must(root->header.len + root->body.len == n);
	check(all, root, part_parse(m, all), 0);
	(void)part_find(root, str_first(all, 5));
	arena_free(&m);
	return 0;
}
