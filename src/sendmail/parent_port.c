/*
 * parent_port - a socket with a port that only root may have, for mailers with flag R: bound here, connected by the client.
 *
 * The asker says a family and one of our addresses, nothing else; without such a mailer in the configuration nobody gets one.
 */
#include <unistd.h>

#include "net/conn.h"
#include "portask.h"
#include "req.h"

int
parent_answer_portopen(struct role_ctx *ctx, struct peer *from, struct frame *f)
{
	struct port_ask	ask;
	struct err	e = ERR_INIT;
	struct ip	ip;
	bool		wanted = false, bound;
	int		fd;

	if (port_ask_get(f->body, &ask) == -1)
		return -1;
	for (size_t i = 0; i < ctx->conf->nmailers; i++)
		wanted |= mailer_has(&ctx->conf->mailers[i], 'R');
	bound = !str_is_none(ask.from);
	if (!wanted || (bound && (ip_parse(ask.from, &ip) == -1 || ip.family != ask.family)))
		return req_refuse(from, f, ERR_PERM, "no such port"), 0;
	if ((fd = net_reserved(ask.family, bound ? &ip : NULL, &e)) == -1)
		return req_answer_err(from, f, &e), 0;
	(void)req_answer(from, f, STR(""), fd);
	close(fd);
	return 0;
}
