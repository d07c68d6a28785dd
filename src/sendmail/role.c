/*
 * role - the roles as a table, and the life of a process in one of them until its own code runs.
 *
 * Order matters: the switch is checked, the boot message and the configuration come
 * from the parent over descriptor 3, what needs the parent's rights is prepared, then
 * ids are dropped and verified, the root is emptied, the sandbox is entered; only
 * then is anything read that a stranger could have written.
 */
#include "role.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "base/fmt.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/status.h"
#include "base/trace.h"
#include "lease.h"
#include "net/dns.h"
#include "os/fd.h"
#include "os/id.h"
#include "os/load.h"
#include "os/sandbox.h"
#include "proc/msg.h"
#include "proc/reexec.h"
#include "proc/sig.h"
#include "req.h"
#include "roles.h"

#define ROLE_PATHS	32
#define ROLE_READ	((size_t)64 << 10)

/* who, as whom, what it may: the sandbox column is empty where programs are run as other users */
static const struct role_row role_rows[] = {
	{ R_LOADER,	"loader",   AS_ROLE_USER,   false, ROLE_NO_SANDBOX,
	  NULL, NULL, loader_run, NULL, loader_answers, NULL },
	{ R_GATE,	"gate",	    AS_ROLE_USER,   true,  OS_MAY_ACCEPT,
	  NULL, NULL, gate_run, gate_reconf, gate_answers, NULL },
	{ R_SMTPD,	"smtpd",    AS_ROLE_USER,   false, OS_MAY_FORK|OS_MAY_OPEN_R|OS_MAY_CONNECT|OS_MAY_UNIX,
	  smtpd_prepare, smtpd_sandbox, smtpd_run, NULL, NULL, smtpd_works },
	{ R_LOOKUP,	"lookup",   AS_ROLE_USER,   false, ROLE_NO_SANDBOX,
	  lookup_prepare, NULL, lookup_run, lookup_reconf, lookup_answers, lookup_works },
	{ R_RESOLVER,	"resolver", AS_ROLE_USER,   true,  OS_MAY_FORK|OS_MAY_CONNECT,
	  resolver_prepare, NULL, resolver_run, resolver_reconf, resolver_answers, NULL },
	{ R_SPOOL,	"spool",    AS_QUEUE_OWNER, false, OS_MAY_FORK|OS_MAY_OPEN_R|OS_MAY_OPEN_W|OS_MAY_ACCEPT,
	  spool_prepare, spool_sandbox, spool_run, spool_reconf, spool_answers, NULL },
	{ R_ROUTE,	"route",    AS_ROLE_USER,   false, OS_MAY_FORK|OS_MAY_OPEN_R,
	  route_prepare, route_sandbox, route_run, NULL, NULL, route_works },
	{ R_CLIENT,	"client",   AS_ROLE_USER,   false, OS_MAY_FORK|OS_MAY_OPEN_R|OS_MAY_CONNECT|OS_MAY_UNIX,
	  client_prepare, client_sandbox, client_run, NULL, NULL, client_works },
	{ R_LOCAL,	"local",    AS_ROOT,	    false, ROLE_NO_SANDBOX,
	  local_prepare, NULL, local_run, local_reconf, NULL, local_works },
	{ R_AUTH,	"auth",	    AS_ROOT,	    false, OS_MAY_FORK|OS_MAY_NSS|OS_MAY_OPEN_W,
	  NULL, authd_sandbox, authd_run, authd_reconf, authd_answers, NULL },
	{ R_TALLY,	"tally",    AS_QUEUE_OWNER, false, OS_MAY_OPEN_R|OS_MAY_OPEN_W,
	  tally_prepare, tally_sandbox, tally_run, tally_reconf, tally_answers, NULL },
	{ R_KEYS,	"keys",	    AS_ROLE_USER,   true,  0,
	  keys_prepare, NULL, keys_run, NULL, keys_answers, NULL },
	{ R_STS,	"sts",	    AS_ROLE_USER,   false, OS_MAY_FORK|OS_MAY_CONNECT|OS_MAY_OPEN_R|OS_MAY_OPEN_W,
	  sts_prepare, sts_sandbox, sts_run, NULL, sts_answers, sts_works },
	{ R_LOG,	"log",	    AS_ROLE_USER,   false, OS_MAY_OPEN_R|OS_MAY_UNIX|OS_MAY_CONNECT,
	  NULL, NULL, logd_run, logd_reconf, logd_answers, NULL },
};

const struct role_row *
role_row(enum role_id id)
{
	for (size_t i = 0; i < sizeof role_rows / sizeof role_rows[0]; i++)
		if (role_rows[i].id == id)
			return &role_rows[i];
	return NULL;
}

static enum role_id
role_by_name(struct str name)
{
	for (size_t i = 0; i < sizeof role_rows / sizeof role_rows[0]; i++)
		if (str_eq_c(name, role_rows[i].name))
			return role_rows[i].id;
	return R_NONE;
}

void
role_title(const struct role_ctx *ctx, const char *fmt, ...)
{
	char	text[160];
	va_list	ap;
	bool	prefix = ctx->boot != NULL && ctx->boot->title.n > 0;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	os_title_set("sendmail: %.*s%s%s: %s", prefix ? (int)ctx->boot->title.n : 0, prefix ? ctx->boot->title.p : "",
	    prefix ? ": " : "", ctx->row->name, text);
}

/* ---- log lines through the log role ---- */

static int	role_log_fd = REEXEC_LOG;
static bool	role_log_wait = true;

static void
role_log_line(void *arg, enum log_prio prio, const char *line)
{
	char	text[LOG_LINE + 32];
	int	n;

	(void)arg;
	n = fmt_put(text, sizeof text, "%d %ld %s", (int)prio, (long)getpid(), line);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof text)
		n = (int)sizeof text - 1;
	while (send(role_log_fd, text, (size_t)n, MSG_NOSIGNAL | (role_log_wait ? 0 : MSG_DONTWAIT)) == -1 && errno == EINTR)
		;
}

/* A call that the sandbox forbids, from its signal handler: "2 PID line", as role_log_line writes it. */
static void
role_sandbox_report(const char *line, size_t n)
{
	char	text[256] = "2 ", digits[20];
	size_t	at = 2, d = 0;
	long	pid = (long)getpid();

	for (; pid > 0; pid /= 10)
		digits[d++] = (char)('0' + pid % 10);
	while (d > 0)
		text[at++] = digits[--d];
	text[at++] = ' ';
	if (n > sizeof text - at)
		n = sizeof text - at;
	memcpy(text + at, line, n);
	(void)send(role_log_fd, text, at + n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
role_log_sink(int fd, bool wait)
{
	role_log_fd = fd;
	role_log_wait = wait;
	log_set_sink(role_log_line, NULL);
	os_sandbox_report(role_sandbox_report);
}

static bool
role_has_log(void)
{
	int		type;
	socklen_t	n = sizeof type;

	return getsockopt(REEXEC_LOG, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_DGRAM;
}

/* ---- the configuration ---- */

int
role_read_bundle(int fd, struct buf *text, struct conf_bundle *b, struct err *e)
{
	off_t at = 0;

	/* The descriptor is shared with every other role: its offset must not matter. */
	for (;;) {
		char	*p = buf_reserve(text, ROLE_READ);
		ssize_t	 n;

		if (p == NULL)
			return err_set(e, ERR_TEMP, "the configuration is too large");
		if ((n = pread(fd, p, ROLE_READ, at)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, ERR_TEMP, "read the configuration");
		if (n == 0)
			break;
		buf_commit(text, (size_t)n);
		at += n;
	}
	if (conf_bundle_get(buf_str(text), b) == -1)
		return err_set(e, ERR_BUG, "the configuration's bundle is malformed");
	return 0;
}

int
role_conf_load(struct role_ctx *ctx, int fd, struct err *e)
{
	struct arena		*a = arena_new(CONF_BUNDLE_MAX + ARENA_DEFAULT);
	struct conf_bundle	 b;
	struct conf_override	*over;
	struct conf_replay	*replay;
	struct conf_loader	 from;
	struct err_list		 errs;
	struct conf		*conf;
	struct buf		 text;
	size_t			 nover;

	buf_init(&text, CONF_BUNDLE_MAX);
	if (role_read_bundle(fd, &text, &b, e) == -1)
		goto bad;
	struct str body = arena_str(a, buf_str(&text));
	buf_done(&text);
	if (conf_bundle_get(body, &b) == -1 || conf_overrides_get(b.overrides, a, &over, &nover) == -1) {
		err_set(e, ERR_BUG, "the configuration's bundle is malformed");
		goto bad;
	}
	if ((replay = conf_replay_new(b.answers, e)) == NULL)
		goto bad;
	from = conf_replay_loader(replay);
	err_list_init(&errs);
	conf = conf_load_with(b.cf, b.file, &from, over, nover, &errs);
	conf_replay_free(&replay);
	if (conf == NULL || errs.nerrors > 0) {
		err_list_done(&errs);
		if (conf != NULL)
			conf_free(&conf);
		err_set(e, ERR_PERM, "%.*s does not load", STR_ARG(b.file));
		goto bad;
	}
	err_list_done(&errs);
	/* The old one goes when the caller let go of it: see role_answer_conf. */
	ctx->conf = conf;
	ctx->conf_text = a;
	ctx->cf_text = b.cf;
	ctx->hosts = b.hosts;
	ctx->resolv = b.resolv;
	log_set_level((int)conf->opt.log_level);
	return 0;
bad:
	buf_done(&text);
	arena_free(&a);
	return -1;
}

/* ---- control requests, the same for every role ---- */

static int
role_answer_peer(struct role_ctx *ctx, struct peer *from, struct frame *f)
{
	struct peer_ask	ask;
	struct peer	*p;
	struct err	e = ERR_INIT;
	bool		worker = from->role != R_PARENT;
	int		fd = f->fd;

	if (peer_ask_get(f->body, &ask) == -1)
		return -1;
	/* A master speaks for its own kind only; nobody is our parent but the parent, or is introduced as himself. */
	if (worker ? ask.role != from->role : ask.role == R_PARENT || ask.role == R_NONE || ask.role == ctx->row->id)
		return -1;
	f->fd = -1;
	if ((p = peer_new(ctx, ask.role, worker, fd, &e)) == NULL) {
		log_line(0, LOG_P_ERR, NULL, "%s", e.text);
		return 0;
	}
	if (!worker && ctx->peer_came != NULL)
		ctx->peer_came(ctx, p);
	return 0;
}

static int
role_answer_conf(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	const struct conf	*old = ctx->conf;
	struct arena		*old_text = ctx->conf_text;
	struct err		 e = ERR_INIT;

	(void)p;
	if (ctx->row->reconf == NULL)
		return 0;
	if (role_conf_load(ctx, f->fd, &e) == -1) {
		log_line(0, LOG_P_ERR, NULL, "%s: new configuration: %s", ctx->row->name, e.text);
		return 0;
	}
	if (ctx->row->reconf(ctx) == 0 && old != NULL) {
		struct conf *gone = (struct conf *)(uintptr_t)old;

		conf_free(&gone);
		arena_free(&old_text);
	}
	return 0;
}

static int
role_answer_stop(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	(void)p;
	(void)f;
	ctx->stopping = true;
	if (ctx->stop != NULL)
		ctx->stop(ctx);
	else
		loop_stop(ctx->loop);
	return 0;
}

static int
role_answer_retire(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	if (ctx->finish == NULL)
		return role_answer_stop(ctx, p, f);
	ctx->finish(ctx);
	return 0;
}

static int
role_answer_ping(struct role_ctx *ctx, struct peer *p, struct frame *f)
{
	(void)ctx;
	(void)req_answer(p, f, STR(""), -1);
	return 0;
}

const struct answer role_control[] = {
	{ Q_PEER, role_answer_peer }, { Q_CONF, role_answer_conf }, { Q_STOP, role_answer_stop },
	{ Q_RETIRE, role_answer_retire }, { Q_LEND, lease_answer_lend }, { Q_RECALL, lease_answer_recall },
	{ Q_PING, role_answer_ping }, { 0, NULL }
};

/* ---- the beginning of a role ---- */

static int
role_fail(const char *name, const char *why, int code)
{
	log_line(0, LOG_P_CRIT, NULL, "%s: %s", name, why);
	return code;
}

/* The next message from the parent, which must be this one. */
static int
role_expect(struct chan *ch, enum role_id me, enum req_id want, struct frame *f, struct err *e)
{
	const char	*why;

	if (chan_recv(ch, f, 30000, e) == -1)
		return -1;
	if (f->type == want && (why = req_check(me, R_PARENT, false, NULL, f)) == NULL)
		return 0;
	if (f->fd != -1)
		close(f->fd);
	return err_set(e, ERR_BUG, "message %u from the parent, not %s", f->type, req_row(want)->name);
}

static int
role_receive(struct role_ctx *ctx, struct chan *ch, struct err *e)
{
	struct role_boot	*boot = ARENA_NEW(ctx->arena, struct role_boot);
	struct frame		 f;
	int			 rc;

	if (role_expect(ch, ctx->row->id, Q_BOOT, &f, e) == -1)
		return -1;
	if (role_boot_get(arena_str(ctx->arena, f.body), boot) == -1 || boot->role != ctx->row->id)
		return err_set(e, ERR_BUG, "malformed boot message");
	ctx->boot = boot;
	ctx->foreground = boot->foreground;
	ctx->verbose = boot->verbose;
	ctx->transcript = f.fd;
	ctx->queue_interval = boot->queue_interval;
	if (boot->trace.n > 0)
		(void)trace_set(boot->trace);
	if (ctx->row->id == R_LOADER)
		return 0;
	if (role_expect(ch, ctx->row->id, Q_CONF, &f, e) == -1)
		return -1;
	rc = role_conf_load(ctx, f.fd, e);
	close(f.fd);
	return rc;
}

/* TimeZoneSpec (operations guide): unset, TZ is the system's; empty, as it was; else this.  Read before files are out of reach. */
static void
role_time_zone(const struct conf *c)
{
	char tz[128];

	if (!c->opt.time_zone_set)
		(void)unsetenv("TZ");
	else if (c->opt.time_zone_spec.n > 0 && str_copy(tz, sizeof tz, c->opt.time_zone_spec) == 0)
		(void)setenv("TZ", tz, 1);
	tzset();
}

/* Become less: ids, root, sandbox. */
static int
role_confine(struct role_ctx *ctx, struct err *e)
{
	const struct role_boot	*b = ctx->boot;
	const char		*rd[ROLE_PATHS + 1] = { NULL }, *wr[ROLE_PATHS + 1] = { NULL };
	struct os_sandbox	 s = { .role = ctx->row->name, .may = ctx->row->may };

	if (ctx->row->sandbox != NULL) {
		if (ctx->row->sandbox(ctx, rd, wr, ROLE_PATHS) == -1)
			return err_set(e, ERR_TEMP, "the sandbox's paths");
		s.read_paths = rd;
		s.write_paths = wr;
	} else if (ctx->row->may & OS_MAY_OPEN_R)
		s.read_paths = rd;
	if (ctx->row->empty_root && b->empty_dir.n > 0 &&
	    os_chroot_empty(arena_cstr(ctx->arena, b->empty_dir), e) == -1)
		return -1;
	if (!str_is_none(b->user) || getuid() != b->uid) {
		const char *name = str_is_none(b->user) ? NULL : arena_cstr(ctx->arena, b->user);

		if (os_id_drop(name, b->uid, b->gid, e) == -1)
			return -1;
	}
	if (ctx->row->may == ROLE_NO_SANDBOX) {
		os_untraceable();
		return 0;
	}
	return os_sandbox_enter(&s, e) == -1 ? -1 : 0;
}

/* The same, once it is known whom the role is for: who gave a command hears of it, too. */
static int
role_fail_boot(const struct role_ctx *ctx, const char *why)
{
	if (ctx->boot != NULL && ctx->boot->command)
		(void)fprintf(stderr, "%s: %s: %s\n", ctx->argv0, ctx->row->name, why);
	return role_fail(ctx->row->name, why, EXIT_CONFIG);
}

static int
role_live(const char *argv0, const char *name)
{
	struct role_ctx	*ctx;
	struct err	 e = ERR_INIT;
	struct chan	*ch;
	enum role_id	 id = role_by_name(str_c(name));
	int		 rc;

	if (reexec_accept(&e) == -1) {
		(void)fprintf(stderr, "%s: -role: %s\n", argv0, e.text);
		return EXIT_NOPERM;
	}
	if (id == R_NONE) {
		(void)fprintf(stderr, "%s: -role: no role is called so\n", argv0);
		return EXIT_USAGE;
	}
	if (role_has_log()) {
		(void)os_fd_cloexec(REEXEC_LOG, true);
		role_log_sink(REEXEC_LOG, true);
	}
	sig_writes_fail(true);
	sig_ignore(SIGHUP);			/* the parent tells us; a signal to the whole group does not */
	sig_ignore(SIGINT);
	if ((ctx = calloc(1, sizeof *ctx)) == NULL || (ch = chan_new(REEXEC_CHAN)) == NULL)
		return role_fail(name, "no memory", EXIT_OSERR);
	ctx->row = role_row(id);
	ctx->argv0 = argv0;
	ctx->arena = arena_new(ARENA_DEFAULT);
	list_init(&ctx->peers);
	if (role_receive(ctx, ch, &e) == -1)
		return role_fail(name, e.text, e.class == ERR_PERM ? EXIT_CONFIG : EXIT_OSERR);
	if (ctx->conf != NULL)
		role_time_zone(ctx->conf);
	role_title(ctx, "starting");
	if ((ctx->loop = loop_new()) == NULL)
		return role_fail(name, "no event loop", EXIT_OSERR);
	if (ctx->row->prepare != NULL && ctx->row->prepare(ctx, &e) == -1)
		return role_fail_boot(ctx, e.text);
	if (role_confine(ctx, &e) == -1)
		return role_fail(name, e.text, EXIT_OSERR);
	if (peer_adopt(ctx, R_PARENT, false, ch, &e) == NULL)
		return role_fail(name, e.text, EXIT_OSERR);
	(void)req_tell(ctx, R_PARENT, Q_READY, STR(""), -1);
	rc = ctx->row->run(ctx);
	return rc;
}

/* A role's memory goes with its process: nothing is taken apart on the way out, and no exit handler of a library runs. */
int
role_main(const char *argv0, const char *name)
{
	int code = role_live(argv0, name);

	(void)fflush(stderr);
	_exit(code);
}

int
role_loop(struct role_ctx *ctx)
{
	return loop_run(ctx->loop) == -1 ? EXIT_OSERR : EXIT_OK;
}

/* ---- DNS through the resolver ---- */

/*
 * One message asks the same question several times, and a session the same for each of its messages: short answers are kept for a moment.
 * TTLs are the resolver's business; a second or two is less than any that is meant.
 */
#define DNS_KEPT	32
#define DNS_KEPT_MS	2000
#define DNS_KEPT_NAME	80
#define DNS_KEPT_BODY	400

static struct role_dns_kept {
	uint64_t	until;		/* os_now_ms */
	enum dns_type	type;
	uint16_t	n, nbody;
	char		name[DNS_KEPT_NAME], body[DNS_KEPT_BODY];
} role_dns_kept[DNS_KEPT];

static struct role_dns_kept *
role_dns_slot(struct str name, enum dns_type type)
{
	return &role_dns_kept[hash_bytes(name, (uint64_t)type) % DNS_KEPT];
}

static bool
role_dns_known(struct str name, enum dns_type type, struct arena *a, struct dns_answer *out)
{
	const struct role_dns_kept	*k = role_dns_slot(name, type);
	struct msg_in			 in = msg_in(str_mem(k->body, k->nbody));

	return k->n == name.n && k->type == type && os_now_ms() < k->until && memcmp(k->name, name.p, name.n) == 0 &&
	    dns_answer_get(&in, a, out) == 0;
}

static void
role_dns_keep(struct str name, enum dns_type type, struct str body, const struct dns_answer *out)
{
	struct role_dns_kept *k = role_dns_slot(name, type);

	if (name.n == 0 || name.n > sizeof k->name || body.n > sizeof k->body || out->rc == DNS_TEMP)
		return;
	k->until = os_now_ms() + DNS_KEPT_MS;
	k->type = type;
	k->n = (uint16_t)name.n;
	k->nbody = (uint16_t)body.n;
	memcpy(k->name, name.p, name.n);
	memcpy(k->body, body.p, body.n);
}

static int
role_dns_asker(void *arg, struct str name, enum dns_type type, struct arena *a, struct dns_answer *out, struct err *e)
{
	struct role_ctx		*ctx = arg;
	struct dns_question_ask	 q = { name, (uint16_t)type, (uint32_t)dns_patience_now() };
	struct frame		 f;
	struct msg_in		 in;
	struct buf		 b;
	int			 rc;

	if (role_dns_known(name, type, a, out))
		return 0;
	memset(out, 0, sizeof *out);
	out->rc = DNS_TEMP;
	buf_init(&b, 0);
	dns_question_put(&b, &q);
	rc = req_ask(ctx, R_RESOLVER, Q_DNS, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	in = msg_in(f.body);
	if (dns_answer_get(&in, a, out) == -1 || !msg_end(&in)) {
		out->rc = DNS_TEMP;
		return err_set(e, ERR_BUG, "the resolver's answer is malformed");
	}
	role_dns_keep(name, type, f.body, out);
	return 0;
}

void
role_use_dns(struct role_ctx *ctx)
{
	dns_set_asker(role_dns_asker, ctx);
}
