/*
 * parent_pid - the pid file: two lines, the process and the command that started it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "os/fd.h"
#include "os/file.h"
#include "parent_int.h"

static int
parent_pid_path(const struct parent *p, char *dst, size_t size)
{
	return p->args->no_pid_file || p->ctx.conf->opt.pid_file.n == 0 ? -1 : str_copy(dst, size, p->ctx.conf->opt.pid_file);
}

int
parent_pid_file(struct parent *p, struct err *e)
{
	char		path[1024];
	struct buf	b;
	int		fd, rc = -1;

	if (parent_pid_path(p, path, sizeof path) == -1)
		return 0;
	buf_init(&b, 0);
	buf_addf(&b, "%ld\n", (long)getpid());
	for (int i = 0; i < p->args->argc; i++)
		buf_addf(&b, "%s%s", i > 0 ? " " : "", p->args->argv[i]);
	buf_addch(&b, '\n');
	/* Written in place: a lock or a watcher of this file keeps its inode, as with sendmail. */
	fd = os_open_safe(path, O_WRONLY | O_CREAT, 0644, geteuid(), OS_SAFE_NOPATH, NULL, e);
	if (fd == -1)
		goto out;
	if (!buf_ok(&b) || ftruncate(fd, 0) == -1 || os_write_all(fd, buf_str(&b)) == -1)
		err_sys(e, ERR_TEMP, "write %s", path);
	else
		rc = 0;
	close(fd);
out:
	buf_done(&b);
	return rc;
}

/* Ours alone: a daemon that was started meanwhile, or that we became by re-execution, has written its own. */
void
parent_pid_remove(struct parent *p)
{
	char	path[1024], text[32];
	ssize_t	n;
	int64_t	pid;
	int	fd;

	if (parent_pid_path(p, path, sizeof path) == -1 || (fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return;
	n = read(fd, text, sizeof text);
	close(fd);
	if (n > 0 && num_i64(str_trim(str_first(str_mem(text, (size_t)n), str_chr(str_mem(text, (size_t)n), '\n'))), 1, INT64_MAX, &pid) == 0 &&
	    pid == (int64_t)getpid())
		(void)unlink(path);
}
