/*
 * parent_session - logins that auth granted, and the sessions that come of them.
 *
 * A ticket is good once, for the front it was made for, and not for long.  What root does for a session in a mail spool is store/spool.h's, for the mailbox that was worked
 * out here when the session began.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/parent_int.h"
#include "os/load.h"
#include "store/spool.h"

#define PARENT_GRANT_WAIT	(60 * 1000)
#define PARENT_GRANTS		1000u

/* --- sessions --------------------------------------------------------------------------------- */

void
worker_free(struct worker *w)
{
	if (w->locked)
		(void)spool_dotlock(w->inbox, false, w->pid, NULL);
	list_remove(&w->link);
	w->p->nworkers--;
	chan_free(&w->chan);
	free(w);
}

/* A question of store/spool.h: its letter, and a process number behind SPOOL_ALIVE. */
static bool
worker_serve(struct worker *w, struct str q, char *answer)
{
	struct msg_in	m = msg_in(str_from(q, 1));
	pid_t		pid;

	*answer = SPOOL_BAD;
	if (q.n == 5 && q.p[0] == SPOOL_ALIVE) {
		pid = (pid_t)msg_u32(&m);
		*answer = pid > 0 && kill(pid, 0) == -1 && errno == ESRCH ? SPOOL_OK : SPOOL_TAKEN;
	} else if (q.n != 1 || q.p[0] == SPOOL_ALIVE)
		return false;
	else if (geteuid() == 0 && w->spool)
		*answer = spool_serve(q.p[0], w->inbox, w->uid, w->gid, w->pid, &w->locked);
	return true;
}

static void
worker_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct worker	*w = arg;
	char		 a;

	if (f == NULL) {
		worker_free(w);
		return;
	}
	if (parent_asked("session", f) && worker_serve(w, f->body, &a)) {
		(void)chan_answer(ch, f, str_mem(&a, 1), -1);
		return;
	}
	if (f->fd != -1)
		close(f->fd);
	parent_expel("session", w->pid, f);
	worker_free(w);
}

static int
worker_start(struct parent *p, const struct generation *g, const struct grant *gr, int fd, struct err *e)
{
	struct worker	*w;
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct str	 inbox = mbuser_path(a, g->conf.mailbox_path, &gr->user);
	int		 rc = -1;

	if ((w = calloc(1, sizeof *w)) == NULL || str_is_none(inbox) || str_copy(w->inbox, sizeof w->inbox, inbox) == -1) {
		arena_free(&a);
		free(w);
		return err_set(e, ERR_TEMP, "out of memory, or path of the mailbox too long");
	}
	arena_free(&a);
	w->p = p;
	w->uid = gr->user.uid;
	w->gid = gr->user.gid;
	/* below a home that auth named nothing is done with root's rights */
	w->spool = !g->conf.maildir && strstr(g->conf.mailbox_path, "%h") == NULL;
	if ((w->chan = parent_start(p, "session", &w->pid, e)) != NULL && parent_boot(p, g, w->chan, &gr->user, e) == 0 &&
	    chan_send(w->chan, FM_CHANNEL, 0, 0, STR(""), fd, e) == 0 && chan_on_loop(w->chan, p->loop, worker_frame, w, FRONT_CHAN_CAP) == 0)
		rc = 0;
	list_append(&p->workers, &w->link);
	p->nworkers++;
	if (rc == -1)
		worker_free(w);
	return rc;
}

/* --- grants ----------------------------------------------------------------------------------- */

static void
grant_free(struct parent *p, struct grant *g)
{
	list_remove(&g->link);
	p->ngrants--;
	arena_free(&g->arena);
	free(g);
}

static void
grant_expire(struct parent *p)
{
	uint64_t	now = os_now_ms();

	LIST_EACH(it, &p->grants)
		if (LIST_OF(it, struct grant, link)->until <= now)
			grant_free(p, LIST_OF(it, struct grant, link));
}

/* Auth says who logged in: -1 is not decodable. */
int
parent_grant(struct parent *p, struct chan *auth, struct frame *f)
{
	struct front_grant in;
	struct grant	*g;
	struct err	 e = ERR_INIT;

	if (front_grant_get(f->body, &in) == -1)
		return -1;
	grant_expire(p);
	if (p->ngrants >= PARENT_GRANTS || (g = calloc(1, sizeof *g)) == NULL) {
		err_set(&e, ERR_TEMP, "too many logins at a time");
		return chan_answer_err(auth, f, &e);
	}
	g->arena = arena_new(ARENA_DEFAULT);
	memcpy(g->ticket, in.ticket.p, FRONT_TICKET);
	g->front = in.front;
	g->user = in.user;
	g->user.name = arena_str(g->arena, in.user.name);
	g->user.home = arena_str(g->arena, in.user.home);
	g->until = os_now_ms() + PARENT_GRANT_WAIT;
	list_append(&p->grants, &g->link);
	p->ngrants++;
	if (!mbuser_name_ok(g->user.name))
		err_set(&e, ERR_PERM, "not a name");
	else if (g->user.uid == 0 || g->user.uid == (uid_t)-1 || g->user.gid == (gid_t)-1)
		err_set(&e, ERR_PERM, "root has no sessions");
	else if (geteuid() != 0 && g->user.uid != geteuid())
		err_set(&e, ERR_PERM, "not our user id, and we are not root");
	if (e.class != ERR_NONE) {
		grant_free(p, g);
		return chan_answer_err(auth, f, &e);
	}
	return chan_answer(auth, f, STR(""), -1);
}

int
parent_claim(struct front_proc *front, struct frame *f)
{
	const struct generation	*g = front->g;
	struct parent	*p = g->p;
	struct err	 e = ERR_INIT;
	struct grant	*found = NULL;

	if (f->body.n != FRONT_TICKET)
		return -1;
	grant_expire(p);
	LIST_EACH(it, &p->grants) {
		struct grant	*x = LIST_OF(it, struct grant, link);

		if (x->front == front->number && memcmp(x->ticket, f->body.p, FRONT_TICKET) == 0)
			found = x;
	}
	if (found == NULL)
		err_set(&e, ERR_PERM, "no such ticket");
	else if (p->nworkers >= (size_t)g->conf.max_connections)
		err_set(&e, ERR_TEMP, "too many sessions");
	else
		(void)worker_start(p, g, found, f->fd, &e);
	if (found != NULL)
		grant_free(p, found);
	if (e.class != ERR_NONE)
		return chan_answer_err(front->chan, f, &e), 0;
	return chan_answer(front->chan, f, STR(""), -1), 0;
}
