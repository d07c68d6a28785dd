/*
 * disk_helper - see the header.
 */
#include "disk_helper.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/near.h"
#include "proc/reexec.h"
#include "proc/sig.h"

static _Noreturn void
disk_helper_life(const struct disk_helper *h, int sock)
{
	int		 keep[DISK_HELPER_KEEP + 2];
	size_t		 n = h->nkeep;
	struct chan	*ch;

	memcpy(keep, h->keep, n * sizeof *keep);
	keep[n++] = sock;
	keep[n++] = REEXEC_LOG;
	os_fd_close_from(3, keep, n);
	sig_reset();
	sig_ignore(SIGTERM);
	sig_ignore(SIGINT);
	os_anywhere();
	sig_ignore(SIGHUP);
	role_title(h->s->ctx, "%s", h->title);
	if ((ch = chan_new(sock)) != NULL)
		h->main(ch, h->arg);
	_exit(0);
}

struct chan *
disk_helper_start(const struct disk_helper *h, pid_t *pid, struct err *e)
{
	struct chan	*ch;
	int		 pair[2];

	if (os_socketpair(pair) == -1) {
		err_sys(e, ERR_TEMP, "socketpair");
		return NULL;
	}
	if ((*pid = sig_fork()) == -1) {
		err_sys(e, ERR_TEMP, "fork");
		close(pair[0]);
		close(pair[1]);
		return NULL;
	}
	if (*pid == 0)
		disk_helper_life(h, pair[1]);
	close(pair[1]);
	if ((ch = chan_new(pair[0])) == NULL)
		close(pair[0]);
	else if (chan_on_loop(ch, h->s->ctx->loop, h->gone, h->arg, CHAN_MAX) == -1)
		chan_free(&ch);
	if (ch == NULL)
		err_set(e, ERR_TEMP, "out of memory");
	return ch;
}

void
disk_helper_await(pid_t pid)
{
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}
