/*
 * conf_file - open a class file that an F line names.
 *
 * Whoever may write it, or a folder above it, decides what is local and who may relay.  As root we therefore
 * look at the folders first, as DontBlameSendmail's documentation wants; where a link leads is looked at too.
 * A link in a folder that others may write to could lead anywhere and is refused for every user.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "os/file.h"

/* May others make links beside this one? */
static bool
file_in_writable_dir(const char *path, unsigned allow)
{
	char		dir[4096];
	struct stat	st;
	struct str	s = str_c(path);
	size_t		slash = str_rchr(s, '/');

	s = slash == SIZE_MAX ? STR(".") : str_first(s, slash == 0 ? 1 : slash);
	if (str_copy(dir, sizeof dir, s) == -1 || stat(dir, &st) == -1)
		return true;
	if ((st.st_mode & S_ISVTX) && (allow & CONF_UNSAFE_STICKY))
		return false;
	return (st.st_mode & S_IWOTH) != 0 || ((st.st_mode & S_IWGRP) != 0 && !(allow & CONF_UNSAFE_GROUPDIR));
}

static int
file_way_safe(const char *path, bool link, unsigned allow, struct err *e)
{
	unsigned	 may = OS_SAFE_ANYOWNER;
	char		*real;
	int		 rc;

	if (allow & CONF_UNSAFE_DIR)
		may |= OS_SAFE_DIRGROUP | OS_SAFE_DIRWORLD;
	if (allow & CONF_UNSAFE_GROUPDIR)
		may |= OS_SAFE_GROUPDIR;
	if (allow & CONF_UNSAFE_STICKY)
		may |= OS_SAFE_STICKY;
	if (os_path_safe(path, 0, may, e) == -1)
		return -1;
	if (!link)
		return 0;
	if ((real = realpath(path, NULL)) == NULL) {
		err_set(e, ERR_PERM, "%s", strerror(errno));
		e->sys = errno;
		return -1;
	}
	rc = os_path_safe(real, 0, may, e);
	free(real);
	return rc;
}

int
conf_file_open(const char *path, unsigned allow, int *fd, struct err *e)
{
	struct stat	st;
	bool		link;

	*fd = -1;
	if (lstat(path, &st) == -1)
		goto sys;
	link = S_ISLNK(st.st_mode);
	if (link && !(allow & CONF_UNSAFE_LINK) && file_in_writable_dir(path, allow))
		return err_set(e, ERR_PERM, "Symbolic links not allowed in a folder that others may write to");
	if (geteuid() == 0 && file_way_safe(path, link, allow, e) == -1)
		return -1;
	if ((*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) == -1)
		goto sys;
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(*fd);
		*fd = -1;
		return err_set(e, ERR_PERM, "Regular files only");
	}
	return 0;
sys:
	err_set(e, ERR_PERM, "%s", strerror(errno));
	if (e != NULL)
		e->sys = errno;
	return -1;
}
