/*
 * journal_test - segments on a disk: appended to, synced, begun anew, replayed after whatever left them behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/journal_int.h"
#include "queue/scan.h"
#include "queue/spool.h"

#define SEGMENT	((uint64_t)16384)

static const struct journal_conf conf = { .segment_size = SEGMENT, .segments = 4, .mode = 0600 };
static char			 path[64];
static struct spool_dir		*dir;

static int
setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/journal_test.XXXXXX");
	return mkdtemp(path) == NULL || (dir = spool_open(path, 0600, NULL)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"rm", (char *)(uintptr_t)"-rf", path, NULL };
	pid_t pid;

	(void)state;
	spool_close(&dir);
	if ((pid = fork()) == 0) {
		execvp("rm", argv);
		_exit(1);
	}
	return 0;
}

static struct journal *
opened(void)
{
	struct err	 e = ERR_INIT;
	struct journal	*j = journal_open(dir->fd, &conf, &e);

	assert_non_null(j);
	return j;
}

/* What the helper does. */
static void
serve(struct journal *j)
{
	struct journal_make	m;
	struct journal_batch	b;

	if (journal_wants(j, &m))
		journal_made(j, &m, journal_make_segment(dir->fd, &conf, &m, NULL) == 0);
	journal_sync_begin(j, &b);
	for (unsigned i = 0; i < b.n; i++)
		assert_int_equal(journal_sync_slot(dir->fd, b.slot[i], NULL), 0);
	journal_sync_end(j, &b, true);
}

static struct jrec_message
message(const char *id)
{
	static const char content[] = "some content\n";

	return (struct jrec_message){ .id = str_c(id), .mode = 'b', .size = sizeof content - 1, .qf = STR("V8\nT1795316987\nS<a@b.c>\nRPFD:<d@e.f>\n.\n"),
	    .content = str_mem(content, sizeof content - 1) };
}

static int
append(struct journal *j, unsigned n, struct jref *ref)
{
	char			 id[24];
	struct jrec_message	 m;

	snprintf(id, sizeof id, "6AM39l5A%06u", n);
	m = message(id);
	return journal_append(j, &m, ref, NULL);
}

static void
done(struct journal *j, unsigned n, const struct jref *ref)
{
	char id[24];

	snprintf(id, sizeof id, "6AM39l5A%06u", n);
	journal_done(j, ref, str_c(id));
}

struct owed {
	char		id[100][24];
	struct jref	ref[100];
	size_t		n;
};

static int
collect(void *arg, const struct jref *ref, const struct jrec_message *m)
{
	struct owed *o = arg;

	assert_true(o->n < 100 && str_eq_c(m->content, "some content\n"));
	o->ref[o->n] = *ref;
	return str_copy(o->id[o->n++], 24, m->id);
}

static struct journal_found
replay(struct journal *j, struct owed *o)
{
	struct journal_found	f;
	struct err		e = ERR_INIT;

	o->n = 0;
	assert_int_equal(journal_replay(j, collect, o, &f, &e), 0);
	assert_int_equal(f.owed, o->n);
	return f;
}

static void
come_and_go(void **state)
{
	static struct owed	 o;
	struct journal		*j = opened(), *other;
	struct journal_found	 f;
	struct jref		 ref[100];
	struct jrec_message	 m;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	struct stat		 st;
	unsigned		 next = 0;

	(void)state;
	assert_int_equal(append(j, 0, &ref[0]), 1);		/* no segment yet */
	serve(j);
	assert_int_equal(append(j, 0, &ref[0]), 0);
	assert_int_equal(append(j, 1, &ref[1]), 0);
	assert_true(journal_dirty(j));
	serve(j);
	assert_false(journal_dirty(j));
	assert_null(journal_open(dir->fd, &conf, &e));
	assert_int_equal(e.sys, EWOULDBLOCK);
	buf_init(&b, 0);
	assert_int_equal(journal_read(j, &ref[1], &b, &m, &e), 0);
	assert_true(str_eq_c(m.id, "6AM39l5A000001"));
	done(j, 0, &ref[0]);
	/* looking in from outside, and after the owner died */
	other = journal_look(dir->fd, &e);
	assert_non_null(other);
	f = replay(other, &o);
	assert_true(f.messages == 2 && o.n == 1 && strcmp(o.id[0], "6AM39l5A000001") == 0);
	journal_close(&other);
	journal_close(&j);
	j = opened();
	f = replay(j, &o);
	assert_true(f.owed == 1 && f.damaged == 0 && o.ref[0].at == ref[1].at);
	/* far more than all segments hold: the old ones are begun anew, and never more files than allowed */
	done(j, 1, &o.ref[0]);
	for (next = 2; next < 500; next++) {
		int rc = append(j, next, &ref[next % 4]);

		serve(j);
		if (rc == 1)
			rc = append(j, next, &ref[next % 4]);
		assert_int_equal(rc, 0);
		if (next > 3)
			done(j, next - 2, &ref[(next - 2) % 4]);
	}
	assert_true(j->n <= conf.segments && journal_owed(j) == 2);
	assert_int_equal(fstatat(dir->fd, "journal.005", &st, 0), -1);
	journal_close(&j);
	j = opened();
	f = replay(j, &o);
	assert_int_equal(f.owed, 2);
	assert_int_equal(f.damaged, 0);
	journal_close(&j);
	buf_done(&b);
}

static void
pinned(void **state)
{
	struct journal	*j = opened();
	struct jref	 first, ref;
	unsigned	 n = 1;

	(void)state;
	serve(j);
	assert_int_equal(append(j, 0, &first), 0);
	for (int rc = 0; rc == 0; n++) {		/* one that stays: at last there is no room, and it is known who is to blame */
		serve(j);
		if ((rc = append(j, n, &ref)) == 0)
			done(j, n, &ref);
	}
	assert_true(journal_pressed(j) >= first.gen && j->n == conf.segments);
	done(j, 0, &first);
	serve(j);
	assert_int_equal(append(j, n, &ref), 0);
	journal_close(&j);
}

/* A sync that fails: the segment is left alone, marks are written again, and its messages should move. */
static void
sync_fails(void **state)
{
	static struct owed	 o;
	struct journal		*j = opened();
	struct journal_batch	 b;
	struct jref		 a, c;

	(void)state;
	serve(j);
	append(j, 0, &a);
	append(j, 1, &c);
	serve(j);
	done(j, 0, &a);
	journal_sync_begin(j, &b);
	assert_int_equal(b.n, 1);
	journal_sync_end(j, &b, false);
	assert_int_equal(journal_pressed(j), a.gen);
	assert_int_equal(append(j, 2, &c), 1);
	serve(j);
	assert_int_equal(append(j, 2, &c), 0);
	assert_true(c.gen > a.gen);
	journal_close(&j);
	/* as if nothing of the failed segment had come to the disk after its last good sync */
	j = opened();
	assert_int_equal(replay(j, &o).owed, 2);
	journal_close(&j);
}

/* A segment that cannot be begun anew still holds its old records: those that tell that they are over must not go before it. */
static void
making_fails(void **state)
{
	static struct owed	 o;
	struct journal		*j = opened();
	struct journal_make	 m;
	struct jref		 first, ref;
	unsigned		 n = 1;

	(void)state;
	serve(j);
	assert_int_equal(append(j, 0, &first), 0);
	while (j->n < 3) {
		assert_int_equal(append(j, n, &ref), 0);
		done(j, n++, &ref);
		serve(j);
	}
	done(j, 0, &first);
	serve(j);
	while (!journal_wants(j, &m)) {
		assert_int_equal(append(j, n, &ref), 0);
		done(j, n++, &ref);
	}
	assert_int_equal(m.slot, first.slot);
	journal_made(j, &m, false);
	for (unsigned i = 0; i < 200; i++) {			/* every other segment goes round */
		if (append(j, n, &ref) == 0)
			done(j, n++, &ref);
		serve(j);
		if (i % 10 == 0) {
			journal_close(&j);
			j = opened();
			assert_int_equal(replay(j, &o).owed, 0);
		}
	}
	journal_close(&j);
}

/* So it is with one that was removed, if it could not be. */
static void
removing_fails(void **state)
{
	static struct owed	 o;
	struct journal		*j = opened();
	struct journal_batch	 b;
	struct jref		 ref;
	unsigned		 n = 0;
	char			 name[JOURNAL_NAME];

	(void)state;
	serve(j);
	assert_int_equal(append(j, n, &ref), 0);
	journal_name(name, ref.slot, "");
	journal_sync_begin(j, &b);
	journal_sync_end(j, &b, false);
	serve(j);
	done(j, n++, &ref);
	serve(j);
	/* a directory stands in its place: it cannot be removed */
	assert_true(renameat(dir->fd, name, dir->fd, "away") == 0 && mkdirat(dir->fd, name, 0700) == 0);
	for (unsigned i = 0; i < 200; i++) {
		if (append(j, n, &ref) == 0)
			done(j, n++, &ref);
		serve(j);
	}
	assert_true(unlinkat(dir->fd, name, AT_REMOVEDIR) == 0 && renameat(dir->fd, "away", dir->fd, name) == 0);
	journal_close(&j);
	j = opened();
	assert_int_equal(replay(j, &o).owed, 0);
	journal_close(&j);
}

static void
damaged(void **state)
{
	static struct owed	 o;
	struct journal		*j = opened();
	struct journal_found	 f;
	struct jref		 ref[4];
	char			 name[64];
	struct stat		 st;

	(void)state;
	serve(j);
	for (unsigned i = 0; i < 4; i++)
		append(j, i, &ref[i]);
	serve(j);
	assert_int_equal(journal_pwrite(j->seg[0].fd, STR("garbage"), ref[1].at + 100), 0);
	journal_close(&j);
	j = opened();
	f = replay(j, &o);
	assert_true(f.owed == 3 && f.damaged == 1);
	snprintf(name, sizeof name, "journal.bad.%llu.%u", (unsigned long long)ref[1].gen, (unsigned)ref[1].at);
	assert_int_equal(fstatat(dir->fd, name, &st, 0), 0);
	journal_close(&j);
	j = opened();
	assert_int_equal(replay(j, &o).damaged, 0);		/* told once */
	journal_close(&j);
}

/* Tells of no more than `until`, and remembers whom it was told of. */
struct some {
	struct owed	o;
	size_t		until;
};

static int
collect_some(void *arg, const struct jref *ref, const struct jrec_message *m)
{
	struct some *s = arg;

	return s->o.n == s->until ? -1 : collect(&s->o, ref, m);
}

/* While the older segments are still to be read the owner appends, marks and begins segments anew. */
static void
in_steps(void **state)
{
	static struct some	 o;
	static struct owed	 all;
	struct journal		*j = opened();
	struct journal_replay	*r;
	struct jref		 ref[64], fresh;
	struct err		 e = ERR_INIT;
	unsigned		 n = 0;
	int			 rc;

	(void)state;
	for (; n < 64; n++) {		/* two segments and a bit; marks for some of the first stand in the last */
		serve(j);
		assert_int_equal(append(j, n, &ref[n]), 0);
	}
	assert_true(ref[0].gen < ref[63].gen && j->n >= 3);
	for (unsigned i = 0; i < 64; i += 4)
		done(j, i, &ref[i]);
	serve(j);
	journal_close(&j);
	j = opened();
	o.until = 1;
	o.o.n = 0;
	assert_non_null(r = journal_replay_begin(j, collect_some, &o, &e));
	assert_int_equal(o.o.n, 0);
	assert_int_equal(append(j, n, &fresh), 0);
	assert_true(fresh.gen > ref[63].gen || (fresh.gen == ref[63].gen && fresh.at > ref[63].at));
	assert_int_equal(journal_replay_step(r, &e), -1);	/* no memory for the second: it is told of again */
	assert_int_equal(o.o.n, 1);
	done(j, 63, &o.o.ref[0]);
	o.until = 100;
	while ((rc = journal_replay_step(r, &e)) == 1) {
		serve(j);
		assert_int_equal(append(j, ++n, &fresh), 0);
		done(j, n, &fresh);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(journal_replay_found(r).messages, 64);
	assert_int_equal(journal_replay_found(r).owed, 48);
	assert_int_equal(o.o.n, 48);
	for (size_t i = 0; i < 48; i++) {
		unsigned k = 63 - (unsigned)i - (unsigned)i / 3;

		assert_true(o.o.ref[i].gen == ref[k].gen && o.o.ref[i].at == ref[k].at);
	}
	journal_replay_end(&r);
	assert_int_equal(journal_owed(j), 48);		/* one of them is over, and one is new */
	serve(j);
	journal_close(&j);
	j = opened();
	assert_int_equal(replay(j, &all).owed, 48);
	assert_string_equal(all.id[0], "6AM39l5A000064");
	assert_string_equal(all.id[1], "6AM39l5A000062");
	journal_close(&j);
}

/* A segment that was not read yet is not begun anew, however full the journal is. */
static void
unread(void **state)
{
	struct journal		*j = opened();
	struct journal_replay	*r;
	struct journal_make	 m;
	struct some		 o = { .until = 100 };
	struct jref		 ref, first;
	struct err		 e = ERR_INIT;
	unsigned		 n = 0;

	(void)state;
	serve(j);
	assert_int_equal(append(j, n++, &first), 0);		/* it keeps the others from being begun anew */
	while (j->n < conf.segments) {
		assert_int_equal(append(j, n, &ref), 0);
		done(j, n++, &ref);
		serve(j);
	}
	done(j, 0, &first);
	serve(j);
	journal_close(&j);
	j = opened();
	assert_int_equal(j->n, conf.segments);
	assert_non_null(r = journal_replay_begin(j, collect_some, &o, &e));
	for (int rc = 0; rc == 0;)
		rc = append(j, n++, &ref);
	assert_false(journal_wants(j, &m));
	while (journal_replay_step(r, &e) == 1)
		continue;
	journal_replay_end(&r);
	assert_true(o.o.n == 0 && journal_wants(j, &m));
	journal_close(&j);
}

static int
count_files(void *arg, char kind, struct str id)
{
	size_t *n = arg;

	(void)id;
	*n += kind == 'q';
	return 0;
}

struct told {
	char	id[10][24];
	size_t	n;
};

static int
tell(void *arg, const struct jrec_part *part, int64_t when)
{
	struct told *t = arg;

	assert_true(t->n < 10 && when > 0 && str_eq(part->list, str_mem("\1\0x", 3)));
	return str_copy(t->id[t->n++], 24, str_c(part->of.id));
}

static int
collect_none(void *arg, const struct jref *ref, const struct jrec_message *m)
{
	(void)arg, (void)ref, (void)m;
	return 0;
}

static void
part(struct journal *j, unsigned n, const struct jref *ref)
{
	struct jrec_part p = { .list = str_mem("\1\0x", 3) };

	p.of.ref = *ref;
	snprintf(p.of.id, sizeof p.of.id, "6AM39l5A%06u", n);
	journal_part(j, &p);
}

/* Parts are told of while their message is owed, wherever its mark stands, and those of files always. */
static void
parts_told(void **state)
{
	static struct told	 t;
	struct journal		*j = opened();
	struct journal_found	 f;
	struct jref		 ref[3], none = { 0 };
	struct err		 e = ERR_INIT;

	(void)state;
	part(j, 0, &none);			/* no segment yet: that is all right */
	serve(j);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(append(j, i, &ref[i]), 0);
		part(j, i, &ref[i]);
	}
	part(j, 7, &none);
	done(j, 1, &ref[1]);
	serve(j);
	journal_close(&j);
	j = opened();
	journal_replay_parts(j, tell);
	assert_int_equal(journal_replay(j, collect_none, &t, &f, &e), 0);
	assert_int_equal(f.owed, 2);
	assert_int_equal(t.n, 3);
	assert_true(strcmp(t.id[0], "6AM39l5A000000") == 0 && strcmp(t.id[1], "6AM39l5A000002") == 0 && strcmp(t.id[2], "6AM39l5A000007") == 0);
	journal_close(&j);
}

/* Who makes segments may live longer than the owner: nobody else has the journal until he lets go of the lock, too. */
static void
lock_is_shared(void **state)
{
	struct journal	*j = opened();
	struct err	 e = ERR_INIT;
	int		 his = dup(journal_lock(j));

	(void)state;
	assert_int_not_equal(his, -1);
	journal_close(&j);
	assert_null(journal_open(dir->fd, &conf, &e));
	assert_int_equal(e.sys, EWOULDBLOCK);
	close(his);
	j = opened();
	journal_close(&j);
}

static void
flushed(void **state)
{
	static struct owed	 o;
	struct journal		*j = opened();
	struct jref		 ref[4];
	struct err		 e = ERR_INIT;
	size_t			 n = 0;
	int			 sock;

	(void)state;
	serve(j);
	for (unsigned i = 0; i < 4; i++)
		append(j, i, &ref[i]);
	done(j, 2, &ref[2]);
	serve(j);
	assert_int_equal(journal_flush(&dir, 1, 0, 100, &e), -1);	/* somebody has it, and does not listen */
	assert_true((sock = journal_listen(dir, &e)) != -1 && journal_publish(dir, &e) == 0);
	assert_int_equal(journal_flush(&dir, 1, 0, 100, &e), -1);
	close(sock);
	journal_close(&j);
	err_clear(&e);
	assert_int_equal(journal_flush(&dir, 1, 0, 100, &e), 0);
	scan_files(dir, count_files, &n, NULL);
	assert_int_equal(n, 3);
	assert_int_equal(journal_flush(&dir, 1, 0, 100, &e), 0);
	j = opened();
	assert_int_equal(replay(j, &o).owed, 0);
	journal_close(&j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(come_and_go, setup, teardown), cmocka_unit_test_setup_teardown(pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(sync_fails, setup, teardown), cmocka_unit_test_setup_teardown(making_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(removing_fails, setup, teardown), cmocka_unit_test_setup_teardown(damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(in_steps, setup, teardown), cmocka_unit_test_setup_teardown(unread, setup, teardown),
		cmocka_unit_test_setup_teardown(lock_is_shared, setup, teardown), cmocka_unit_test_setup_teardown(flushed, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
