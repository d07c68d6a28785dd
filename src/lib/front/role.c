/*
 * role - the life of a process in a role until its own code runs.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "front/front_int.h"
#include "os/id.h"
#include "os/load.h"
#include "os/sandbox.h"
#include "os/user.h"
#include "proc/logsink.h"
#include "proc/reexec.h"
#include "proc/sig.h"

#define ROLE_BOOT_WAIT	(30 * 1000)

static const struct {
	const char	*name;
	int		(*run)(struct role *);
} roles[] = {
	{ "front", front_role }, { "auth", auth_role }, { "keys", keys_role }, { "session", session_role },
};

static const struct role_box boxes[] = {
	{ "front",	OS_MAY_ACCEPT },
	{ "auth",	0 },
	{ "checker",	OS_MAY_FORK|OS_MAY_NSS },	/* and its children, one an exchange */
	{ "keys",	0 },
	{ "session",	OS_MAY_OPEN_R|OS_MAY_OPEN_W },
};

const struct role_box *
role_box(size_t i)
{
	return i < sizeof boxes / sizeof boxes[0] ? &boxes[i] : NULL;
}

unsigned
role_may(const char *name)
{
	for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
		if (strcmp(boxes[i].name, name) == 0)
			return boxes[i].may;
	return 0;
}

/* RunAsUser, or who there is. */
static int
role_user(struct role *r, uid_t *uid, gid_t *gid, struct err *e)
{
	static const char *const	fallback[] = { "angarium", "nobody" };
	const char			*who = r->conf.run_as;
	struct os_user			 u;

	for (size_t i = 0; who == NULL && i < 2; i++)
		if (os_user_by_name(str_c(fallback[i]), r->arena, &u, e) == 1)
			who = fallback[i];
	if (who == NULL)
		return err_set(e, ERR_PERM, "RunAsUser is not set, and there is no user \"nobody\"");
	if (os_user_spec(str_c(who), uid, gid, e) == -1)
		return -1;
	return *uid != 0 ? 0 : err_set(e, ERR_PERM, "RunAsUser must not be root");
}

int
role_drop(struct role *r, struct err *e)
{
	static const char *const	none[] = { NULL };
	struct os_sandbox		box = { r->name, role_may(r->name), none, none };
	uid_t				uid;
	gid_t				gid;

	if (geteuid() == 0) {
		if (role_user(r, &uid, &gid, e) == -1)
			return -1;
		(void)os_chroot_empty("/var/empty", NULL);
		if (os_id_drop(NULL, uid, gid, e) == -1)
			return -1;
	}
	return os_sandbox_enter(&box, e) == -1 ? -1 : 0;
}

bool
role_pinged(struct chan *ch, const struct frame *f)
{
	if (f->type != FM_PING || f->fd != -1)
		return false;
	(void)chan_answer(ch, f, STR(""), -1);
	return true;
}

static int
role_boot(struct role *r, struct err *e)
{
	struct frame	f;

	if (chan_recv(r->parent, &f, ROLE_BOOT_WAIT, e) == -1)
		return -1;
	if (f.fd != -1)
		close(f.fd);
	if (f.type != FM_BOOT || front_boot_get(arena_str(r->arena, f.body), &r->boot) == -1)
		return err_set(e, ERR_BUG, "the parent's first message is not a boot message");
	return mbconf_parse(r->arena, r->boot.conf_text, arena_cstr(r->arena, r->boot.conf_name), &r->conf, e);
}

int
role_main(const char *name, const struct front_proto *proto)
{
	struct role	r = { .proto = proto, .name = name };
	struct err	e = ERR_INIT;
	int		code;

	if (reexec_accept(&e) == -1) {
		fprintf(stderr, "%s: %s\n", proto->name, e.text);
		return EXIT_NOPERM;
	}
	sig_writes_fail(true);
	logsink_init(proto->name, -1, 9);
	r.arena = arena_new(ARENA_DEFAULT);
	if ((r.parent = chan_new(REEXEC_CHAN)) == NULL || role_boot(&r, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "role %s: %s", name, e.text);
		return EXIT_SOFTWARE;
	}
	logsink_init(proto->name, r.boot.log_stderr ? -1 : REEXEC_LOG, r.boot.log_level);
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (strcmp(roles[i].name, name) == 0) {
			os_title_set("%s: %s", proto->name, name);
			code = roles[i].run(&r);
			chan_free(&r.parent);
			arena_free(&r.arena);
			return code;
		}
	log_line(0, LOG_P_ERR, NULL, "there is no role \"%s\"", name);
	return EXIT_USAGE;
}
