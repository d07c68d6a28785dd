/*
 * jrec_fuzz - any image can be walked to its end; what it holds can be written and read back as the same.
 */
#include "base/must.h"
#include "queue/jrec.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct jrec_life fuzz_life = { 7, 8 };

static void
jrec_fuzz_message(const struct jrec *r)
{
	struct jrec_message	m, n;
	struct jrec		again;
	struct buf		b;

	if (jrec_message_get(r, &m) == -1)
		return;
	buf_init(&b, 0);
	must(jrec_put_message(&b, fuzz_life, 0, r->time, &m) == 0 && b.n == jrec_message_room(&m));
	must(jrec_get(buf_str(&b), &fuzz_life, 0, &again) == JREC_OK && jrec_message_get(&again, &n) == 0);
	must(str_eq(m.id, n.id) && str_eq(m.qf, n.qf) && str_eq(m.content, n.content) && m.size == n.size && m.mode == n.mode && m.in_df == n.in_df && m.place == n.place);
	buf_done(&b);
}

static void
jrec_fuzz_done(const struct jrec *r)
{
	struct jrec_done	d, back;
	struct jrec		again;
	struct buf		b;

	for (size_t i = 0; i < jrec_done_count(r); i++) {
		if (jrec_done_get(r, i, &d) == -1)
			continue;
		buf_init(&b, 0);
		must(jrec_put_done(&b, fuzz_life, 0, r->time, &d, 1) == 0 && jrec_get(buf_str(&b), &fuzz_life, 0, &again) == JREC_OK);
		must(jrec_done_get(&again, 0, &back) == 0 && back.ref.gen == d.ref.gen && back.ref.at == d.ref.at);
		buf_done(&b);
	}
}

static void
jrec_fuzz_part(const struct jrec *r)
{
	struct jrec_part	part, back;
	struct jrec		again;
	struct str		left, name;
	struct buf		b;

	if (jrec_part_get(r, &part) == -1)
		return;
	for (left = part.list; jrec_part_next(&left, &name);)
		must(name.n > 0 && left.n + name.n + 2 <= part.list.n);
	buf_init(&b, 0);
	must(jrec_put_part(&b, fuzz_life, 0, r->time, &part) == 0 && b.n == jrec_part_room(&part));
	must(jrec_get(buf_str(&b), &fuzz_life, 0, &again) == JREC_OK && jrec_part_get(&again, &back) == 0);
	must(str_eq(back.list, part.list) && back.of.ref.gen == part.of.ref.gen && back.of.ref.at == part.of.ref.at);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct jrec_walk	w;
	struct jrec		r;
	struct str		damage;
	enum jrec_step		step;
	size_t			seen = JREC_ALIGN;

	jrec_walk_init(&w, str_mem(p, n), jrec_life(str_mem(p, n)));
	while ((step = jrec_walk(&w, &r, &damage)) != JREC_END) {
		must(w.at > seen && (step == JREC_FOUND || damage.n > 0));
		seen = w.at;
		if (step == JREC_FOUND) {
			jrec_fuzz_message(&r);
			jrec_fuzz_done(&r);
			jrec_fuzz_part(&r);
		}
	}
	return 0;
}
