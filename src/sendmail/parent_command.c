/*
 * parent_command - the roles for the lifetime of one command, run as root with the daemon's configuration.
 *
 * The command itself is a child that asks spool as an smtpd would.  When it has ended
 * with its exit code, what it handed over is worked off (Q_FLUSH) before the roles stop.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "os/fd.h"
#include "os/id.h"
#include "parent.h"
#include "parent_int.h"
#include "proc/msg.h"
#include "proc/sig.h"
#include "req.h"

static const struct role_row command_row = { .id = R_COMMAND, .name = "command" };

static void
parent_flushed(void *arg, struct frame *f)
{
	struct parent	*p = arg;
	struct err	 e = ERR_INIT;

	if (chan_frame_err(f, &e) == -1)
		log_line(1, LOG_P_WARNING, NULL, "spool: %s", e.text);
	else {
		struct msg_in	in = msg_in(f->body);
		uint32_t	ex = msg_u32(&in);

		/* who waits for the deliveries is told of them, as sendmail does: the last that failed for good */
		if (msg_end(&in) && p->code == EXIT_OK && p->args->queue_interval == ROLE_OWN_ONLY && ex < 256 &&
		    p->ctx.conf->opt.error_mode != 'e')
			p->code = (int)ex;
	}
	parent_stop(p, "done");
}

/* The exit code is known: tell the one who waits in the foreground, and finish the work. */
void
parent_body_ended(struct parent *p, int code)
{
	unsigned char c;

	p->body_pid = -1;
	if (p->code != EXIT_CONFIG)		/* else a role could not start: what the command says of it is no news */
		p->code = code;
	c = (unsigned char)p->code;
	if (p->report != -1 && (p->settled || p->code == EXIT_OK)) {		/* else our own exit code says it: why a role did not start may be known then only */
		(void)os_write_all(p->report, str_mem(&c, 1));
		close(p->report);
		p->report = -1;
	}
	if (req_call(&p->ctx, R_SPOOL, Q_FLUSH, STR(""), -1, parent_flushed, p) == -1)
		parent_stop(p, "no spool");
}

static _Noreturn void
parent_body_child(struct parent *p, int ends[R_MAX])
{
	struct role_ctx *ctx = calloc(1, sizeof *ctx);

	sig_reset();
	if (ctx == NULL || loop_after_fork(p->ctx.loop) == -1)
		_exit(EXIT_OSERR);
	LIST_EACH(it, &p->ctx.peers)
		chan_abandon(&LIST_OF(it, struct peer, link)->ch);
	if (p->report != -1)
		close(p->report);
	ctx->row = &command_row;
	ctx->argv0 = p->ctx.argv0;
	ctx->arena = p->ctx.arena;
	ctx->conf = p->ctx.conf;
	ctx->hosts = p->ctx.hosts;
	ctx->resolv = p->ctx.resolv;
	ctx->verbose = p->args->verbose;
	ctx->transcript = p->args->transcript;
	ctx->is_worker = true;
	list_init(&ctx->peers);
	for (int r = 0; r < R_MAX; r++)
		if (ends[r] != -1 && (ctx->ask[r] = chan_new(ends[r])) == NULL)
			_exit(EXIT_OSERR);
	_exit(p->body(ctx, p->body_arg));
}

static int
parent_body_start(struct parent *p, struct err *e)
{
	struct peer_ask	me = { R_COMMAND };
	int		ends[R_MAX], s[2], rc = 0;
	struct buf	b;

	for (int r = 0; r < R_MAX; r++)
		ends[r] = -1;
	buf_init(&b, 0);
	peer_ask_put(&b, &me);
	for (int r = 0; r < R_MAX && rc == 0; r++) {
		if (p->ctx.to[r] == NULL || !req_neighbours(R_COMMAND, (enum role_id)r))
			continue;
		if (os_socketpair(s) == -1) {
			rc = err_sys(e, ERR_TEMP, "channels of the command");
			break;
		}
		ends[r] = s[0];
		rc = req_tell(&p->ctx, (enum role_id)r, Q_PEER, buf_str(&b), s[1]);
		close(s[1]);
	}
	buf_done(&b);
	(void)fflush(NULL);
	if (rc == 0 && (p->body_pid = sig_fork()) == 0)
		parent_body_child(p, ends);
	for (int r = 0; r < R_MAX; r++)
		if (ends[r] != -1)
			close(ends[r]);
	if (rc == 0 && p->body_pid == -1)
		rc = err_sys(e, ERR_TEMP, "fork");
	return rc;
}

static int
parent_command_run(struct parent *p)
{
	struct err	e = ERR_INIT;
	unsigned	wanted = ~(ROLE_BIT(R_GATE) | (p->args->sessions ? 0 : ROLE_BIT(R_SMTPD)));

	if (parent_start(p, wanted, &e) == -1 || parent_body_start(p, &e) == -1) {
		(void)fprintf(stderr, "%s: %s\n", p->args->argv[0], e.text);
		p->code = EXIT_TEMPFAIL;
		parent_stop(p, "error");
	}
	return loop_run(p->ctx.loop) == -1 ? EXIT_OSERR : p->code;
}

/* Who cannot use the queue hears why at once and in sendmail's words; roles would only be gone. */
static int
parent_command_queue(struct parent *p)
{
	struct err	e = ERR_INIT;

	if (parent_queue(p, &e) == 0)
		return EXIT_OK;
	if (p->args->sessions)
		(void)printf("451 4.0.0 %s\r\n", e.text);
	else
		(void)fprintf(stderr, "%s\n", e.text);
	if (e.sys == EACCES)
		(void)fputs("Program mode requires special privileges, e.g., root or TrustedUser.\n", stderr);
	return parent_queue_code(&e);
}

/* Wait for the exit code; deliveries go on in the background. */
static int
parent_command_wait(int fd, pid_t pid)
{
	unsigned char	c;
	int		status;

	if (os_read_full(fd, &c, 1) == 1)
		return c;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TEMPFAIL;
}

int
parent_command(const struct parent_args *args, parent_body_fn *body, void *arg)
{
	static struct parent	p;
	struct err		e = ERR_INIT;
	int			fd[2], code;
	pid_t			pid;

	if (os_id_is_setid() && getuid() != 0) {		/* roles are not for it: see reexec_accept */
		(void)fprintf(stderr, "%s: Permission denied: an ordinary user hands in mail by way of submit.cf (-Ac); with sendmail.cf only root does\n",
		    args->argv[0]);
		return EXIT_OSERR;
	}
	if (parent_init(&p, args, &e) == -1) {
		(void)fprintf(stderr, "%s: %s\n", args->argv[0], e.text);
		return EXIT_OSERR;
	}
	p.body = body;		/* says that this is no daemon */
	p.body_arg = arg;
	if (parent_conf_load(&p, &e) == -1) {
		(void)fprintf(stderr, "%s: %s\n", args->argv[0], e.text);
		return EXIT_CONFIG;
	}
	if ((code = parent_command_queue(&p)) != EXIT_OK)
		return code;
	if (!args->background)
		return parent_command_run(&p);
	if (os_pipe(fd) == -1 || (pid = fork()) == -1) {
		(void)fprintf(stderr, "%s: cannot fork\n", args->argv[0]);
		return EXIT_OSERR;
	}
	if (pid != 0) {
		close(fd[1]);
		return parent_command_wait(fd[0], pid);
	}
	close(fd[0]);
	(void)setsid();
	p.report = fd[1];
	_exit(parent_command_run(&p));
}
