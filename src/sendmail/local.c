/*
 * local - role local: becoming one user, to deliver a message or to read a list.
 *
 * A worker is root and does as little as it can: it decides whose rights a piece of work gets, forks a child that becomes that user for good, and passes on what the child says.
 * Nothing of a message is parsed here.  Programs and files are taken only with a seal that this role put on them (local_list.c).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "local_int.h"
#include "os/fd.h"
#include "os/id.h"
#include "os/load.h"
#include "os/user.h"
#include "proc/sig.h"
#include "req.h"
#include "roles.h"
#include "say.h"
#include "worker.h"

/* ---- a child with one user's rights ---- */

static _Noreturn void
local_child(const struct local_who *who, int (*fn)(void *, struct buf *), void *arg, size_t max, int out)
{
	struct buf	answer;
	struct err	e = ERR_INIT;
	char		name[256];
	int		code;

	sig_reset();
	buf_init(&answer, max);
	if (!who->keep && geteuid() == 0 &&
	    (str_copy(name, sizeof name, who->name) == -1 || os_id_drop(who->name.n > 0 && !who->one_group ? name : NULL, who->uid, who->gid, &e) == -1)) {
		log_line(1, LOG_P_CRIT, NULL, "local: cannot become %.*s: %s", STR_ARG(who->name), e.text);
		_exit(EXIT_OSERR);
	}
	code = fn(arg, &answer);
	if (!buf_ok(&answer) || os_write_all(out, buf_str(&answer)) == -1)
		_exit(EXIT_OSERR);
	_exit(code);
}

/* Read what the child says, to the end or the deadline. */
static int
local_listen(int fd, struct buf *answer, uint64_t deadline)
{
	struct pollfd	p = { fd, POLLIN, 0 };
	char		block[4096];
	ssize_t		n;

	for (;;) {
		uint64_t	now = os_now_ms();

		if (now >= deadline)
			return -1;
		if (poll(&p, 1, (int)(deadline - now)) <= 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if ((n = read(fd, block, sizeof block)) == 0)
			return 0;
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			return -1;
		if (n > 0 && buf_addmem(answer, block, (size_t)n) == -1)
			return -1;
	}
}

int
local_as(const struct local_who *who, int (*fn)(void *, struct buf *), void *arg, struct buf *answer, int timeout_ms, int *code, struct err *e)
{
	int	p[2], status;
	bool	late;
	pid_t	pid;

	if (os_pipe(p) == -1)
		return err_sys(e, ERR_TEMP, "pipe");
	if ((pid = sig_fork()) == -1) {
		close(p[0]);
		close(p[1]);
		return err_sys(e, ERR_TEMP, "fork");
	}
	if (pid == 0) {
		close(p[0]);
		setpgid(0, 0);
		local_child(who, fn, arg, answer->cap, p[1]);
	}
	close(p[1]);
	late = local_listen(p[0], answer, os_now_ms() + (uint64_t)timeout_ms) == -1;
	close(p[0]);
	if (late)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (late)
		return err_set(e, ERR_TEMP, "no answer in %d s", timeout_ms / 1000);
	if (!WIFEXITED(status))
		return err_set(e, ERR_TEMP, "killed by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	*code = WEXITSTATUS(status);
	return 0;
}

/* ---- deliveries ---- */

/* Are these rights given by seal? */
static bool
local_is_target(const struct mailer *m, struct str addr)
{
	return m->kind == MAILER_FILE || (addr.n > 0 && (addr.p[0] == '|' || addr.p[0] == '/'));
}

/*
 * Whose rights?  F=S ours; U= that user; a program or file its controlling user; a local user their own (F=o, or when they exist at all), everything else DefaultUser.
 */
static int
local_choose(struct local *l, struct arena *a, const struct mailer *m, const struct attempt_rcpt *r, struct local_who *who, struct str *home, struct err *e)
{
	struct os_user	u;
	int		rc;

	*who = (struct local_who){ false, STR_NONE, (uid_t)l->conf->opt.default_uid, (gid_t)l->conf->opt.default_gid, false };
	*home = r->home;
	if (local_is_target(m, r->addr)) {
		if (r->ctl_user.n > 0) {
			*who = (struct local_who){ false, r->ctl_user, r->ctl_uid, r->ctl_gid, l->conf->opt.dont_init_groups };
			if ((rc = os_user_by_name(r->ctl_user, a, &u, e)) == -1)
				return -1;
			if (rc == 1 && u.uid == r->ctl_uid)
				*home = u.home;			/* for D=$z */
		}
	} else if (mailer_has(m, 'w') || mailer_has(m, 'o') || mailer_has(m, 'l')) {
		if ((rc = os_user_by_name(r->user, a, &u, e)) == -1)
			return -1;
		if (rc == 1) {
			*who = (struct local_who){ false, u.name, u.uid, u.gid, l->conf->opt.dont_init_groups };
			*home = u.home;
		}
	}
	if (m->has_uid)
		*who = (struct local_who){ false, STR_NONE, (uid_t)m->uid, m->has_gid ? (gid_t)m->gid : who->gid, false };
	if (mailer_has(m, 'S'))
		who->keep = true;
	if (!who->keep && who->uid == 0 && geteuid() == 0 && local_is_target(m, r->addr) && r->ctl_user.n == 0)
		return err_set(e, ERR_PERM, "refusing to run a program or write a file as root for an alias");
	return 0;
}

/* The words for an exit code.  `why` is our own reason, if it did not come to that; a program's output is for the transcript. */
static void
local_result(struct result_rcpt *out, const struct attempt_rcpt *r, const struct mailer *m, struct arena *a, int ex, struct str why)
{
	const struct status	*s = status_by_ex(ex);

	*out = (struct result_rcpt){ .index = r->index, .ex = ex };
	if (ex == EXIT_OK) {
		out->outcome = OUTCOME_SENT;
		out->status = STR("2.0.0");
		out->text = STR("Sent");
		return;
	}
	out->outcome = ex == EXIT_TEMPFAIL || ex == EXIT_OSERR || ex == EXIT_IOERR ? OUTCOME_DEFERRED : OUTCOME_FAILED;
	out->status = str_c(s != NULL ? s->dsn : out->outcome == OUTCOME_DEFERRED ? "4.3.0" : "5.3.0");
	if (out->outcome == OUTCOME_DEFERRED)
		out->status = out->status.n > 0 && out->status.p[0] == '4' ? out->status : STR("4.3.0");
	if (why.n > 0)
		out->text = arena_str(a, str_first(why, 400));
	else if (ex == EXIT_TEMPFAIL)
		out->text = arena_fmt(a, "%.*s mailer (%.*s) exited with EX_TEMPFAIL", STR_ARG(m->name), STR_ARG(m->path));
	else if (s != NULL)
		out->text = str_c(s->text);
	else
		out->text = arena_fmt(a, "unknown mailer error %d", ex);
	if (why.n == 0)
		out->reply = arena_fmt(a, "%d", ex);
	if (out->outcome == OUTCOME_DEFERRED && (ex == EXIT_TEMPFAIL || why.n > 0))
		out->text = arena_fmt(a, "Deferred: %.*s", STR_ARG(out->text));
}

/* The first line that says something. */
static struct str
local_first_line(struct str said)
{
	struct str	line = STR_NONE;

	while (str_split(&said, '\n', &line) && str_trim(line).n == 0)
		;
	return str_trim(line);
}

/* One call of the mailer for these recipients. */
static void
local_deliver(struct local *l, struct arena *a, const struct attempt *at, int fd, const struct attempt_rcpt **rcpt, size_t n, struct result_rcpt *out, struct buf *transcript)
{
	const struct mailer	*m = &l->conf->mailers[at->mailer_index];
	struct local_job	 job = { .local = l, .a = at, .mailer = m, .rcpt = rcpt, .nrcpt = n, .content_fd = fd };
	struct err		 e = ERR_INIT;
	bool			 file = m->kind == MAILER_FILE || rcpt[0]->addr.p[0] == '/', ran = false;
	struct buf		 said;
	int			 code = EXIT_TEMPFAIL;

	buf_init(&said, LOCAL_ANSWER);
	if (local_choose(l, a, m, rcpt[0], &job.who, &job.home, &e) == -1)
		code = e.class == ERR_PERM ? EXIT_NOPERM : EXIT_TEMPFAIL;
	else if (local_is_target(m, rcpt[0]->addr) && !local_sealed(l, a, at, rcpt[0], &e))
		code = e.class == ERR_TEMP ? EXIT_TEMPFAIL : EXIT_NOPERM;
	else if (m->kind == MAILER_PROG && !m->argv_has_user) {
		if (local_lmtp(&job, a, out, &e) == 0) {
			buf_done(&said);
			return;
		}
	} else if (local_as(&job.who, file ? local_file : local_pipe, &job, &said, LOCAL_DELIVER_MS, &code, &e) == -1)
		code = EXIT_TEMPFAIL;
	else
		ran = !file || code == EXIT_CANTCREAT;	/* what is wrong with a file stands in the transcript */
	if (e.text[0] != '\0')
		buf_addf(&said, "%s\n", e.text);
	for (size_t i = 0; i < n; i++)
		local_result(&out[i], rcpt[i], m, a, code, ran ? STR_NONE : local_first_line(buf_str(&said)));
	if (code != EXIT_OK && said.n > 0)
		buf_add(transcript, str_first(buf_str(&said), 8192));
	buf_done(&said);
}

static int
local_work_deliver(struct role_ctx *ctx, struct frame *f, struct buf *out, int *out_fd, struct err *e)
{
	struct local		*l = ctx->state;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	const struct attempt_rcpt **rcpt;
	const struct mailer	*m;
	struct attempt		 at;
	struct attempt_result	 res;
	struct buf		 transcript;
	uint64_t		 start = os_now_ms();
	size_t			 group;

	(void)out_fd;
	(void)e;
	if (attempt_get(f->body, a, &at) == -1 || at.mailer_index >= l->conf->nmailers || at.nrcpt == 0 || (at.content.p == NULL && f->fd == -1))
		worker_bad(ctx);
	m = &l->conf->mailers[at.mailer_index];
	maps_check(l->maps);
	rule_forget(l->rules);
	rule_reset(l->rules);
	memset(&res, 0, sizeof res);
	res.id = at.id;
	res.rcpt = ARENA_ARRAY(a, struct result_rcpt, at.nrcpt);
	res.nrcpt = at.nrcpt;
	rcpt = ARENA_ARRAY(a, const struct attempt_rcpt *, at.nrcpt);
	for (size_t i = 0; i < at.nrcpt; i++)
		rcpt[i] = &at.rcpt[i];
	if (ctx->verbose && m->kind != MAILER_FILE)
		say_connecting(&at, mailer_has(m, 'l') ? STR_NONE : at.host, 0);
	buf_init(&transcript, (size_t)32 << 10);
	group = mailer_has(m, 'm') || (m->kind == MAILER_PROG && !m->argv_has_user) ? at.nrcpt : 1;
	for (size_t i = 0; i < at.nrcpt; i += group)
		local_deliver(l, a, &at, f->fd, rcpt + i, group, res.rcpt + i, &transcript);
	res.relay = at.host;
	res.transcript = buf_str(&transcript);
	res.xdelay_ms = (int64_t)(os_now_ms() - start);
	if (ctx->verbose)
		say_results(&at, &res);
	attempt_result_put(out, &res);
	buf_done(&transcript);
	arena_free(&a);
	return 0;
}

const struct work local_works[] = {
	{ Q_DELIVER, local_work_deliver },
	{ Q_FORWARD, local_work_forward },
	{ Q_INCLUDE, local_work_include },
	{ Q_SEAL, local_work_seal },
	{ 0, NULL }
};

/* ---- the role ---- */

static int
local_start(struct role_ctx *ctx)
{
	struct local	*l = ctx->state;

	l->ctx = ctx;
	l->conf = ctx->conf;
	l->maps = maps_local(ctx->arena, ctx->conf, NULL);
	l->rules = rule_ctx_new(ctx->conf->rules, NULL, maps_lookup, l->maps);
	return 0;
}

int
local_prepare(struct role_ctx *ctx, struct err *e)
{
	struct local	*l = ARENA_NEW(ctx->arena, struct local);

	(void)e;
	os_random(l->key, sizeof l->key);
	ctx->state = l;
	return 0;
}

int
local_run(struct role_ctx *ctx)
{
	static const struct worker_ops	ops = { .max = 20, .spare = 1, .recycle = 200, .start = local_start };

	return worker_master(ctx, &ops);
}

int
local_reconf(struct role_ctx *ctx)
{
	worker_renew(ctx);		/* new workers take the new configuration at their start */
	return 0;
}
