/*
 * cmd_idle - IDLE (RFC 2177): changes are told as they come, until the client says DONE.
 *
 * The store tells when something may have changed; where it cannot, the mailbox is looked at now and then, and also where it can, but seldom: what it
 * tells is a hint.
 */
#include <errno.h>
#include <poll.h>

#include "os/load.h"
#include "session.h"

#define IDLE_LOOK	2000		/* ms between two looks where nothing tells */
#define IDLE_LOOK_TOLD	60000		/* ... and where the store does */

/* Until the client speaks, the mailbox may have changed, or it is time for a look: true, the client. */
static bool
idle_wait(struct imap *im, uint64_t until)
{
	int		watch = im->view != NULL ? store_watch_view(im->view) : -1;
	uint64_t	now = os_now_ms(), left = until > now ? until - now : 0, look = watch != -1 ? IDLE_LOOK_TOLD : IDLE_LOOK;
	struct pollfd	p[2] = { { stream_fd(im->s), POLLIN, 0 }, { watch, POLLIN, 0 } };
	int		n;

	if (stream_pending(im->s))
		return true;
	if (im->view == NULL)
		look = left;				/* nothing is selected: there is nothing to tell */
	while ((n = poll(p, watch != -1 ? 2 : 1, (int)(left < look ? left : look))) == -1 && errno == EINTR)
		continue;
	if (n > 0 && p[0].revents != 0)
		return true;
	if (n > 0 && p[1].revents != 0)
		store_clear_watch(im->view);
	return n == -1;
}

enum imap_rc
cmd_idle(struct imap *im)
{
	int		normal = im->sess->conf.idle_timeout > 0 ? im->sess->conf.idle_timeout * 1000 : 30 * 60 * 1000;
	uint64_t	until = os_now_ms() + (uint64_t)normal;
	enum stream_end	end = STREAM_TIMEOUT;
	struct str	line;

	imap_put(im, STR("+ idling\r\n"));
	while (end == STREAM_TIMEOUT && !im->logout && os_now_ms() < until) {
		if (im->view != NULL)
			(void)store_watch_view(im->view);	/* before we look, so that nothing falls in between */
		imap_sync(im);
		if (stream_flush(im->s) == -1)
			return IMAP_DEAD;
		if (idle_wait(im, until))
			end = stream_line(im->s, IMAP_LINE_MAX, &line);
	}
	if (end != STREAM_OK)
		return IMAP_DEAD;
	if (!str_caseeq_c(str_trim(line), "DONE")) {
		imap_say(im, "DONE expected");
		return IMAP_BAD;
	}
	return IMAP_OK;
}
