/*
 * local_pipe - deliver through a mailer's program: the message on its standard input, its exit code is the answer.
 *
 * Runs in a child that has the recipient's rights (or root's, for F=S).  The program gets a clean environment and no descriptors but 0, 1 and 2.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "local_int.h"
#include "os/fd.h"
#include "proc/child.h"

#define LOCAL_ARGS	(ATTEMPT_RCPT_MAX + 64)

static void
local_macros(const struct local_job *j, const struct attempt_rcpt *r)
{
	struct rule_ctx	*c = j->local->rules;

	rule_macro_set(c, STR("f"), j->a->sender);
	for (size_t i = 0; i < j->a->nmacro; i++)
		rule_macro_set(c, j->a->macro[i].name, j->a->macro[i].value);
	rule_macro_set(c, STR("i"), j->a->id);
	rule_macro_set(c, STR("g"), j->a->sender.n == 0 ? rule_macro_value(c, STR("n")) : j->a->sender.p[0] != '@' || mailer_has(j->mailer, 'd') ?
	    j->a->sender : arena_fmt(rule_scratch(c), "<%.*s>", STR_ARG(j->a->sender)));
	rule_macro_set(c, STR("h"), j->a->host);
	rule_macro_set(c, STR("z"), j->home);
	if (r != NULL)
		rule_macro_set(c, STR("u"), r->addr.n > 0 && r->addr.p[0] == '|' ? str_from(r->addr, 1) : r->addr);
}

/* One template; several recipients if it names $u, which shows in two values of it giving two texts. */
static int
local_arg(const struct local_job *j, struct arena *a, struct str template, char **argv, size_t *n, struct err *e)
{
	struct rule_ctx	*c = j->local->rules;
	struct buf	 one, two;
	bool		 each;

	buf_init(&one, 65536);
	buf_init(&two, 65536);
	rule_macro_set_c(c, "u", "a");
	if (rule_expand(c, template, &one) == -1)
		goto bad;
	rule_macro_set_c(c, "u", "b");
	if (rule_expand(c, template, &two) == -1)
		goto bad;
	each = !str_eq(buf_str(&one), buf_str(&two));
	for (size_t i = 0; i < (each ? j->nrcpt : 1); i++) {
		local_macros(j, j->rcpt[i]);
		buf_clear(&one);
		if (rule_expand(c, template, &one) == -1 || !buf_ok(&one) || str_has_nul(buf_str(&one)) || *n + 2 >= LOCAL_ARGS)
			goto bad;
		argv[(*n)++] = arena_cstr(a, buf_str(&one));
	}
	buf_done(&one);
	buf_done(&two);
	return 0;
bad:
	buf_done(&one);
	buf_done(&two);
	return err_set(e, ERR_PERM, "mailer %.*s: an argument cannot be made", STR_ARG(j->mailer->name));
}

char **
local_argv(const struct local_job *j, struct arena *a, struct err *e)
{
	char	**argv = ARENA_ARRAY(a, char *, LOCAL_ARGS + 4);
	size_t	  n = 0;
	bool	  with_sender = mailer_has(j->mailer, 'f') || mailer_has(j->mailer, 'r');

	local_macros(j, j->rcpt[0]);
	for (size_t i = 0; i < j->mailer->argc; i++) {
		if (local_arg(j, a, j->mailer->argv[i], argv, &n, e) == -1)
			return NULL;
		if (i == 0 && with_sender) {
			local_macros(j, j->rcpt[0]);
			argv[n++] = mailer_has(j->mailer, 'f') ? arena_cstr(a, STR("-f")) : arena_cstr(a, STR("-r"));
			argv[n++] = arena_cstr(a, rule_macro_value(j->local->rules, STR("g")));
		}
	}
	if (n == 0)
		argv[n++] = arena_cstr(a, j->mailer->path);
	argv[n] = NULL;
	local_macros(j, j->rcpt[0]);
	return argv;
}

/* E lines, and what sendmail always gives. */
char **
local_env(const struct local_job *j, struct arena *a)
{
	const struct conf	*c = j->local->conf;
	char			**env = ARENA_ARRAY(a, char *, c->env.n + 3);
	const char		*tz = getenv("TZ");
	size_t			  n = 0;

	env[n++] = arena_cstr(a, STR("AGENT=sendmail"));
	for (size_t i = 0; i < c->env.n; i++) {
		struct str	s = c->env.v[i];

		if (str_chr(s, '=') != SIZE_MAX)
			env[n++] = arena_cstr(a, s);
		else if (getenv(arena_cstr(a, s)) != NULL)
			env[n++] = arena_cstr(a, arena_fmt(a, "%.*s=%s", STR_ARG(s), getenv(arena_cstr(a, s))));
	}
	if (tz != NULL)
		env[n++] = arena_cstr(a, arena_fmt(a, "TZ=%s", tz));
	return env;
}

/* The first folder of D= that lets us in. */
static const char *
local_dir(const struct local_job *j, struct arena *a)
{
	struct buf	b;
	struct str	list, one;
	const char	*dir = "/";

	buf_init(&b, 4096);
	if (j->mailer->dirs.n > 0 && rule_expand(j->local->rules, j->mailer->dirs, &b) == 0 && buf_ok(&b)) {
		list = arena_str(a, buf_str(&b));
		while (str_split(&list, ':', &one))
			if (one.n > 0 && one.p[0] == '/' && access(arena_cstr(a, one), X_OK) == 0) {
				dir = arena_cstr(a, one);
				break;
			}
	}
	buf_done(&b);
	return dir;
}

/*
 * What the program says, kept while it fits; the rest is read and dropped, so that it never waits for us.  The end of its input is ours to give
 * (*input), and it gets it only when the feeder says that it has written all: a program would take half a message for a whole one.
 */
static void
local_drain(int fd, struct buf *said, int fed, int *input, pid_t program)
{
	struct pollfd	p[2] = { { fd, POLLIN, 0 }, { fed, POLLIN, 0 } };
	char		block[4096], whole;
	ssize_t		n = 1;

	while (n != 0) {
		p[0].revents = p[1].revents = 0;
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			return;
		if (p[1].revents != 0) {
			while ((n = read(fed, &whole, 1)) == -1 && errno == EINTR)
				;
			if (n != 1)
				kill(program, SIGKILL);
			close(*input);
			*input = p[1].fd = -1;
		}
		n = 1;
		if (p[0].revents != 0 && (n = read(fd, block, sizeof block)) == -1 && errno != EINTR)
			return;
		if (p[0].revents != 0 && n > 0 && said->n + (size_t)n < LOCAL_ANSWER / 2)
			buf_addmem(said, block, (size_t)n);
	}
}

#define FEED_UNREAD	1	/* the program has ended before it had read all: its exit code says whether that is as it should be */

/* The feeder is a child of its own, so that a program which talks before it has read all of its input blocks nobody. */
static pid_t
local_feed(const struct local_job *j, int in, int out, int fed)
{
	struct err	e = ERR_INIT;
	pid_t		pid = fork();
	int		code;

	if (pid == 0) {
		close(out);
		code = local_body_write(j, in, false, &e) == 0 ? 0 : e.sys == EPIPE ? FEED_UNREAD : 2;
		if (code != 2)
			(void)!write(fed, "+", 1);
		_exit(code);
	}
	return pid;
}

static int
local_exit_code(const struct local_job *j, int status, int fed, struct buf *said)
{
	if (WIFSIGNALED(status)) {
		buf_addf(said, "mailer %.*s died with signal %d\n", STR_ARG(j->mailer->name), WTERMSIG(status));
		return EXIT_TEMPFAIL;
	}
	if (WEXITSTATUS(status) == 0 && fed != 0 && fed != FEED_UNREAD) {
		buf_addf(said, "the message could not be read for mailer %.*s\n", STR_ARG(j->mailer->name));
		return EXIT_IOERR;
	}
	return WEXITSTATUS(status);
}

int
local_pipe(void *arg, struct buf *said)
{
	struct local_job	*j = arg;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct err		 e = ERR_INIT;
	struct child_spec	 spec = { .in = -1, .out = -1, .err = -1, .nice = local_nice(j) };
	int			 in[2], out[2], whole[2], status = 0, fed = 0;
	pid_t			 program, feeder;

	spec.path = arena_cstr(a, j->mailer->path);
	if ((spec.argv = local_argv(j, a, &e)) == NULL || os_pipe(in) == -1 || os_pipe(out) == -1 || os_pipe(whole) == -1) {
		buf_addf(said, "%s\n", e.text[0] != '\0' ? e.text : "out of descriptors");
		return e.text[0] != '\0' ? EXIT_CONFIG : EXIT_OSERR;
	}
	spec.envp = local_env(j, a);
	spec.dir = local_dir(j, a);
	spec.in = in[0];
	spec.out = spec.err = out[1];
	if ((program = child_start(&spec, &e)) == -1) {
		buf_addf(said, "%s\n", e.text);
		log_line(0, LOG_P_ERR, arena_cstr(a, j->a->id), "mailer %.*s: %s", STR_ARG(j->mailer->name), e.text);
		return e.class == ERR_PERM && !mailer_has(j->mailer, 'l') ? EXIT_UNAVAILABLE : EXIT_OSERR;	/* what delivers here will be mended: as sendmail */
	}
	close(in[0]);
	close(out[1]);
	if ((feeder = local_feed(j, in[1], out[0], whole[1])) == -1) {
		kill(program, SIGKILL);
		return EXIT_OSERR;
	}
	close(whole[1]);
	local_drain(out[0], said, whole[0], &in[1], program);
	if (in[1] != -1)		/* it said all it had to say before it had read all */
		close(in[1]);
	while (waitpid(program, &status, 0) == -1 && errno == EINTR)
		;
	while (waitpid(feeder, &fed, 0) == -1 && errno == EINTR)
		;
	close(whole[0]);
	status = local_exit_code(j, status, WIFEXITED(fed) ? WEXITSTATUS(fed) : 2, said);
	arena_free(&a);
	return status;
}
