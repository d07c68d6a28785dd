/*
 * journal_disk - what waits for the disk on behalf of a journal: a process of its own does it, which has the directory and nothing else.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/file.h"
#include "queue/journal_int.h"

int
journal_sync_slot(int dir, uint32_t slot, struct err *e)
{
	static struct {
		int		fd;
		uint32_t	slot;
		dev_t		dev;
		ino_t		ino;
		int		dir;
	} kept[4];				/* the process that syncs does little else */
	char		name[JOURNAL_NAME];
	struct stat	st;
	size_t		i = slot % 4;

	journal_name(name, slot, "");
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_sys(e, ERR_TEMP, "%s", name);
	if (kept[i].slot != slot || kept[i].dir != dir || kept[i].dev != st.st_dev || kept[i].ino != st.st_ino) {
		if (kept[i].slot != 0)
			close(kept[i].fd);
		kept[i].slot = 0;
		if ((kept[i].fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1)
			return err_sys(e, ERR_TEMP, "%s", name);
		kept[i].slot = slot;
		kept[i].dir = dir;
		kept[i].dev = st.st_dev;
		kept[i].ino = st.st_ino;
	}
	if (fdatasync(kept[i].fd) == 0)
		return 0;
	err_sys(e, ERR_TEMP, "sync %s", name);
	close(kept[i].fd);
	kept[i].slot = 0;
	return -1;
}

static int
journal_fill(int fd, uint64_t size)
{
	static const char	zeros[65536];
	uint64_t		at = 0;

	for (size_t n; at < size; at += n) {
		n = size - at < sizeof zeros ? (size_t)(size - at) : sizeof zeros;
		if (journal_pwrite(fd, str_mem(zeros, n), at) == -1)
			return -1;
	}
	return 0;
}

int
journal_make_segment(int dir, const struct journal_conf *c, const struct journal_make *m, struct err *e)
{
	char		name[JOURNAL_NAME], temp[JOURNAL_NAME];
	struct buf	b;
	struct stat	st;
	bool		fresh = false;
	int		fd, rc = -1;
	uint64_t	size = (c->segment_size + JREC_ALIGN - 1) / JREC_ALIGN * JREC_ALIGN;

	journal_name(name, m->slot, "");
	journal_name(temp, m->slot, ".new");
	fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 || fstat(fd, &st) == -1 || (uint64_t)st.st_size != size) {
		if (fd != -1)
			close(fd);
		fresh = true;
		if ((fd = openat(dir, temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, c->mode)) == -1)
			return err_sys(e, ERR_TEMP, "%s", temp);
	}
	buf_init(&b, 0);
	jrec_put_segment(&b, m->life, (int64_t)time(NULL), size);
	if ((fresh && journal_fill(fd, size) == -1) || !buf_ok(&b) || journal_pwrite(fd, buf_str(&b), 0) == -1 ||
	    (fresh ? fsync(fd) : fdatasync(fd)) == -1)
		err_sys(e, ERR_TEMP, "write %s", fresh ? temp : name);
	else if (fresh && (renameat(dir, temp, dir, name) == -1 || os_sync_dir(dir) == -1))
		err_sys(e, ERR_TEMP, "rename %s", temp);
	else
		rc = 0;
	buf_done(&b);
	close(fd);
	if (rc == -1 && fresh)
		unlinkat(dir, temp, 0);
	return rc;
}
