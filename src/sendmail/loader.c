/*
 * loader - a short-lived role: evaluates what the configuration asks beyond its text (class files, programs, users, our own name).
 *
 * It is given sendmail.cf as a descriptor, runs without any right, and answers with one
 * sealed file that holds the text, every answer and every message.  Programs that F|
 * lines name run here, as nobody in particular.  Files that F lines name come as open descriptors from the parent, which
 * looked at their way as root and read nothing of them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "classmap.h"
#include "dnsconf.h"
#include "os/fd.h"
#include "os/file.h"
#include "proc/msg.h"
#include "req.h"
#include "roles.h"

#define LOADER_TEXT_MAX	((size_t)16 << 20)

/* ---- files that the parent opened for us ---- */

struct loader_file {
	struct loader_file *next;
	struct str	 path;
	struct str	 why;
	int		 sys;
	int		 fd;		/* -1: could not be opened */
};

struct loader {
	struct arena		*arena;
	struct loader_file	*files;
};

static struct loader loader;

static int
loader_open(void *arg, struct str path, int *fd, struct err *e)
{
	const struct loader	*l = arg;

	for (const struct loader_file *f = l->files; f != NULL; f = f->next) {
		if (!str_eq(f->path, path))
			continue;
		if (f->fd == -1) {
			err_set(e, ERR_PERM, "%.*s", STR_ARG(f->why));
			if (e != NULL)
				e->sys = f->sys;
			return -1;
		}
		/* a second F line may read it again */
		if (lseek(f->fd, 0, SEEK_SET) == -1 || (*fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0)) == -1)
			return err_sys(e, ERR_TEMP, "duplicate");
		return 0;
	}
	return 1;
}

static int
loader_take_file(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct class_fd		 m;
	struct loader_file	*file;

	(void)p;
	if (class_fd_get(f->body, &m) == -1)
		return -1;
	loader.arena = ctx->arena;
	file = ARENA_NEW(ctx->arena, struct loader_file);
	*file = (struct loader_file){ loader.files, arena_str(ctx->arena, m.path), arena_str(ctx->arena, m.why), m.sys, f->fd };
	loader.files = file;
	f->fd = -1;
	return 0;
}

static int
loader_bundle(struct str file, struct str cf, struct str overrides, struct buf *out, struct err *e)
{
	struct arena		*a = arena_new(CONF_BUNDLE_MAX + ARENA_DEFAULT);
	struct conf_direct	 direct = { .open = loader_open, .open_arg = &loader };
	struct class_maps	*maps = class_maps_new(&direct);
	struct conf_record	*rec = conf_record_new(conf_loader_direct(&direct));
	struct conf_loader	 from = conf_record_loader(rec);
	struct conf_override	*over;
	struct conf_bundle	 b;
	struct err_list		 errs;
	struct conf		*conf;
	struct buf		 text;
	size_t			 nover;
	int			 rc = -1;

	memset(&b, 0, sizeof b);
	buf_init(&text, 0);
	err_list_init(&errs);
	if (conf_overrides_get(overrides, a, &over, &nover) == -1) {
		err_set(e, ERR_BUG, "malformed options");
		goto out;
	}
	conf = conf_load_with(cf, file, &from, over, nover, &errs);
	for (size_t i = 0; i < errs.n; i++) {
		err_list_print(&errs.v[i], &text);
		buf_addch(&text, '\n');
	}
	b.file = file;
	b.cf = cf;
	b.overrides = overrides;
	b.answers = conf_record_text(rec);
	b.messages = buf_str(&text);
	b.nerrors = (uint32_t)errs.nerrors + (conf == NULL ? 1 : 0);
	if (conf != NULL && conf->opt.hosts_file.n > 0)
		(void)os_slurp(arena_cstr(a, conf->opt.hosts_file), a, LOADER_TEXT_MAX, &b.hosts, NULL);
	else
		(void)os_slurp("/etc/hosts", a, LOADER_TEXT_MAX, &b.hosts, NULL);
	b.resolv = dnsconf_resolv(conf, a);
	conf_bundle_put(out, &b);
	rc = buf_ok(out) ? 0 : err_set(e, ERR_TEMP, "the configuration is too large");
	if (conf != NULL)
		conf_free(&conf);
out:
	err_list_done(&errs);
	buf_done(&text);
	conf_record_free(&rec);
	class_maps_free(&maps);
	arena_free(&a);
	return rc;
}

static int
loader_answer(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	struct msg_in	in = msg_in(f->body);
	struct str	file = msg_str(&in, ASK_TEXT_MAX), overrides = msg_str(&in, (size_t)64 << 10);
	struct buf	cf, out;
	struct err	e = ERR_INIT;
	int		fd = -1;

	(void)ctx;
	if (!msg_end(&in))
		return -1;
	buf_init(&cf, LOADER_TEXT_MAX);
	buf_init(&out, CONF_BUNDLE_MAX);
	if (os_read_file(f->fd, &cf) == -1)
		err_sys(&e, ERR_TEMP, "read %.*s", STR_ARG(file));
	else if (loader_bundle(file, buf_str(&cf), overrides, &out, &e) == 0)
		fd = os_memfile("sendmail.cf", buf_str(&out), &e);
	if (fd == -1)
		(void)req_answer_err(p, f, &e);
	else
		(void)req_answer(p, f, STR(""), fd);
	if (fd != -1)
		close(fd);
	buf_done(&cf);
	buf_done(&out);
	return 0;
}

const struct answer loader_answers[] = { { Q_CLASSFD, loader_take_file }, { Q_LOAD, loader_answer }, { 0, NULL } };

int
loader_run(struct role_ctx *ctx)
{
	role_title(ctx, "loading");
	return role_loop(ctx);
}
