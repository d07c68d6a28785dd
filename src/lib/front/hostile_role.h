/*
 * hostile_role - for hostile_test.c: a role of popd or imapd that was taken over, in a process that the real parent started, and the plan that it follows.
 *
 * The plan is in a folder that the roles find in ANGARIUM_MODULES, one of the few words of the environment that they inherit.
 */
#ifndef FRONT_HOSTILE_ROLE_H
#define FRONT_HOSTILE_ROLE_H

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"
#include "front/hostile_kit.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "os/sandbox.h"
#include "proc/reexec.h"
#include "proc/sig.h"
#include "store/spool.h"

static char	dir[64];

/* "ROLE TYPE FLAGS LENGTH FD HEX" or "ROLE word" */
struct plan {
	char		role[16], word[32];
	unsigned	type, flags, fd;
	uint32_t	length;
	struct buf	body;
};

static void
in_dir(char *dst, size_t size, const char *where, const char *name)
{
	must(snprintf(dst, size, "%s/%s", where, name) < (int)size);
}

static bool
plan_read(const char *where, struct plan *p)
{
	char		path[300], text[1024] = "", hex[900] = "";
	int		fd;
	ssize_t		n;

	in_dir(path, sizeof path, where, "plan");
	if ((fd = open(path, O_RDONLY|O_CLOEXEC)) == -1)
		return false;
	n = os_read_full(fd, text, sizeof text - 1);
	close(fd);
	memset(p, 0, sizeof *p);
	buf_init(&p->body, 0);
	if (n > 0 && sscanf(text, "%15s %u %u %u %u %899s", p->role, &p->type, &p->flags, &p->length, &p->fd, hex) >= 5) {
		for (const char *h = hex; h[0] != '\0' && h[0] != '-' && h[1] != '\0'; h += 2) {
			unsigned	c = 0;

			(void)sscanf(h, "%2x", &c);
			buf_addch(&p->body, (char)c);
		}
		return true;
	}
	return n > 0 && sscanf(text, "%15s %31s", p->role, p->word) == 2;
}

struct victim {
	char	dir[64];
	int	port, sign;	/* test_port.h */
	pid_t	pid;
};

static void
write_in(const char *where, const char *name, const char *text)
{
	char	path[300];
	int	fd;

	in_dir(path, sizeof path, where, name);
	fd = open(path, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644);
	assert_int_not_equal(fd, -1);
	assert_int_equal(os_write_all(fd, str_c(text)), 0);
	close(fd);
}

static bool
log_has(const struct victim *v, const char *what, size_t *bytes)
{
	char		 path[300];
	struct buf	 b;
	int		 fd;
	bool		 found;

	in_dir(path, sizeof path, v->dir, "log");
	fd = open(path, O_RDONLY|O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	buf_init(&b, (size_t)1 << 20);
	(void)os_read_file(fd, &b);
	close(fd);
	found = str_find(buf_str(&b), str_c(what)) != SIZE_MAX;
	if (bytes != NULL)
		*bytes = b.n;
	buf_done(&b);
	return found;
}

static void
log_show(const struct victim *v)
{
	char		path[300], text[4096];
	ssize_t		n;
	int		fd;

	in_dir(path, sizeof path, v->dir, "log");
	if ((fd = open(path, O_RDONLY|O_CLOEXEC)) != -1 && (n = os_read_full(fd, text, sizeof text)) > 0)
		print_error("%.*s", (int)n, text);
	if (fd != -1)
		close(fd);
}

static bool
log_await(const struct victim *v, const char *what)
{
	uint64_t	end = os_now_ms() + PATIENCE;

	while (os_now_ms() < end) {
		if (log_has(v, what, NULL))
			return true;
		(void)poll(NULL, 0, 10);
	}
	log_show(v);
	return false;
}

static void
tell(const char *what)
{
	(void)!write(2, what, strlen(what));
}

static void
put_grant(struct buf *b, const char *ticket, uint32_t front, const char *name, uint32_t uid, const char *home)
{
	msg_put_str(b, str_mem(ticket, FRONT_TICKET));
	msg_put_u32(b, front);
	msg_put_str(b, str_c(name));
	msg_put_u32(b, uid);
	msg_put_u32(b, uid);
	msg_put_str(b, str_c(home));
	msg_put_bool(b, true);
}

#define TICKET	"TTTTTTTTTTTTTTTT"
#define OTHER	"UUUUUUUUUUUUUUUU"

/* Auth names whom it may not: each must be refused in words; then one that is right. */
static void
hostile_grants(struct chan *parent)
{
	const struct {
		const char	*name;
		uint32_t	 uid;
	} bad[] = { { "joe", 0 }, { "../joe", somebody() }, { "a/b", somebody() }, { "", somebody() }, { ".x", somebody() }, { "joe", 4294967295u },
		    { "joe", getuid() == 0 ? 0 : (uint32_t)getuid() + 1 } };
	struct frame	f;
	struct buf	b;

	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		buf_clear(&b);
		put_grant(&b, OTHER, 1, bad[i].name, bad[i].uid, dir);
		if (chan_ask(parent, FM_GRANT, buf_str(&b), -1, &f, PATIENCE, NULL) == 0)
			tell("BAD: a grant was taken that should not have been\n");
	}
	for (int i = 0; i < 2; i++) {
		buf_clear(&b);
		put_grant(&b, i == 0 ? TICKET : OTHER, i == 0 ? 1 : 99, "joe", somebody(), dir);
		if (chan_ask(parent, FM_GRANT, buf_str(&b), -1, &f, PATIENCE, NULL) == -1)
			tell("BAD: a grant was refused that should not have been\n");
	}
	buf_done(&b);
}

/* A front that has no ticket, one of another front, and one that it uses twice. */
static void
hostile_claims(struct chan *parent)
{
	struct frame	f;
	int		s[2], tries = 0;

	if (os_socketpair(s) == -1)
		return;
	if (chan_ask(parent, FM_CLAIM, STR("0123456789abcdef"), s[1], &f, PATIENCE, NULL) == 0 ||
	    chan_ask(parent, FM_CLAIM, STR(OTHER), s[1], &f, PATIENCE, NULL) == 0)
		tell("BAD: a ticket was taken that is none of this front\n");
	while (chan_ask(parent, FM_CLAIM, STR(TICKET), s[1], &f, PATIENCE, NULL) == -1 && tries++ < 1000)
		(void)poll(NULL, 0, 10);
	if (tries >= 1000)
		tell("BAD: the right ticket was refused\n");
	if (chan_ask(parent, FM_CLAIM, STR(TICKET), s[1], &f, PATIENCE, NULL) == 0)
		tell("BAD: a ticket was good twice\n");
	tell("claims are through\n");
	(void)poll(NULL, 0, PATIENCE);
}

/* What a session may ask, asked wrongly: the answer is no, and it lives. */
static void
hostile_spool(struct chan *parent)
{
	static const char	letters[] = "PLUZ\1x";
	struct frame		f;

	for (const char *c = letters; *c != '\0'; c++)
		if (chan_ask(parent, FM_SPOOL, str_mem(c, 1), -1, &f, PATIENCE, NULL) == -1 || f.body.n != 1 || f.body.p[0] != SPOOL_BAD)
			tell("BAD: root did something for a session that it should not have\n");
	if (chan_ask(parent, FM_SPOOL, STR("A\1\0\0\0"), -1, &f, PATIENCE, NULL) == -1 || f.body.n != 1 || f.body.p[0] != SPOOL_TAKEN)
		tell("BAD: process 1 is dead\n");
	tell("spool is through\n");
}

/* What is left of a role that gave its rights up. */
static void
hostile_sandbox(struct chan *parent)
{
	struct role	r = { .name = "auth", .arena = arena_new(ARENA_DEFAULT) };
	struct err	e = ERR_INIT;
	/* without a filter of system calls (32-bit machines) it is files alone that are out of reach */
	int		tries = os_sandbox_says(0, 0, (const uint64_t[6]){ 0 }) == OS_SAYS_NOTHING ? 2 : 5, status;
	pid_t		pid;

	(void)parent;
	mbconf_default(&r.conf);
	for (int what = 0; what < tries; what++) {
		if ((pid = fork()) == 0) {
			struct os_sandbox	probe = { "probe", 0, NULL, NULL };
			int			fd = -1;

			if (role_drop(&r, &e) == -1)
				_exit(1);
			if (os_sandbox_enter(&probe, &e) == 1)
				_exit(0);			/* sanitizers: none, and said so */
			switch (what) {
			case 0:	fd = open("/etc/passwd", O_RDONLY); break;
			case 1:	fd = open("/tmp/hostile.x", O_WRONLY|O_CREAT, 0600); break;
			case 2:	fd = socket(AF_INET, SOCK_STREAM, 0); break;
			case 3:	fd = fork() != -1 ? 0 : -1; break;
			default: fd = kill(1, 0) == 0 || kill(getppid(), 0) == 0 ? 0 : -1; break;
			}
			_exit(fd == -1 ? 0 : 2);
		}
		if (waitpid(pid, &status, 0) != pid || (WIFEXITED(status) && WEXITSTATUS(status) != 0))
			tell("BAD: a role without rights could do what it may not\n");
	}
	tell("sandbox is through\n");
}

/* login: the plan needs a session, or a ticket. */
static int
fake_auth(struct role *r, bool login)
{
	struct buf	b;
	struct frame	f;

	if (!login) {
		(void)poll(NULL, 0, PATIENCE);
		return 0;
	}
	buf_init(&b, 0);
	put_grant(&b, TICKET, 1, "joe", somebody(), dir);
	if (chan_ask(r->parent, FM_GRANT, buf_str(&b), -1, &f, PATIENCE, NULL) == -1)
		tell("BAD: no grant\n");
	(void)poll(NULL, 0, PATIENCE);
	return 0;
}

static int
fake_front(struct role *r, bool login)
{
	struct frame	f;
	int		s[2], tries = 0;

	if (chan_send(r->parent, FM_BOOT, 0, 0, STR(""), -1, NULL) == -1 || os_socketpair(s) == -1)
		return 1;
	while (login && chan_ask(r->parent, FM_CLAIM, STR(TICKET), s[1], &f, PATIENCE, NULL) == -1 && tries++ < 1000)
		(void)poll(NULL, 0, 10);
	(void)poll(NULL, 0, PATIENCE);
	return 0;
}

static int
hostile_role(struct role *r, const struct plan *p)
{
	int	s[2] = { -1, -1 };

	if (strcmp(r->name, "front") == 0)
		(void)chan_send(r->parent, FM_BOOT, 0, 0, STR(""), -1, NULL);
	/* what the parent sends of its own accord (channels, listeners) is not read */
	if (strcmp(p->word, "grants") == 0)
		hostile_grants(r->parent);
	else if (strcmp(p->word, "claims") == 0)
		hostile_claims(r->parent);
	else if (strcmp(p->word, "spool") == 0)
		hostile_spool(r->parent);
	else if (strcmp(p->word, "sandbox") == 0)
		hostile_sandbox(r->parent);
	else {
		if (p->fd != 0 && os_socketpair(s) == -1)
			return 1;
		put_frame(chan_fd(r->parent), p->type, p->flags, p->length, buf_str(&p->body), p->fd != 0 ? s[0] : -1);
		if (ended(chan_fd(r->parent), PATIENCE))
			tell("the channel was closed\n");
		(void)poll(NULL, 0, PATIENCE);
	}
	return 0;
}

/* A parent whose first roles die before they are ready gives up, and rightly so. */
static void
await_ready(const char *where)
{
	struct victim	v;

	(void)snprintf(v.dir, sizeof v.dir, "%s", where);
	(void)log_await(&v, "toyd: ready");
}

/* Keys at work, with a companion on its channel: fronts do not come up without keys. */
static int
hostile_keys(int argc, char **argv, const char *where, const struct plan *p)
{
	pid_t	pid = fork();
	int	s[2] = { -1, -1 };

	if (pid == 0) {
		if (fork() == 0) {
			await_ready(where);
			if (p->fd == 0 || os_socketpair(s) == 0)
				put_frame(REEXEC_CHAN, p->type, p->flags, p->length, buf_str(&p->body), s[0]);
		}
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	return front_main(argc, argv, &toy);
}

/* The process that the real parent started as a role: the one the plan names attacks, once; until then the others only play along. */
static int
daemon_role(int argc, char **argv, const char *where)
{
	struct role	r = { .proto = &toy, .name = argv[2] };
	struct plan	p;
	struct err	e = ERR_INIT;
	struct frame	f;
	char		path[300], name[40];
	bool		mine, login;

	(void)snprintf(name, sizeof name, "began.%s", argv[2]);
	in_dir(path, sizeof path, where, name);
	if (!plan_read(where, &p) || access(path, F_OK) == 0)
		return front_main(argc, argv, &toy);
	mine = strcmp(p.role, argv[2]) == 0;
	login = strcmp(p.role, "session") == 0 || strcmp(p.word, "claims") == 0;
	if (!mine && !login && strcmp(p.role, "auth") != 0)
		return front_main(argc, argv, &toy);
	write_in(where, name, "");
	(void)snprintf(dir, sizeof dir, "%s", where);
	if (mine && strcmp(argv[2], "keys") == 0)
		return hostile_keys(argc, argv, where, &p);
	if (mine && strcmp(argv[2], "auth") == 0)
		await_ready(where);
	sig_ignore(SIGPIPE);
	r.arena = arena_new(ARENA_DEFAULT);
	r.parent = chan_new(REEXEC_CHAN);
	if (r.parent == NULL || reexec_accept(&e) == -1 || chan_recv(r.parent, &f, PATIENCE, &e) == -1)
		return 1;
	chan_on(r.parent, frame_drop, NULL);
	if (mine)
		return hostile_role(&r, &p);
	return strcmp(argv[2], "auth") == 0 ? fake_auth(&r, login) : fake_front(&r, login);
}

#endif
