/*
 * qrun - run the queue: everything that matches is due now, and when nothing is in hand any more the run is over.
 *
 * It may run beside a daemon, or beside a real sendmail: a message belongs to whoever has its qf locked.
 */
#include "qrun.h"

#include <stdio.h>

#include "base/status.h"
#include "parent.h"
#include "req.h"

static int
qrun_body(struct role_ctx *ctx, void *arg)
{
	const struct opts	*o = arg;
	struct qrun_answer	 a;
	struct frame		 f;
	struct buf		 b;
	struct err		 e = ERR_INIT;
	int			 rc;

	buf_init(&b, 0);
	qrun_ask_put(&b, &o->queue_select);
	rc = req_ask(ctx, R_SPOOL, Q_QRUN, buf_str(&b), -1, &f, &e);
	buf_done(&b);
	if (rc == -1 || qrun_answer_get(f.body, &a) == -1) {
		fprintf(stderr, "%s: cannot run the queue: %s\n", o->name, e.text);
		return EXIT_TEMPFAIL;
	}
	if (o->verbose)
		printf("Running the queue: %u message%s\n", (unsigned)a.matched, a.matched == 1 ? "" : "s");
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_IOERR;
}

int
qrun_run(struct cmd *c, const char *cf)
{
	const struct opts		*o = c->opts;
	const struct parent_args	 args = {
		.argc = c->argc, .argv = c->argv, .cf = cf, .over = o->over, .nover = o->nover, .verbose = o->verbose,
		.trace = o->trace, .tag = o->tag, .queue_interval = o->queue_interval, .no_listen = true, .foreground = o->queue_foreground
	};

	if (o->queue_interval > 0)
		return parent_daemon(&args);
	return parent_command(&args, qrun_body, (void *)(uintptr_t)o);
}
