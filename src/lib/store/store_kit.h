/*
 * store_kit - what the conformance tests of the store share: a site of each driver, short ways to write down what is expected.
 */
#ifndef STORE_STORE_KIT_H
#define STORE_STORE_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/mem.h"
#include "store/store.h"

struct site {
	const char		*driver;
	char			 dir[64];
	char			 inbox[128], folders[128];
	struct mem_world	*world;
	struct store		*s;
};

static inline struct store *
site_connect(struct site *t)
{
	struct store_conf	c = { .driver = t->driver, .inbox = t->inbox, .folders = t->folders[0] ? t->folders : NULL, .user = "tester", .mem = t->world };
	struct err		e = ERR_INIT;
	struct store		*s = store_new(&c, &e);

	if (s == NULL)
		print_error("%s\n", e.text);
	assert_non_null(s);
	store_set_timeout(s, 5000);
	return s;
}

static inline int
site_setup(void **state, const char *driver)
{
	struct site	*t = calloc(1, sizeof *t);

	t->driver = driver;
	snprintf(t->dir, sizeof t->dir, "/tmp/store_test.XXXXXX");
	if (mkdtemp(t->dir) == NULL)
		return -1;
	if (strcmp(driver, "mbox") == 0) {
		snprintf(t->inbox, sizeof t->inbox, "%s/spool/user", t->dir);
		snprintf(t->folders, sizeof t->folders, "%s/mail", t->dir);
		snprintf(t->dir + strlen(t->dir), 8, "/spool");
		mkdir(t->dir, 0700);
		*strrchr(t->dir, '/') = '\0';
	} else
		snprintf(t->inbox, sizeof t->inbox, "%s/Maildir", t->dir);
	t->world = mem_world_new();
	t->s = site_connect(t);
	*state = t;
	return 0;
}

static inline int setup_mem(void **state) { return site_setup(state, "mem"); }
static inline int setup_mbox(void **state) { return site_setup(state, "mbox"); }
static inline int setup_maildir(void **state) { return site_setup(state, "maildir"); }

static inline int
teardown(void **state)
{
	struct site	*t = *state;
	pid_t		 pid;

	store_free(&t->s);
	mem_world_free(&t->world);
	if ((pid = fork()) == 0) {
		execl("/bin/rm", "rm", "-rf", t->dir, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	free(t);
	return 0;
}

/* --- helpers ---------------------------------------------------------------------------------- */

struct text {
	const char	*p;
	size_t		 n;
};

static inline ssize_t
text_read(void *arg, void *p, size_t n)
{
	struct text	*t = arg;
	size_t		 k = t->n < n ? t->n : n;

	if (k > 7)
		k = 7;			/* odd pieces find off-by-ones */
	memcpy(p, t->p, k);
	t->p += k;
	t->n -= k;
	return (ssize_t)k;
}

static inline void
check(struct store *s, enum store_rc got, enum store_rc want, int line)
{
	if (got != want)
		fail_msg("line %d: %s (%s), not %s", line, store_rc_name(got), store_error(s)->err.text, store_rc_name(want));
}
#define OK(s, x)	check((s), (x), STORE_OK, __LINE__)
#define RC(s, x, rc)	check((s), (x), (rc), __LINE__)

static inline struct store_id
box(struct store *s, const char *name)
{
	struct store_id	id;

	OK(s, store_find_box(s, str_c(name), &id));
	return id;
}

static inline enum store_rc
try_append(struct store *s, const char *name, const char *msg, unsigned flags, uint8_t token, uint32_t *uid)
{
	struct text		x = { msg, strlen(msg) };
	struct store_source	src = { text_read, &x, -1 };
	struct store_target	t = { .set = { flags, NULL, 0 }, .date = 1700000000 };
	enum store_rc		rc;

	t.box = box(s, name);
	t.token.b[0] = token;
	rc = store_append(s, &src, &t, 1);
	assert_int_equal(rc, t.rc);
	if (uid != NULL)
		*uid = t.uid;
	return rc;
}

static inline uint32_t
append(struct store *s, const char *name, const char *msg, unsigned flags)
{
	uint32_t	uid = 0;

	OK(s, try_append(s, name, msg, flags, 0, &uid));
	assert_true(uid > 0);
	return uid;
}

static inline struct store_view *
view(struct store *s, const char *name, bool rw)
{
	struct store_id		id = box(s, name);
	struct store_view	*v = NULL;

	OK(s, store_open_view(s, &id, rw, &v));
	return v;
}

static inline void
is_body(struct store_view *v, struct store *s, uint32_t uid, const char *want)
{
	const struct store_rec	*r = store_view_rec(v, uid);
	struct buf		 b;

	assert_non_null(r);
	buf_init(&b, 0);
	OK(s, store_read_part(v, uid, 0, STORE_CHUNK, &b));
	assert_string_equal(buf_c(&b), want);
	assert_int_equal(r->size, strlen(want));
	for (size_t off = 0; off <= strlen(want); off += 3) {	/* any part is the same bytes */
		buf_clear(&b);
		OK(s, store_read_part(v, uid, off, 5, &b));
		assert_int_equal(b.n, strlen(want) - off < 5 ? strlen(want) - off : 5);
		assert_memory_equal(buf_c(&b), want + off, b.n);
	}
	buf_done(&b);
}

static inline uint64_t
count(struct store *s, const char *name)
{
	struct store_id		id = box(s, name);
	struct store_status	t;

	OK(s, store_status_box(s, &id, &t));
	return t.exists;
}

#define M1 "Subject: one\r\nFrom: a@example.org\r\n\r\nbody one\r\n"
#define M2 "Subject: two\r\n\r\nbody two\r\n\r\n"
#define M3 "Subject: three\r\n"

/* A test once with each driver. */
#define FOR_ALL(f)	cmocka_unit_test_setup_teardown(f, setup_mem, teardown), cmocka_unit_test_setup_teardown(f, setup_mbox, teardown), \
			cmocka_unit_test_setup_teardown(f, setup_maildir, teardown)

#endif
