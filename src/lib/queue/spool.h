/*
 * spool - queue files of one queue directory, made and removed so that a crash at any point loses nothing.
 *
 * Making a message: spool_write (df, then the qf's text as tf, neither durable), spool_sync (both, may be done by another process), spool_commit (tf
 * becomes qf), spool_sync_dir.  Only then is the message ours.  Removing: the qf first, then the df: a df without a qf owes nobody anything.
 * States after a crash, and what becomes of them: doc/spool.md.
 *
 * Locks are flock(2) on the qf file, as sendmail's.  Who rewrites a qf holds the lock of the old and gets that of the new one.
 */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct spool_dir {
	char	*path;
	int	 fd;		/* the directory */
	int	 qfd, dfd;	/* its qf/ and df/ sub-directories, or fd itself */
	mode_t	 mode;		/* of new files: QueueFileMode, 0600 */
	bool	 give;		/* we are root and the directory is another's: so are new files, or its daemon could not read them */
	uid_t	 uid;		/* whose they are */
	gid_t	 gid;
	uint64_t roomy;		/* os_now_ms until which its file system will not be full */
	bool	 transcripts;	/* there may be xf files of a sendmail; true until somebody has looked */
};

/*
 * The mode of new files by QueueFileMode (-1: it is not set), for who makes them: its bits are taken out of this process's umask, since those of a client queue must
 * be its group's to write.
 */
mode_t	spool_file_mode(int queue_file_mode);
/* The directory must exist and must not be writable by others. */
struct spool_dir *spool_open(const char *path, mode_t mode, struct err *);
void	spool_close(struct spool_dir **);

/* A new df for writing and reading.  -1 with e.sys EEXIST when the id is in use. */
int	spool_df_create(const struct spool_dir *, struct str id, int *fd, struct err *);
/* How long it is. */
int	spool_df_size(const struct spool_dir *, struct str id, uint64_t *size, struct err *);
/* An existing df for reading; its size. */
/* It cannot be what the journal says: kept for people as journal.bad.df and the identifier. */
void	spool_df_bad(const struct spool_dir *, struct str id);
int	spool_df_open(const struct spool_dir *, struct str id, int *fd, uint64_t *size, struct err *);

/*
 * Write content (STR_NONE: the df is there already) and the qf's image under its temporary name; the image is locked and *lock is its
 * descriptor.  -1: nothing was made (a df that was there before stays: a record in the journal may count on it).
 */
int	spool_write(const struct spool_dir *, struct str id, struct str content, struct str image, int *lock, struct err *);
/* The second writing of the same: the df is another message's (hard link), in directory `from`; for split envelopes.  e.sys EXDEV: another file system. */
int	spool_write_link(const struct spool_dir *, struct str id, const struct spool_dir *from, struct str df_of, struct str image, int *lock, struct err *);
/* A df that is not committed yet goes to another directory of the same file system. */
int	spool_move_df(const struct spool_dir *from, const struct spool_dir *to, struct str id, struct err *);
/* A copy of a df that stands in another directory, durable; what was in its place goes.  e.sys ENOENT: it is not there. */
int	spool_copy_df(const struct spool_dir *from, const struct spool_dir *to, struct str id, struct err *);
void	spool_remove_df(const struct spool_dir *, struct str id);
/* Content from a descriptor, from offset 0. */
int	spool_write_from(const struct spool_dir *, struct str id, int content, struct str image, int *lock, struct err *);
/*
 * Make the df (if `df`) and the tf durable, then install the tf under its kind: 'q', or 'h' for a quarantined message.  The directory is not
 * synced yet: spool_sync_dir.
 */
int	spool_commit(const struct spool_dir *, struct str id, bool df, char kind, struct err *);
int	spool_sync_dir(const struct spool_dir *, struct err *);
/* Its df will be synced soon: the disk may begin. */
void	spool_write_soon(const struct spool_dir *, struct str id);
/* Forget a message that was not committed; all of it, or all but its df. */
void	spool_abort(const struct spool_dir *, struct str id);
void	spool_abort_image(const struct spool_dir *, struct str id);
/* Is there a qf or df of this name? */
bool	spool_in_use(const struct spool_dir *, struct str id);

/* A new image of an existing qf as tf, locked, not durable: *lock is its descriptor; spool_commit without df installs it. */
int	spool_rewrite(const struct spool_dir *, struct str id, struct str image, int *lock, struct err *);
/*
 * Install a new image of an existing qf, durable when 0 is returned.  *lock is the lock held, afterwards that of the new file.
 * After -1 either image may be in place: try again, and never answer that it is done.
 */
int	spool_replace(const struct spool_dir *, struct str id, struct str image, int *lock, struct err *);
/* qf (hf) first, then df, and an xf where there may be one. */
int	spool_remove(const struct spool_dir *, struct str id, char kind, struct err *);
/* All but the df. */
int	spool_remove_image(const struct spool_dir *, struct str id, char kind, struct err *);
/* qfID becomes QfID (bad), hfID (quarantined) ... */
int	spool_rename(const struct spool_dir *, struct str id, char from, char to, struct err *);

/*
 * Lock the qf (kind 'q') and read it.  0; 1: someone else has it or it is gone; -1 trouble.  *lock is closed to unlock.
 * *trusted: the file belongs to root, or the user we run as, and nobody else may write it.
 */
int	spool_lock(const struct spool_dir *, struct str id, char kind, int *lock, struct err *);
/* Does the name still mean the file that we have locked? */
bool	spool_is_named(const struct spool_dir *, struct str id, char kind, int lock);
int	spool_read(int lock, struct buf *text, bool *trusted, struct err *);
/* The first bytes of a qf, for its schedule, without a lock. */
int	spool_peek(const struct spool_dir *, struct str id, char kind, char *dst, size_t size, size_t *n);

#endif
