/*
 * maildir_append - a message into a Maildir: tmp, fsync, link, fsync of the folder.
 *
 * Delivery (no uid asked) takes no lock: the link into new/ is the whole truth.  With a uid the file goes into cur/ under the lock,
 * and its uidlist line is synced before the uid is told.  A caller's token stands in the name, so a repeated delivery finds itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "os/file.h"
#include "os/load.h"
#include "store/lfcopy.h"
#include "store/maildir.h"
#include "store/mdname.h"
#include "store/tokens.h"

struct fresh {
	char		tmp[320];
	char		base[256];
	struct lfcopy	c;
};

int
maildir_base(char *dst, size_t size, const struct store_token *t)
{
	char		 host[64], unique[64];
	struct buf	 b;
	struct timespec	 now;
	uint64_t	 rnd;
	int		 k;

	if (os_hostname(host, sizeof host) == -1)
		snprintf(host, sizeof host, "localhost");
	for (char *p = host; *p != '\0'; p++)
		if (*p == '/' || *p == ':' || *p == ',' || (unsigned char)*p <= ' ')
			*p = '_';
	clock_gettime(CLOCK_REALTIME, &now);
	if (store_token_none(t)) {
		os_random(&rnd, sizeof rnd);
		snprintf(unique, sizeof unique, "M%06ldP%ldR%016llx", now.tv_nsec / 1000, (long)getpid(), (unsigned long long)rnd);
	} else {
		buf_init(&b, 64);
		buf_addch(&b, 'T');
		enc_hex(&b, str_mem(t->b, 16));
		k = str_copy(unique, sizeof unique, buf_str(&b));
		buf_done(&b);
		if (k == -1)
			return -1;
	}
	k = snprintf(dst, size, "%lld.%s.%s", (long long)now.tv_sec, unique, host);
	return k < 0 || (size_t)k >= size - 48 ? -1 : 0;	/* room for the sizes behind it */
}

static int
fresh_name(struct fresh *n, const struct store_target *t)
{
	int	k;

	if (maildir_base(n->base, sizeof n->base, &t->token) == -1)
		return -1;
	k = snprintf(n->tmp, sizeof n->tmp, "tmp/%s.%ld", n->base, (long)getpid());
	return k < 0 || (size_t)k >= sizeof n->tmp ? -1 : 0;
}

/* Write tmp/; its sizes complete the base. */
static enum store_rc
fresh_write(struct maildir *m, struct fresh *n, const struct store_source *src, const struct store_target *t)
{
	struct timespec	ts[2] = { { (time_t)t->date, 0 }, { (time_t)t->date, 0 } };
	size_t		len;
	int		fd, rc;

	if ((fd = openat(m->dir, n->tmp, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW, 0600)) == -1)
		return store_fail_sys(m->f.b.s, "create a message in %s", m->f.b.name);
	n->c = (struct lfcopy){ .quote = false };
	rc = lfcopy_run(&n->c, src, fd);
	if (rc == 0 && ((t->date != 0 && futimens(fd, ts) == -1) || fsync(fd) == -1))
		rc = -2;
	if (rc == -2) {
		enum store_rc	r = store_fail_sys(m->f.b.s, "write a message to %s", m->f.b.name);

		close(fd);
		unlinkat(m->dir, n->tmp, 0);
		return r;
	}
	close(fd);
	if (rc == -1) {
		unlinkat(m->dir, n->tmp, 0);
		return store_fail(m->f.b.s, STORE_AGAIN, STORE_WHY_NONE, "the message could not be read whole");
	}
	len = strlen(n->base);
	snprintf(n->base + len, sizeof n->base - len, ",S=%llu,W=%llu", (unsigned long long)n->c.raw, (unsigned long long)n->c.wire);
	return STORE_OK;
}

/* Is there a file with this token in its name? */
static bool
maildir_has_token(struct maildir *m, const struct store_token *t)
{
	static const char *const	subs[] = { "new", "cur" };
	bool				found = false;

	for (size_t i = 0; i < 2 && !found; i++) {
		int		 fd = openat(m->dir, subs[i], O_RDONLY|O_DIRECTORY|O_CLOEXEC);
		DIR		*d = fd == -1 ? NULL : fdopendir(fd);
		struct dirent	*e;
		struct mdname	 name;

		if (d == NULL) {
			if (fd != -1)
				close(fd);
			continue;
		}
		while (!found && (e = readdir(d)) != NULL)
			found = mdname_parse(str_c(e->d_name), &name) == 0 && memcmp(&name.token, t, sizeof *t) == 0;
		closedir(d);
	}
	return found;
}

static enum store_rc
maildir_place(struct maildir *m, const struct fresh *n, const char *sub, const char *info)
{
	char	to[400];
	int	fd, rc, k = snprintf(to, sizeof to, "%s/%s%s", sub, n->base, info);

	if (k < 0 || (size_t)k >= sizeof to)
		return store_fail(m->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "name of a message is too long");
	if (linkat(m->dir, n->tmp, m->dir, to, 0) == -1)
		return store_fail_sys(m->f.b.s, "link a message into %s", m->f.b.name);
	unlinkat(m->dir, n->tmp, 0);
	if ((fd = openat(m->dir, sub, O_RDONLY|O_DIRECTORY|O_CLOEXEC)) == -1)
		return store_fail_sys(m->f.b.s, "open %s of %s", sub, m->f.b.name);
	rc = os_sync_dir(fd);
	close(fd);
	return rc == -1 ? store_fail_sys(m->f.b.s, "sync %s of %s", sub, m->f.b.name) : STORE_OK;
}

static enum store_rc
maildir_enter(struct maildir *m, const struct fresh *n, struct store_target *t)
{
	struct state	*st = &m->f.b.st;
	struct uidline	 l = { .what = UIDLINE_MSG, .date = t->date, .size = n->c.wire, .flags = t->set.flags & STORE_FLAGS, .token = t->token,
			    .key = str_c(n->base) };
	struct mdname	 name;
	struct str	 file;
	struct rec	*r;
	char		 cur[300];
	enum store_rc	 rc;

	if (mdname_parse(l.key, &name) == -1)
		return store_fail(m->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "name of a message does not read back");
	file = mdname_print(st->arena, &name, l.flags);
	if ((rc = store_keywords(&m->f.b, &t->set, &l.keywords)) != STORE_OK || (rc = fbox_lock(&m->f)) != STORE_OK)
		return rc;
	if ((rc = maildir_scan(m)) == STORE_OK && (rc = maildir_place(m, n, "cur", file.p + l.key.n)) == STORE_OK) {
		maildir_own_change(m, false);
		l.uid = st->uidnext;
		l.modseq = st->modseq + 1;
		if (uidlist_add(&m->f.ul, st, &l) == -1)
			rc = store_fail(m->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "%s: no uid left", m->f.b.name);
		else if ((rc = fbox_commit(&m->f, true)) == STORE_OK && (r = state_find(st, l.uid)) != NULL) {
			r->file = file;
			r->located = true;
			t->uid = l.uid;
		} else if (rc != STORE_OK && snprintf(cur, sizeof cur, "cur/%.*s", STR_ARG(file)) < (int)sizeof cur)
			unlinkat(m->dir, cur, 0);	/* who is told that it failed brings it again */
	}
	fbox_unlock(&m->f);
	return rc;
}

static enum store_rc
maildir_write(struct maildir *m, const struct store_source *src, struct store_target *t)
{
	struct fresh	n;
	enum store_rc	rc;

	if (fresh_name(&n, t) == -1)
		return store_fail(m->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "a name for the message could not be made");
	if ((rc = fresh_write(m, &n, src, t)) != STORE_OK)
		return rc;
	rc = t->delivery ? maildir_place(m, &n, "new", "") : maildir_enter(m, &n, t);
	if (rc != STORE_OK)
		unlinkat(m->dir, n.tmp, 0);
	return rc;
}

/* A delivery that may be a repeated one: only where one was begun and not ended must the folder be looked through. */
static enum store_rc
maildir_deliver(struct maildir *m, const struct store_source *src, struct store_target *g)
{
	struct store	*s = m->f.b.s;
	struct tokens	 t;
	struct err	 e = ERR_INIT;
	enum store_rc	 rc = STORE_OK;
	bool		 had;

	if (tokens_begin(&t, m->f.ul.dir, &g->token, s->deadline, &e) != 0)
		return store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
	had = t.state == TOKENS_DONE || (t.state == TOKENS_BEGUN && maildir_has_token(m, &g->token));
	if (!had) {
		if (t.state == TOKENS_NEW && tokens_note(&t, TOKENS_BEGUN, &e) == -1)
			rc = store_fail_err(s, STORE_AGAIN, STORE_WHY_NONE, &e);
		else
			rc = maildir_write(m, src, g);
	}
	if (rc == STORE_OK && t.state != TOKENS_DONE)
		(void)tokens_note(&t, TOKENS_DONE, NULL);	/* without it the next one looks */
	tokens_end(&t);
	return rc;
}

enum store_rc
maildir_append(struct box *b, const struct store_source *src, struct store_target *t)
{
	struct maildir	*m = (struct maildir *)b;
	struct rec	*had;
	uint32_t	 uid;

	if (store_token_none(&t->token))
		return maildir_write(m, src, t);
	if (t->delivery)
		return maildir_deliver(m, src, t);
	if ((had = state_by_token(&b->st, &t->token)) != NULL || state_gone_token(&b->st, &t->token, &uid)) {
		t->uid = had != NULL ? had->r.uid : uid;
		return STORE_OK;
	}
	return maildir_write(m, src, t);
}
