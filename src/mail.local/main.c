/*
 * mail.local - put mail into mailboxes: the classic command line, LMTP with -l, a daemon for LMTP with -s.
 *
 * Started by sendmail's local role as root; also works set-user-id root, and without any privilege for one's own mailbox.  Options
 * that could misuse a privilege (-C, -p, -h, -H) are honoured only with the rights of who runs us.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/status.h"
#include "lmtp.h"
#include "os/fd.h"
#include "os/id.h"
#include "os/load.h"
#include "os/user.h"
#include "serve.h"

struct options {
	bool		 lmtp, serve, foreground, sevenbit, quota_perm, keep_domain;
	const char	*from, *conf, *spool, *home_file, *hash, *database;
};

static _Noreturn void
usage(void)
{
	fprintf(stderr, "usage: mail.local [-bd] [-C file] [-D mbdb] [-f from | -r from] [-h filename] [-H hash] [-p path] user ...\n"
	    "       mail.local -l|-s|-S [-7bn] [-C file] [-h filename] [-H hash] [-p path]\n");
	exit(EXIT_USAGE);
}

static _Noreturn void
die(int ex, const char *text)
{
	fprintf(stderr, "mail.local: %s\n", text);
	exit(ex);
}

static void
options_read(int argc, char **argv, struct options *o)
{
	int	c;

	while ((c = getopt(argc, argv, "7bdlnsSC:D:f:r:h:H:p:")) != -1) {
		switch (c) {
		case '7':	o->sevenbit = true; break;
		case 'b':	o->quota_perm = true; break;
		case 'd':	break;
		case 'l':	o->lmtp = true; break;
		case 'n':	o->keep_domain = true; break;
		case 's':	o->serve = true; break;
		case 'S':	o->serve = o->foreground = true; break;
		case 'C':	o->conf = optarg; break;
		case 'D':	o->database = optarg; break;
		case 'f':
		case 'r':
			if (o->from != NULL)
				die(EXIT_USAGE, "multiple -f or -r options");
			o->from = optarg;
			break;
		case 'h':	o->home_file = optarg; break;
		case 'H':	o->hash = optarg; break;
		case 'p':	o->spool = optarg; break;
		default:	usage();
		}
	}
}

static void
options_check(const struct options *o, struct delivery *d)
{
	if (o->database != NULL && strcmp(o->database, "pw") != 0)
		die(EXIT_UNAVAILABLE, "-D: only \"pw\" is known");
	if (o->home_file != NULL && (o->home_file[0] == '\0' || strchr(o->home_file, '/') != NULL || o->home_file[0] == '.'))
		die(EXIT_USAGE, "-h: a file name without slash that does not begin with a dot");
	if (o->spool != NULL && o->spool[0] != '/')
		die(EXIT_USAGE, "-p: an absolute path");
	if (o->hash != NULL) {
		if (o->hash[0] != 'u' || num_int(str_c(o->hash + 1), 1, 8, &d->hash_depth) == -1)
			die(EXIT_USAGE, "-H: \"u\" and a depth of 1 to 8");
		d->hash = 'u';
	}
	d->home_file = o->home_file;
	d->spool = o->spool;
	d->quota_perm = o->quota_perm;
}

static void
conf_read(const struct options *o, struct arena *a, struct mbconf *c)
{
	const char	*file = o->conf != NULL ? o->conf : PATH_MAILBOX_CF;
	struct err	 e = ERR_INIT;

	if (mbconf_load(file, a, c, NULL, &e) == 0)
		return;
	if (o->conf != NULL || e.sys != ENOENT)
		die(EXIT_CONFIG, e.text);
	mbconf_default(c);			/* no mailbox.cf: mbox files in /var/mail */
}

/* Standard input into a file without a name. */
static int
message_read(void)
{
	struct err	e = ERR_INIT;
	char		chunk[16384];
	ssize_t		n;
	int		fd = message_file(&e);

	if (fd == -1)
		die(EXIT_TEMPFAIL, e.text);
	while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			die(EXIT_TEMPFAIL, "cannot read the message");
		if (os_write_all(fd, str_mem(chunk, (size_t)n)) == -1)
			die(EXIT_TEMPFAIL, "no room for the message");
	}
	return fd;
}

/* One failure of several: a temporary one counts most, so that the others are tried again too. */
static int
worse(int a, int b)
{
	if (a == EXIT_TEMPFAIL || b == EXIT_OK)
		return a;
	return b == EXIT_TEMPFAIL || a == EXIT_OK ? b : a;
}

static int
classic(struct delivery *d, char **users)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct mbuser	 u;
	struct outcome	 o;
	struct err	 e = ERR_INIT;
	int		 ex = EXIT_OK;

	d->fd = message_read();
	for (; *users != NULL; users++) {
		switch (deliver_find(d, str_c(*users), a, &u, &e)) {
		case 1:
			deliver_run(d, &u, NULL, &o);
			if (o.ex != EXIT_OK)
				fprintf(stderr, "mail.local: %s: %s %s\n", *users, o.dsn, o.text);
			ex = worse(ex, o.ex);
			break;
		case 0:
			fprintf(stderr, "mail.local: %s: User unknown\n", *users);
			ex = worse(ex, EXIT_NOUSER);
			break;
		default:
			fprintf(stderr, "mail.local: %s\n", e.text);
			ex = worse(ex, EXIT_TEMPFAIL);
		}
	}
	arena_free(&a);
	return ex;
}

int
main(int argc, char **argv)
{
	struct options	 o = { .lmtp = false };
	struct delivery	 d = { .fd = -1 };
	struct mbconf	 c;
	struct err	 e = ERR_INIT;

	os_title_init(argc, argv);
	if (os_fd_std() == -1)
		return EXIT_OSERR;
	umask(077);
	options_read(argc, argv, &o);
	if ((o.serve || o.conf != NULL || o.spool != NULL || o.home_file != NULL || o.hash != NULL) && os_id_drop_setid(&e) == -1)
		die(EXIT_NOPERM, e.text);
	options_check(&o, &d);
	d.conf = &c;
	argv += optind;
	if ((o.lmtp || o.serve) && *argv != NULL)
		usage();
	if (o.serve) {
		struct serve_conf	v = { o.conf != NULL ? o.conf : PATH_MAILBOX_CF, o.foreground, !o.sevenbit, o.keep_domain };

		return serve_run(&v, &d);
	}
	conf_read(&o, arena_new(ARENA_DEFAULT), &c);
	if (o.lmtp) {
		struct lmtp_conf	l = { STDIN_FILENO, STDOUT_FILENO, !o.sevenbit, o.keep_domain, NULL };

		return lmtp_run(&d, &l);
	}
	if (*argv == NULL)
		usage();
	d.sender = str_c(o.from);
	if (o.from == NULL) {				/* who runs us */
		struct os_user	*u = ARENA_NEW(arena_new(ARENA_DEFAULT), struct os_user);

		if (os_user_by_uid(getuid(), arena_new(ARENA_DEFAULT), u, &e) == 1)
			d.sender = u->name;
	}
	return classic(&d, argv);
}
