/*
 * spoold_host - the status of hosts in HostStatusDirectory: other processes skip what this one found dead, and -bh shows it.
 *
 * A record each for the hosts that were tried, as sendmail keeps them, and one for the destination when none of its hosts
 * could be reached: this one is looked at before an attempt.  The files are advice: when they cannot be
 * written, mail goes on as without them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "hoststat.h"
#include "queue/hostst.h"
#include "spoold.h"

void
hosts_open(struct spoold *s)
{
	s->hosts_fd = -1;
	if (hoststat_path(s->conf, s->ctx->arena, &s->hosts_path) == -1)
		return;
	if ((s->hosts_fd = open(s->hosts_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		log_line(0, LOG_P_WARNING, NULL, "Cannot use HostStatusDirectory = %s: %s", s->hosts_path, strerror(errno));
}

bool
hosts_down(struct spoold *s, struct str host, int64_t after, char *status, size_t status_size, char *text, size_t text_size)
{
	struct hostst	h;
	int64_t		keep = s->conf->opt.timeout.hoststatus;

	if (s->hosts_fd == -1 || hostst_load(s->hosts_fd, host, &h) != 1)
		return false;
	if (h.ex == EXIT_OK || h.used <= after || h.used + keep <= spoold_now() ||
	    h.used > spoold_now() + CLOCK_BACK)		/* written before the clock was set back */
		return false;
	(void)str_copy(status, status_size, str_c(h.status[0] != '\0' ? h.status : "4.4.1"));
	(void)str_copy(text, text_size, str_first(str_c(h.text[0] != '\0' ? h.text : "Deferred"), text_size - 1));
	return true;
}

static void
hosts_store(struct spoold *s, struct str host, int err, int ex, struct str status, struct str text)
{
	struct hostst	h = { .err = err, .ex = ex, .used = spoold_now() };
	struct err	e = ERR_INIT;

	(void)str_copy(h.status, sizeof h.status, str_first(status, sizeof h.status - 1));
	(void)str_copy(h.text, sizeof h.text, str_first(text, sizeof h.text - 1));
	if (hostst_store(s->hosts_fd, host, &h, &e) == -1 && e.class != ERR_PERM)
		log_line(6, LOG_P_WARNING, NULL, "%s", e.text);
}

void
hosts_note(struct spoold *s, struct str host, const struct attempt_result *r)
{
	struct hostst	old;

	if (s->hosts_fd == -1)
		return;
	for (size_t i = 0; i < r->nhost; i++)
		hosts_store(s, r->host[i].name, r->host[i].err, r->host[i].ex, r->host[i].status, r->host[i].text);
	if (r->down && r->nrcpt > 0) {
		hosts_store(s, host, r->nhost > 0 ? r->host[r->nhost - 1].err : 0, r->rcpt[0].ex, r->rcpt[0].status, r->rcpt[0].text);
		return;
	}
	if (r->mta.n != 0 && r->nrcpt > 0)
		hosts_store(s, r->mta, 0, EXIT_OK, r->rcpt[0].status, r->rcpt[0].reply.n != 0 ? r->rcpt[0].reply : r->rcpt[0].text);
	if (!str_caseeq(host, r->mta) && hostst_load(s->hosts_fd, host, &old) == 1 && old.ex != EXIT_OK)
		hostst_drop(s->hosts_fd, host);
}

int
hosts_lock(struct spoold *s, struct str host, int *lock)
{
	struct err	e = ERR_INIT;
	int		rc;

	*lock = -1;
	if (s->hosts_fd == -1 || !s->conf->opt.single_thread_delivery)
		return 0;
	if ((rc = hostst_lock(s->hosts_fd, host, lock, &e)) == -1 && e.class != ERR_PERM)
		log_line(6, LOG_P_WARNING, NULL, "%s", e.text);
	return rc == 1 ? 1 : 0;
}
