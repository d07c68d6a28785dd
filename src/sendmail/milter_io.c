/*
 * milter_io - the wire to a filter: connect, negotiate, send, read, each with a deadline.
 *
 * What comes from a filter is foreign: packets are bounded, and a filter that sends something else than packets is given up.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "map/socketmap.h"
#include "milter_int.h"
#include "net/conn.h"
#include "net/dns.h"
#include "os/load.h"

#define MILTER_READ	((size_t)64 << 10)
#define MILTER_BUSY_MS	20		/* a unix socket whose queue is full is tried again */
#define MILTER_SYMBOLS	((size_t)4096)	/* octets of the names of macros that are kept of one stage */

static uint64_t
milter_until(int64_t seconds, int64_t none)
{
	return os_now_ms() + (uint64_t)(seconds > 0 && seconds < 86400 ? seconds : none) * 1000;
}

static int
milter_left(uint64_t deadline)
{
	uint64_t now = os_now_ms();

	return now >= deadline ? 0 : deadline - now > 1000000000 ? 1000000000 : (int)(deadline - now);
}

void
milter_close(struct milter *m)
{
	if (m->sock != -1)
		close(m->sock);
	m->sock = -1;
	m->waits_s = 0;
	buf_done(&m->out);
	buf_done(&m->in);
	buf_init(&m->out, 0);
	buf_init(&m->in, 0);
	m->taken = 0;
}

void
milter_fail(struct milters *l, struct milter *m)
{
	milter_close(m);
	m->state = MILTER_FAILED;
	m->n[MILTER_N_ERRORS]++;
	milter_log(l, 1, LOG_P_INFO, "Milter (%.*s): to error state", STR_ARG(m->f->name));
}

/* ---- octets ---- */

int
milter_flush(struct milters *l, struct milter *m)
{
	uint64_t deadline = milter_until(m->f->t_send, 10);
	struct pollfd p = { m->sock, POLLOUT, 0 };
	size_t at = 0;

	if (m->sock == -1 || !buf_ok(&m->out))
		goto bad;
	while (at < m->out.n) {
		ssize_t n = send(m->sock, m->out.p + at, m->out.n - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			at += (size_t)n;
			deadline = milter_until(m->f->t_send, 10);
		} else if (n == -1 && errno == EINTR)
			continue;
		else if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK) {
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): write failed: %s", STR_ARG(m->f->name), strerror(errno));
			goto bad;
		} else if (poll(&p, 1, milter_left(deadline)) == 0) {
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): timeout before data write", STR_ARG(m->f->name));
			goto bad;
		}
	}
	buf_clear(&m->out);
	return 0;
bad:
	milter_fail(l, m);
	return -1;
}

/*
 * An answer usually takes one recv(2) that waits; only when the time differs from that of most answers, or octets trickle in, is there a poll(2).
 */
static ssize_t
milter_recv(struct milter *m, void *room, int left_ms, bool first)
{
	int s = (int)(m->f->t_reply > 0 && m->f->t_reply < 86400 ? m->f->t_reply : 10);
	struct timeval tv = { .tv_sec = s };

	if (first && left_ms > (s - 1) * 1000 && left_ms <= s * 1000) {
		if (m->waits_s != s && setsockopt(m->sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0)
			m->waits_s = s;
		if (m->waits_s == s)
			return recv(m->sock, room, MILTER_READ, 0);
	}
	return recv(m->sock, room, MILTER_READ, MSG_DONTWAIT);
}

/* More octets into m->in.  -1: given up. */
static int
milter_more(struct milters *l, struct milter *m, uint64_t deadline, const char *where)
{
	struct pollfd p = { m->sock, POLLIN, 0 };
	bool first = m->in.n == m->taken;
	ssize_t n;
	char *room;

	if (m->taken > 0) {
		buf_consume(&m->in, m->taken);
		m->taken = 0;
	}
	for (;;) {
		if ((room = buf_reserve(&m->in, MILTER_READ)) == NULL) {
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): out of memory", STR_ARG(m->f->name));
			break;
		}
		n = milter_recv(m, room, milter_left(deadline), first);
		first = false;
		if (n > 0) {
			buf_commit(&m->in, (size_t)n);
			return 0;
		}
		if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
			milter_log(l, 1, LOG_P_ERR, "milter_sys_read(%.*s): cmd read returned %ld, expecting 5%s%s", STR_ARG(m->f->name), (long)n,
			    n == 0 ? "" : ": ", n == 0 ? "" : strerror(errno));
			break;
		}
		n = poll(&p, 1, milter_left(deadline));
		if (n == 0) {
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): timeout %s data read, where=%s", STR_ARG(m->f->name),
			    m->in.n >= 5 ? "during" : "before", where);
			break;
		}
	}
	milter_fail(l, m);
	return -1;
}

int
milter_read(struct milters *l, struct milter *m, uint64_t deadline, const char *where, struct milter_pkt *k)
{
	struct str rest, data;
	size_t used;
	char letter, bad[32];
	int rc;

	if (m->sock == -1)
		return -1;
	for (;;) {
		rest = str_from(buf_str(&m->in), m->taken);
		if ((rc = milter_frame(rest, MILTER_MAX, &letter, &data, &used)) == 1)
			break;
		if (rc == -1) {
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): a packet that is empty or too long, where=%s", STR_ARG(m->f->name), where);
			milter_fail(l, m);
			return -1;
		}
		if (milter_more(l, m, deadline, where) == -1)
			return -1;
	}
	m->taken += used;
	if (milter_parse(letter, true, data, k) == -1) {
		memset(k, 0, sizeof *k);
		k->letter = letter;
		if (strchr("+-24abcdefhilmOpqrsty", letter) == NULL || letter == '\0')
			return 0;		/* the caller knows what to say of it */
		if (letter == MILTER_C_OPTIONS)
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): negotiate: did not return enough info", STR_ARG(m->f->name));
		else
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): malformed packet %s, where=%s", STR_ARG(m->f->name),
			    log_esc(bad, sizeof bad, str_mem(&letter, 1)), where);
		milter_fail(l, m);
		return -1;
	}
	return 0;
}

/* ---- connecting ---- */

static int
milter_dial_inet(struct milters *l, const struct milter *m, const struct socketmap_place *at, uint64_t deadline, struct err *e)
{
	struct ip one, *ip = &one;
	enum dns_rc rc = DNS_OK;
	size_t n = 1;
	int fd = -1;

	if (ip_parse(at->host, &one) == -1) {
		if (dns_addrs(at->host, at->kind == SOCKETMAP_INET, at->kind == SOCKETMAP_INET6, l->arena, &rc, &ip, &n, e) == -1)
			return -1;
		if (rc != DNS_OK || n == 0)
			return err_set(e, ERR_TEMP, "host %.*s has no address", STR_ARG(at->host));
	}
	(void)m;
	for (size_t i = 0; i < n && fd == -1; i++) {
		int ms = milter_left(deadline);

		ip[i].port = at->port;
		err_clear(e);
		fd = net_connect(&ip[i], NULL, ms > 0 ? ms : 1, e);
	}
	return fd;
}

static int
milter_dial_unix(struct milters *l, const struct milter *m, const char *path, uint64_t deadline, struct err *e)
{
	int fd;

	for (;;) {
		int left = milter_left(deadline);

		fd = net_connect_unix(path, left > 0 ? left : 1, e);
		if (fd == -1 && (e->sys == EACCES || e->sys == EPERM) && l->open != NULL) {
			err_clear(e);
			fd = l->open(l->arg, m->index, e);
		}
		if (fd != -1 || e->sys != EAGAIN || left <= MILTER_BUSY_MS)
			return fd;
		(void)poll(NULL, 0, MILTER_BUSY_MS);
		err_clear(e);
	}
}

static int
milter_dial(struct milters *l, struct milter *m)
{
	uint64_t deadline = milter_until(m->f->t_connect, 300);
	struct socketmap_place at;
	struct err e = ERR_INIT;

	if (socketmap_place(m->f->socket, &at) == -1)
		(void)err_set(&e, ERR_PERM, "%.*s: neither inet:port@host, inet6:port@host nor local:/path", STR_ARG(m->f->socket));
	else if (at.kind == SOCKETMAP_UNIX)
		m->sock = milter_dial_unix(l, m, arena_cstr(l->arena, at.host), deadline, &e);
	else
		m->sock = milter_dial_inet(l, m, &at, deadline, &e);
	if (m->sock != -1)
		return 0;
	milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): error connecting to filter: %s", STR_ARG(m->f->name), e.text);
	return -1;
}

/* ---- negotiation ---- */

static void
milter_symbols(struct milters *l, struct milter *m, struct str rest)
{
	static const int stages[] = { MILTER_CONNECT, MILTER_HELO, MILTER_ENVFROM, MILTER_ENVRCPT, MILTER_DATA, MILTER_EOM, MILTER_EOH };
	struct str names;
	uint32_t stage;

	while (milter_symlist(&rest, &stage, &names))
		if (stage < sizeof stages / sizeof stages[0] && names.n <= MILTER_SYMBOLS)
			m->asked[stages[stage]] = arena_str(l->arena, names);
}

size_t
milter_chunk(uint32_t steps)
{
	return steps & MILTER_P_MDS_1M ? 1024u * 1024 - 1 : steps & MILTER_P_MDS_256K ? 256u * 1024 - 1 : MILTER_CHUNK;
}

/* True: what it wants can be had. */
static bool
milter_agree(struct milters *l, struct milter *m, const struct milter_pkt *k)
{
	const uint32_t sizes = MILTER_P_MDS_256K | MILTER_P_MDS_1M;

	if (k->n[0] < MILTER_VERSION_MIN)
		milter_log(l, 1, LOG_P_INFO, "Milter (%.*s): negotiate: version %u != MTA milter version %u", STR_ARG(m->f->name), k->n[0], MILTER_VERSION);
	else if (k->n[1] & ~MILTER_A_ALL)
		milter_log(l, 1, LOG_P_INFO, "Milter (%.*s): negotiate: filter abilities 0x%x != MTA milter abilities 0x%x", STR_ARG(m->f->name), k->n[1],
		    MILTER_A_ALL);
	else if (k->n[2] & ~(MILTER_P_ALL | sizes))
		milter_log(l, 1, LOG_P_INFO, "Milter (%.*s): negotiate: protocol abilities 0x%x != MTA milter abilities 0x%x", STR_ARG(m->f->name), k->n[2],
		    MILTER_P_ALL);
	else {
		m->version = k->n[0] < MILTER_VERSION ? k->n[0] : MILTER_VERSION;
		m->actions = k->n[1];
		m->steps = k->n[2];
		m->chunk = milter_chunk(m->steps);
		milter_symbols(l, m, k->rest);
		return true;
	}
	return false;
}

int
milter_connect(struct milters *l, struct milter *m)
{
	struct milter_pkt k = { .letter = MILTER_C_OPTIONS, .n = { MILTER_VERSION, MILTER_A_ALL, MILTER_P_ALL } };
	char letter[8];

	if (milter_dial(l, m) == -1) {
		milter_fail(l, m);
		return -1;
	}
	(void)milter_put(&m->out, false, &k);
	if (milter_flush(l, m) == -1 || milter_read(l, m, milter_until(m->f->t_reply, 10), "negotiate", &k) == -1)
		goto said;
	if (k.letter != MILTER_C_OPTIONS)
		milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): negotiate: returned %s instead of O", STR_ARG(m->f->name),
		    log_esc(letter, sizeof letter, str_mem(&k.letter, 1)));
	else if (milter_agree(l, m, &k)) {
		milter_log(l, 10, LOG_P_INFO, "Milter (%.*s): init success to negotiate", STR_ARG(m->f->name));
		m->state = MILTER_OPEN;
		m->n[MILTER_N_SESSIONS]++;
		return 0;
	}
	milter_fail(l, m);
said:
	milter_log(l, 1, LOG_P_INFO, "Milter (%.*s): init failed to open", STR_ARG(m->f->name));
	milter_log(l, 1, LOG_P_INFO, "Milter (%.*s): to error state", STR_ARG(m->f->name));	/* as sendmail, once more */
	return -1;
}
