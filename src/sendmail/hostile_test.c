/*
 * hostile_test - plays a role that was taken over, against the real program in every other role.
 *
 * This test is the parent of one role's process at a time and introduces itself as each neighbour in turn.  Every
 * request that the table does not allow to that neighbour, and malformed ones of those
 * it allows, must end the channel and leave the role at work.  Then the switch itself:
 * who may start a process as a role at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "attempt.h"
#include "os/fd.h"
#include "os/id.h"
#include "os/load.h"
#include "proc/msg.h"
#include "proc/sig.h"
#include "req.h"
#include "role_kit.h"

#define PATIENCE	10000		/* ms; only a failure waits so long */

static char	dir[] = "/tmp/hostile_test.XXXXXX";
static struct role_kit kit;

static const char cf_text[] =
    "V10/Berkeley\n"
    "DZ1\n"
    "Djmail.example.com\n"
    "DnMAILER-DAEMON\n"
    "O QueueDirectory=%s/queue\n"
    "O AliasFile=%s/aliases\n"
    "O DaemonPortOptions=Name=MTA,Addr=127.0.0.1,Port=12345\n"
    "O LogLevel=9\n"
    "O ResolverOptions=nameserver=127.0.0.1@%d\n"
    "Ktext text %s/table\n"
    "S0\n"
    "R$*\t$#local $: $1\n"
    "Mlocal, P=/bin/true, F=lsDFM, A=true $u\n"
    "Mprog, P=/bin/sh, F=lsDFM, A=sh -c $u\n"
    "Msmtp, P=[IPC], F=mDFMuX, E=\\r\\n, A=TCP $h\n";

/* ---- what our fake parent gives ---- */

static void
write_file(const char *name, const char *text, mode_t mode)
{
	char	path[1200];
	int	fd;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	assert_int_not_equal(fd, -1);
	assert_int_equal(os_write_all(fd, str_c(text)), 0);
	close(fd);
}

/* A name server that never answers: its port. */
static int
silent_server(void)
{
	struct sockaddr_storage	ss;
	struct ip		ip = { .family = 4, .a = { 127, 0, 0, 1 } };
	socklen_t		n = ip_to_sockaddr(&ip, &ss);
	int			s = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_not_equal(s, -1);
	assert_int_equal(bind(s, (struct sockaddr *)&ss, n), 0);
	n = sizeof ss;
	assert_int_equal(getsockname(s, (struct sockaddr *)&ss, &n), 0);
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&ss, n, &ip), 0);
	return ip.port;
}

static int
setup(void **state)
{
	char	cf[4096], path[1200];

	(void)state;
	sig_ignore(SIGPIPE);
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)chmod(dir, 0755);
	(void)snprintf(path, sizeof path, "%s/queue", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file("aliases", "postmaster: root\n", 0644);
	write_file("table", "key\tvalue\n", 0644);
	(void)snprintf(cf, sizeof cf, cf_text, dir, dir, silent_server(), dir);
	return role_kit_init(&kit, cf, STR("127.0.0.1 localhost\n"), STR("nameserver 127.0.0.1\n"));
}

static int
teardown(void **state)
{
	int	status;
	pid_t	pid;

	(void)state;
	if ((pid = fork()) == 0) {		/* roles leave what they like in their queue */
		execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	return pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0 ? -1 : 0;
}

/* ---- a role's process ---- */

static bool
target_alive(const struct target *t)
{
	return waitpid(t->pid, NULL, WNOHANG) == 0;
}

/* A channel to it as neighbour `from`; its log has room again. */
static int
peer_as(struct target *t, enum role_id from)
{
	role_kit_drain(&kit);
	return target_peer(t, from);
}

/* ---- what becomes of a frame ---- */

enum end { ENDED, ANSWERED, SILENT };

/* The flags of an answer among these frames (the role may also ask us something), or 0. */
static unsigned
answer_flags(struct str got)
{
	while (got.n >= 12) {
		struct msg_in	in = msg_in(got);
		uint32_t	n = msg_u32(&in);
		unsigned	flags;

		(void)msg_u16(&in);
		flags = msg_u16(&in);
		if (flags & CHAN_ANSWER)
			return flags;
		got = str_from(got, (size_t)12 + n);
	}
	return 0;
}

/* What became of us: the channel closed, an answer came, or nothing. */
static enum end
await(int sock, int ms, bool *error)
{
	struct buf	got;
	uint64_t	end = os_now_ms() + (uint64_t)ms;
	unsigned	flags = 0;

	buf_init(&got, 0);
	for (;;) {
		struct pollfd	p = { sock, POLLIN, 0 };
		uint64_t	now = os_now_ms();
		char		*room = buf_reserve(&got, 65536);
		ssize_t		n;

		if (poll(&p, 1, now >= end ? 0 : (int)(end - now)) <= 0 || (n = recv(sock, room, 65536, 0)) <= 0)
			break;
		buf_commit(&got, (size_t)n);
		if ((flags = answer_flags(buf_str(&got))) != 0)
			end = os_now_ms() + 200;	/* it may still be closing */
	}
	struct pollfd p = { sock, POLLIN, 0 };
	bool	      gone = poll(&p, 1, 0) > 0;

	buf_done(&got);
	*error = (flags & CHAN_ERROR) != 0;
	return gone ? ENDED : flags != 0 ? ANSWERED : SILENT;
}

static void
expect_end(struct target *t, int sock, enum role_id from, const char *what, unsigned type)
{
	const struct req_row	*r = req_row(type);
	bool			 error;
	enum end		 how = await(sock, PATIENCE, &error);

	if (how != ENDED)
		fail_msg("%s let %s %s with %s (%u)", role_name(t->role), role_name(from), what, r != NULL ? r->name : "?", type);
	if (!target_alive(t))
		fail_msg("%s died when %s %s with %s (%u)", role_name(t->role), role_name(from), what,
		    r != NULL ? r->name : "?", type);
	close(sock);
}

/* ---- the attacks ---- */

static const enum role_id targets[] = {
	R_GATE, R_SMTPD, R_LOOKUP, R_RESOLVER, R_SPOOL, R_ROUTE, R_CLIENT, R_LOCAL, R_LOG, R_TALLY, R_KEYS, R_STS, R_AUTH
};
#define NTARGETS	(sizeof targets / sizeof targets[0])

/* What was tried, for the last test: at whom, by whom, with which request. */
enum { TRIED_FORBIDDEN = 1, TRIED_CONDITIONS = 2, TRIED_MALFORMED = 4 };
static unsigned char tried[R_MAX][R_MAX][Q_MAX];

static bool
allowed(enum role_id at, enum role_id from, unsigned type)
{
	const struct req_row *r = req_row(type);

	return r != NULL && r->at & ROLE_BIT(at) && r->from & ROLE_BIT(from);
}

/* Every request, by every role, that is not in the table. */
static void
attack_forbidden(struct target *t, enum role_id from)
{
	static const unsigned odd[] = { 0, Q_MAX, Q_MAX + 1, 255, 256, 65535 };

	for (unsigned i = 0; i < Q_MAX + sizeof odd / sizeof odd[0]; i++) {
		unsigned		 type = i < Q_MAX ? i : odd[i - Q_MAX];
		const struct req_row	*r = req_row(type);
		int			 sock;

		if (allowed(t->role, from, type))
			continue;
		sock = peer_as(t, from);
		put_frame(sock, type, 0, 0, STR(""), r != NULL && r->flags & REQ_FDIN ? sock : -1);
		expect_end(t, sock, from, "get away", type);
		if (type < Q_MAX)
			tried[t->role][from][type] |= TRIED_FORBIDDEN;
	}
}

/* Those it may make, in ways it may not. */
static void
attack_conditions(struct target *t, enum role_id from, unsigned type)
{
	const struct req_row	*r = req_row(type);
	char			*big;
	int			 sock;

	if (r->flags & REQ_FDIN) {
		sock = peer_as(t, from);
		put_frame(sock, type, 0, 0, STR(""), -1);
		expect_end(t, sock, from, "send no descriptor", type);
	} else if (!(r->flags & REQ_FDMAY)) {
		sock = peer_as(t, from);
		put_frame(sock, type, 0, 0, STR(""), sock);
		expect_end(t, sock, from, "send a descriptor", type);
	}
	sock = peer_as(t, from);
	put_frame(sock, type, CHAN_ERROR, 0, STR(""), r->flags & REQ_FDIN ? sock : -1);
	expect_end(t, sock, from, "send an error", type);
	tried[t->role][from][type] |= TRIED_CONDITIONS;
	if (r->max < (size_t)1 << 20) {
		big = calloc(1, r->max + 1);
		assert_non_null(big);
		sock = peer_as(t, from);
		put_frame(sock, type, 0, (uint32_t)r->max + 1, str_mem(big, r->max + 1), r->flags & REQ_FDIN ? sock : -1);
		expect_end(t, sock, from, "send too much", type);
		free(big);
	}
}

/* Bodies that do not decode: the asker is ended; a trusted asker of a master gets an error. */
static void
attack_malformed(struct target *t, enum role_id from, unsigned type)
{
	static const struct str bodies[] = {
		STR_INIT("\377"), STR_INIT("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377"),
		STR_INIT("\1\0\0\0x\1\0\0\0y\1\0\0\0z and more")
	};
	const struct req_row	*r = req_row(type);
	const unsigned		 trusted = ROLE_BIT(R_GATE) | ROLE_BIT(R_SPOOL) | ROLE_BIT(R_LOOKUP) | ROLE_BIT(R_LOCAL);

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		bool		error;
		enum end	how;
		int		sock;

		if (bodies[i].n > r->max)
			continue;
		sock = peer_as(t, from);
		put_frame(sock, type, 0, (uint32_t)bodies[i].n, bodies[i], r->flags & REQ_FDIN ? sock : -1);
		how = await(sock, PATIENCE, &error);
		if (how != ENDED && !(how == ANSWERED && error && ROLE_BIT(from) & trusted))
			fail_msg("%s took malformed %s (%zu) from %s: %s", role_name(t->role), r->name, i, role_name(from),
			    how == SILENT ? "silence" : "answer");
		if (!target_alive(t))
			fail_msg("%s died of malformed %s from %s", role_name(t->role), r->name, role_name(from));
		close(sock);
		tried[t->role][from][type] |= TRIED_MALFORMED;
	}
}

/* Frames that are no frames. */
static void
attack_framing(struct target *t, enum role_id from)
{
	int sock = peer_as(t, from);

	put_frame(sock, Q_READY, 0, UINT32_MAX, STR("x"), -1);
	expect_end(t, sock, from, "announce 4 GiB", Q_READY);
	sock = peer_as(t, from);
	put_frame(sock, Q_READY, 0x8000, 0, STR(""), -1);
	expect_end(t, sock, from, "promise a descriptor", Q_READY);
}

/* Its loop turns: who has the parent's channel gets an answer to each of his questions, and each is empty. */
static void
expect_turning(struct target *t)
{
	struct frame	f;
	struct err	e = ERR_INIT;

	role_kit_drain(&kit);
	chan_on(t->parent, frame_drop, NULL);
	for (int i = 0; i < 500; i++)
		assert_int_equal(chan_send(t->parent, Q_PING, 0, chan_next_tag(t->parent), STR(""), -1, &e), 0);
	if (chan_ask(t->parent, Q_PING, STR(""), -1, &f, PATIENCE, &e) == -1)
		fail_msg("role %s does not answer its parent: %s", role_name(t->role), e.text);
	assert_true(f.body.n == 0 && f.fd == -1);
}

static void
hostile(void **state)
{
	struct target t;

	target_start(&kit, &t, *(const enum role_id *)*state, PATIENCE);
	for (int from = R_LOADER; from < R_MAX; from++) {
		if (from == (int)t.role)
			continue;
		attack_forbidden(&t, (enum role_id)from);
		attack_framing(&t, (enum role_id)from);
		for (unsigned q = 1; q < Q_MAX; q++)
			if (allowed(t.role, (enum role_id)from, q) && q != Q_PEER) {		/* that: introductions */
				attack_conditions(&t, (enum role_id)from, q);
				attack_malformed(&t, (enum role_id)from, q);
			}
	}
	expect_turning(&t);
	target_stop(&kit, &t, PATIENCE);
}

/* A master introduces workers of its own kind only, and a worker introduces nobody. */
static void
introductions(void **state)
{
	struct target	t;
	struct peer_ask	ask = { R_SMTPD };
	struct buf	b;
	int		master, s[2];

	(void)state;
	target_start(&kit, &t, R_SPOOL, PATIENCE);
	for (int role = R_NONE; role < R_MAX; role++) {
		if (role == R_SMTPD)
			continue;
		master = peer_as(&t, R_SMTPD);
		ask.role = (enum role_id)role;
		buf_init(&b, 0);
		peer_ask_put(&b, &ask);
		assert_int_equal(os_socketpair(s), 0);
		put_frame(master, Q_PEER, 0, (uint32_t)b.n, buf_str(&b), s[1]);
		expect_end(&t, master, R_SMTPD, "introduce another", Q_PEER);
		close(s[0]);
		close(s[1]);
		buf_done(&b);
	}
	ask.role = R_SMTPD;
	buf_init(&b, 0);
	peer_ask_put(&b, &ask);
	master = peer_as(&t, R_SMTPD);
	assert_int_equal(os_socketpair(s), 0);
	put_frame(master, Q_PEER, 0, (uint32_t)b.n, buf_str(&b), s[1]);
	close(s[1]);
	/* the worker may ask for what its role may ... */
	struct df_ask df = { STR("6AM3uCeM027054") };
	struct buf q;
	bool error;

	buf_init(&q, 0);
	df_ask_put(&q, &df);
	put_frame(s[0], Q_DF, 0, (uint32_t)q.n, buf_str(&q), -1);
	assert_int_equal(await(s[0], PATIENCE, &error), ANSWERED);
	assert_false(error);
	buf_done(&q);
	/* ... but not bring in others */
	put_frame(s[0], Q_PEER, 0, (uint32_t)b.n, buf_str(&b), master);
	expect_end(&t, s[0], R_SMTPD, "let a worker introduce", Q_PEER);
	assert_int_equal(await(master, 100, &error), SILENT);	/* its master is not punished for it */
	close(master);
	buf_done(&b);
	target_stop(&kit, &t, PATIENCE);
}

/* Workers wait for their answers: one that does not wants to take the others' place. */
static void
flood(void **state)
{
	struct target		t;
	struct peer_ask		ask = { R_SMTPD };
	struct dns_question_ask	dns = { STR("flood.example"), DNS_TXT, 0 };
	struct buf		b, q;
	bool			error;
	int			master, s[2];

	(void)state;
	target_start(&kit, &t, R_RESOLVER, PATIENCE);
	master = peer_as(&t, R_SMTPD);
	buf_init(&b, 0);
	buf_init(&q, 0);
	peer_ask_put(&b, &ask);
	dns_question_put(&q, &dns);
	assert_int_equal(os_socketpair(s), 0);
	put_frame(master, Q_PEER, 0, (uint32_t)b.n, buf_str(&b), s[1]);
	close(s[1]);
	for (int i = 0; i < 200; i++)
		put_frame(s[0], Q_DNS, 0, (uint32_t)q.n, buf_str(&q), -1);
	expect_end(&t, s[0], R_SMTPD, "ask without waiting", Q_DNS);
	assert_int_equal(await(master, 100, &error), SILENT);
	close(master);
	buf_done(&b);
	buf_done(&q);
	target_stop(&kit, &t, PATIENCE);
}

/* The table itself: what nobody may ever do, whoever he is. */
static void
table(void **state)
{
	struct frame f = { .fd = -1 };

	(void)state;
	for (unsigned q = 0; q <= Q_MAX; q++)
		for (int at = 0; at < R_MAX; at++)
			for (int from = 0; from < R_MAX; from++) {
				f.type = (uint16_t)q;
				f.fd = req_row(q) != NULL && req_row(q)->flags & REQ_FDIN ? 0 : -1;
				assert_int_equal(req_check((enum role_id)at, (enum role_id)from, false, NULL, &f) == NULL,
				    allowed((enum role_id)at, (enum role_id)from, q));
			}
	/* the network's side reaches neither local nor the parent; nobody but spool has mail delivered */
	for (unsigned q = 1; q < Q_MAX; q++) {
		const struct req_row *r = req_row(q);

		if (q == Q_READY || q == Q_LOST)
			continue;
		assert_int_equal(r->from & (ROLE_BIT(R_SMTPD) | ROLE_BIT(R_CLIENT) | ROLE_BIT(R_GATE)) &&
		    r->at & (ROLE_BIT(R_LOCAL) | ROLE_BIT(R_PARENT)) && q != Q_PEER, 0);
	}
	assert_int_equal(req_row(Q_LOST)->from & (ROLE_BIT(R_SMTPD) | ROLE_BIT(R_CLIENT)), 0);	/* of gate and smtpd, gate says it */
	assert_int_equal(req_row(Q_DELIVER)->from, ROLE_BIT(R_SPOOL));
	assert_int_equal(req_row(Q_ATTEMPT)->from, ROLE_BIT(R_SPOOL));
	assert_false(req_neighbours(R_CLIENT, R_LOCAL));
	assert_false(req_neighbours(R_SMTPD, R_LOCAL));
	assert_false(req_neighbours(R_GATE, R_SPOOL));
}

/*
 * The last test.  Whatever stands in the table was tried by everybody at everybody: as something forbidden, or in ways that it does not allow.  A role that
 * is missing in targets[], or a request that the loops leave out, is found here.  The loader and a command have nobody but the parent;
 * what roles ask the parent is in hostile_parent_test.
 */
static void
complete(void **state)
{
	unsigned missing = 0;

	(void)state;
	for (int at = R_LOADER; at < R_MAX; at++)
		for (int from = R_LOADER; from < R_MAX && at != R_LOADER && at != R_COMMAND; from++)
			for (unsigned q = 1; q < Q_MAX; q++) {
				const struct req_row	*r = req_row(q);
				unsigned char		 want = TRIED_FORBIDDEN, is = tried[at][from][q];

				if (at == from || q == Q_PEER)
					continue;
				if (r->name == NULL) {
					print_error("request %u has no row\n", q);
					missing++;
					continue;
				}
				if (allowed((enum role_id)at, (enum role_id)from, q))
					want = r->max > 0 ? TRIED_CONDITIONS | TRIED_MALFORMED : TRIED_CONDITIONS;
				if ((is & want) != want) {
					print_error("not tried: %s at %s by %s (%u of %u)\n", r->name, role_name((enum role_id)at), role_name((enum role_id)from), is, want);
					missing++;
				}
			}
	assert_int_equal(missing, 0);
}

/* ---- the switch ---- */

static void
switches(void **state)
{
	int p[2], null = open("/dev/null", O_RDWR), s[2];

	(void)state;
	assert_int_equal(os_socketpair(s), 0);
	assert_int_equal(os_pipe(p), 0);
	assert_int_equal(switch_run(kit.program, "sendmail", "gate", -1, getuid()), 77);
	assert_int_equal(switch_run(kit.program, "sendmail", "gate", null, getuid()), 77);
	assert_int_equal(switch_run(kit.program, "sendmail", "gate", p[0], getuid()), 77);
	assert_int_equal(switch_run(kit.program, "sendmail", "parent", s[1], getuid()), 64);
	assert_int_equal(switch_run(kit.program, "sendmail", "nonsense", s[1], getuid()), 64);
	assert_int_equal(switch_run(kit.program, "sendmail", "", s[1], getuid()), 64);
	/* our own channel: the role comes up for us, and ends with what we say instead of a boot message */
	assert_int_equal(write(s[0], "\0\0\0\0\1\0\0\0\0\0\0\0", 12), 12);
	assert_int_not_equal(switch_run(kit.program, "sendmail", "local", s[1], getuid()), 0);
	close(s[0]);
	close(s[1]);
	if (getuid() == 0) {			/* a channel that root made, in an ordinary user's hands */
		assert_int_equal(os_socketpair(s), 0);
		assert_int_equal(switch_run(kit.program, "sendmail", "local", s[1], NOBODY), 77);
		close(s[0]);
		close(s[1]);
	} else
		print_message("not root: a channel of another user is not tried\n");
	close(p[0]);
	close(p[1]);
	close(null);
}

/* In an ordinary user's process: his channel, a copy of the program with the set-group-id bit. */
static int
setgid_try(const char *copy)
{
	int s[2], status;
	pid_t pid = fork();

	if (pid == 0) {
		if (os_id_drop(NULL, NOBODY, NOBODY, NULL) == -1 || os_socketpair(s) == -1)
			_exit(96);
		_exit(switch_run(copy, "sendmail", "spool", s[1], NOBODY));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

static void
setgid_copy(void **state)
{
	char		copy[1200];
	struct buf	b;
	int		in, out;

	(void)state;
	if (getuid() != 0) {
		print_message("not root: a set-group-id copy of another group cannot be made\n");
		return;
	}
	(void)snprintf(copy, sizeof copy, "%s/copy", dir);
	buf_init(&b, (size_t)256 << 20);
	in = open(kit.program, O_RDONLY);
	out = open(copy, O_WRONLY | O_CREAT | O_EXCL, 0755);
	assert_true(in != -1 && out != -1);
	assert_int_equal(os_read_file(in, &b), 0);
	assert_int_equal(os_write_all(out, buf_str(&b)), 0);
	close(in);
	assert_int_equal(fchown(out, 0, 25), 0);
	assert_int_equal(fchmod(out, 02755), 0);
	close(out);
	buf_done(&b);
	assert_int_equal(setgid_try(copy), 77);
}

int
main(void)
{
	struct CMUnitTest	tests[NTARGETS + 6];
	size_t			n = 0;

	tests[n++] = (struct CMUnitTest)cmocka_unit_test(table);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(switches);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(setgid_copy);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(introductions);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(flood);
	for (size_t i = 0; i < NTARGETS; i++)
		tests[n++] = (struct CMUnitTest){ role_name(targets[i]), hostile, NULL, NULL, (void *)(uintptr_t)&targets[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(complete);
	return cmocka_run_group_tests(tests, setup, teardown);
}
