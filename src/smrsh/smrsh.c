/*
 * smrsh - the restricted shell of the prog mailer (FEATURE(smrsh)): runs programs of one folder and nothing else.
 *
 * The command comes from aliases and .forward files, so from anybody.  It is taken apart here: programs lose their path and get the folder's, a few
 * builtins pass, characters by which a shell could be led elsewhere are refused; what is left is given to /bin/sh with nothing but PATH in the
 * environment.  Refusals end with 69, so that the sender hears of them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

#ifndef SMRSH_CMDDIR
#define SMRSH_CMDDIR	"/etc/mail/smrsh:/etc/smrsh:/usr/adm/sm.bin"	/* the first that is there */
#endif
#ifndef SMRSH_PATH
#define SMRSH_PATH	"/usr/bin:/bin"
#endif
#define COMMAND_MAX	8192

struct smrsh {
	const char	*argv0;
	char		 dir[512];
	struct buf	 out;		/* what the shell gets */
};

static const char forbidden[] = "`<>;$()^\r\n";

static int
usage(const char *argv0)
{
	fprintf(stderr, "Usage: %s [-d folder] -c command\n", argv0);
	return EXIT_USAGE;
}

static int
refuse(const struct smrsh *s, struct str name, const char *why)
{
	fprintf(stderr, "%s: \"%.*s\" not available for sendmail programs%s\n", s->argv0, STR_ARG(name), why);
	syslog(LOG_MAIL | LOG_CRIT, "uid %d: attempt to use \"%.*s\"%s", (int)getuid(), STR_ARG(str_first(name, 200)), why);
	return EXIT_UNAVAILABLE;
}

static int
refuse_char(const struct smrsh *s, char c)
{
	if (c == '\n' || c == '\r')
		fprintf(stderr, "%s: cannot use a line end in command\n", s->argv0);
	else
		fprintf(stderr, "%s: cannot use %c in command\n", s->argv0, c);
	syslog(LOG_MAIL | LOG_CRIT, "uid %d: attempt to use character %d in command", (int)getuid(), c);
	return EXIT_UNAVAILABLE;
}

/* The first folder of the list that is one. */
static bool
find_dir(struct smrsh *s, struct str list)
{
	struct stat	st;
	struct str	one;

	while (str_split(&list, ':', &one))
		if (str_copy(s->dir, sizeof s->dir, one) == 0 && s->dir[0] == '/' && stat(s->dir, &st) == 0 && S_ISDIR(st.st_mode))
			return true;
	return false;
}

static bool
is_builtin(struct str name)
{
	return str_eq_c(name, "exit") || str_eq_c(name, "echo");
}

static struct str
next_word(struct str *in)
{
	size_t		n = 0;
	struct str	word;

	*in = str_trim(*in);
	while (n < in->n && !chr_is_space(in->p[n]))
		n++;
	word = str_first(*in, n);
	*in = str_from(*in, n);
	return word;
}

/* The program's last name in the folder. */
static int
add_program(struct smrsh *s, struct str word)
{
	struct str	name = str_from(word, str_rchr(word, '/') == SIZE_MAX ? 0 : str_rchr(word, '/') + 1);
	char		path[1024];
	struct stat	st;
	struct buf	b;
	int		rc;

	buf_init(&b, sizeof path);
	(void)buf_addf(&b, "%s/%.*s", s->dir, STR_ARG(name));
	rc = str_copy(path, sizeof path, buf_str(&b));
	buf_done(&b);
	if (rc == -1 || str_has_nul(name) || s->dir[0] == '\0' || stat(path, &st) == -1)
		return refuse(s, name, " (stat failed)");
	if (!S_ISREG(st.st_mode))
		return refuse(s, name, " (not a file)");
	if (access(path, X_OK) == -1)
		return refuse(s, name, "");
	for (size_t i = 0; i < name.n; i++)		/* the name is the shell's now */
		if (strchr("|&*?[]{}~#!'\"\\", name.p[i]) != NULL)
			return refuse(s, name, "");
	(void)buf_addc(&s->out, path);
	return EXIT_OK;
}

/* Arguments, up to the end or to && or ||, which stand in *in then. */
static int
add_arguments(struct smrsh *s, struct str *in)
{
	while (in->n > 0) {
		char	c = in->p[0];

		if ((c == '&' || c == '|') && in->n > 1 && in->p[1] == c)
			return EXIT_OK;
		if (c == '&' || c == '|' || strchr(forbidden, c) != NULL)
			return refuse_char(s, c);
		(void)buf_addch(&s->out, c);
		*in = str_from(*in, 1);
	}
	return EXIT_OK;
}

/* A command, behind which && or || may lead to the next. */
static int
add_commands(struct smrsh *s, struct str in)
{
	int	rc;

	for (;;) {
		struct str	word = next_word(&in);

		if (str_eq_c(word, "exec")) {
			(void)buf_addc(&s->out, "exec ");
			word = next_word(&in);
			if (word.n == 0)
				return refuse(s, STR("exec"), " (stat failed)");
		}
		if (is_builtin(word))
			(void)buf_add(&s->out, word);
		else if ((rc = add_program(s, word)) != EXIT_OK)
			return rc;
		if ((rc = add_arguments(s, &in)) != EXIT_OK || in.n == 0)
			return rc;
		(void)buf_addf(&s->out, "%c%c ", in.p[0], in.p[0]);
		in = str_from(in, 2);
	}
}

int
main(int argc, char **argv)
{
	static char	path[] = "PATH=" SMRSH_PATH, *env[] = { path, NULL };
	struct smrsh	s = { .argv0 = argv[0] };
	struct str	command = STR(""), dirs = STR(SMRSH_CMDDIR);
	int		c, rc;

	/* set-user-id or not: a command has the rights of who runs it */
	if (setgid(getgid()) == -1 || setuid(getuid()) == -1)
		return EXIT_OSERR;
	while ((c = getopt(argc, argv, "c:d:")) != -1) {
		if (c == 'c')
			command = str_trim(str_c(optarg));
		else if (c == 'd')
			dirs = str_c(optarg);
		else
			return usage(argv[0]);
	}
	if (command.n == 0 || optind != argc)
		return usage(argv[0]);
	if (command.n > COMMAND_MAX) {
		fprintf(stderr, "%s: command is too long\n", argv[0]);
		return EXIT_UNAVAILABLE;
	}
	openlog("smrsh", LOG_PID, LOG_MAIL);
	(void)find_dir(&s, dirs);
	buf_init(&s.out, 16 * COMMAND_MAX);
	if ((rc = add_commands(&s, command)) != EXIT_OK)
		return rc;
	if (!buf_ok(&s.out)) {
		fprintf(stderr, "%s: command is too long\n", argv[0]);
		return EXIT_UNAVAILABLE;
	}
	closelog();
	execle("/bin/sh", "/bin/sh", "-c", buf_c(&s.out), (char *)NULL, env);
	fprintf(stderr, "%s: cannot execute /bin/sh\n", argv[0]);
	return EXIT_OSFILE;
}
