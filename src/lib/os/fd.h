/*
 * fd - descriptors: close-on-exec, passing, whole reads and writes.
 */
#ifndef OS_FD_H
#define OS_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct buf;

int	os_fd_limit(void);			/* how many this process may have open */
/* Raise that to what the system allows us, at most `most`. */
void	os_fd_limit_raise(int most);
int	os_fd_cloexec(int fd, bool on);
int	os_fd_nonblock(int fd, bool on);
/* Opens /dev/null on 0, 1 and 2 where they are closed.  -1: even that failed, exit. */
int	os_fd_std(void);
/* Closes every descriptor from `from` up, but those in keep[]. */
void	os_fd_close_from(int from, const int *keep, size_t nkeep);
int	os_write_all(int fd, struct str);			/* EINTR, short writes; -1 with errno */
ssize_t	os_read_full(int fd, void *, size_t);			/* until n or end of file */
int	os_read_file(int fd, struct buf *out);			/* all of it, up to the buffer's cap */
struct sockaddr;
/* accept(2): the new descriptor is close-on-exec and does not block. */
int	os_accept(int sock, struct sockaddr *, size_t *n);
int	os_socketpair(int fd[2]);				/* AF_UNIX stream, close-on-exec */
int	os_pipe(int fd[2]);					/* close-on-exec */
/* Send n >= 1 bytes with up to one descriptor (fd -1: none): as sendmsg. */
ssize_t	os_send_fd(int sock, const void *, size_t n, int fd);
#define OS_FD_LOST	(-2)
/*
 * Receive; *fd is -1 or a new close-on-exec descriptor.  More than one passed descriptor is closed.  OS_FD_LOST: one came, and this process may
 * have no more; what was sent is gone.
 */
ssize_t	os_recv_fd(int sock, void *, size_t n, int *fd);
/*
 * So many octets may come in at once: a TCP connection begins with room for 64 KiB, and who has more to send waits for each piece to be taken before the next leaves.
 * Where the system does not let a connection's room grow without fixing it nothing changes.
 */
void	os_sock_expect(int sock, size_t n);
/* A memory file (or an unlinked temporary file) of this content, sealed against change where the system can, at offset 0. */
int	os_memfile(const char *name, struct str content, struct err *);
/* Memory of this size, zeroed, that processes share by passing the descriptor; none of them can make it smaller where the system can prevent it. */
int	os_sharedfile(const char *name, size_t size, struct err *);
/* The effective user and group of the other end of a socketpair or unix socket. */
int	os_peer_ids(int sock, uid_t *, gid_t *);

#endif
