/*
 * maildir_import - a Maildir that Dovecot served before: its uidvalidity, uids, keywords and subscriptions are taken over when nobody has been given a uid here yet.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/hash.h"
#include "base/log.h"
#include "os/fd.h"
#include "store/dovelist.h"
#include "store/maildir.h"
#include "store/mdname.h"

#define IMPORT_MAX	((size_t)256 << 20)

static int
import_read(struct maildir *m, const char *name, struct buf *b)
{
	int	fd = openat(m->dir, name, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK), rc;

	buf_init(b, IMPORT_MAX);
	if (fd == -1)
		return -1;
	rc = os_read_file(fd, b);
	close(fd);
	return rc;
}

uint32_t
maildir_old_validity(struct fbox *f)
{
	struct str	rest, line;
	struct buf	b;
	uint32_t	validity = 0, next;

	if (import_read((struct maildir *)f, "dovecot-uidlist", &b) == 0) {
		rest = buf_str(&b);
		if (!str_split(&rest, '\n', &line) || !dovelist_head(line, &validity, &next))
			validity = 0;
	}
	buf_done(&b);
	return validity;
}

/* Bit numbers of the letters a to z; -1: no keyword. */
static void
import_keywords(struct maildir *m, int number[DOVELIST_LETTERS])
{
	struct state	*st = &m->f.b.st;
	struct str	 rest, line, name;
	struct buf	 b;
	unsigned	 i;

	for (i = 0; i < DOVELIST_LETTERS; i++)
		number[i] = -1;
	if (import_read(m, "dovecot-keywords", &b) == 0) {
		rest = buf_str(&b);
		while (str_split(&rest, '\n', &line)) {
			struct uidline	l = { .what = UIDLINE_KEYWORD, .uid = (uint32_t)st->nkw };

			if (!dovelist_keyword(line, &i, &name))
				continue;
			l.key = name;
			if ((number[i] = state_keyword(st, name)) == -1 && st->nkw < STORE_KEYWORDS && uidlist_add(&m->f.ul, st, &l) == 0)
				number[i] = state_keyword(st, name);
		}
	}
	buf_done(&b);
}

static uint64_t
import_bits(struct str file, const int number[DOVELIST_LETTERS])
{
	struct mdname	name;
	uint64_t	bits = 0;

	if (mdname_parse(file, &name) == -1)
		return 0;
	for (size_t i = 0; i < name.letters.n; i++) {
		char	c = name.letters.p[i];

		if (c >= 'a' && c <= 'z' && number[c - 'a'] != -1)
			bits |= (uint64_t)1 << number[c - 'a'];
	}
	return bits;
}

/* File names to uids; the highest of those that stand in cur/ were told to somebody. */
static void
import_uids(struct maildir *m, struct str rest, uint32_t next, struct found *x, size_t n)
{
	struct hash	*h = hash_new(NULL, HASH_BORROW);
	struct str	 line, base;
	int		 number[DOVELIST_LETTERS];
	uint32_t	 uid, told = 0;

	if (h == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		hash_put(h, x[i].key, &x[i]);
	while (str_split(&rest, '\n', &line)) {
		struct found	*f = dovelist_line(line, &uid, &base) ? hash_get(h, base) : NULL;

		if (f == NULL || uid >= next)
			continue;
		f->uid = uid;
		if (!f->is_new && uid > told)
			told = uid;
	}
	hash_free(&h);
	import_keywords(m, number);
	for (size_t i = 0; i < n; i++)
		x[i].keywords = import_bits(x[i].file, number);
	m->f.floor = next;
	m->f.told = told;
}

/* A name of Dovecot's subscriptions: modified UTF-7, levels divided by `sep`.  STR_NONE: none that we could have. */
static struct str
import_name(struct arena *a, struct str line, char sep)
{
	struct buf	b;
	struct str	name = STR_NONE;
	char		*p = arena_bytes(a, line.n + 1);

	for (size_t i = 0; i < line.n; i++)
		p[i] = line.p[i] == sep ? '/' : line.p[i];
	buf_init(&b, STORE_NAME_MAX + 1);
	if (dec_utf7m(&b, str_mem(p, line.n)) == 0 && store_name_ok(buf_str(&b)))
		name = arena_str(a, buf_str(&b));
	buf_done(&b);
	return name;
}

/* The first kind has a name a line; the second begins with "V<tab>2" and divides levels by tabs. */
static void
import_subscriptions(struct maildir *m)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct str	*names, rest, line;
	struct buf	 b;
	size_t		 n = 0, lines = 1;
	char		 sep = '.';

	if (import_read(m, "subscriptions", &b) == 0) {
		for (size_t i = 0; i < b.n; i++)
			lines += b.p[i] == '\n';
		names = ARENA_ARRAY(a, struct str, lines);
		rest = buf_str(&b);
		while (str_split(&rest, '\n', &line)) {
			if (str_eq_c(line, "V\t2"))
				sep = '\t';
			else if (line.n > 0 && !str_is_none(names[n] = import_name(a, line, sep)))
				n++;
		}
		fbox_subscribe_first(m->f.b.s, names, n);
	}
	buf_done(&b);
	arena_free(&a);
}

void
maildir_import(struct maildir *m, struct found *x, size_t n)
{
	struct state	*st = &m->f.b.st;
	struct str	 rest, line;
	struct buf	 b;
	uint32_t	 validity, next;

	if (st->uidnext != 1 || import_read(m, "dovecot-uidlist", &b) == -1)
		return;
	rest = buf_str(&b);
	if (str_split(&rest, '\n', &line) && dovelist_head(line, &validity, &next) && validity == st->uidvalidity) {
		import_uids(m, rest, next, x, n);
		if (m->f.inbox)
			import_subscriptions(m);
		log_line(4, LOG_P_NOTICE, NULL, "store: %s: uids are those of dovecot-uidlist", m->f.b.name);
	}
	buf_done(&b);
}
