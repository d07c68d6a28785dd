/*
 * parent_conf - the configuration on its way from the file to the roles.
 *
 * The parent opens sendmail.cf and hands it to a loader without rights, which evaluates
 * class files and programs; the loader's sealed file then goes to every role, and is
 * compiled here too, for sockets, users and paths.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"
#include "dnsconf.h"
#include "filter_place.h"
#include "maps.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/user.h"
#include "parent_int.h"
#include "proc/msg.h"
#include "proc/reexec.h"
#include "req.h"
#include "tlsfiles.h"

#define PARENT_LOAD_MS	120000
#define PARENT_CF_MAX	((size_t)16 << 20)

/* ---- who runs as whom ---- */

static int
parent_user_name(uid_t uid, char *dst, size_t size, struct arena *a)
{
	struct os_user u;

	if (os_user_by_uid(uid, a, &u, NULL) != 1 || str_copy(dst, size, u.name) == -1)
		dst[0] = '\0';
	return 0;
}

/* The user for roles: RoleUser, or an account made for it, or DefaultUser. */
static int
parent_role_user(struct parent *p, const struct conf_opts *o, struct arena *a, struct err *e)
{
	struct os_user	u;
	char		spec[128];

	if (o->role_user.n > 0) {
		if (os_user_spec(o->role_user, &p->role_uid, &p->role_gid, e) == -1)
			return err_prefix(e, "RoleUser=%.*s", STR_ARG(o->role_user));
	} else if (os_user_by_name(STR("angarium"), a, &u, NULL) == 1) {
		p->role_uid = u.uid;
		p->role_gid = u.gid;
	} else {
		p->role_uid = (uid_t)o->default_uid;
		p->role_gid = (gid_t)o->default_gid;
		p->role_by_default = true;
	}
	if (p->role_uid == 0) {
		(void)str_copy(spec, sizeof spec, o->role_user);
		return err_set(e, ERR_PERM, "RoleUser: roles must not run as root");
	}
	return parent_user_name(p->role_uid, p->role_user, sizeof p->role_user, a);
}

static void
parent_queue_user(struct parent *p, const struct conf_opts *o, struct arena *a)
{
	char		path[1024];
	struct stat	st;
	size_t		n;

	p->queue_uid = 0;
	p->queue_gid = 0;
	if (str_copy(path, sizeof path, o->queue_directory) == 0) {
		/* "/var/spool/mqueue/q*" stands for the folders below */
		while ((n = strlen(path)) > 1 && strpbrk(path, "*?[") != NULL) {
			char *slash = strrchr(path, '/');

			if (slash == NULL || slash == path)
				break;
			*slash = '\0';
		}
		if (stat(path, &st) == 0) {
			p->queue_uid = st.st_uid;
			p->queue_gid = st.st_gid;
		}
	}
	(void)parent_user_name(p->queue_uid, p->queue_user, sizeof p->queue_user, a);
}

static int
parent_users(struct parent *p, struct err *e)
{
	const struct conf_opts	*o = &p->ctx.conf->opt;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	int			 rc = 0;

	p->root_uid = p->role_uid = p->queue_uid = geteuid();
	p->root_gid = p->role_gid = p->queue_gid = getegid();
	p->role_user[0] = p->queue_user[0] = p->root_user[0] = '\0';
	if (geteuid() != 0)
		goto out;
	if (o->has_run_as && o->run_as_uid != 0) {
		p->root_uid = p->role_uid = p->queue_uid = (uid_t)o->run_as_uid;
		p->root_gid = p->role_gid = p->queue_gid = (gid_t)o->run_as_gid;
		(void)parent_user_name(p->root_uid, p->root_user, sizeof p->root_user, a);
		memcpy(p->role_user, p->root_user, sizeof p->role_user);
		memcpy(p->queue_user, p->root_user, sizeof p->queue_user);
		goto out;
	}
	rc = parent_role_user(p, o, a, e);
	parent_queue_user(p, o, a);
out:
	arena_free(&a);
	return rc;
}

/* ---- before the loader: as whom may it run, and which files are to be opened for it? ---- */

static enum conf_found
parent_ask_little(void *arg, enum conf_ask what, struct str question, struct buf *answer, struct err *e)
{
	struct conf_loader *direct = arg;

	char	name[256];

	if (what == CONF_ASK_HOST && question.n == 0 && os_hostname(name, sizeof name) == 0) {
		buf_addf(answer, "name %s\n", name);	/* for $w and $k in names of files; nothing is asked of the network */
		return CONF_FOUND;
	}
	if (what != CONF_ASK_USER && what != CONF_ASK_GROUP)
		return CONF_ABSENT;
	return direct->ask(direct->arg, what, question, answer, e);
}

/* *first: the configuration without any answer from outside. */
static int
parent_first_look(struct parent *p, int fd, struct conf **first, struct err *e)
{
	struct conf_direct	 d = { .map = NULL };
	struct conf_loader	 direct = conf_loader_direct(&d);
	struct conf_loader	 from = { parent_ask_little, &direct };
	const struct conf	*old = p->ctx.conf;
	struct conf		*c;
	struct err_list		 errs;
	struct buf		 text;
	int			 rc = -1;

	buf_init(&text, PARENT_CF_MAX);
	err_list_init(&errs);
	if (os_read_file(fd, &text) == -1 || lseek(fd, 0, SEEK_SET) == -1) {
		err_sys(e, ERR_PERM, "%s", p->args->cf);
		goto out;
	}
	c = conf_load_with(buf_str(&text), str_c(p->args->cf), &from, p->args->over, p->args->nover, &errs);
	if (c == NULL) {
		err_set(e, ERR_PERM, "%s: does not load", p->args->cf);
		goto out;
	}
	p->ctx.conf = c;
	rc = parent_users(p, e);
	p->ctx.conf = old;
	if (rc == 0)
		*first = c;
	else
		conf_free(&c);
out:
	err_list_done(&errs);
	buf_done(&text);
	return rc;
}

/* ---- resolv.conf and hosts: roles without files have them from us ---- */

static void
parent_stat_files(const struct parent *p, struct stat *hosts, struct stat *resolv)
{
	char path[PATH_MAX];

	if (p->ctx.conf->opt.hosts_file.n == 0 || str_copy(path, sizeof path, p->ctx.conf->opt.hosts_file) == -1)
		(void)snprintf(path, sizeof path, "%s", DNSCONF_HOSTS);
	if (stat(path, hosts) == -1)
		memset(hosts, 0, sizeof *hosts);
	if (stat(DNSCONF_RESOLV, resolv) == -1)
		memset(resolv, 0, sizeof *resolv);
}

static bool
parent_file_changed(const struct stat *a, const struct stat *b)
{
	struct timespec s = os_mtime(a), t = os_mtime(b);

	return a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size || s.tv_sec != t.tv_sec ||
	    s.tv_nsec != t.tv_nsec;
}

/* The same bundle with these two texts as they are now, or -1. */
static int
parent_bundle_again(struct parent *p, struct err *e)
{
	struct arena		*a = arena_new(CONF_BUNDLE_MAX);
	const struct conf	*c = p->ctx.conf;
	const char		*hosts = c->opt.hosts_file.n > 0 ? arena_cstr(a, c->opt.hosts_file) : DNSCONF_HOSTS;
	struct conf_bundle	 m;
	struct buf		 text, out;
	int			 fd = -1;

	buf_init(&text, CONF_BUNDLE_MAX);
	buf_init(&out, CONF_BUNDLE_MAX);
	if (role_read_bundle(p->conf_fd, &text, &m, e) == 0) {
		m.hosts = m.resolv = STR_NONE;
		(void)os_slurp(hosts, a, PARENT_CF_MAX, &m.hosts, NULL);
		m.resolv = dnsconf_text(a);
		conf_bundle_put(&out, &m);
		if (buf_ok(&out))
			fd = os_memfile("sendmail.cf", buf_str(&out), e);
	}
	buf_done(&text);
	buf_done(&out);
	arena_free(&a);
	return fd;
}

void
parent_watch(void *arg)
{
	struct parent	*p = arg;
	struct stat	 hosts, resolv;
	struct proc	*pr;
	struct err	 e = ERR_INIT;
	uint64_t	 tls;
	int		 fd;

	parent_stat_files(p, &hosts, &resolv);
	if (p->phase == 0 && (parent_file_changed(&hosts, &p->hosts_st) || parent_file_changed(&resolv, &p->resolv_st))) {
		p->hosts_st = hosts;
		p->resolv_st = resolv;
		if ((fd = parent_bundle_again(p, &e)) == -1)
			log_line(0, LOG_P_ERR, NULL, "%s: %s", DNSCONF_RESOLV, e.text);
		else {
			close(p->conf_fd);
			p->conf_fd = fd;
			log_line(9, LOG_P_INFO, NULL, "%s or the hosts file changed", DNSCONF_RESOLV);
			if ((pr = parent_proc(p, R_RESOLVER)) != NULL)
				(void)parent_tell(pr, Q_CONF, STR(""), fd);
		}
	}
	/* Changed, and at rest since the last look: certificate and key are written one after the other. */
	if (p->phase == 0 && (tls = tlsfiles_stamp(p->ctx.conf)) != p->tls_stamp) {
		if (tls == p->tls_seen) {
			p->tls_stamp = tls;
			parent_renew_tls(p);
		}
		p->tls_seen = tls;
	}
	loop_timer_set(p->watch, PARENT_WATCH_MS);
}

/* ---- the loader ---- */

/* -1, or the sealed file. */
static int
parent_loader(struct parent *p, const struct conf *first, int cf, struct err *e)
{
	struct role_boot	 boot = { .role = R_LOADER, .uid = p->role_uid, .gid = p->role_gid };
	struct chan		*ch = NULL;
	struct frame		 f = { .fd = -1 };
	struct buf		 b, over;
	int			 sock, fd = -1, status;
	pid_t			 pid;

	buf_init(&b, 0);
	buf_init(&over, 0);
	if (p->role_user[0] != '\0')
		boot.user = str_c(p->role_user);
	if ((pid = reexec_start(p->self, p->args->argv[0], "loader", p->log_in, p->env, &sock, e)) == -1)
		goto out;
	if ((ch = chan_new(sock)) == NULL) {
		err_set(e, ERR_TEMP, "no memory");
		close(sock);
		goto reap;
	}
	role_boot_put(&b, &boot);
	if (chan_send(ch, Q_BOOT, 0, 0, buf_str(&b), -1, e) == -1 || chan_recv(ch, &f, 30000, e) == -1)
		goto reap;
	if (f.type != Q_READY) {
		err_set(e, ERR_BUG, "the loader did not come up");
		goto reap;
	}
	if (parent_class_files(first, ch, e) == -1)
		goto reap;
	buf_clear(&b);
	conf_overrides_put(&over, p->args->over, p->args->nover);
	msg_put_str(&b, str_c(p->args->cf));
	msg_put_str(&b, buf_str(&over));
	if (chan_ask(ch, Q_LOAD, buf_str(&b), cf, &f, PARENT_LOAD_MS, e) == 0)
		fd = f.fd;
reap:
	chan_free(&ch);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (fd == -1 && e->text[0] == '\0')
		err_set(e, ERR_BUG, "the loader failed");
out:
	buf_done(&b);
	buf_done(&over);
	return fd;
}

/* What the loader had to say, on stderr for whoever started us, and in the log. */
static int
parent_messages(struct parent *p, int fd, struct err *e)
{
	struct conf_bundle	 m;
	struct buf		 text;
	struct str		 line;
	int			 rc = 0;

	buf_init(&text, CONF_BUNDLE_MAX);
	if (role_read_bundle(fd, &text, &m, e) == -1) {
		buf_done(&text);
		return -1;
	}
	while (str_split(&m.messages, '\n', &line)) {
		if (line.n == 0)
			continue;
		if (!p->reloading)
			(void)fprintf(stderr, "%.*s\n", STR_ARG(line));
		log_line(0, LOG_P_WARNING, NULL, "%.*s", STR_ARG(line));
	}
	if (m.nerrors > 0)
		rc = err_set(e, ERR_PERM, "%s: %u error%s", p->args->cf, m.nerrors, m.nerrors == 1 ? "" : "s");
	buf_done(&text);
	return rc;
}

/* ---- what does no harm at once, but is not what was meant ---- */

static void
parent_log_stale(void *arg, const struct conf_place *place, struct str text)
{
	(void)arg;
	if (place != NULL && place->line > 0)
		log_line(5, LOG_P_WARNING, NULL, "%.*s: line %u: %.*s", STR_ARG(place->file), place->line, STR_ARG(text));
	else
		log_line(5, LOG_P_WARNING, NULL, "%.*s", STR_ARG(text));
}

/* Names and times of files only: nothing in them is read. */
static void
parent_advice(struct parent *p)
{
	const struct conf	*c = p->ctx.conf;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct err_list		 errs;
	struct maps		*maps;

	err_list_init(&errs);
	if (p->role_by_default && !p->settled && p->body == NULL)
		log_line(8, LOG_P_NOTICE, NULL, "RoleUser is not set: roles run as DefaultUser, as users' programs do");
	maps = maps_local(a, c, &errs);
	check_stale(c, maps, parent_log_stale, NULL);
	for (size_t i = 0; i < c->nidle; i++)
		log_line(9, LOG_P_INFO, NULL, "%.*s: line %u: option %.*s has no effect: %s", STR_ARG(c->file), c->idle[i].place.line,
		    STR_ARG(c->idle[i].name), c->idle[i].why);
	maps_close(maps);
	err_list_done(&errs);
	arena_free(&a);
}

int
parent_conf_load(struct parent *p, struct err *e)
{
	const struct conf	*old = p->ctx.conf;
	struct arena		*old_text = p->ctx.conf_text;
	struct conf		*first = NULL;
	int			 cf, fd = -1, rc = -1;

	if ((cf = open(p->cf, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return err_sys(e, ERR_PERM, "%s", p->args->cf);
	if (parent_first_look(p, cf, &first, e) == -1 || (fd = parent_loader(p, first, cf, e)) == -1)
		goto out;
	if (parent_messages(p, fd, e) == -1 || role_conf_load(&p->ctx, fd, e) == -1)
		goto out;
	if (parent_users(p, e) == -1 || (p->body == NULL && filter_places(p->ctx.conf, e) == -1)) {
		struct conf *gone = (struct conf *)(uintptr_t)p->ctx.conf;

		conf_free(&gone);
		arena_free(&p->ctx.conf_text);
		p->ctx.conf = old;
		p->ctx.conf_text = old_text;
		goto out;
	}
	if (p->maps != NULL) {
		maps_close(p->maps);
		arena_free(&p->maps_arena);
		p->maps = NULL;
	}
	if (old != NULL) {
		struct conf *gone = (struct conf *)(uintptr_t)old;

		conf_free(&gone);
		arena_free(&old_text);
	}
	if (p->conf_fd != -1)
		close(p->conf_fd);
	p->conf_fd = fd;
	fd = -1;
	parent_stat_files(p, &p->hosts_st, &p->resolv_st);
	parent_advice(p);
	rc = 0;
out:
	conf_free(&first);
	close(cf);
	if (fd != -1)
		close(fd);
	return rc;
}

/* ---- map files that only root may read: opened by index, never read here ---- */

int
parent_answer_mapopen(struct role_ctx *ctx, struct peer *from, struct frame *f)
{
	struct parent		*p = ctx->state;
	struct mapfd_ask	 ask;
	struct map		*m;
	struct err		 e = ERR_INIT;
	int			 fd = -1;

	if (mapfd_ask_get(f->body, &ask) == -1)
		return -1;
	if (p->maps == NULL) {
		struct err_list errs;

		err_list_init(&errs);
		p->maps_arena = arena_new(ARENA_DEFAULT);
		p->maps = maps_local(p->maps_arena, ctx->conf, &errs);
		err_list_done(&errs);
	}
	m = maps_asked(p->maps, ask.map, ask.part);
	if (m == NULL || map_file(m) == NULL)
		return req_refuse(from, f, ERR_PERM, "no such file"), 0;
	if (maps_open_map(ctx->conf, m, &fd, &e) == -1)
		return req_answer_err(from, f, &e), 0;
	(void)req_answer(from, f, STR(""), fd);
	close(fd);
	return 0;
}
