/*
 * local_lmtp - deliver through a mailer's program that speaks LMTP (RFC 2033) on its standard input and output: mail.local -l, and flags z.
 *
 * The program runs with the rights that its mailer gives it; who talks to it is another child, that has none.  One call takes all recipients, and each has an answer of its own.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/status.h"
#include "base/utf8.h"
#include "local_int.h"
#include "net/stream.h"
#include "os/fd.h"
#include "proc/child.h"
#include "proc/msg.h"
#include "wire/smtp_reply.h"

#define LOCAL_LMTP_MS	(10 * 60 * 1000)	/* each reply */

struct local_lmtp {
	struct local_job	*job;
	int			 sock;
};

struct local_talk {
	struct stream	*s;
	struct arena	*a;
	struct smtp_reply reply;
};

/* The whole next reply: 0, or -1 and a reply of our own in its place. */
static int
local_lmtp_reply(struct local_talk *t)
{
	enum smtp_reply_rc	rc = SMTP_REPLY_MORE;
	struct str		line;

	smtp_reply_init(&t->reply, t->a);
	if (stream_flush(t->s) == -1)
		return -1;
	while (rc == SMTP_REPLY_MORE) {
		if (stream_line(t->s, SMTP_REPLY_LINE, &line) != STREAM_OK)
			return -1;
		rc = smtp_reply_line(&t->reply, line);
	}
	return rc == SMTP_REPLY_DONE ? 0 : -1;
}

/* Answer to our parent: a reply line for each recipient. */
static int
local_lmtp_all(const struct local_job *j, struct buf *said, struct str line)
{
	for (size_t i = 0; i < j->nrcpt; i++)
		msg_put_str(said, line);
	return EXIT_OK;
}

static int
local_lmtp_gone(const struct local_job *j, struct buf *said, const char *when)
{
	char	line[200];

	snprintf(line, sizeof line, "451 4.3.0 the mailer's program went away %s", when);
	return local_lmtp_all(j, said, str_c(line));
}

static void
local_lmtp_say_rcpt(struct local_talk *t, const struct local_job *j, const struct smtp_offer *offer, struct str host, size_t i)
{
	struct buf	token;
	size_t		k;

	stream_printf(t->s, "RCPT To:<%.*s>", STR_ARG(j->rcpt[i]->addr));
	k = (size_t)(j->rcpt[i] - j->a->rcpt);
	if (offer->what & SMTP_OFFER_XTOKEN) {
		buf_init(&token, 64);
		attempt_token(j->a, k, host, &token);
		stream_printf(t->s, " XTOKEN=%.*s", STR_ARG(buf_str(&token)));
		buf_done(&token);
	}
	stream_write(t->s, STR("\r\n"));
}

static bool
local_lmtp_needs_utf8(const struct local_job *j)
{
	bool	need = !str_is_ascii(j->a->sender) || !str_is_ascii(j->a->header);

	for (size_t i = 0; i < j->nrcpt; i++)
		need |= !str_is_ascii(j->rcpt[i]->addr);
	return need && (j->a->flags & ATTEMPT_UTF8) != 0;
}

/* MAIL to the answer of DATA.  0 go on, 1 everything is said. */
static int
local_lmtp_envelope(struct local_talk *t, struct local_job *j, struct str *verdict, bool *some, struct buf *said)
{
	struct str		host = rule_macro_value(j->local->rules, STR("j"));
	struct smtp_offer	offer;

	stream_printf(t->s, "LHLO %.*s\r\n", STR_ARG(host));
	if (local_lmtp_reply(t) == -1)
		return local_lmtp_gone(j, said, "at LHLO"), 1;
	if (smtp_reply_class(&t->reply) != 2)
		return local_lmtp_all(j, said, t->reply.line), 1;
	smtp_offer_parse(&t->reply, &offer);
	if (local_lmtp_needs_utf8(j) && (offer.what & SMTP_OFFER_SMTPUTF8) == 0)	/* RFC 6531 3.2 */
		return local_lmtp_all(j, said, STR("553 5.6.7 SMTPUTF8 is required, but was not offered by the mailer's program")), 1;
	stream_printf(t->s, "MAIL From:<%.*s>", STR_ARG(j->a->sender));
	if (local_lmtp_needs_utf8(j))
		stream_write(t->s, STR(" SMTPUTF8"));
	if (offer.what & SMTP_OFFER_SIZE)
		stream_printf(t->s, " SIZE=%llu", (unsigned long long)(j->a->size + j->a->header.n));
	j->seven = (offer.what & SMTP_OFFER_8BITMIME) == 0;
	if (!j->seven && j->a->flags & ATTEMPT_8BIT)
		stream_write(t->s, STR(" BODY=8BITMIME"));
	stream_write(t->s, STR("\r\n"));
	if (local_lmtp_reply(t) == -1)
		return local_lmtp_gone(j, said, "at MAIL"), 1;
	if (smtp_reply_class(&t->reply) != 2)
		return local_lmtp_all(j, said, t->reply.line), 1;
	for (size_t i = 0; i < j->nrcpt; i++) {
		local_lmtp_say_rcpt(t, j, &offer, host, i);
		if (local_lmtp_reply(t) == -1)
			return local_lmtp_gone(j, said, "at RCPT"), 1;
		if (smtp_reply_class(&t->reply) == 2)
			*some = true;
		else
			verdict[i] = t->reply.line;
	}
	return 0;
}

static int
local_lmtp_data(struct local_talk *t, struct local_job *j, struct str *verdict, struct buf *said)
{
	struct mailer	m = *j->mailer;
	struct err	e = ERR_INIT;

	stream_write(t->s, STR("DATA\r\n"));
	if (local_lmtp_reply(t) == -1)
		return local_lmtp_gone(j, said, "at DATA"), 1;
	if (t->reply.code != 354)
		return local_lmtp_all(j, said, t->reply.line), 1;
	m.eol = STR("\r\n");
	m.flags.bits[(unsigned)'X' >> 6] |= (uint64_t)1 << ((unsigned)'X' & 63);	/* dots are doubled, whatever F= says */
	j->mailer = &m;
	if (local_body_write(j, stream_fd(t->s), false, &e) == -1)
		return local_lmtp_gone(j, said, "in the message"), 1;
	stream_write(t->s, STR(".\r\n"));
	for (size_t i = 0; i < j->nrcpt; i++) {
		if (verdict[i].p != NULL)
			continue;
		verdict[i] = local_lmtp_reply(t) == -1 ? STR("451 4.3.0 the mailer's program went away before its answer") : t->reply.line;
	}
	return 0;
}

static int
local_lmtp_talk(void *arg, struct buf *said)
{
	struct local_lmtp	*lm = arg;
	struct local_job	*j = lm->job;
	struct local_talk	 t = { .a = arena_new(ARENA_DEFAULT) };
	struct str		*verdict = ARENA_ARRAY(t.a, struct str, j->nrcpt);
	bool			 some = false;

	if ((t.s = stream_new(lm->sock, lm->sock)) != NULL)
		stream_transcript(t.s, lm->job->local->ctx->transcript);
	if (t.s == NULL)
		return EXIT_OSERR;
	stream_timeout(t.s, LOCAL_LMTP_MS);
	if (local_lmtp_reply(&t) == -1)
		return local_lmtp_gone(j, said, "before its greeting");
	if (smtp_reply_class(&t.reply) != 2)
		return local_lmtp_all(j, said, t.reply.line);
	if (local_lmtp_envelope(&t, j, verdict, &some, said) != 0 || (some && local_lmtp_data(&t, j, verdict, said) != 0))
		return EXIT_OK;
	stream_write(t.s, STR("QUIT\r\n"));
	(void)local_lmtp_reply(&t);
	for (size_t i = 0; i < j->nrcpt; i++)
		msg_put_str(said, verdict[i]);
	return EXIT_OK;
}

/* Our answers from the replies. */
static void
local_lmtp_results(const struct local_job *j, struct arena *a, struct str said, struct result_rcpt *out)
{
	struct msg_in	in = msg_in(said);

	for (size_t i = 0; i < j->nrcpt; i++) {
		struct str		line = msg_str(&in, SMTP_REPLY_LINE);
		struct smtp_reply	r;

		smtp_reply_init(&r, a);
		if (in.bad || smtp_reply_line(&r, line) != SMTP_REPLY_DONE)
			smtp_reply_init(&r, a);
		out[i] = (struct result_rcpt){ .index = j->rcpt[i]->index };
		out[i].outcome = smtp_reply_class(&r) == 2 ? OUTCOME_SENT : smtp_reply_class(&r) == 5 ? OUTCOME_FAILED : OUTCOME_DEFERRED;
		out[i].ex = out[i].outcome == OUTCOME_SENT ? EXIT_OK : r.code == 0 ? EXIT_TEMPFAIL : r.dsn.n > 0 ? status_ex_of_dsn(r.dsn) : status_ex_of_smtp(r.code);
		out[i].status = r.dsn.n > 0 ? r.dsn : out[i].outcome == OUTCOME_SENT ? STR("2.1.5") : out[i].outcome == OUTCOME_FAILED ? STR("5.0.0") : STR("4.3.0");
		out[i].text = out[i].outcome == OUTCOME_SENT ? STR("Sent") :
		    out[i].outcome == OUTCOME_DEFERRED ? arena_fmt(a, "Deferred: %.*s", STR_ARG(r.line)) : r.text.n > 0 ? r.text : r.line;
		out[i].reply = r.line;
	}
}

int
local_lmtp(struct local_job *j, struct arena *a, struct result_rcpt *out, struct err *e)
{
	struct local_who	 nobody = { false, STR_NONE, (uid_t)j->local->conf->opt.default_uid, (gid_t)j->local->conf->opt.default_gid, false };
	struct child_spec	 spec = { .err = -1, .nice = local_nice(j), .path = arena_cstr(a, j->mailer->path) };
	struct local_lmtp	 lm = { j, -1 };
	struct buf		 said;
	int			 pair[2], code = EXIT_OK, status, rc = -1;
	pid_t			 pid;

	if ((spec.argv = local_argv(j, a, e)) == NULL)
		return -1;
	if (os_socketpair(pair) == -1)
		return err_sys(e, ERR_TEMP, "socketpair");
	spec.envp = local_env(j, a);
	spec.dir = "/";
	spec.in = spec.out = pair[1];
	spec.drop = !j->who.keep && geteuid() == 0;
	spec.user = j->who.name.n > 0 ? arena_cstr(a, j->who.name) : NULL;
	spec.uid = j->who.uid;
	spec.gid = j->who.gid;
	if ((pid = child_start(&spec, e)) == -1) {
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	close(pair[1]);
	lm.sock = pair[0];
	buf_init(&said, (size_t)4 << 20);
	if (local_as(&nobody, local_lmtp_talk, &lm, &said, LOCAL_DELIVER_MS, &code, e) == 0) {
		if (code == EXIT_OK)
			rc = 0;
		else
			err_set(e, ERR_TEMP, "the LMTP client ended with code %d", code);
	}
	close(pair[0]);
	if (child_wait(pid, 10000, &status, NULL) == -1)
		kill(pid, SIGKILL);
	if (rc == 0)
		local_lmtp_results(j, a, arena_str(a, buf_str(&said)), out);
	buf_done(&said);
	return rc;
}
