/*
 * spoold_stats - what StatusFile counts: messages and kilobytes from and to each mailer, connections, refusals.
 *
 * Counted in memory and added to the file every few seconds.  As sendmail does, a message counts once for the mailer of its sender, and for each mailer
 * once in each transaction in which somebody got it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/log.h"
#include "os/file.h"
#include "queue/stats.h"
#include "spoold.h"

#define WRITE_MS	3000

/* sendmail's number of a mailer: it does not count "error" and "discard". */
static uint32_t
stats_number(const struct conf *c, uint32_t mailer)
{
	return mailer - (mailer > (uint32_t)c->m_error) - (mailer > (uint32_t)c->m_discard);
}

void
stats_open(struct spoold *s)
{
	struct str	file = s->conf->opt.status_file;
	char		path[1024];
	struct err	e = ERR_INIT;

	s->stats_fd = -1;
	if (file.n == 0 || str_copy(path, sizeof path, file) == -1 || (s->stats = calloc(1, sizeof *s->stats)) == NULL)
		return;
	s->stats_fd = os_open_safe(path, O_RDWR, 0, geteuid(), OS_SAFE_NOPATH | OS_SAFE_ANYOWNER, NULL, &e);
	if (s->stats_fd == -1 && e.sys != ENOENT)		/* not there: nobody wants to know */
		log_line(6, LOG_P_NOTICE, NULL, "statistics: %s", e.text);
}

void
stats_write(struct spoold *s)
{
	struct err e = ERR_INIT;

	if (s->stats_fd == -1 || !s->stats_due)
		return;
	s->stats_due = false;
	if (stats_add(s->stats_fd, s->stats, &e) == -1)
		log_line(6, LOG_P_NOTICE, NULL, "statistics: %.*s: %s", STR_ARG(s->conf->opt.status_file), e.text);
	memset(s->stats, 0, sizeof *s->stats);
}

static void
stats_tick(void *arg)
{
	stats_write(arg);
}

/* Something is counted: soon it is to be written.  False: nobody wants to know. */
static bool
stats_wanted(struct spoold *s)
{
	if (s->stats_fd == -1)
		return false;
	if (s->stats_timer == NULL && (s->stats_timer = loop_timer_new(s->ctx->loop, stats_tick, s)) == NULL)
		return false;
	if (!s->stats_due)
		loop_timer_set(s->stats_timer, WRITE_MS);
	s->stats_due = true;
	return true;
}

void
stats_from(struct spoold *s, uint32_t mailer, const struct qf *q, uint64_t size, bool quarantined)
{
	uint32_t n = mailer == 0 ? STATS_MAILERS : stats_number(s->conf, mailer - 1);

	if (n >= STATS_MAILERS || !stats_wanted(s))
		return;
	for (size_t i = 0; i < q->nhdr; i++)
		size += q->hdr[i].name.n + q->hdr[i].value.n + 2;
	s->stats->nfrom[n]++;
	s->stats->kfrom[n] += stats_kbytes(size);
	s->stats->nquarantine[n] += quarantined;
}

void
stats_to(struct spoold *s, const struct attempt *a, const struct attempt_result *r)
{
	uint32_t	n = stats_number(s->conf, a->mailer_index);
	bool		sent = false;

	if (n >= STATS_MAILERS || !stats_wanted(s))
		return;
	for (size_t i = 0; i < r->nrcpt; i++)
		sent |= r->rcpt[i].outcome == OUTCOME_SENT;
	s->stats->to += (long)r->connects;
	s->stats->nto[n] += sent;
	s->stats->kto[n] += sent ? stats_kbytes(a->size + a->header.n) : 0;
}

int
answer_count(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct spoold		*s = ctx->state;
	struct count_ask	 q;

	(void)p;
	if (count_ask_get(f->body, &q) == -1)
		return -1;
	if (!stats_wanted(s))
		return 0;
	s->stats->from += q.connection;
	s->stats->rejected += q.refused;
	for (uint32_t i = 0; i < COUNT_MAILERS; i++) {
		uint32_t n = stats_number(s->conf, i);

		if (n < STATS_MAILERS) {
			s->stats->nreject[n] += (long)q.reject[i];
			s->stats->ndiscard[n] += (long)q.discard[i];
		}
	}
	return 0;
}
