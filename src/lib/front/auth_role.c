/*
 * auth_role - the role that knows passwords: a forked child per exchange, and a memory for who guessed wrong.
 *
 * It answers steps of exchanges and nothing else.  When one ends well it first tells the parent whom (GRANT), and only then the front that there is a
 * ticket.  A wrong guess is answered late, and later with each one from the same address or for the same account.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/sasl.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"
#include "front/front_int.h"
#include "os/fd.h"
#include "os/load.h"
#include "proc/sig.h"

#define AUTH_EXCHANGES	200u			/* at a time, without those whose refusal is held back */
#define AUTH_CHILD_WAIT	(90 * 1000)
#define AUTH_DELAY	300u			/* ms for the first wrong guess, doubled for each further one */
#define AUTH_DELAY_MAX	15000u
#define AUTH_MEMORY	(10 * 60 * 1000)	/* ms that a wrong guess is remembered */
#define AUTH_MEMBERS	4096u

struct auth {
	struct role	*role;
	struct loop	*loop;
	struct list	 fronts, exchanges;
	size_t		 nexchanges;
	char		 mechs[256], mechs_clear[256];
	struct list	 guesses;
	size_t		 nguesses;
};

struct auth_front {
	struct list	 link;
	struct auth	*auth;
	struct chan	*chan;
	uint32_t	 number;
};

struct guess {				/* of an address or an account */
	struct list	 link;
	uint64_t	 until;
	unsigned	 n;
	char		 key[300];
};

struct exchange {
	struct list		 link;
	struct auth		*auth;
	struct auth_front	*front;		/* NULL: it is gone */
	struct chan		*child;
	struct loop_timer	*timer;
	pid_t			 pid;
	uint32_t		 id;
	struct frame		 question;	/* that waits for an answer; tag and type only */
	bool			 asked, granting, refused;
	struct mbuser		 user;
	uint8_t			 ticket[FRONT_TICKET];
	char			 peer[IP_TEXT], name[256];
	struct buf		 late;		/* an answer that is held back */
	struct arena		*arena;
};

/* --- guesses ---------------------------------------------------------------------------------- */

static struct guess *
guess_find(struct auth *a, const char *key, bool make)
{
	uint64_t	now = os_now_ms();
	struct guess	*g;

	LIST_EACH(it, &a->guesses) {
		g = LIST_OF(it, struct guess, link);
		if (g->until <= now || a->nguesses > AUTH_MEMBERS) {
			list_remove(&g->link);
			a->nguesses--;
			free(g);
		} else if (strcmp(g->key, key) == 0)
			return g;
	}
	if (!make || (g = calloc(1, sizeof *g)) == NULL)
		return NULL;
	(void)str_copy(g->key, sizeof g->key, str_first(str_c(key), sizeof g->key - 1));
	list_append(&a->guesses, &g->link);
	a->nguesses++;
	return g;
}

/* One more wrong guess: how long to wait before it is told. */
static unsigned
guess_wrong(struct auth *a, const char *peer, const char *name)
{
	char		keys[2][300];
	unsigned	most = 0, ms;

	snprintf(keys[0], sizeof keys[0], "ip %s", peer);
	snprintf(keys[1], sizeof keys[1], "user %s", name);
	for (int i = 0; i < 2; i++) {
		struct guess	*g = guess_find(a, keys[i], true);

		if (g == NULL)
			continue;
		g->n++;
		g->until = os_now_ms() + AUTH_MEMORY;
		if (g->n > most)
			most = g->n;
	}
	ms = AUTH_DELAY;
	for (unsigned i = 1; i < most && ms < AUTH_DELAY_MAX; i++)
		ms *= 2;
	return ms < AUTH_DELAY_MAX ? ms : AUTH_DELAY_MAX;
}

/* --- the child -------------------------------------------------------------------------------- */

struct child {
	struct role	*role;
	struct chan	*chan;
	struct sasl	*sasl;
	struct arena	*arena;
};

/* What it says: word, challenge, name, and who that is. */
static int
child_say(struct child *c, const struct frame *f, enum auth_rc rc, struct str challenge, const struct mbuser *u)
{
	struct buf	b;
	int		r;

	buf_init(&b, CHAN_MAX);
	msg_put_u8(&b, (uint8_t)rc);
	msg_put_str(&b, challenge);
	msg_put_str(&b, str_first(sasl_exchange_user(c->sasl), 255));
	msg_put_str(&b, u->name);
	msg_put_u32(&b, (uint32_t)u->uid);
	msg_put_u32(&b, (uint32_t)u->gid);
	msg_put_str(&b, u->home);
	msg_put_bool(&b, u->is_virtual);
	r = chan_answer(c->chan, f, buf_str(&b), -1);
	buf_done(&b);
	return r;
}

/* The mailbox behind a login; a realm that is our own name may be missing in the data base. */
static enum auth_rc
child_find(struct child *c, struct mbuser *u, struct err *e)
{
	struct str	name = sasl_exchange_user(c->sasl);
	size_t		at = str_rchr(name, '@');
	int		rc = mbuser_find(&c->role->conf, name, c->arena, u, e);

	if (rc == 0 && at != SIZE_MAX && str_caseeq(str_from(name, at + 1), c->role->boot.host))
		rc = mbuser_find(&c->role->conf, str_first(name, at), c->arena, u, e);
	return rc == 1 ? AUTH_OK : rc == 0 ? AUTH_NO : AUTH_TEMP;
}

/* One question of the front: 1 the exchange goes on. */
static int
child_answer(struct child *c, const struct frame *f)
{
	struct msg_in	m = msg_in(f->body);
	struct mbuser	u = { .name = STR("") };
	struct str	mech, data;
	struct buf	out;
	struct err	e = ERR_INIT;
	enum auth_rc	rc = AUTH_BAD;
	bool		plain;
	int		more;

	buf_init(&out, CHAN_MAX);
	(void)msg_u32(&m);
	if (f->type == FM_BEGIN) {
		mech = msg_str(&m, 64);
		data = msg_str(&m, 65536);
		plain = msg_bool(&m);
		(void)msg_str(&m, IP_TEXT);
		if (msg_end(&m))
			rc = sasl_exchange_begin(c->sasl, mech, data, plain, &out, &e);
	} else {
		data = msg_str(&m, 65536);
		if (msg_end(&m))
			rc = sasl_exchange_step(c->sasl, data, &out, &e);
	}
	if (rc == AUTH_OK)
		rc = child_find(c, &u, &e);
	if (rc == AUTH_TEMP)
		log_line(1, LOG_P_ERR, NULL, "auth: %s", e.text);
	more = child_say(c, f, rc, buf_str(&out), &u) == 0 && rc == AUTH_CONTINUE;
	buf_done(&out);
	return more;
}

static _Noreturn void
child_run(struct role *r, int sock)
{
	struct child	c = { .role = r };
	struct frame	f;
	struct err	e = ERR_INIT;

	sig_reset();
	c.arena = arena_new(ARENA_DEFAULT);
	if ((c.chan = chan_new(sock)) == NULL)
		_exit(EXIT_TEMPFAIL);
	c.sasl = sasl_exchange_new(&r->conf, r->proto->sasl_service, arena_cstr(c.arena, r->boot.host), &e);
	if (c.sasl == NULL) {
		log_line(1, LOG_P_ERR, NULL, "auth: %s", e.text);
		if (chan_recv(c.chan, &f, AUTH_CHILD_WAIT, NULL) == 0)
			(void)chan_answer_err(c.chan, &f, &e);
		_exit(EXIT_TEMPFAIL);
	}
	while (chan_recv(c.chan, &f, AUTH_CHILD_WAIT, NULL) == 0 && child_answer(&c, &f))
		continue;
	sasl_exchange_free(&c.sasl);
	_exit(EXIT_OK);
}

/* --- exchanges -------------------------------------------------------------------------------- */

static void
exchange_free(struct exchange *x)
{
	list_remove(&x->link);
	if (!x->refused)
		x->auth->nexchanges--;
	loop_timer_free(&x->timer);
	chan_free(&x->child);
	buf_done(&x->late);
	arena_free(&x->arena);
	free(x);
}

static void
exchange_reply(struct exchange *x, enum auth_rc rc, struct str challenge)
{
	struct buf	b;

	if (x->front == NULL || !x->asked)
		return;
	x->asked = false;
	buf_init(&b, CHAN_MAX);
	msg_put_u8(&b, (uint8_t)rc);
	msg_put_str(&b, challenge);
	msg_put_str(&b, rc == AUTH_OK ? str_mem(x->ticket, FRONT_TICKET) : STR(""));
	msg_put_str(&b, str_c(x->name));
	(void)chan_answer(x->front->chan, &x->question, buf_str(&b), -1);
	buf_done(&b);
}

/* Time is over: for a refusal that was held back, or for the child. */
static void
exchange_timer(void *arg)
{
	struct exchange	*x = arg;

	exchange_reply(x, x->refused ? AUTH_NO : AUTH_TEMP, STR(""));
	if (!x->granting)
		exchange_free(x);
}

static void
exchange_granted(void *arg, struct frame *f)
{
	struct exchange	*x = arg;
	struct err	 e = ERR_INIT;

	x->granting = false;
	if (chan_frame_err(f, &e) == 0)
		exchange_reply(x, AUTH_OK, buf_str(&x->late));
	else {
		log_line(1, LOG_P_ERR, NULL, "auth: user %s: %s", x->name, e.text);
		exchange_reply(x, AUTH_TEMP, STR(""));
	}
	exchange_free(x);
}

static void
exchange_grant(struct exchange *x, struct str challenge)
{
	struct buf	b;

	os_random(x->ticket, sizeof x->ticket);
	buf_clear(&x->late);
	buf_add(&x->late, challenge);
	buf_init(&b, CHAN_MAX);
	msg_put_str(&b, str_mem(x->ticket, FRONT_TICKET));
	msg_put_u32(&b, x->front->number);
	msg_put_str(&b, x->user.name);
	msg_put_u32(&b, (uint32_t)x->user.uid);
	msg_put_u32(&b, (uint32_t)x->user.gid);
	msg_put_str(&b, x->user.home);
	msg_put_bool(&b, x->user.is_virtual);
	if (chan_call(x->auth->role->parent, FM_GRANT, buf_str(&b), -1, exchange_granted, x, FRONT_CLAIM_WAIT) == 0)
		x->granting = true;
	else
		exchange_reply(x, AUTH_TEMP, STR(""));
	buf_done(&b);
}

/* What the child says. */
static void
exchange_child(void *arg, struct chan *ch, struct frame *f)
{
	struct exchange	*x = arg;
	struct msg_in	 m;
	struct str	 challenge;
	enum auth_rc	 rc = AUTH_TEMP;

	(void)ch;
	if (x->granting || x->refused) {		/* it ended; so did its part */
		if (f != NULL && f->fd != -1)
			close(f->fd);
		return;
	}
	if (f == NULL || (f->flags & CHAN_ERROR) != 0) {
		exchange_reply(x, AUTH_TEMP, STR(""));
		exchange_free(x);
		return;
	}
	if (f->fd != -1)
		close(f->fd);
	m = msg_in(f->body);
	rc = (enum auth_rc)msg_u8(&m);
	challenge = msg_str(&m, 65536);
	(void)str_copy(x->name, sizeof x->name, msg_str(&m, 255));
	x->user.name = arena_str(x->arena, msg_str(&m, 255));
	x->user.uid = (uid_t)msg_u32(&m);
	x->user.gid = (gid_t)msg_u32(&m);
	x->user.home = arena_str(x->arena, msg_str(&m, 4096));
	x->user.is_virtual = msg_bool(&m);
	if (!msg_end(&m) || rc > AUTH_CONTINUE)
		rc = AUTH_TEMP;
	if (rc == AUTH_OK && x->front != NULL) {
		exchange_grant(x, challenge);
		if (x->granting)
			return;
	} else if (rc == AUTH_NO) {
		x->refused = true;		/* its child is done; an answer that waits holds nobody up */
		x->auth->nexchanges--;
		(void)loop_timer_set(x->timer, guess_wrong(x->auth, x->peer, x->name));
		return;
	} else
		exchange_reply(x, rc, challenge);
	if (rc != AUTH_CONTINUE)
		exchange_free(x);
}

/* The child's answers come as answers, on the tag of our question. */
static void
exchange_answer(void *arg, struct frame *f)
{
	exchange_child(arg, NULL, f);
}

static void
exchange_ask(struct exchange *x, const struct frame *f)
{
	x->question = *f;
	x->asked = true;
	if (chan_call(x->child, f->type, f->body, -1, exchange_answer, x, AUTH_CHILD_WAIT) == -1) {
		exchange_reply(x, AUTH_TEMP, STR(""));
		exchange_free(x);
	}
}

/* The child's end closed outside of a question: it ended, as it should after its last answer. */
static void
exchange_gone(void *arg, struct chan *ch, struct frame *f)
{
	struct exchange	*x = arg;

	(void)ch;
	if (f != NULL) {
		if (f->fd != -1)
			close(f->fd);
		return;
	}
	if (!x->granting && !x->refused)
		exchange_free(x);
}

static int
exchange_fork(struct exchange *x)
{
	struct auth	*a = x->auth;
	int		 p[2];

	if (os_socketpair(p) == -1)
		return -1;
	if ((x->pid = fork()) == -1) {
		close(p[0]);
		close(p[1]);
		return -1;
	}
	if (x->pid == 0) {
		close(p[0]);
		(void)loop_after_fork(a->loop);
		LIST_EACH(it, &a->fronts)
			chan_abandon(&LIST_OF(it, struct auth_front, link)->chan);
		LIST_EACH(it, &a->exchanges)
			if (LIST_OF(it, struct exchange, link)->child != NULL)
				chan_abandon(&LIST_OF(it, struct exchange, link)->child);
		chan_abandon(&a->role->parent);
		child_run(a->role, p[1]);
	}
	close(p[1]);
	if ((x->child = chan_new(p[0])) == NULL) {
		close(p[0]);
		return -1;
	}
	return chan_on_loop(x->child, a->loop, exchange_gone, x, FRONT_CHAN_CAP);
}

static void
auth_refuse(struct auth_front *fr, const struct frame *f, enum auth_rc rc)
{
	struct buf	b;

	buf_init(&b, 256);
	msg_put_u8(&b, (uint8_t)rc);
	msg_put_str(&b, STR(""));
	msg_put_str(&b, STR(""));
	msg_put_str(&b, STR(""));
	(void)chan_answer(fr->chan, f, buf_str(&b), -1);
	buf_done(&b);
}

static int
auth_begin(struct auth_front *fr, struct frame *f)
{
	struct auth	*a = fr->auth;
	struct msg_in	 m = msg_in(f->body);
	struct exchange	*x;
	uint32_t	 id = msg_u32(&m);
	struct str	 peer;

	(void)msg_str(&m, 64);
	(void)msg_str(&m, 65536);
	(void)msg_bool(&m);
	peer = msg_str(&m, IP_TEXT);
	if (!msg_end(&m))
		return -1;
	if (a->nexchanges >= AUTH_EXCHANGES || (x = calloc(1, sizeof *x)) == NULL) {
		auth_refuse(fr, f, AUTH_TEMP);
		return 0;
	}
	x->auth = a;
	x->front = fr;
	x->id = id;
	x->arena = arena_new(ARENA_DEFAULT);
	buf_init(&x->late, 65536);
	(void)str_copy(x->peer, sizeof x->peer, peer);
	list_append(&a->exchanges, &x->link);
	a->nexchanges++;
	if ((x->timer = loop_timer_new(a->loop, exchange_timer, x)) == NULL || loop_timer_set(x->timer, AUTH_CHILD_WAIT) == -1 ||
	    exchange_fork(x) == -1) {
		exchange_free(x);
		auth_refuse(fr, f, AUTH_TEMP);
		return 0;
	}
	exchange_ask(x, f);
	return 0;
}

static struct exchange *
auth_exchange(struct auth_front *fr, uint32_t id)
{
	LIST_EACH(it, &fr->auth->exchanges) {
		struct exchange	*x = LIST_OF(it, struct exchange, link);

		if (x->front == fr && x->id == id && !x->refused && !x->granting)
			return x;
	}
	return NULL;
}

static int
auth_step(struct auth_front *fr, struct frame *f)
{
	struct msg_in	 m = msg_in(f->body);
	uint32_t	 id = msg_u32(&m);
	struct exchange	*x;

	(void)msg_str(&m, 65536);
	if (!msg_end(&m))
		return -1;
	if ((x = auth_exchange(fr, id)) == NULL || x->asked)
		auth_refuse(fr, f, AUTH_BAD);
	else
		exchange_ask(x, f);
	return 0;
}

static int
auth_cancel(struct auth_front *fr, struct frame *f)
{
	struct msg_in	 m = msg_in(f->body);
	uint32_t	 id = msg_u32(&m);
	struct exchange	*x;

	if (!msg_end(&m))
		return -1;
	if ((x = auth_exchange(fr, id)) != NULL)
		exchange_free(x);
	return 0;
}

static int
auth_mechs(struct auth_front *fr, struct frame *f)
{
	struct buf	b;

	if (f->body.n != 0)
		return -1;
	buf_init(&b, 1024);
	msg_put_str(&b, str_c(fr->auth->mechs));
	msg_put_str(&b, str_c(fr->auth->mechs_clear));
	(void)chan_answer(fr->chan, f, buf_str(&b), -1);
	buf_done(&b);
	return 0;
}

static const struct {
	enum front_msg	what;
	int		(*answer)(struct auth_front *, struct frame *);
} questions[] = {
	{ FM_MECHS, auth_mechs }, { FM_BEGIN, auth_begin }, { FM_STEP, auth_step }, { FM_CANCEL, auth_cancel },
};

static void
auth_front_free(struct auth_front *fr)
{
	LIST_EACH(it, &fr->auth->exchanges) {
		struct exchange	*x = LIST_OF(it, struct exchange, link);

		if (x->front == fr) {
			x->front = NULL;
			if (!x->granting)
				exchange_free(x);
		}
	}
	list_remove(&fr->link);
	chan_free(&fr->chan);
	if (list_empty(&fr->auth->fronts))
		loop_stop(fr->auth->loop);		/* nobody is left to ask */
	free(fr);
}

static void
auth_frame(void *arg, struct chan *ch, struct frame *f)
{
	struct auth_front	*fr = arg;

	(void)ch;
	if (f == NULL) {
		auth_front_free(fr);
		return;
	}
	if (f->fd != -1)
		close(f->fd);
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
		if ((uint16_t)questions[i].what == f->type && f->fd == -1) {
			if (questions[i].answer(fr, f) == 0)
				return;
			break;
		}
	log_line(1, LOG_P_ERR, NULL, "auth: front %u asked what it may not ask (%u)", fr->number, f->type);
	auth_front_free(fr);
}

static void
auth_parent(void *arg, struct chan *ch, struct frame *f)
{
	struct auth		*a = arg;
	struct auth_front	*fr;
	struct msg_in		 m;

	(void)ch;
	if (f == NULL) {
		loop_stop(a->loop);
		return;
	}
	m = msg_in(f->body);
	if (f->type != FM_CHANNEL || f->fd == -1 || (fr = calloc(1, sizeof *fr)) == NULL) {
		if (f->fd != -1)
			close(f->fd);
		return;
	}
	fr->auth = a;
	fr->number = msg_u32(&m);
	list_append(&a->fronts, &fr->link);
	if ((fr->chan = chan_new(f->fd)) == NULL || chan_on_loop(fr->chan, a->loop, auth_frame, fr, FRONT_CHAN_CAP) == -1)
		auth_front_free(fr);
}

static void
auth_reap(void *arg, int signo)
{
	(void)arg;
	(void)signo;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

/* The mechanism lists, found out by a child, so that no library stays here. */
static int
auth_find_mechs(struct auth *a)
{
	int	p[2], status;
	char	both[512];
	ssize_t	n;
	pid_t	pid;

	if (os_pipe(p) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		struct buf	b;
		struct err	e = ERR_INIT;
		struct sasl	*x;

		buf_init(&b, 512);
		x = sasl_exchange_new(&a->role->conf, a->role->proto->sasl_service, arena_cstr(a->role->arena, a->role->boot.host), &e);
		if (x == NULL || sasl_mechanisms(x, true, &b, &e) == -1 || os_write_all(p[1], buf_str(&b)) == -1) {
			log_line(0, LOG_P_ERR, NULL, "auth: %s", e.text);
			_exit(EXIT_CONFIG);
		}
		buf_clear(&b);
		(void)sasl_mechanisms(x, false, &b, &e);
		(void)os_write_all(p[1], STR("\n"));
		(void)os_write_all(p[1], buf_str(&b));
		_exit(EXIT_OK);
	}
	close(p[1]);
	n = os_read_full(p[0], both, sizeof both);
	close(p[0]);
	if (waitpid(pid, &status, 0) == pid && status == 0 && n > 0) {
		struct str	rest = str_mem(both, (size_t)n), first;

		if (str_split(&rest, '\n', &first) && str_copy(a->mechs, sizeof a->mechs, first) == 0 &&
		    str_copy(a->mechs_clear, sizeof a->mechs_clear, rest) == 0)
			return 0;
	}
	return -1;
}

int
auth_role(struct role *r)
{
	struct auth	a = { .role = r };

	list_init(&a.fronts);
	list_init(&a.exchanges);
	list_init(&a.guesses);
	if (auth_find_mechs(&a) == -1)
		return EXIT_CONFIG;
	if ((a.loop = loop_new()) == NULL || loop_signal(a.loop, SIGCHLD, auth_reap, &a) == -1 ||
	    chan_on_loop(r->parent, a.loop, auth_parent, &a, FRONT_CHAN_CAP) == -1) {
		log_line(0, LOG_P_ERR, NULL, "auth: out of memory");
		return EXIT_OSERR;
	}
	(void)loop_run(a.loop);
	return EXIT_OK;
}
