/*
 * parent_filter - a connection to a filter's unix socket that only root may reach, as filters of other packages often have it.
 *
 * The asker names a filter of the configuration by its index; we connect and hand the descriptor on, and neither read nor write.  A socket whose
 * queue is full is the asker's to try again: the parent never waits.
 */
#include <unistd.h>

#include "map/socketmap.h"
#include "milterask.h"
#include "net/conn.h"
#include "req.h"

int
parent_answer_filteropen(struct role_ctx *ctx, struct peer *from, struct frame *f)
{
	struct socketmap_place	at;
	struct filter_ask	ask;
	struct err		e = ERR_INIT;
	char			path[256];
	int			fd;

	if (filter_ask_get(f->body, &ask) == -1)
		return -1;
	if (ask.filter >= ctx->conf->nfilters || socketmap_place(ctx->conf->filters[ask.filter].socket, &at) == -1 || at.kind != SOCKETMAP_UNIX ||
	    str_copy(path, sizeof path, at.host) == -1)
		return req_refuse(from, f, ERR_PERM, "no such filter"), 0;
	if ((fd = net_connect_unix(path, 1, &e)) == -1)
		return req_answer_err(from, f, &e), 0;
	(void)req_answer(from, f, STR(""), fd);
	close(fd);
	return 0;
}
