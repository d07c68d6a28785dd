/*
 * mailstats - print the statistics file of sendmail: the file is named by StatusFile, the mailers by the configuration.
 *
 * Of the configuration only the lines that matter are read: options S and StatusFile, and mailers in their order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "os/file.h"
#include "os_conf.h"
#include "queue/stats.h"

struct view {
	const char	*cf, *file;
	bool		 msp, program, clear, no_names;
	struct arena	*a;
	struct str	 name[STATS_MAILERS];
	size_t		 n;
};

static int
usage(void)
{
	fputs("usage: mailstats [-C cffile] [-c] [-P] [-f stfile] [-o] [-p]\n", stderr);
	return EXIT_USAGE;
}

/* ---- the configuration ---- */

/* A mailer has the number of its first declaration; three are always there. */
static void
view_mailer(struct view *v, struct str line)
{
	struct str	name = line;
	size_t		end = 0;

	while (end < name.n && name.p[end] != ',' && !chr_is_space(name.p[end]))
		end++;
	name = str_first(name, end);
	for (size_t i = 0; i < v->n; i++)
		if (str_caseeq(v->name[i], name))
			return;
	if (v->n < STATS_MAILERS)
		v->name[v->n++] = name;
}

/* "O StatusFile=/path", "OS/path" */
static void
view_option(struct view *v, struct str line)
{
	size_t		eq;
	struct str	name;

	if (v->file != NULL)
		return;
	if (line.n > 0 && line.p[0] == 'S')
		v->file = arena_cstr(v->a, str_trim(str_from(line, 1)));
	else if (line.n > 0 && line.p[0] == ' ' && (eq = str_chr(line, '=')) != SIZE_MAX) {
		name = str_trim(str_first(line, eq));
		if (str_caseeq_c(name, "StatusFile"))
			v->file = arena_cstr(v->a, str_trim(str_from(line, eq + 1)));
	}
	if (v->file != NULL && v->file[0] == '\0')
		v->file = NULL;
}

static int
view_conf(struct view *v)
{
	static const char *const first[] = { "prog", "*file*", "*include*" };
	struct str	text, line;
	struct err	e = ERR_INIT;

	for (size_t i = 0; i < 3; i++)
		v->name[v->n++] = str_c(first[i]);
	if (os_slurp(v->cf, v->a, (size_t)64 << 20, &text, &e) == -1) {
		fprintf(stderr, "mailstats: %s: %s\n", v->cf, e.sys != 0 ? strerror(e.sys) : e.text);
		return EXIT_NOINPUT;
	}
	while (str_split(&text, '\n', &line)) {
		if (line.n > 1 && line.p[0] == 'M')
			view_mailer(v, str_from(line, 1));
		else if (line.n > 1 && line.p[0] == 'O')
			view_option(v, str_from(line, 1));
	}
	if (v->file == NULL) {
		fputs("mailstats: no statistics file located\n", stderr);
		return EXIT_OSFILE;
	}
	return EXIT_OK;
}

/* ---- printing ---- */

static void
view_row(const struct view *v, const char *head, const long c[7], const struct str *name)
{
	const char *k = v->program ? "" : "K";

	printf("%s %8ld %10ld%s %8ld %10ld%s   %6ld  %6ld  %6ld", head, c[0], c[1], k, c[2], c[3], k, c[4], c[5], c[6]);
	if (name != NULL && !v->no_names)
		printf("  %.*s", STR_ARG(*name));
	putchar('\n');
}

static void
view_mailers(const struct view *v, const struct stats *st)
{
	const long	*column[7] = { st->nfrom, st->kfrom, st->nto, st->kto, st->nreject, st->ndiscard, st->nquarantine };
	long		 sum[7] = { 0 }, row[7];
	char		 head[8];

	for (size_t i = 0; i < STATS_MAILERS; i++) {
		struct str	name = i < v->n ? v->name[i] : STR("");
		bool		any = false;

		for (size_t c = 0; c < 7; c++) {
			row[c] = column[c][i];
			sum[c] += row[c];
			any |= row[c] != 0;
		}
		(void)snprintf(head, sizeof head, "%2zu", i);
		if (any)
			view_row(v, head, row, &name);
	}
	if (!v->program)
		puts("=====================================================================");
	view_row(v, " T", sum, NULL);
}

static void
view_print(const struct view *v, const struct stats *st)
{
	time_t	since = st->since, now = time(NULL);

	if (v->program)
		printf("%lld %lld\n", (long long)since, (long long)now);
	else {
		printf("Statistics from %s", ctime(&since));
		printf(" M   msgsfr  bytes_from   msgsto    bytes_to  msgsrej msgsdis msgsqur%s\n", v->no_names ? "" : "  Mailer");
	}
	view_mailers(v, st);
	if (v->program)
		printf(" C %8ld %8ld %6ld\n", st->from, st->to, st->rejected);
	else
		printf(" C %8ld %20ld %20ld\n", st->from, st->to, st->rejected);
}

static int
view_file(const struct view *v)
{
	struct stats	st;
	struct err	e = ERR_INIT;
	int		fd = open(v->file, (v->clear ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd == -1) {
		fprintf(stderr, "mailstats: %s: %s\n", v->file, strerror(errno));
		return EXIT_NOINPUT;
	}
	if ((rc = stats_read(fd, &st, &e)) == -1)
		fprintf(stderr, "mailstats: %s in %s\n", e.text, v->file);
	else {
		if (rc == 1)
			st.since = time(NULL);
		view_print(v, &st);
		if (v->clear && (rc = stats_clear(fd, &e)) == -1)
			fprintf(stderr, "mailstats: %s: %s\n", v->file, e.text);
	}
	close(fd);
	if (fflush(stdout) != 0)
		return EXIT_IOERR;
	return rc == -1 ? EXIT_OSERR : EXIT_OK;
}

int
main(int argc, char **argv)
{
	struct view	v = { .a = arena_new(ARENA_DEFAULT) };
	int		c, code;

	while ((c = getopt(argc, argv, "cC:f:opP")) != -1)
		switch (c) {
		case 'c':	v.msp = true; break;
		case 'C':	v.cf = optarg; break;
		case 'f':	v.file = optarg; break;
		case 'o':	v.no_names = true; break;
		case 'p':	v.program = v.clear = true; break;
		case 'P':	v.program = true; break;
		default:	return usage();
		}
	if (optind < argc)
		return usage();
	if (v.cf == NULL)
		v.cf = v.msp ? CONF_ETCDIR "/submit.cf" : CONF_ETCDIR "/sendmail.cf";
	if ((code = view_conf(&v)) == EXIT_OK)
		code = view_file(&v);
	arena_free(&v.a);
	return code;
}
