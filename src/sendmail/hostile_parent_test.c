/*
 * hostile_parent_test - plays roles that were taken over, against the real parent, who has root's rights and opens what they ask for.
 *
 * This program is the whole sendmail: the real parent starts it again as its roles.  Those that a plan names have a companion, which says what they may
 * not over their channel once the daemon stands; role lookup may also be played from its first word, to ask for what it may ask, wrongly.  Plans are in
 * the folder of the file that HOSTALIASES names, one of the few words of the environment that roles inherit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define main	sendmail_main
static int	sendmail_main(int, char **);
#include "main.c"
#undef main

#include "ask.h"
#include "milterask.h"
#include "net/conn.h"
#include "net/test_port.h"
#include "os/file.h"
#include "portask.h"
#include "proc/frame_kit.h"
#include "proc/reexec.h"
#include "proc/sig.h"
#include "req.h"

#define PATIENCE	30000		/* ms; only a failure waits so long */

/* ---- a role that was taken over, in a daemon's process ---- */

static void
in_dir(char *dst, size_t size, const char *dir, const char *name, const char *more)
{
	must(snprintf(dst, size, "%s/%s%s", dir, name, more) < (int)size);
}

static bool
there(const char *dir, const char *name, const char *more)
{
	char path[1200];

	in_dir(path, sizeof path, dir, name, more);
	return access(path, F_OK) == 0;
}

static void
put_file(const char *dir, const char *name, const char *more, const char *text)
{
	char path[1200];
	int fd;

	in_dir(path, sizeof path, dir, name, more);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	must(fd != -1 && os_write_all(fd, str_c(text)) == 0);
	close(fd);
}

static bool
await_file(const char *dir, const char *name)
{
	for (uint64_t end = os_now_ms() + PATIENCE; os_now_ms() < end; (void)poll(NULL, 0, 5))
		if (there(dir, name, ""))
			return true;
	return false;
}

/* "TYPE FLAGS LENGTH FD HEX" */
static void
attack(const char *dir, const char *role, const char *plan)
{
	unsigned type, flags, fd, c;
	uint32_t length;
	char hex[200] = "", body[100], go[40];
	size_t n = 0;
	int s[2] = { -1, -1 };

	(void)snprintf(go, sizeof go, "go.%s", role);
	if (sscanf(plan, "%u %u %u %u %199s", &type, &flags, &length, &fd, hex) < 4 || !await_file(dir, go))
		return;
	for (; hex[2 * n] != '\0' && hex[2 * n] != '-' && sscanf(hex + 2 * n, "%2x", &c) == 1; n++)
		body[n] = (char)c;
	if (fd != 0 && os_socketpair(s) == -1)
		return;
	put_frame(REEXEC_CHAN, type, flags, length, str_mem(body, n), s[0]);
}

/* A process beside the role, and none of its children. */
static void
companion(const char *dir, const char *role, const char *plan)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (fork() == 0)
			attack(dir, role, plan);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
}

/* What lookup may ask, well formed and wrong: the answer is no, whoever asks lives, and what is right is answered with a descriptor. */
static void
lookup_asks(struct chan *parent, struct buf *out)
{
	static const struct { uint32_t filter; bool yes; } filters[] = { { 0, true }, { 1, false }, { 2, false }, { 99, false }, { UINT32_MAX, false } };
	static const struct { uint32_t map, part; bool yes; } maps[] = { { 0, 0, true }, { 99, 0, false }, { UINT32_MAX, 7, false }, { UINT32_MAX - 1, 0, false } };
	static const struct { uint8_t family; const char *from; } ports[] = { { 4, NULL }, { 4, "127.0.0.1" }, { 6, "127.0.0.1" }, { 4, "nonsense" } };
	struct frame f;
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
		struct filter_ask ask = { filters[i].filter };
		bool yes;

		buf_clear(&b);
		filter_ask_put(&b, &ask);
		yes = chan_ask(parent, Q_FILTEROPEN, buf_str(&b), -1, &f, PATIENCE, NULL) == 0;
		if (yes != filters[i].yes || (yes && (f.fd == -1 || f.body.n != 0)))
			(void)buf_addf(out, "BAD: filter %zu: %s\n", i, yes ? "yes" : "no");
		if (yes && f.fd != -1)
			close(f.fd);
	}
	for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
		struct mapfd_ask ask = { maps[i].map, maps[i].part };

		buf_clear(&b);
		mapfd_ask_put(&b, &ask);
		if ((chan_ask(parent, Q_MAPOPEN, buf_str(&b), -1, &f, PATIENCE, NULL) == 0) != maps[i].yes)
			(void)buf_addf(out, "BAD: map %zu\n", i);
	}
	for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
		struct port_ask ask = { ports[i].family, ports[i].from != NULL ? str_c(ports[i].from) : STR_NONE };

		buf_clear(&b);
		port_ask_put(&b, &ask);
		if (chan_ask(parent, Q_PORTOPEN, buf_str(&b), -1, &f, PATIENCE, NULL) == 0)
			(void)buf_addf(out, "BAD: port %zu was given\n", i);
	}
	buf_done(&b);
}

static int
play_lookup(const char *dir)
{
	struct chan *parent;
	struct frame f;
	struct err e = ERR_INIT;
	struct buf out;

	sig_ignore(SIGPIPE);
	if (reexec_accept(&e) == -1 || (parent = chan_new(REEXEC_CHAN)) == NULL || chan_recv(parent, &f, PATIENCE, &e) == -1)
		return 1;
	chan_on(parent, frame_drop, NULL);
	buf_init(&out, 4096);
	if (chan_send(parent, Q_READY, 0, 0, STR(""), -1, &e) == 0)
		lookup_asks(parent, &out);
	put_file(dir, "said", "", out.n > 0 ? buf_c(&out) : "through\n");
	while (chan_recv(parent, &f, PATIENCE, NULL) == 0 && f.type != Q_STOP)
		frame_drop(NULL, parent, &f);
	_exit(0);				/* as roles end: what they had goes with them */
}

/* Who is asked whether he is there, and answers wrongly: never, with more than nothing, with what nobody asked for. */
static int
play_pinged(const char *how)
{
	struct chan *parent;
	struct frame f;
	int s[2] = { -1, -1 };

	sig_ignore(SIGPIPE);
	if (reexec_accept(NULL) == -1 || (parent = chan_new(REEXEC_CHAN)) == NULL || chan_recv(parent, &f, PATIENCE, NULL) == -1 ||
	    chan_send(parent, Q_READY, 0, 0, STR(""), -1, NULL) == -1)
		return 1;
	if (strcmp(how, "mute") == 0) {
		sig_ignore(SIGABRT);
		for (;;)
			(void)pause();
	}
	while (chan_recv(parent, &f, PATIENCE, NULL) == 0 && f.type != Q_STOP) {
		uint32_t tag = f.tag;		/* its descriptors stay open: who loses a neighbour says so */

		if (f.type != Q_PING)
			continue;
		if (strcmp(how, "long") == 0)
			(void)chan_send(parent, Q_PING, CHAN_ANSWER, tag, STR("x"), -1, NULL);
		else if (strcmp(how, "flood") == 0) {
			for (uint32_t i = 1; i < 2000; i++)
				(void)chan_send(parent, Q_PING, CHAN_ANSWER, tag + i, STR(""), -1, NULL);
			if (os_socketpair(s) == 0)
				(void)chan_send(parent, Q_PING, CHAN_ANSWER, tag, STR(""), s[0], NULL);
			close(s[0]);
			close(s[1]);
		}
	}
	_exit(0);
}

/* The first process of a role follows its plan; those that come after it are as they should be. */
static int
play_role(int argc, char **argv, const char *dir)
{
	char path[1200], plan[256] = "";
	int fd;

	in_dir(path, sizeof path, dir, "plan.", argv[2]);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || there(dir, "began.", argv[2]))
		return sendmail_main(argc, argv);
	(void)os_read_full(fd, plan, sizeof plan - 1);
	close(fd);
	put_file(dir, "began.", argv[2], "");
	if (strncmp(plan, "asks", 4) == 0)
		return play_lookup(dir);
	if (strncmp(plan, "pinged ", 7) == 0)
		return play_pinged(plan + 7);
	companion(dir, argv[2], plan);
	return sendmail_main(argc, argv);
}

/* ---- the test: daemons under attack ---- */

static const enum role_id roles[] = { R_GATE, R_SMTPD, R_LOOKUP, R_RESOLVER, R_SPOOL, R_ROUTE, R_CLIENT, R_LOCAL, R_STS, R_TALLY, R_AUTH };
#define NROLES	(sizeof roles / sizeof roles[0])

struct victim {
	char	dir[64];
	int	port, sign, filter;	/* sign: test_port.h */
	pid_t	pid;
	int	patience;		/* Timeout.role, seconds; 0: for ever */
};

static char		self[1024];
static struct victim	v;

static const char cf_text[] =
    "V10/Berkeley\nDZ1\nDjmail.example.com\nDnMAILER-DAEMON\n"
    "O QueueDirectory=%s/queue\nO AliasFile=%s/aliases\nO DaemonPortOptions=Name=MTA,Addr=127.0.0.1,Port=%d\nO PidFile=%s/pid\nO LogLevel=10\n"
    "O ResolverOptions=nameserver=127.0.0.1@9\nO StrictTransportSecurity=True\nO STSDirectory=%s/sts\nO TallyDirectory=%s/tally\nO Timeout.ident=0\nO DontBlameSendmail=TrustStickyBit\nO RefuseLA=100000\nO QueueLA=100000\nO Timeout.role=%ds\n"
    "Xone, S=unix:%s/one.sock, F=\nXtwo, S=inet:9@127.0.0.1, F=\nXthree, S=unix:%s/none.sock, F=\nO InputMailFilters=\n"
    "Ktext text %s/table\nKt tally hits\n"
    "S0\nR$*\t$#local $: $1\n"
    "Mlocal, P=/bin/true, F=lsDFM, A=true $u\nMprog, P=/bin/sh, F=lsDFM, A=sh -c $u\nMsmtp, P=[IPC], F=mDFMuX, E=\\r\\n, A=TCP $h\n";

static void
victim_start(void)
{
	char text[4096], path[300], alias[300], *argv[] = { (char *)(uintptr_t)"sendmail", (char *)(uintptr_t)"-bD", (char *)(uintptr_t)"-C", path, NULL };
	struct sockaddr_un *un = calloc(1, sizeof *un);
	static const char *const folders[] = { "queue", "sts", "tally" };

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		in_dir(path, sizeof path, v.dir, folders[i], "");
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put_file(v.dir, "aliases", "", "postmaster: root\n");
	put_file(v.dir, "table", "", "key\tvalue\n");
	in_dir(path, sizeof path, v.dir, "one.sock", "");
	un->sun_family = AF_UNIX;
	assert_int_equal(str_copy(un->sun_path, sizeof un->sun_path, str_c(path)), 0);
	v.filter = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(v.filter, (struct sockaddr *)un, sizeof *un), 0);
	assert_int_equal(listen(v.filter, 5), 0);
	free(un);
	assert_int_not_equal(v.port = test_port(&v.sign), -1);
	(void)snprintf(text, sizeof text, cf_text, v.dir, v.dir, v.port, v.dir, v.dir, v.dir, v.patience, v.dir, v.dir, v.dir);
	put_file(v.dir, "cf", "", text);
	put_file(v.dir, "log", "", "");
	in_dir(path, sizeof path, v.dir, "cf", "");
	if ((v.pid = fork()) == 0) {
		char log[300];
		int fd;

		in_dir(log, sizeof log, v.dir, "log", "");
		in_dir(alias, sizeof alias, v.dir, "hostaliases", "");
		(void)setenv("HOSTALIASES", alias, 1);
		(void)setenv("ANGARIUM_LOG", log, 1);
		if ((fd = open(log, O_WRONLY | O_APPEND)) != -1 && dup2(fd, 1) != -1 && dup2(fd, 2) != -1)
			execv(self, argv);
		_exit(99);
	}
	assert_int_not_equal(v.pid, -1);
}

/* How often the log says that; NULL: it is shown. */
static size_t
log_count(const char *what)
{
	char path[300];
	struct buf b;
	struct str rest;
	size_t n = 0, at;
	int fd;

	in_dir(path, sizeof path, v.dir, "log", "");
	buf_init(&b, (size_t)4 << 20);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		(void)os_read_file(fd, &b);
		close(fd);
	}
	for (rest = buf_str(&b); what != NULL && (at = str_find(rest, str_c(what))) != SIZE_MAX; rest = str_from(rest, at + 1))
		n++;
	if (what == NULL)
		(void)fprintf(stderr, "%.*s", STR_ARG(str_from(buf_str(&b), b.n > 6000 ? b.n - 6000 : 0)));
	buf_done(&b);
	return n;
}

static void
log_await(const char *what, size_t n)
{
	for (uint64_t end = os_now_ms() + PATIENCE; os_now_ms() < end && waitpid(v.pid, NULL, WNOHANG) == 0; (void)poll(NULL, 0, 20))
		if (log_count(what) >= n)
			return;
	(void)log_count(NULL);
	fail_msg("the log has \"%s\" %zu times, not %zu", what, log_count(what), n);
}

/* It lives, and says who it is. */
static void
victim_works(void)
{
	struct ip ip = { .family = 4, .a = { 127, 0, 0, 1 }, .port = (uint16_t)v.port };
	char got[200] = "";

	for (uint64_t end = os_now_ms() + PATIENCE; os_now_ms() < end && strncmp(got, "220 mail.example.com", 20) != 0;) {
		int s = net_connect(&ip, NULL, 1000, NULL);
		struct pollfd p = { s, POLLIN, 0 };

		if (s == -1 || poll(&p, 1, 5000) <= 0 || read(s, got, sizeof got - 1) <= 0)
			(void)poll(NULL, 0, 20);
		if (s != -1)
			close(s);
	}
	if (strncmp(got, "220 mail.example.com", 20) != 0) {
		(void)log_count(NULL);
		fail_msg("no greeting: %s", got);
	}
	assert_int_equal(waitpid(v.pid, NULL, WNOHANG), 0);
}

static int
setup(void **state)
{
	(void)state;
	memset(&v, 0, sizeof v);
	v.filter = -1;
	(void)snprintf(v.dir, sizeof v.dir, "/tmp/hostile_parent.XXXXXX");
	return mkdtemp(v.dir) == NULL || chmod(v.dir, 0755) == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	int status = 0;
	pid_t rm;

	(void)state;
	if (v.pid > 0) {
		(void)kill(v.pid, SIGTERM);
		(void)waitpid(v.pid, &status, 0);
	}
	if (v.filter != -1)
		close(v.filter);
	if ((rm = fork()) == 0) {
		execl("/bin/rm", "rm", "-rf", v.dir, (char *)NULL);
		_exit(1);
	}
	(void)waitpid(rm, NULL, 0);
	return v.pid > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ? -1 : 0;
}

/* Each role in its turn; it must be ended, and replaced, and the parent go on. */
static void
attack_all(const char *const plans[NROLES])
{
	size_t n = 0;

	for (size_t i = 0; i < NROLES; i++)
		if (plans[i] != NULL)
			put_file(v.dir, "plan.", role_name(roles[i]), plans[i]);
	victim_start();
	log_await(" is ready", NROLES + 1);
	victim_works();
	for (size_t i = 0; i < NROLES; i++) {
		const char *name = role_name(roles[i]);
		char line[100];

		if (plans[i] == NULL)
			continue;
		n++;
		put_file(v.dir, "go.", name, "");
		(void)snprintf(line, sizeof line, "parent: process of role %s sent ", name);
		if (strstr(plans[i], "4294967295") == NULL && strstr(plans[i], " 4 1 ") == NULL)	/* no frame at all: the channel itself ends it, often */
			log_await(line, 1);
		(void)snprintf(line, sizeof line, "role %s (pid ", name);
		log_await(line, 1);
		log_await(" is ready", NROLES + 1 + n);
	}
	victim_works();
}

static void
same_for_all(const char *plan)
{
	const char *plans[NROLES];

	for (size_t i = 0; i < NROLES; i++)
		plans[i] = plan;
	attack_all(plans);
}

static void
test_forbidden(void **state)
{
	static const unsigned types[NROLES] = { Q_LISTEN, Q_SESSION, Q_BOOT, Q_PEER, Q_DELIVER, Q_FILTEROPEN, Q_SIGN, Q_MAPOPEN, Q_STOP, Q_CONF, Q_USER };
	static char text[NROLES][40];
	const char *plans[NROLES];

	(void)state;
	for (size_t i = 0; i < NROLES; i++) {
		assert_true(req_check(R_PARENT, roles[i], false, NULL, &(struct frame){ .type = (uint16_t)types[i], .fd = -1 }) != NULL || roles[i] == R_LOOKUP);
		(void)snprintf(text[i], sizeof text[i], "%u 0 0 0 -", types[i]);
		plans[i] = text[i];
	}
	attack_all(plans);
}

static void
test_ready(void **state)
{
	char plan[40];

	(void)state;
	(void)snprintf(plan, sizeof plan, "%d 0 0 0 -", (int)Q_READY);		/* twice */
	same_for_all(plan);
}

static void
test_framing(void **state)
{
	char plan[40];

	(void)state;
	(void)snprintf(plan, sizeof plan, "%d 0 4294967295 0 78", (int)Q_READY);
	same_for_all(plan);
}

static void
test_descriptor(void **state)
{
	char plan[40];

	(void)state;
	(void)snprintf(plan, sizeof plan, "%d 0 4 1 00000000", (int)Q_FILTEROPEN);
	same_for_all(plan);
}

/* By lookup, which may ask for more than others. */
static const struct malformed { int type, flags; const char *body; } malformed[] = {
	{ Q_FILTEROPEN, 0, "-" }, { Q_FILTEROPEN, 0, "000000" }, { Q_FILTEROPEN, 0, "0000000000" }, { Q_FILTEROPEN, 2, "00000000" },
	{ Q_MAPOPEN, 0, "-" }, { Q_MAPOPEN, 0, "00000000000000ffff" }, { Q_PORTOPEN, 0, "-" }, { Q_PORTOPEN, 0, "04ffffffff41" }, { Q_PORTOPEN, 0, "0900" },
	{ Q_LOST, 0, "-" }, { Q_LOST, 0, "0000" },
	{ Q_BUSY, 0, "-" }, { Q_PING, 0, "-" }, { Q_PING, 0, "00" },
};

static void
test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
		const char *plans[NROLES] = { NULL };
		char plan[80];

		for (size_t r = 0; r < NROLES; r++)
			if (roles[r] == R_LOOKUP) {
				(void)snprintf(plan, sizeof plan, "%d %d %zu 0 %s", malformed[i].type, malformed[i].flags, malformed[i].body[0] == '-' ? 0 : strlen(malformed[i].body) / 2,
				    malformed[i].body);
				plans[r] = plan;
			}
		attack_all(plans);
		assert_int_equal(teardown(state), 0);
		assert_int_equal(setup(state), 0);
	}
}

static void
test_refused(void **state)
{
	char path[300], said[1000] = "";
	int fd;

	(void)state;
	put_file(v.dir, "plan.", "lookup", "asks");
	victim_start();
	if (!await_file(v.dir, "said")) {
		(void)log_count(NULL);
		fail_msg("lookup was not answered");
	}
	in_dir(path, sizeof path, v.dir, "said", "");
	assert_int_not_equal(fd = open(path, O_RDONLY), -1);
	for (uint64_t end = os_now_ms() + PATIENCE; said[0] == '\0' && os_now_ms() < end; (void)poll(NULL, 0, 5))
		(void)os_read_full(fd, said, sizeof said - 1);
	close(fd);
	assert_string_equal(said, "through\n");
	assert_int_equal(waitpid(v.pid, NULL, WNOHANG), 0);
	assert_int_equal(log_count("parent: process of role lookup sent"), 0);
}

/* Silence ends a role, at last with SIGKILL; so does an answer that says too much; what nobody asked for is not heard. */
static void
test_pinged(void **state)
{
	(void)state;
	v.patience = 1;
	put_file(v.dir, "plan.", "lookup", "pinged mute");
	put_file(v.dir, "plan.", "resolver", "pinged long");
	put_file(v.dir, "plan.", "client", "pinged flood");
	victim_start();
	log_await("parent: process of role resolver sent a malformed answer: ended", 1);
	log_await("role lookup (pid ", 2);			/* has not answered; ended */
	assert_int_equal(log_count(") has not answered for 1 s (Timeout.role): ended"), 1);
	log_await("ended: signal 9", 2);
	log_await(" is ready", NROLES + 1 + 2);
	victim_works();
	if (log_count("role client (pid ") != 0) {
		(void)log_count(NULL);
		fail_msg("role client was ended for answers that nobody asked for");
	}
}

/* Every request that the parent answers was tried in a wrong way; test_ready has Q_READY. */
static void
test_complete(void **state)
{
	(void)state;
	for (unsigned q = 1; q < Q_MAX; q++) {
		bool is = q == Q_READY || (req_row(q)->at & ROLE_BIT(R_PARENT)) == 0;

		for (size_t i = 0; !is && i < sizeof malformed / sizeof malformed[0]; i++)
			is = (unsigned)malformed[i].type == q;
		if (!is)
			fail_msg("%s is tried by nobody", req_row(q)->name);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown), cmocka_unit_test_setup_teardown(test_forbidden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready, setup, teardown), cmocka_unit_test_setup_teardown(test_framing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptor, setup, teardown), cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinged, setup, teardown), cmocka_unit_test(test_complete),
	};
	const char *alias = getenv("HOSTALIASES");
	char dir[1024];

	if (argc > 1) {				/* a daemon under attack, or a role of it */
		if (argc == 3 && strcmp(argv[1], "-role") == 0 && alias != NULL && str_copy(dir, sizeof dir, str_c(alias)) == 0)
			return play_role(argc, argv, dirname(dir));
		return sendmail_main(argc, argv);
	}
	sig_ignore(SIGPIPE);
	if (os_self_path(argv[0], self, sizeof self) == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
