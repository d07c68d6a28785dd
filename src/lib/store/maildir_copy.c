/*
 * maildir_copy - messages from one Maildir into another at one go: their files get second names, the folder is synced once, and their uidlist lines go out
 * together, synced before a uid is told.
 *
 * Killed in between it leaves files without a line: the next scan takes those for messages that another program put there, and their names have the token by
 * which a repeated copy finds them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildir.h"
#include "store/mdname.h"

struct link {
	struct str	base;
	struct str	file;
};

/* A second name for one message.  -1 with errno. */
static int
link_one(struct maildir *from, struct maildir *to, const struct copy_item *it, struct link *l)
{
	struct arena	*a = to->f.b.st.arena;
	struct mdname	 name;
	struct stat	 st;
	char		 base[256], src[300], dst[300];
	int		 n;

	errno = ENAMETOOLONG;
	if (maildir_file(&it->rec, src, sizeof src) == -1 || maildir_base(base, sizeof base, &it->token) == -1)
		return -1;
	if (fstatat(from->dir, src, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	errno = EXDEV;
	if (!S_ISREG(st.st_mode))
		return -1;
	l->base = arena_fmt(a, "%s,S=%llu,W=%llu", base, (unsigned long long)st.st_size, (unsigned long long)it->rec.r.size);
	errno = ENAMETOOLONG;
	if (mdname_parse(l->base, &name) == -1)
		return -1;
	l->file = mdname_print(a, &name, it->rec.r.flags & STORE_FLAGS);
	n = snprintf(dst, sizeof dst, "cur/%.*s", STR_ARG(l->file));
	return n < 0 || (size_t)n >= sizeof dst ? -1 : linkat(from->dir, src, to->dir, dst, 0);
}

static void
link_undo(struct maildir *to, const struct link *l, size_t n)
{
	char	dst[300];

	for (size_t i = 0; i < n; i++) {
		int	k = snprintf(dst, sizeof dst, "cur/%.*s", STR_ARG(l[i].file));

		if (k > 0 && (size_t)k < sizeof dst)
			unlinkat(to->dir, dst, 0);
	}
}

static enum store_rc
link_enter(struct maildir *to, struct copy_item *it, const struct link *l, size_t n)
{
	struct state	*st = &to->f.b.st;
	uint64_t	 modseq = st->modseq + 1;
	uint32_t	 first = st->uidnext;
	enum store_rc	 rc;

	for (size_t i = 0; i < n; i++) {
		struct uidline	line = { .what = UIDLINE_MSG, .uid = st->uidnext, .modseq = modseq, .date = it[i].rec.r.date, .size = it[i].rec.r.size,
				    .flags = it[i].rec.r.flags & STORE_FLAGS, .keywords = it[i].keywords, .token = it[i].token, .key = l[i].base };

		if (uidlist_add(&to->f.ul, st, &line) == -1) {
			uidlist_abandon(&to->f.ul);
			return store_fail(to->f.b.s, STORE_DAMAGED, STORE_WHY_NONE, "%s: no uid left", to->f.b.name);
		}
	}
	if ((rc = fbox_commit(&to->f, true)) != STORE_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct rec	*r = state_find(st, first + (uint32_t)i);

		it[i].newuid = first + (uint32_t)i;
		if (r != NULL) {
			r->file = l[i].file;
			r->located = true;
		}
	}
	return STORE_OK;
}

/* Under the lock of the target. */
static enum store_rc
link_all(struct maildir *from, struct maildir *to, struct copy_item *it, struct link *l, size_t n)
{
	size_t		k = 0;
	enum store_rc	rc;

	if ((rc = maildir_scan(to)) != STORE_OK)
		return rc;
	while (k < n && link_one(from, to, &it[k], &l[k]) == 0)
		k++;
	if (k < n)	/* another file system, too many names, or one was renamed just now; a full disk will tell there, too */
		rc = STORE_CHANGED;
	else if (maildir_sync(to, "cur") == -1)
		rc = store_fail_sys(to->f.b.s, "sync cur of %s", to->f.b.name);
	if (rc == STORE_OK)
		rc = link_enter(to, it, l, n);
	if (rc != STORE_OK)
		link_undo(to, l, k);
	maildir_own_change(to, false);
	return rc;
}

enum store_rc
maildir_copy(struct box *from, struct box *to, struct copy_item *it, size_t n)
{
	struct maildir	*m = (struct maildir *)to;
	struct link	*l = calloc(n + 1, sizeof *l);
	enum store_rc	 rc;

	if (l == NULL)
		return store_fail(to->s, STORE_AGAIN, STORE_WHY_NONE, "out of memory");
	if ((rc = fbox_lock(&m->f)) == STORE_OK) {
		rc = link_all((struct maildir *)from, m, it, l, n);
		fbox_unlock(&m->f);
	}
	free(l);
	return rc;
}
