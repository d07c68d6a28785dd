/*
 * lmtp - a session of LMTP (RFC 2033), one row a verb; see lmtp.h.
 *
 * This process may be root, so it understands as little as it can: command lines, and where a message ends.  The message goes into a file
 * without a name, and what is in it is the children's.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/num.h"
#include "base/status.h"
#include "lmtp.h"
#include "net/stream.h"
#include "os/fd.h"
#include "os/load.h"
#include "wire/smtp_body.h"

#define LMTP_LINE	4096
#define LMTP_RCPT_MAX	1000
#define LMTP_IDLE	(10 * 60 * 1000)

struct lmtp_rcpt {
	struct mbuser		user;
	struct store_token	token;
};

struct lmtp {
	struct delivery	*d;
	const struct lmtp_conf *c;
	struct stream	*s;
	struct arena	*a;		/* of the transaction */
	bool		 hello, mail;
	struct lmtp_rcpt *rcpt[LMTP_RCPT_MAX];
	size_t		 nrcpt;
	char		 host[256];
	struct err	 err;
};

int
message_file(struct err *err)
{
	const char	*dir = getenv("TMPDIR");
	char		 name[1024];
	int		 fd;

	if (dir == NULL || dir[0] != '/' || geteuid() == 0 || getuid() != geteuid())
		dir = "/tmp";
	snprintf(name, sizeof name, "%s/local.XXXXXX", dir);
	if ((fd = mkstemp(name)) == -1)
		return err_sys(err, ERR_TEMP, "create %s", name);
	unlink(name);
	os_fd_cloexec(fd, true);
	return fd;
}

static void
lmtp_reset(struct lmtp *l)
{
	l->mail = false;
	l->nrcpt = 0;
	l->d->sender = STR_NONE;
	arena_reset(l->a);
}

static int
lmtp_say(struct lmtp *l, const char *text)
{
	return stream_printf(l->s, "%s\r\n", text);
}

/* "<path>" at the front of *s: what is between the brackets; quoted parts may hold '>'. */
static bool
lmtp_path(struct str *s, struct str *path)
{
	bool	quoted = false;

	*s = str_ltrim(*s);
	if (s->n == 0 || s->p[0] != '<')
		return false;
	for (size_t i = 1; i < s->n; i++) {
		if (s->p[i] == '\\' && quoted)
			i++;
		else if (s->p[i] == '"')
			quoted = !quoted;
		else if (s->p[i] == '>' && !quoted) {
			*path = str_sub(*s, 1, i);
			*s = str_from(*s, i + 1);
			return true;
		}
	}
	return false;
}

static int
lmtp_lhlo(struct lmtp *l, struct str arg)
{
	if (arg.n == 0)
		return lmtp_say(l, "501 5.5.4 LHLO requires a domain");
	if (l->hello)
		return stream_printf(l->s, "503 %s Duplicate LHLO\r\n", l->host);
	l->hello = true;
	lmtp_reset(l);
	stream_printf(l->s, "250-%s\r\n", l->host);
	if (l->c->eightbit) {
		lmtp_say(l, "250-8BITMIME");
		lmtp_say(l, "250-SMTPUTF8");	/* RFC 6531: names and fields are octets to us */
	}
	lmtp_say(l, "250-ENHANCEDSTATUSCODES");
	lmtp_say(l, "250-SIZE");
	lmtp_say(l, "250-XTOKEN");
	return lmtp_say(l, "250 PIPELINING");
}

/* SIZE= and BODY= are all we take part in; others are refused, not ignored. */
static bool
lmtp_mail_params(struct lmtp *l, struct str s)
{
	struct str	w;

	while (str_word(&s, &w)) {
		uint64_t	size;

		if (str_casestarts(w, STR("SIZE="))) {
			if (num_u64(str_from(w, 5), 0, UINT64_MAX, &size) == -1)
				return false;
		} else if (!str_caseeq_c(w, "BODY=7BIT") && !(l->c->eightbit && (str_caseeq_c(w, "BODY=8BITMIME") || str_caseeq_c(w, "SMTPUTF8"))))
			return false;
	}
	return true;
}

static int
lmtp_mail(struct lmtp *l, struct str arg)
{
	struct str	path;

	if (!l->hello)
		return lmtp_say(l, "503 5.5.1 Polite people say LHLO first");
	if (l->mail)
		return lmtp_say(l, "503 5.5.1 Nested MAIL command");
	if (!str_casestarts(arg, STR("FROM:")))
		return lmtp_say(l, "501 5.5.4 Syntax error in parameters");
	arg = str_from(arg, 5);
	if (!lmtp_path(&arg, &path) || str_has_nul(path))
		return lmtp_say(l, "501 5.1.7 Syntax error in sender");
	if (!lmtp_mail_params(l, arg))
		return lmtp_say(l, "555 5.5.4 Unknown parameter of MAIL");
	l->mail = true;
	l->d->sender = arena_str(l->a, path);
	return lmtp_say(l, "250 2.5.0 Ok");
}

/* The user's name of a path: route and domain off, quotes undone. */
static struct str
lmtp_user(struct lmtp *l, struct str path, struct str *whole)
{
	struct buf	b;
	struct str	out;
	size_t		at;
	bool		quoted = false;

	if (path.n > 0 && path.p[0] == '@' && (at = str_chr(path, ':')) != SIZE_MAX)
		path = str_from(path, at + 1);
	buf_init(&b, LMTP_LINE);
	at = SIZE_MAX;
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '\\' && i + 1 < path.n)
			buf_addch(&b, path.p[++i]);
		else if (path.p[i] == '"')
			quoted = !quoted;
		else {
			if (path.p[i] == '@' && !quoted)
				at = b.n;
			buf_addch(&b, path.p[i]);
		}
	}
	*whole = arena_str(l->a, buf_str(&b));
	out = l->c->keep_domain ? *whole : str_first(*whole, at);
	buf_done(&b);
	return out;
}

/* Whole address (virtual users), name, name without +detail. */
static int
lmtp_find(struct lmtp *l, struct str path, struct mbuser *u)
{
	struct str	whole, user = lmtp_user(l, path, &whole);
	size_t		plus = str_chr(user, '+');
	int		rc;

	if ((l->d->conf->virtual_users != NULL || l->d->conf->users == MB_USERS_FILE) && (rc = deliver_find(l->d, whole, l->a, u, &l->err)) != 0)
		return rc;
	if ((rc = deliver_find(l->d, user, l->a, u, &l->err)) != 0 || plus == SIZE_MAX || plus == 0)
		return rc;
	return deliver_find(l->d, str_first(user, plus), l->a, u, &l->err);
}

/* XTOKEN=: 32 hex digits, from who will ask again with the same (doc/store.md); nothing else is taken. */
static bool
lmtp_rcpt_params(struct lmtp_rcpt *r, struct str s)
{
	struct str	w;

	while (str_word(&s, &w)) {
		struct buf	b;
		bool		ok;

		buf_init(&b, 64);
		ok = str_casestarts(w, STR("XTOKEN=")) && w.n == 7 + 32 && store_token_none(&r->token) && dec_hex(&b, str_from(w, 7)) == 0 && b.n == 16;
		if (ok)
			memcpy(r->token.b, b.p, 16);
		buf_done(&b);
		if (!ok)
			return false;
	}
	return true;
}

static int
lmtp_rcpt(struct lmtp *l, struct str arg)
{
	struct lmtp_rcpt	*r;
	struct str		 path;

	if (!l->mail)
		return lmtp_say(l, "503 5.5.1 Need MAIL command");
	if (l->nrcpt == LMTP_RCPT_MAX)
		return lmtp_say(l, "452 4.5.3 Too many recipients");
	if (!str_casestarts(arg, STR("TO:")))
		return lmtp_say(l, "501 5.5.4 Syntax error in parameters");
	arg = str_from(arg, 3);
	if (!lmtp_path(&arg, &path) || str_has_nul(path))
		return lmtp_say(l, "501 5.1.3 Syntax error in recipient");
	r = ARENA_NEW(l->a, struct lmtp_rcpt);
	if (!lmtp_rcpt_params(r, arg))
		return lmtp_say(l, "555 5.5.4 Unknown parameter of RCPT");
	switch (lmtp_find(l, path, &r->user)) {
	case 1:
		l->rcpt[l->nrcpt++] = r;
		return lmtp_say(l, "250 2.1.5 Ok");
	case 0:
		return lmtp_say(l, "550 5.1.1 User unknown");
	default:
		return lmtp_say(l, "451 4.3.0 User data base is not available");
	}
}

/* The message into a file: 0, -1 the connection broke, 1 the file failed (the message was read to its end). */
static int
lmtp_receive(struct lmtp *l, int fd)
{
	struct smtp_body	b;
	enum smtp_body_rc	rc = SMTP_BODY_MORE;
	struct buf		out;
	struct str		in;
	size_t			used;
	int			bad = 0;

	smtp_body_init(&b, SMTP_BODY_LF_OK|SMTP_BODY_CR_OK);
	buf_init(&out, 1 << 20);
	while (rc == SMTP_BODY_MORE) {
		if (stream_peek(l->s).n == 0) {
			if (stream_some(l->s, 65536, &in) != STREAM_OK) {
				bad = -1;
				break;
			}
			stream_unread(l->s, in);
		}
		in = stream_peek(l->s);
		rc = smtp_body_feed(&b, in, &out, &used);
		stream_take(l->s, used);
		if (bad == 0 && os_write_all(fd, buf_str(&out)) == -1)
			bad = 1;
		buf_clear(&out);
	}
	buf_done(&out);
	return bad;
}

static const char *
lmtp_code(const struct outcome *o)
{
	static const struct { int ex; const char *code; } codes[] = {
		{ EXIT_OK, "250" }, { EXIT_TEMPFAIL, "451" }, { EXIT_NOUSER, "550" }, { EXIT_CANTCREAT, "552" }, { EXIT_NOPERM, "550" },
	};

	if (o->ex == EXIT_TEMPFAIL && strcmp(o->dsn, "4.2.2") == 0)
		return "452";
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].ex == o->ex)
			return codes[i].code;
	return "554";
}

static void
lmtp_result(struct lmtp *l, const struct mbuser *u, const struct outcome *o, off_t size)
{
	char	text[300];
	size_t	n = 0;

	for (const char *p = o->text; *p != '\0' && n < sizeof text - 1; p++)
		text[n++] = (unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p;
	text[n] = '\0';
	if (o->ex == EXIT_OK)
		stream_printf(l->s, "250 2.1.5 <%.*s> Ok\r\n", STR_ARG(u->name));
	else
		stream_printf(l->s, "%s %s <%.*s> %s\r\n", lmtp_code(o), o->dsn, STR_ARG(u->name), text);
	if (l->c->peer != NULL)
		log_line(o->ex == EXIT_OK ? 9 : 5, o->ex == EXIT_OK ? LOG_P_INFO : LOG_P_NOTICE, NULL, "from=<%.*s>, to=%.*s, size=%lld, relay=%s, dsn=%s, stat=%s",
		    STR_ARG(l->d->sender), STR_ARG(u->name), (long long)size, l->c->peer, o->dsn, o->ex == EXIT_OK ? "Sent" : text);
}

/* A daemon's session: the signal to end waits until the message is done with. */
static void
lmtp_hold(const struct lmtp *l, bool on)
{
	sigset_t	set;

	if (l->c->peer == NULL)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(on ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void
lmtp_deliver(struct lmtp *l, int fd, bool stored)
{
	off_t		size = lseek(fd, 0, SEEK_END);
	struct outcome	o;

	l->d->fd = fd;
	for (size_t i = 0; i < l->nrcpt; i++) {
		struct lmtp_rcpt	*r = l->rcpt[i];

		if (stored)
			deliver_run(l->d, &r->user, store_token_none(&r->token) ? NULL : &r->token, &o);
		else {
			memset(&o, 0, sizeof o);
			o.ex = EXIT_TEMPFAIL;
			snprintf(o.dsn, sizeof o.dsn, "4.3.1");
			snprintf(o.text, sizeof o.text, "the message could not be stored");
		}
		lmtp_result(l, &r->user, &o, size);
		(void)stream_flush(l->s);		/* who does not hear it asks again: the rest is delivered all the same */
	}
	l->d->fd = -1;
}

static int
lmtp_data(struct lmtp *l, struct str arg)
{
	int	fd, rc;

	if (arg.n > 0)
		return lmtp_say(l, "501 5.5.4 DATA takes nothing");
	if (l->nrcpt == 0)
		return lmtp_say(l, "503 5.5.1 No recipients");
	if ((fd = message_file(&l->err)) == -1)
		return lmtp_say(l, "452 4.3.1 No room for the message");
	if (lmtp_say(l, "354 Go ahead") == -1 || stream_flush(l->s) == -1 || (rc = lmtp_receive(l, fd)) == -1) {
		close(fd);
		return -1;
	}
	lmtp_hold(l, true);
	lmtp_deliver(l, fd, rc == 0);
	close(fd);
	lmtp_reset(l);
	lmtp_hold(l, false);
	return 0;
}

static int
lmtp_rset(struct lmtp *l, struct str arg)
{
	(void)arg;
	lmtp_reset(l);
	return lmtp_say(l, "250 2.0.0 Ok");
}

static int
lmtp_noop(struct lmtp *l, struct str arg)
{
	(void)arg;
	return lmtp_say(l, "250 2.0.0 Ok");
}

static int
lmtp_vrfy(struct lmtp *l, struct str arg)
{
	(void)arg;
	return lmtp_say(l, "252 2.3.3 Try RCPT to attempt delivery");
}

static int
lmtp_help(struct lmtp *l, struct str arg)
{
	(void)arg;
	return lmtp_say(l, "214 2.0.0 LHLO MAIL RCPT DATA RSET NOOP VRFY QUIT");
}

static int
lmtp_quit(struct lmtp *l, struct str arg)
{
	(void)arg;
	lmtp_say(l, "221 2.0.0 Bye");
	return 1;
}

static const struct {
	const char	*name;
	int		(*run)(struct lmtp *, struct str arg);	/* -1: the connection broke, 1: the end */
} verbs[] = {
	{ "LHLO", lmtp_lhlo }, { "MAIL", lmtp_mail }, { "RCPT", lmtp_rcpt }, { "DATA", lmtp_data }, { "RSET", lmtp_rset },
	{ "NOOP", lmtp_noop }, { "VRFY", lmtp_vrfy }, { "HELP", lmtp_help }, { "QUIT", lmtp_quit },
};

static int
lmtp_command(struct lmtp *l, struct str line)
{
	struct str	verb, rest = line;

	if (!str_word(&rest, &verb))
		return lmtp_say(l, "500 5.5.2 Syntax error");
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_caseeq_c(verb, verbs[i].name))
			return verbs[i].run(l, str_trim(rest));
	return lmtp_say(l, "500 5.5.2 Syntax error");
}

int
lmtp_run(struct delivery *d, const struct lmtp_conf *c)
{
	struct lmtp	 l = { .d = d, .c = c };
	struct str	 line;
	enum stream_end	 end;
	int		 rc;

	l.s = stream_new(c->in, c->out);
	l.a = arena_new(ARENA_DEFAULT);
	stream_timeout(l.s, LMTP_IDLE);
	if (os_hostname(l.host, sizeof l.host) == -1)
		snprintf(l.host, sizeof l.host, "localhost");
	if (d->conf->host_name != NULL)
		snprintf(l.host, sizeof l.host, "%s", d->conf->host_name);
	rc = stream_printf(l.s, "220 %s LMTP ready\r\n", l.host);
	while (rc == 0) {
		if (!stream_pending(l.s) && stream_flush(l.s) == -1)
			break;
		end = stream_line(l.s, LMTP_LINE, &line);
		if (end == STREAM_LONG) {
			while ((end = stream_line(l.s, LMTP_LINE, &line)) == STREAM_LONG)
				continue;
			rc = lmtp_say(&l, "500 5.5.6 Line too long");
			continue;
		}
		if (end != STREAM_OK)
			break;
		rc = lmtp_command(&l, str_trim(line));
	}
	(void)stream_flush(l.s);
	arena_free(&l.a);
	stream_free(&l.s);
	return rc == -1 ? EXIT_IOERR : EXIT_OK;
}
