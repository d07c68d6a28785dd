/*
 * role_kit - for tests of a role's real process: what its parent would give it, from a configuration's text to its neighbours.
 */
#ifndef SENDMAIL_ROLE_KIT_H
#define SENDMAIL_ROLE_KIT_H

#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "os/file.h"
#include "proc/frame_kit.h"
#include "proc/reexec.h"
#include "req.h"

/* What every role of a test is started with. */
struct role_kit {
	char	program[1024];
	int	bundle;			/* the configuration, sealed */
	int	log_in, log_out;	/* roles write their log lines into the one, and they can be read from the other */
};

/* A role's process; the channel is its parent's. */
struct target {
	enum role_id	 role;
	pid_t		 pid;
	struct chan	*parent;
};

/* 0, or -1 without ANGARIUM_OBJ. */
static inline int
role_kit_init(struct role_kit *k, const char *cf, struct str hosts, struct str resolv)
{
	struct conf_direct	 direct = { .map = NULL };
	struct conf_record	*rec = conf_record_new(conf_loader_direct(&direct));
	struct conf_loader	 from = conf_record_loader(rec);
	struct conf_bundle	 b = { .file = STR("test.cf"), .cf = str_c(cf), .hosts = hosts, .resolv = resolv };
	struct err_list		 errs;
	struct conf		*conf;
	struct buf		 out;
	const char		*obj = getenv("ANGARIUM_OBJ");
	int			 s[2];

	if (obj == NULL)
		return -1;
	(void)snprintf(k->program, sizeof k->program, "%s/sendmail/sendmail", obj);
	err_list_init(&errs);
	conf = conf_load_text(str_c(cf), b.file, &from, &errs);
	assert_non_null(conf);
	b.answers = conf_record_text(rec);
	buf_init(&out, 0);
	conf_bundle_put(&out, &b);
	k->bundle = os_memfile("test", buf_str(&out), NULL);
	assert_int_not_equal(k->bundle, -1);
	buf_done(&out);
	conf_free(&conf);
	err_list_done(&errs);
	conf_record_free(&rec);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, s), 0);
	k->log_in = s[0];
	k->log_out = s[1];
	return os_fd_nonblock(k->log_out, true);
}

/* Start it, and wait at most `patience` ms until it is ready. */
static inline void
target_start(const struct role_kit *k, struct target *t, enum role_id role, int patience)
{
	static char		*env[3] = { NULL };
	static char		 modules[1100];
	struct role_boot	 boot = { .role = role, .uid = getuid(), .gid = getgid() };
	struct frame		 f;
	struct err		 e = ERR_INIT;
	struct buf		 b;
	int			 sock;

	if (getuid() == 0 && role != R_LOCAL && role != R_SPOOL)
		boot.uid = boot.gid = NOBODY;
	if (getenv("ANGARIUM_MODULES") != NULL) {
		(void)snprintf(modules, sizeof modules, "ANGARIUM_MODULES=%s", getenv("ANGARIUM_MODULES"));
		env[0] = modules;
	}
	t->role = role;
	if ((t->pid = reexec_start(k->program, "sendmail", role_name(role), k->log_in, env, &sock, &e)) == -1)
		fail_msg("%s", e.text);
	t->parent = chan_new(sock);
	assert_non_null(t->parent);
	buf_init(&b, 0);
	role_boot_put(&b, &boot);
	assert_int_equal(chan_send(t->parent, Q_BOOT, 0, 0, buf_str(&b), -1, &e), 0);
	buf_done(&b);
	if (role != R_LOADER)
		assert_int_equal(chan_send(t->parent, Q_CONF, 0, 0, STR(""), k->bundle, &e), 0);
	if (chan_recv(t->parent, &f, patience, &e) == -1 || f.type != Q_READY) {
		char line[2048];
		ssize_t n = recv(k->log_out, line, sizeof line - 1, MSG_DONTWAIT);

		fail_msg("role %s does not come up: %s %.*s", role_name(role), e.text, n > 0 ? (int)n : 0, line);
	}
}

/* What the roles wrote into their log is thrown away: it has room again. */
static inline void
role_kit_drain(const struct role_kit *k)
{
	char b[4096];

	while (recv(k->log_out, b, sizeof b, MSG_DONTWAIT) > 0)
		;
}

/* Told to stop it must end in peace, within `patience` ms. */
static inline void
target_stop(const struct role_kit *k, struct target *t, int patience)
{
	int	status;
	pid_t	w = 0;

	(void)chan_send(t->parent, Q_STOP, 0, 0, STR(""), -1, NULL);
	chan_free(&t->parent);
	for (int ms = 0; ms < patience && (w = waitpid(t->pid, &status, WNOHANG)) == 0; ms += 10) {
		role_kit_drain(k);
		(void)poll(NULL, 0, 10);
	}
	if (w == t->pid) {
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("role %s ended with status %#x", role_name(t->role), (unsigned)status);
		return;
	}
	(void)kill(t->pid, SIGKILL);
	(void)waitpid(t->pid, NULL, 0);
	fail_msg("role %s does not stop", role_name(t->role));
}

/* A channel to it as neighbour `from`. */
static inline int
target_peer(struct target *t, enum role_id from)
{
	struct peer_ask	ask = { from };
	struct buf	b;
	int		s[2];

	assert_int_equal(os_socketpair(s), 0);
	buf_init(&b, 0);
	peer_ask_put(&b, &ask);
	assert_int_equal(chan_send(t->parent, Q_PEER, 0, 0, buf_str(&b), s[1], NULL), 0);
	buf_done(&b);
	close(s[1]);
	return s[0];
}

#endif
