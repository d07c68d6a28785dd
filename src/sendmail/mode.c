/*
 * mode - what sendmail was called to do: one row a letter of -b.
 *
 * Rights are given up before anything is opened when an option of the command line could be used against them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "about.h"
#include "base/log.h"
#include "base/status.h"
#include "base/trace.h"
#include "check.h"
#include "classmap.h"
#include "dnsconf.h"
#include "hoststat.h"
#include "makecert.h"
#include "mailq.h"
#include "mode.h"
#include "newaliases.h"
#include "os/file.h"
#include "os/id.h"
#include "os_conf.h"
#include "qrun.h"
#include "submit.h"
#include "parent.h"
#include "testmode.h"
#include "tlscheck.h"
#include "verify.h"
#include "tally.h"

#define MODE_CONF	0x01	/* the configuration is loaded first */
#define MODE_LENIENT	0x02	/* ... and mistakes in it do not end us */
#define MODE_TRUSTED	0x04	/* the set-group-id program does it for root alone */

struct mode_row {
	char		 letter;
	unsigned	 flags;
	int		 (*run)(struct cmd *);
};

/* submit.cf where there is one, else sendmail.cf, as sendmail chooses. */
static const char *
mode_cf(const struct opts *o)
{
	const char	*path = opts_cf(o);

	if (o->cf == NULL && o->which == 0 && o->mode != 'C' && access(path, R_OK) == -1)
		return CONF_ETCDIR "/sendmail.cf";
	return path;
}

static int
mode_newaliases(struct cmd *c)
{
	return newaliases_run(c->conf, false);
}

static int
mode_verify(struct cmd *c)
{
	const struct conf_opts	*o = &c->conf->opt;
	struct err		 e = ERR_INIT;
	uid_t			 me = getuid();

	/* restrictexpand: with the asker's own rights, whatever group the program has */
	if ((o->privacy & PRIV_RESTRICTEXPAND) && me != 0 && (o->trusted_user.n == 0 || me != (uid_t)o->trusted_uid) && os_id_is_setid() &&
	    os_id_drop_setid(&e) == -1) {
		fprintf(stderr, "%s: %s\n", c->opts->name, e.text);
		return EXIT_OSERR;
	}
	return verify_run(c->conf, c->opts);
}

static int
mode_test(struct cmd *c)
{
	return testmode_run(c->conf, stdin);
}

/* The configuration is the loader's to read: a daemon's parent does not evaluate it. */
static int
mode_daemon(struct cmd *c)
{
	const struct parent_args	args = {
		.argc = c->argc, .argv = c->argv, .cf = mode_cf(c->opts), .over = c->opts->over, .nover = c->opts->nover,
		.foreground = c->opts->mode == 'D', .verbose = c->opts->verbose, .queue_interval = c->opts->queue_interval, .trace = c->opts->trace, .tag = c->opts->tag,
		.transcript = c->transcript,
	};

	return parent_daemon(&args);
}

static int
mode_queue(struct cmd *c)
{
	return qrun_run(c, mode_cf(c->opts));
}

static const struct mode_row mode_rows[] = {
	{ 'C', 0, check_run },
	{ 'd', MODE_TRUSTED, mode_daemon },
	{ 'D', MODE_TRUSTED, mode_daemon },
	{ 'g', MODE_CONF, tally_command },
	{ 'H', MODE_CONF|MODE_TRUSTED, purgestat_run },
	{ 'h', MODE_CONF, hoststat_run },
	{ 'i', MODE_CONF|MODE_TRUSTED, mode_newaliases },
	{ 'm', MODE_CONF, submit_run },
	{ 'P', MODE_CONF, mailq_run },
	{ 'p', MODE_CONF, mailq_run },
	{ 'q', MODE_TRUSTED, mode_queue },
	{ 's', MODE_CONF, submit_run },
	{ 't', MODE_CONF|MODE_LENIENT, mode_test },
	{ 'T', MODE_CONF, tlscheck_run },
	{ OPTS_MAKE_CERT, 0, makecert_run },
	{ 'v', MODE_CONF, mode_verify },
};

static const struct mode_row *
mode_find(char letter)
{
	for (size_t i = 0; i < sizeof(mode_rows) / sizeof(mode_rows[0]); i++)
		if (mode_rows[i].letter == letter)
			return &mode_rows[i];
	return NULL;
}

/* In an SMTP session (-bs) they are replies. */
static void
mode_print_errors(struct cmd *c)
{
	bool		smtp = c->opts->mode == 's';
	const char	*code = err_list_code(&c->errors) == EXIT_OSERR ? "451 4.0.0 " : "554 5.0.0 ";
	struct buf	line;

	buf_init(&line, 0);
	for (size_t i = 0; i < c->errors.n; i++) {
		buf_clear(&line);
		err_list_print(&c->errors.v[i], &line);
		if (smtp)
			printf("%s%s\r\n", code, buf_c(&line));
		else
			fprintf(stderr, "%s\n", buf_c(&line));
	}
	if (smtp)
		(void)fflush(stdout);
	buf_done(&line);
}

int
mode_load(struct cmd *c)
{
	struct conf_direct	 direct = { .map = NULL };
	struct class_maps	*maps = class_maps_new(&direct);
	struct conf_loader	 loader = conf_loader_direct(&direct);
	struct conf_override	*over;
	const char		*path = mode_cf(c->opts);
	struct str		 text;
	struct err		 e = ERR_INIT;

	if (os_slurp(path, c->arena, (size_t)64 << 20, &text, &e) == -1) {
		class_maps_free(&maps);
		fprintf(stderr, "%s: line 0: cannot open: %s\n", path, e.sys != 0 ? strerror(e.sys) : e.text);
		return EXIT_OSFILE;
	}
	over = ARENA_ARRAY(c->arena, struct conf_override, c->opts->nover + 1);
	if (c->opts->nover > 0)
		memcpy(over, c->opts->over, c->opts->nover * sizeof *over);
	over[c->opts->nover] = (struct conf_override){ 'B', arena_fmt(c->arena, "{opMode}%c", c->opts->mode) };
	c->conf = conf_load_with(text, str_c(path), &loader, over, c->opts->nover + 1, &c->errors);
	class_maps_free(&maps);
	if (c->opts->mode != 'C')
		mode_print_errors(c);
	if (c->conf == NULL)
		return EXIT_CONFIG;
	about_conf(c->conf, path);
	log_set_level((int)c->conf->opt.log_level);
	dnsconf_use_direct(c->conf);
	return err_list_code(&c->errors);
}

/* -D, -X and -d: only after rights are gone. */
static int
mode_trace(struct cmd *c)
{
	const struct opts	*o = c->opts;
	int	fd;

	if (o->debug_file != NULL) {
		fd = open(o->debug_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd == -1) {
			fprintf(stderr, "cannot open %s: %s\n", o->debug_file, strerror(errno));
			return EXIT_CANTCREAT;
		}
		trace_set_fd(fd);
	}
	if (o->traffic != NULL && (c->transcript = open(o->traffic, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1) {
		fprintf(stderr, "cannot open traffic log file %s: %s\n", o->traffic, strerror(errno));
		return EXIT_CANTCREAT;
	}
	if (o->trace != NULL && trace_set(str_c(o->trace)) == -1) {
		fprintf(stderr, "-d%s: not a list of categories and levels\n", o->trace);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* What an ordinary user asks of the set-group-id program that it does for root alone: its rights reach no further than handing in mail. */
static int
mode_refuse(const struct opts *o)
{
	if (o->mode == 'q' && o->queue_interval == 0 && o->quarantine == NULL) {
		puts("You do not have permission to process the queue");
		return EXIT_NOPERM;
	}
	printf("%sPermission denied (real uid not trusted)\n", o->mode == 'd' ? "550 " : "");
	return EXIT_USAGE;
}

int
mode_run(struct cmd *c)
{
	const struct mode_row	*row = mode_find(c->opts->mode);
	struct err		 e = ERR_INIT;
	int			 code;

	if (row == NULL) {
		fprintf(stderr, "%s: mode -b%c is not built in\n", c->opts->name, c->opts->mode);
		return EXIT_USAGE;
	}
	if (c->opts->drop && os_id_is_setid() && os_id_drop_setid(&e) == -1) {
		fprintf(stderr, "%s: %s\n", c->opts->name, e.text);
		return EXIT_OSERR;
	}
	if (row->flags & MODE_TRUSTED && os_id_is_setid() && getuid() != 0)
		return mode_refuse(c->opts);
	if ((code = mode_trace(c)) != EXIT_OK)
		return code;
	about_program();
	err_list_init(&c->errors);
	if (row->flags & MODE_CONF && (code = mode_load(c)) != EXIT_OK && (c->conf == NULL || !(row->flags & MODE_LENIENT)))
		return code;
	code = row->run(c);
	conf_free(&c->conf);
	err_list_done(&c->errors);
	return code;
}
