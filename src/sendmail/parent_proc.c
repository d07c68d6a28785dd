/*
 * parent_proc - the processes in roles: started, introduced to each other, replaced when they end, stopped in order.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "os/fd.h"
#include "os/load.h"
#include "parent_int.h"
#include "proc/reexec.h"
#include "req.h"

#define PARENT_TRAFFIC		(ROLE_BIT(R_GATE) | ROLE_BIT(R_SMTPD) | ROLE_BIT(R_CLIENT) | ROLE_BIT(R_LOCAL))	/* who gets the transcript of -X */
#define PARENT_STABLE_MS	10000		/* a role that lived so long did not fail at once */
#define PARENT_RETRY_MAX_MS	60000
#define PARENT_GIVE_UP		5		/* a command does not try for ever */

static int parent_answer_ready(struct role_ctx *, struct peer *, struct frame *);

static const struct answer parent_answers[] = {
	{ Q_READY, parent_answer_ready }, { Q_LOST, parent_answer_lost }, { Q_BUSY, parent_answer_busy }, { Q_MAPOPEN, parent_answer_mapopen },
	{ Q_FILTEROPEN, parent_answer_filteropen }, { Q_PORTOPEN, parent_answer_portopen }, { 0, NULL }
};
const struct role_row parent_row = { .id = R_PARENT, .name = "parent", .answers = parent_answers };

/* ---- processes ---- */

struct proc *
parent_proc(struct parent *p, enum role_id role)
{
	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (pr->role == role && !pr->leaving)
			return pr;
	}
	return NULL;
}

int
parent_tell(struct proc *pr, enum req_id q, struct str body, int fd)
{
	return pr->peer == NULL ? -1 : chan_send(pr->peer->ch, (uint16_t)q, 0, 0, body, fd, NULL);
}

static void
parent_boot(const struct parent *p, const struct role_row *row, struct role_boot *b)
{
	const char *user = row->as == AS_ROOT ? p->root_user : row->as == AS_QUEUE_OWNER ? p->queue_user : p->role_user;

	memset(b, 0, sizeof *b);
	b->role = row->id;
	b->uid = row->as == AS_ROOT ? p->root_uid : row->as == AS_QUEUE_OWNER ? p->queue_uid : p->role_uid;
	b->gid = row->as == AS_ROOT ? p->root_gid : row->as == AS_QUEUE_OWNER ? p->queue_gid : p->role_gid;
	b->user = user[0] != '\0' ? str_c(user) : STR_NONE;
	b->foreground = p->args->foreground;
	b->verbose = p->args->verbose;
	b->command = p->body != NULL;
	b->queue_interval = p->args->queue_interval;
	b->empty_dir = geteuid() == 0 ? str_c(p->empty) : STR_NONE;
	b->title = p->ctx.conf->opt.process_title_prefix;
	b->trace = str_c(p->args->trace);
	b->tag = str_c(p->args->tag);
}

static int parent_connect_role(struct parent *p, struct proc *pr);

struct proc *
parent_start_role(struct parent *p, enum role_id role, struct err *e)
{
	const struct role_row	*row = role_row(role);
	struct proc		*pr = calloc(1, sizeof *pr);
	struct role_boot	 boot;
	struct buf		 b;
	int			 sock, rc;

	if (pr == NULL) {
		err_set(e, ERR_TEMP, "no memory for role %s", row->name);
		return NULL;
	}
	pr->role = role;
	pr->started = (int64_t)os_now_ms();
	if ((pr->pid = reexec_start(p->self, p->args->argv[0], row->name, p->log_in, p->env, &sock, e)) == -1) {
		free(pr);
		return NULL;
	}
	list_append(&p->procs, &pr->link);
	if ((pr->peer = peer_new(&p->ctx, role, false, sock, e)) == NULL)
		return NULL;				/* its end is reaped like any other */
	pr->peer->user = pr;
	parent_boot(p, row, &boot);
	buf_init(&b, 0);
	role_boot_put(&b, &boot);
	rc = parent_tell(pr, Q_BOOT, buf_str(&b), ROLE_BIT(role) & PARENT_TRAFFIC && p->args->transcript > 0 ? p->args->transcript : -1);
	buf_done(&b);
	if (rc == -1 || parent_tell(pr, Q_CONF, STR(""), p->conf_fd) == -1 || parent_connect_role(p, pr) == -1) {
		err_set(e, ERR_TEMP, "role %s does not listen", row->name);
		return NULL;
	}
	return pr;
}

int
parent_introduce(struct proc *a, struct proc *b)
{
	const char	name_a = (char)a->role, name_b = (char)b->role;		/* as peer_ask_put has it */
	int		s[2], rc;

	if (os_socketpair(s) == -1)
		return -1;
	if ((rc = parent_tell(a, Q_PEER, str_mem(&name_b, 1), s[0])) == 0)
		(void)parent_tell(b, Q_PEER, str_mem(&name_a, 1), s[1]);
	close(s[0]);
	close(s[1]);
	return rc;
}

/* Channels to all whom it may ask or who may ask it; and what else it needs from us. */
static int
parent_connect_role(struct parent *p, struct proc *pr)
{
	LIST_EACH(it, &p->procs) {
		struct proc *o = LIST_OF(it, struct proc, link);

		if (o == pr || o->leaving || o->peer == NULL)
			continue;
		if ((req_neighbours(pr->role, o->role) || req_neighbours(o->role, pr->role)) &&
		    parent_introduce(pr, o) == -1)
			return -1;
	}
	if (pr->role == R_GATE)
		return parent_send_sockets(p);
	if (pr->role == R_LOG)
		return parent_tell(pr, Q_LOGFD, STR(""), p->log_out);
	return 0;
}

static int
parent_answer_ready(struct role_ctx *ctx, struct peer *peer, struct frame *f)
{
	struct parent	*p = ctx->state;
	struct proc	*pr = peer->user;
	bool		 all = true;

	if (f->body.n != 0 || pr == NULL)
		return -1;
	pr->ready = true;
	LIST_EACH(it, &p->procs)
		all = all && LIST_OF(it, struct proc, link)->ready;
	p->settled = p->settled || all;
	log_line(10, LOG_P_DEBUG, NULL, "role %s is ready, pid %ld", role_name(pr->role), (long)pr->pid);
	return 0;
}

/* Its channel is closed: it ended, is ending, or broke the rules; a process we cannot talk to is of no use. */
void
parent_peer_gone(struct role_ctx *ctx, struct peer *peer)
{
	struct proc *pr = peer->user;

	(void)ctx;
	if (pr == NULL || pr->peer != peer)
		return;
	pr->peer = NULL;
	if (!pr->leaving)
		kill(pr->pid, SIGKILL);
}

/* ---- replacing what ended ---- */

void
parent_retry(void *arg)
{
	struct parent_retry	*r = arg;
	struct parent		*p = r->parent;
	struct err		 e = ERR_INIT;

	if (p->phase != 0 || parent_proc(p, r->role) != NULL)
		return;
	if (parent_start_role(p, r->role, &e) == NULL) {
		log_line(0, LOG_P_CRIT, NULL, "%s", e.text);
		loop_timer_set(r->timer, PARENT_RETRY_MAX_MS);
	}
}

static void
parent_restart(struct parent *p, const struct proc *pr, int code)
{
	struct parent_retry	*r = &p->retry[pr->role];
	uint64_t		 wait = 0;

	if (code == EXIT_CONFIG && !pr->ready && !p->settled) {
		p->code = EXIT_CONFIG;
		parent_stop(p, "configuration");
		return;
	}
	if ((int64_t)os_now_ms() - pr->started > PARENT_STABLE_MS)
		r->failures = 0;
	else if (++r->failures > 1) {
		wait = PARENT_RETRY_MS;
		for (int i = 2; i < r->failures && wait < PARENT_RETRY_MAX_MS; i++)
			wait *= 2;
	}
	if (p->body != NULL && r->failures > PARENT_GIVE_UP) {
		p->code = EXIT_TEMPFAIL;
		parent_stop(p, "a role does not start");
		return;
	}
	loop_timer_set(r->timer, wait);
}

static void parent_phase(struct parent *p);

static void
parent_ended(struct parent *p, pid_t pid, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	if (pid == p->body_pid) {
		parent_body_ended(p, code);
		return;
	}
	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (pr->pid != pid)
			continue;
		if (!pr->leaving || code != 0)
			log_line(0, code == 0 ? LOG_P_NOTICE : LOG_P_CRIT, NULL, "role %s (pid %ld) ended: %s %d",
			    role_name(pr->role), (long)pid, WIFSIGNALED(status) ? "signal" : "exit code",
			    WIFSIGNALED(status) ? WTERMSIG(status) : code);
		list_remove(&pr->link);
		if (pr->peer != NULL) {
			pr->peer->user = NULL;
			peer_end(pr->peer, NULL);
		}
		if (code == EXIT_CONFIG && !pr->ready && !p->settled && p->body != NULL)
			p->code = EXIT_CONFIG;		/* its command may have noticed first */
		if (!pr->leaving && p->phase == 0)
			parent_restart(p, pr, code);
		free(pr);
		break;
	}
	if (p->phase != 0)
		parent_phase(p);
}

void
parent_child(void *arg, int signo)
{
	struct parent	*p = arg;
	int		 status;
	pid_t		 pid;

	(void)signo;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		parent_ended(p, pid, status);
}

/* ---- an orderly stop: whoever takes work in first, log last ---- */

static const struct parent_stop_phase {
	unsigned	roles;
	uint64_t	ms;		/* then they are killed */
} parent_phases[] = {
	{ 0, 0 },
	{ ROLE_BIT(R_GATE) | ROLE_BIT(R_SMTPD), 7000 },
	{ ROLE_BIT(R_SPOOL), 15000 },
	{ ~ROLE_BIT(R_LOG), 7000 },
	{ ~0u, 3000 },
};
#define PARENT_PHASES	((int)(sizeof parent_phases / sizeof parent_phases[0]))

static bool
parent_phase_busy(struct parent *p)
{
	LIST_EACH(it, &p->procs)
		if (parent_phases[p->phase].roles & ROLE_BIT(LIST_OF(it, struct proc, link)->role))
			return true;
	return false;
}

static void
parent_phase(struct parent *p)
{
	while (!parent_phase_busy(p)) {
		if (++p->phase == PARENT_PHASES) {
			p->phase = PARENT_PHASES - 1;
			loop_stop(p->ctx.loop);
			return;
		}
		LIST_EACH(it, &p->procs) {
			struct proc *pr = LIST_OF(it, struct proc, link);

			if (!(parent_phases[p->phase].roles & ROLE_BIT(pr->role)))
				continue;
			pr->leaving = true;
			if (parent_tell(pr, Q_STOP, STR(""), -1) == -1)
				kill(pr->pid, SIGKILL);
		}
		loop_timer_set(p->phase_timer, parent_phases[p->phase].ms);
	}
}

void
parent_phase_late(void *arg)
{
	struct parent *p = arg;

	LIST_EACH(it, &p->procs) {
		struct proc *pr = LIST_OF(it, struct proc, link);

		if (parent_phases[p->phase].roles & ROLE_BIT(pr->role)) {
			log_line(0, LOG_P_WARNING, NULL, "role %s (pid %ld) does not stop: killed", role_name(pr->role),
			    (long)pr->pid);
			kill(pr->pid, SIGKILL);
		}
	}
	loop_timer_set(p->phase_timer, 3000);
}

void
parent_stop(struct parent *p, const char *why)
{
	if (p->phase != 0)
		return;
	if (p->body == NULL)		/* a command that delivers by itself is no daemon */
		log_line(0, LOG_P_INFO, NULL, "NOQUEUE: stopping daemon, reason=%s", why);
	p->phase = 0;
	p->ctx.stopping = true;
	parent_phase(p);
}
