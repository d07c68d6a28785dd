/*
 * file - safe opening of files whose names or owners are not ours.
 */
#ifndef OS_FILE_H
#define OS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct arena;
struct buf;

#define OS_SAFE_LINK		0x01	/* symbolic and hard links are allowed */
#define OS_SAFE_GROUPWRITE	0x02	/* group writable file allowed */
#define OS_SAFE_WORLDWRITE	0x04
#define OS_SAFE_DIRGROUP	0x08	/* group writable folders on the path allowed, though not safe */
#define OS_SAFE_DIRWORLD	0x10
#define OS_SAFE_ANYOWNER	0x20
#define OS_SAFE_NOTREG		0x40	/* something else than a plain file is allowed */
#define OS_SAFE_NOPATH		0x80	/* the folders above are not looked at */
#define OS_SAFE_STICKY		0x100	/* a sticky folder is as good as one that only its owner may write to */
#define OS_SAFE_GROUPDIR	0x200	/* so is a group writable one */
#define OS_SAFE_LINKSAFE	0x400	/* links are allowed that stand in such folders */

/*
 * Open with O_CLOEXEC|O_NOCTTY|O_NOFOLLOW|O_NONBLOCK (cleared after), then check owner (root, `owner` or our uid), mode, links and
 * the folders above as DontBlameSendmail's documentation wants.  *st may be NULL.  -1 and a sentence naming the file.
 */
int	os_open_safe(const char *path, int flags, mode_t mode, uid_t owner, unsigned allow, struct stat *st, struct err *);
/* The folders above alone. */
int	os_path_safe(const char *path, uid_t owner, unsigned allow, struct err *);
/*
 * Open `path`, which is relative, below this folder: no ".." and no symbolic link on the way leads out of it (errno: EACCES, ELOOP, ENOTDIR).
 * O_CLOEXEC and O_NOFOLLOW are added.
 */
int	os_open_below(int dirfd, const char *path, int flags, mode_t mode);
int	os_sync_dir(int dirfd);
/* Begin to write to disk what is dirty in a file, and do not wait: a hint, for one of many that will be synced in turn. */
void	os_write_soon(int fd);
/*
 * Is this descriptor of ours, the only one of it, the only way in which anybody has the file open or mapped?  False where the system does not tell.
 */
bool	os_sole_user(int fd);
/* Whole file as text into arena memory, up to max bytes. */
int	os_slurp(const char *path, struct arena *, size_t max, struct str *out, struct err *);
/*
 * Replace `path` by this content: temporary file in the same folder, write, fsync, rename, sync of the folder.
 */
int	os_replace(const char *path, struct str content, mode_t mode, struct err *);
bool	os_same_file(const struct stat *, const struct stat *);
struct timespec os_mtime(const struct stat *);
/*
 * Free space of a file system: -1 or 0; blocks in units of *bsize.  Whoever asks for each message need not ask again for OS_FS_PLENTY_MS while there is
 * more than OS_FS_PLENTY beyond what is wanted.
 */
#define OS_FS_PLENTY	((uint64_t)1 << 30)
#define OS_FS_PLENTY_MS	500
int	os_fs_free(int dirfd, uint64_t *blocks, uint64_t *bsize, uint64_t *inodes);
/* The same by name; the right to search the folders above is enough. */
int	os_fs_free_at(const char *path, uint64_t *blocks, uint64_t *bsize);
/* Our own program's path, for re-execution; -1 where the system cannot tell and argv[0] is not absolute. */
int	os_self_path(const char *argv0, char *dst, size_t size);

#endif
