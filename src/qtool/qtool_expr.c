/*
 * qtool_expr - see the header.
 *
 * Perl gets lines "KIND KEY VALUE", key and value in hexadecimal digits, and "." when a message is told; it answers each with a line: 1, 0, or E and why.
 * Values stand in %msg as in the control file; what a key has several of becomes an array, recipients and flags always.
 */
#include "qtool_expr.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/qid.h"

struct expr {
	FILE	*to, *from;
	pid_t	 pid;
};

static const char expr_driver[] =
    "our %msg; $| = 1;\n"
    "sub say_error { my $e = join ' ', split ' ', shift; print \"E$e\\n\"; }\n"
    "sub put { my ($h, $k, $v, $list) = @_;\n"
    "	if (!exists $h->{$k}) { $h->{$k} = $list ? [$v] : $v; }\n"
    "	elsif (ref $h->{$k}) { push @{$h->{$k}}, $v; }\n"
    "	else { $h->{$k} = [$h->{$k}, $v]; } }\n"
    "my $wants = eval \"sub { $ARGV[0]\\n}\";\n"
    "if (!defined $wants) { say_error($@); exit 1; }\n"
    "print \"1\\n\";\n"
    "while (my $line = <STDIN>) {\n"
    "	if ($line =~ /^(\\w) (\\w*) (\\w*)$/) {\n"
    "		my ($kind, $k, $v) = ($1, pack('H*', $2), pack('H*', $3));\n"
    "		put($kind eq 'H' ? ($msg{headers} ||= {}) : \\%msg, $k, $v, $kind eq 'A');\n"
    "		next;\n"
    "	}\n"
    "	my $yes = eval { $wants->() };\n"
    "	if ($@ ne '') { say_error($@); } else { print $yes ? \"1\\n\" : \"0\\n\"; }\n"
    "	%msg = ();\n"
    "}\n";

/* What the letters of a control file are called. */
static const struct {
	char		 letter, kind;
	const char	*key;
} expr_keys[] = {
	{ 'V', 'S', "version" }, { 'T', 'S', "creation_time" }, { 'K', 'S', "next_delivery_time" }, { 'N', 'S', "num_delivery_attempts" },
	{ 'P', 'S', "priority" }, { 'I', 'S', "inode_number" }, { 'B', 'S', "body_type" }, { 'M', 'S', "message" }, { '$', 'S', "macro" },
	{ 'q', 'S', "quarantine_reason" }, { 'S', 'S', "sender" }, { 'Z', 'S', "envid" }, { 'A', 'S', "auth" }, { '!', 'S', "deliver_by" },
	{ 'C', 'S', "controlling_user" }, { 'Q', 'S', "original_recipient" }, { 'r', 'S', "final_recipient" }, { 'R', 'A', "recipient" },
	{ 'E', 'S', "error_recipient" }
};

/* ---- telling ---- */

static void
expr_hex(FILE *f, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		fprintf(f, "%02x", (unsigned)(unsigned char)s.p[i]);
}

static void
expr_tell(struct expr *x, char kind, struct str key, struct str value)
{
	fprintf(x->to, "%c ", kind);
	expr_hex(x->to, key);
	putc(' ', x->to);
	expr_hex(x->to, value);
	putc('\n', x->to);
}

static void
expr_tell_number(struct expr *x, const char *key, int64_t n)
{
	char	b[24];

	(void)snprintf(b, sizeof b, "%" PRId64, n);
	expr_tell(x, 'S', str_c(key), str_c(b));
}

/* "?flags?Name: value" */
static void
expr_tell_header(struct expr *x, struct str s)
{
	size_t	at;

	if (s.n > 0 && s.p[0] == '?' && (at = str_chr(str_from(s, 1), '?')) != SIZE_MAX)
		s = str_from(s, at + 2);
	if ((at = str_chr(s, ':')) != SIZE_MAX)
		expr_tell(x, 'H', str_first(s, at), str_trim(str_from(s, at + 1)));
}

static void
expr_tell_line(struct expr *x, struct str line)
{
	struct str	value = str_from(line, 1);

	switch (line.p[0]) {
	case 'H':
		expr_tell_header(x, value);
		return;
	case 'F':
		for (size_t i = 0; i < value.n; i++)
			expr_tell(x, 'A', STR("flags"), str_mem(value.p + i, 1));
		return;
	}
	for (size_t i = 0; i < sizeof expr_keys / sizeof expr_keys[0]; i++)
		if (line.p[0] == expr_keys[i].letter)
			expr_tell(x, expr_keys[i].kind, str_c(expr_keys[i].key), value);
}

/* A line goes on where the next begins with a blank or a tab. */
static void
expr_tell_text(struct expr *x, struct str text)
{
	for (size_t at = 0, end; at < text.n; at = end + 1) {
		for (end = at; end < text.n && (text.p[end] != '\n' || (end + 1 < text.n && (text.p[end + 1] == ' ' || text.p[end + 1] == '\t'))); end++)
			;
		if (end > at)
			expr_tell_line(x, str_mem(text.p + at, end - at));
	}
}

static void
expr_tell_file(struct expr *x, int dir, char kind, struct str id, const char *size, const char *modified)
{
	char		name[QID_MAX];
	struct stat	st;

	if (qid_file(name, sizeof name, kind, id) == -1 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	expr_tell_number(x, size, (int64_t)st.st_size);
	expr_tell_number(x, modified, (int64_t)st.st_mtime);
}

/* ---- asking ---- */

static int
expr_answer(struct expr *x, struct err *e)
{
	char	line[512];

	if (fflush(x->to) != 0 || fgets(line, sizeof line, x->from) == NULL)
		return err_set(e, ERR_TEMP, "perl is gone, or not installed");
	if (line[0] == '0' || line[0] == '1')
		return line[0] - '0';
	line[strcspn(line, "\n")] = '\0';
	return err_set(e, ERR_PERM, "-e: %s", line + 1);
}

int
expr_wants(struct expr *x, const struct spool_dir *d, const struct spool_dir *content, char kind, struct str id, struct str text, struct err *e)
{
	char	name[QID_MAX];

	expr_tell_file(x, d->qfd, kind, id, "control_size", "control_last_mod_time");
	expr_tell_file(x, content != NULL ? content->dfd : d->dfd, 'd', id, "body_size", "body_last_mod_time");
	if (qid_file(name, sizeof name, 'd', id) == 0)
		expr_tell(x, 'S', STR("data_file_name"), str_c(name));
	expr_tell_text(x, text);
	fputs(".\n", x->to);
	return expr_answer(x, e);
}

static _Noreturn void
expr_perl(const char *expression, int in, int out)
{
	if (dup2(in, 0) == -1 || dup2(out, 1) == -1)
		_exit(127);
	if (in > 2)
		close(in);
	if (out > 2)
		close(out);
	(void)signal(SIGPIPE, SIG_DFL);
	execlp("perl", "perl", "-e", expr_driver, "--", expression, (char *)NULL);
	fprintf(stderr, "qtool: perl: %s\n", strerror(errno));
	_exit(127);
}

struct expr *
expr_new(const char *expression, struct err *e)
{
	struct expr	*x = calloc(1, sizeof *x);
	int		 to[2], from[2];

	if (x == NULL || pipe(to) == -1) {
		err_sys(e, ERR_TEMP, "perl");
		free(x);
		return NULL;
	}
	if (pipe(from) == -1) {
		err_sys(e, ERR_TEMP, "perl");
		close(to[0]);
		close(to[1]);
		free(x);
		return NULL;
	}
	(void)fflush(NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if ((x->pid = fork()) == 0) {
		close(to[1]);
		close(from[0]);
		expr_perl(expression, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	x->to = fdopen(to[1], "w");
	x->from = fdopen(from[0], "r");
	if (x->pid == -1 || x->to == NULL || x->from == NULL)
		err_sys(e, ERR_TEMP, "perl");
	else if (fcntl(to[1], F_SETFD, FD_CLOEXEC) != -1 && fcntl(from[0], F_SETFD, FD_CLOEXEC) != -1 && expr_answer(x, e) == 1)
		return x;
	expr_free(&x);
	return NULL;
}

void
expr_free(struct expr **xp)
{
	struct expr *x = *xp;

	*xp = NULL;
	if (x == NULL)
		return;
	if (x->to != NULL)
		(void)fclose(x->to);
	if (x->from != NULL)
		(void)fclose(x->from);
	while (x->pid > 0 && waitpid(x->pid, NULL, 0) == -1 && errno == EINTR)
		;
	free(x);
}
