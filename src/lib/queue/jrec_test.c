/*
 * jrec_test - records written and read, and images that are torn, bent, old or forged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/test_input.h"
#include "queue/jrec.h"

#define IMAGE	((size_t)32768)

static const struct jrec_life life = { 100, 0x1122334455667788 };

static struct jrec_message
message(const char *id, const char *content)
{
	return (struct jrec_message){ .id = str_c(id), .mode = 'b', .qf = STR("V8\nS<a>\n.\n"), .content = str_c(content), .size = strlen(content) };
}

static size_t
add(char *image, struct jrec_life l, size_t at, const struct buf *b)
{
	(void)l;
	memcpy(image + at, b->p, b->n);
	return at + b->n;
}

static size_t
add_message(char *image, struct jrec_life l, size_t at, const char *id, const char *content)
{
	struct jrec_message	m = message(id, content);
	struct buf		b;

	buf_init(&b, 0);
	assert_int_equal(jrec_put_message(&b, l, at, 5, &m), 0);
	assert_int_equal(b.n, jrec_message_room(&m));
	at = add(image, l, at, &b);
	buf_done(&b);
	return at;
}

/* Three messages and a mark; a heap block of its own, so that a byte too far is seen. */
static char *
image_of_three(size_t at[5])
{
	char		*p = calloc(1, IMAGE);
	struct buf	 b;
	struct jrec_done d = { .ref = { .gen = 100, .at = 512 }, .id = "6AM39l5A000001" };
	static char	 longer[3000];

	memset(longer, 'y', sizeof longer - 1);
	buf_init(&b, 0);
	jrec_put_segment(&b, life, 5, IMAGE);
	add(p, life, 0, &b);
	buf_done(&b);
	at[0] = JREC_ALIGN;
	at[1] = add_message(p, life, at[0], "6AM39l5A000001", "one\n");
	at[2] = add_message(p, life, at[1], "6AM39l5A000002", longer);
	at[3] = add_message(p, life, at[2], "6AM39l5A000003", "");
	buf_init(&b, 0);
	jrec_put_done(&b, life, at[3], 6, &d, 1);
	at[4] = add(p, life, at[3], &b);
	buf_done(&b);
	return p;
}

struct seen {
	size_t	messages, done, damage;
};

static struct seen
walk(const char *image, struct jrec_life l)
{
	struct jrec_walk	w;
	struct jrec		r;
	struct jrec_message	m;
	struct jrec_done	d;
	struct str		damage;
	struct seen		s = { 0 };
	enum jrec_step		step;

	jrec_walk_init(&w, str_mem(image, IMAGE), l);
	while ((step = jrec_walk(&w, &r, &damage)) != JREC_END) {
		if (step == JREC_DAMAGE)
			s.damage++;
		else if (jrec_message_get(&r, &m) == 0)
			s.messages++;
		else if (jrec_done_get(&r, 0, &d) == 0)
			s.done++;
	}
	return s;
}

static void
whole(void **state)
{
	size_t			at[5];
	char			*p = image_of_three(at);
	struct jrec		r;
	struct jrec_message	m;
	struct jrec_done	d;
	struct seen		s = walk(p, life);

	(void)state;
	assert_int_equal(s.messages, 3);
	assert_int_equal(s.done, 1);
	assert_int_equal(s.damage, 0);
	assert_int_equal(jrec_life(str_mem(p, IMAGE)).gen, 100);
	assert_int_equal(jrec_get(str_mem(p, IMAGE), &life, at[1], &r), JREC_OK);
	assert_int_equal(jrec_message_get(&r, &m), 0);
	assert_true(str_eq_c(m.id, "6AM39l5A000002") && m.mode == 'b' && !m.in_df && m.size == 2999 && str_eq_c(m.qf, "V8\nS<a>\n.\n"));
	assert_int_equal(jrec_get(str_mem(p, IMAGE), &life, at[3], &r), JREC_OK);
	assert_int_equal(jrec_done_get(&r, 0, &d), 0);
	assert_true(d.ref.gen == 100 && d.ref.at == 512 && strcmp(d.id, "6AM39l5A000001") == 0);
	assert_int_equal(jrec_done_get(&r, 1, &d), -1);
	free(p);
}

/* Each octet of the image bent once: at most the record that it is in is lost, and nothing new appears. */
static void
bent(void **state)
{
	size_t	at[5];
	char	*p = image_of_three(at);

	(void)state;
	for (size_t i = JREC_ALIGN; i < at[4]; i++) {
		struct seen s;

		p[i] ^= (char)(1 << i % 8);
		s = walk(p, life);
		assert_true(s.messages + s.done >= 3 && s.messages <= 3 && s.done <= 1 && s.damage <= 1);
		p[i] ^= (char)(1 << i % 8);
	}
	/* without its own record a segment is still known */
	memset(p, 0xff, JREC_ALIGN);
	assert_int_equal(jrec_life(str_mem(p, IMAGE)).gen, 100);
	free(p);
}

static void
cut(void **state)
{
	size_t	at[5];
	char	*p = image_of_three(at);

	(void)state;
	for (size_t n = 0; n < at[4]; n += 7) {
		struct str		s = test_input_mem(p, n), damage;
		struct jrec_walk	w;
		struct jrec		r;
		size_t			found = 0;

		jrec_walk_init(&w, s, life);
		for (enum jrec_step step; (step = jrec_walk(&w, &r, &damage)) != JREC_END; found++)
			assert_int_equal(step, JREC_FOUND);
		assert_true(found <= 4 && (n < at[1] || found >= 1));
		test_input_free();
	}
	/* what was being written when the power went is no damage: it ends the segment */
	memset(p + at[2] + 40, 0, at[4] - at[2] - 40);
	assert_int_equal(walk(p, life).messages, 2);
	assert_int_equal(walk(p, life).damage, 0);
	free(p);
}

/* Records of an older life, of another place or of another stamp are not taken for this one's. */
static void
foreign(void **state)
{
	size_t			at[5];
	char			*p = image_of_three(at), *q;
	struct jrec_life	next = { 101, 99 }, forged = { 100, 1 };
	struct seen		s;

	(void)state;
	add_message(p, next, at[0], "6AM39l5A000009", "new\n");
	s = walk(p, next);
	assert_true(s.messages == 1 && s.done == 0 && s.damage == 0);
	free(p);
	p = image_of_three(at);
	q = image_of_three(at);
	memcpy(p + at[4], q + at[0], JREC_ALIGN);
	assert_int_equal(walk(p, life).messages, 3);
	/* somebody's message holds what looks like a record, and the message is damaged */
	add_message(p, forged, at[1] + 2 * JREC_ALIGN, "6AM39l5A000666", "evil\n");
	s = walk(p, life);
	assert_true(s.messages == 2 && s.done == 1 && s.damage == 1);
	free(p);
	free(q);
}

static void
refused(void **state)
{
	struct jrec_message	m = message("../../../etc/x", "x");
	struct jrec_message	back;
	struct jrec		r;
	struct buf		b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(jrec_put_message(&b, life, 0, 1, &m), -1);
	m = message("6AM39l5A000001", "x");
	m.mode = 'z';
	assert_int_equal(jrec_put_message(&b, life, 0, 1, &m), 0);
	assert_int_equal(jrec_get(buf_str(&b), &life, 0, &r), JREC_OK);
	assert_int_equal(jrec_message_get(&r, &back), -1);
	assert_int_equal(jrec_put_done(&b, life, 0, 1, NULL, 0), -1);
	buf_done(&b);
	assert_int_equal(jrec_life(STR_NONE).gen, 0);
}

/* Content that stands elsewhere: in a df, or in a file of the journal's own. */
static void
places(void **state)
{
	static const unsigned	some[] = { 0, 1, 256, 0x10000 };
	struct jrec_message	m = message("6AM39l5A000001", "x"), back;
	struct jrec		r;
	struct buf		b;

	(void)state;
	m.in_df = true;
	m.size = 1000000;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
		m.place = some[i];
		buf_clear(&b);
		assert_int_equal(jrec_put_message(&b, life, 0, 1, &m), 0);
		assert_int_equal(b.n, JREC_ALIGN);
		assert_int_equal(jrec_get(buf_str(&b), &life, 0, &r), JREC_OK);
		assert_int_equal(r.flags, some[i] == 0 ? 1 : 3);
		assert_int_equal(jrec_message_get(&r, &back), 0);
		assert_true(back.in_df && back.place == some[i] && back.size == m.size && str_is_none(back.content));
		r.flags = 2;		/* such a place without content that stands elsewhere */
		if (some[i] != 0)
			assert_int_equal(jrec_message_get(&r, &back), -1);
	}
	m.place = 0x10001;
	assert_int_equal(jrec_put_message(&b, life, 0, 1, &m), -1);
	buf_done(&b);
}

/* Recipients by name, and lists that lie about their lengths. */
static void
parts(void **state)
{
	struct jrec_part	part = { .of = { .ref = { .gen = 100, .at = 512 }, .id = "6AM39l5A000001" } }, back;
	struct jrec		r;
	struct str		name, rest;
	struct buf		b, list;
	char			many[JREC_PART_MAX];

	(void)state;
	memset(many, 'x', sizeof many);
	buf_init(&b, 0);
	buf_init(&list, 0);
	assert_int_equal(jrec_put_part(&b, life, 0, 1, &part), -1);
	assert_int_equal(jrec_part_add(&list, STR("")), -1);
	assert_int_equal(jrec_part_add(&list, str_mem(many, sizeof many)), -1);
	assert_int_equal(jrec_part_add(&list, STR("a@b.c")), 0);
	assert_int_equal(jrec_part_add(&list, STR("|x\njoe")), 0);
	assert_int_equal(jrec_part_add(&list, str_mem(many, sizeof many - list.n - 1)), -1);
	part.list = buf_str(&list);
	assert_int_equal(jrec_put_part(&b, life, 0, 1, &part), 0);
	assert_int_equal(b.n, jrec_part_room(&part));
	assert_int_equal(jrec_get(buf_str(&b), &life, 0, &r), JREC_OK);
	assert_int_equal(jrec_part_get(&r, &back), 0);
	assert_true(back.of.ref.gen == 100 && back.of.ref.at == 512 && strcmp(back.of.id, part.of.id) == 0);
	assert_true(jrec_part_next(&back.list, &name) && str_eq_c(name, "a@b.c"));
	rest = back.list;
	assert_true(jrec_part_next(&back.list, &name) && str_eq_c(name, "|x\njoe"));
	assert_false(jrec_part_next(&back.list, &name));
	for (size_t n = 0; n < rest.n; n++) {
		back.list = str_first(rest, n);
		assert_false(jrec_part_next(&back.list, &name));
	}
	back.list = str_mem("\0\0xx", 4);
	assert_false(jrec_part_next(&back.list, &name));
	r.payload = str_first(r.payload, 40);
	assert_int_equal(jrec_part_get(&r, &back), -1);
	buf_done(&list);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(bent), cmocka_unit_test(cut), cmocka_unit_test(foreign), cmocka_unit_test(refused),
		cmocka_unit_test(places), cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
