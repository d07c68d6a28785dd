/*
 * clt_step - the steps of a session as a table: what is said, how long we wait for the answer, what
 * it is called when it does not come.
 */
#include "clt_int.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "say.h"

static const struct clt_step {
	const char	*say;		/* NULL: nothing, we listen */
	size_t		 timeout;	/* in struct conf_timeouts */
	const char	*name;		/* for log lines */
} steps[CLT_STEPS] = {
#define T(f)	offsetof(struct conf_timeouts, f)
	[CLT_GREET] =	 { NULL,	T(initial),	"client greeting" },
	[CLT_EHLO] =	 { "EHLO ",	T(helo),	"client EHLO" },
	[CLT_HELO] =	 { "HELO ",	T(helo),	"client HELO" },
	[CLT_LHLO] =	 { "LHLO ",	T(lhlo),	"client LHLO" },
	[CLT_STARTTLS] = { "STARTTLS",	T(starttls),	"client STARTTLS" },
	[CLT_AUTH] =	 { "AUTH ",	T(auth),	"client AUTH" },
	[CLT_AUTHLINE] = { "",		T(auth),	"client AUTH" },
	[CLT_MAILFROM] = { "MAIL ",	T(mail),	"client MAIL" },
	[CLT_RCPTTO] =	 { "RCPT ",	T(rcpt),	"client RCPT" },
	[CLT_DATA] =	 { "DATA",	T(datainit),	"client DATA 354" },
	[CLT_CONTENT] =	 { "",		T(datablock),	"client DATA" },
	[CLT_DOT] =	 { ".",		T(datafinal),	"client DATA status" },
	[CLT_BDAT] =	 { "BDAT ",	T(datafinal),	"client BDAT" },
	[CLT_RSET] =	 { "RSET",	T(rset),	"client RSET" },
	[CLT_VERB] =	 { "VERB",	T(misc),	"client VERB" },
	[CLT_QUIT] =	 { "QUIT",	T(quit),	"client QUIT" },
#undef T
};

int
clt_timeout(const struct clt *c, enum clt_step_id step)
{
	int64_t t = *(const int64_t *)(const void *)((const char *)&c->c.conf->opt.timeout +
						     steps[step].timeout);

	return t > 0 && t < 86400 ? (int)t * 1000 : 86400 * 1000;
}

struct str
clt_step_text(struct arena *a, enum clt_step_id step, struct str args)
{
	return arena_cat(a, str_c(steps[step].say != NULL ? steps[step].say : ""), args);
}

void
clt_say(struct clt *c, enum clt_step_id step, struct str args)
{
	if (c->c.verbose)
		say(">>> %s%.*s", steps[step].say, STR_ARG(args));
	(void)stream_write(c->io, str_c(steps[step].say));
	(void)stream_write(c->io, args);
	(void)stream_write(c->io, STR("\r\n"));
}

/* What a person who gets a bounce wants to see: refusals, and what they were said to. */
static void
clt_note(struct clt *c, struct str command, const struct smtp_reply *r)
{
	if (smtp_reply_class(r) < 4 || c->transcript.n > CLT_TRANSCRIPT)
		return;
	if (!c->talked)
		(void)buf_addf(&c->transcript, "... while talking to %.*s:\n", STR_ARG(c->c.host));
	c->talked = true;
	if (command.n > 0)
		(void)buf_addf(&c->transcript, ">>> %.*s\n", STR_ARG(str_first(command, 500)));
	for (size_t i = 0; i < r->nlines && i < 20; i++)
		(void)buf_addf(&c->transcript, "<<< %d%c%.*s\n", r->code,
		    i + 1 < r->nlines ? '-' : ' ', STR_ARG(str_first(r->lines[i], 500)));
}

static int
clt_broken(struct clt *c, enum stream_end end, enum clt_step_id step, struct arena *a, struct clt_fail *f)
{
	const struct err *e = stream_err(c->io);

	c->state = CLT_DEAD;
	memset(f, 0, sizeof *f);
	f->outcome = OUTCOME_DEFERRED;
	f->ex = EXIT_TEMPFAIL;
	f->status = STR("4.4.2");		/* RFC 3463 3.5: there was a connection, in whatever way it ended */
	if (stream_out_late(c->io)) {		/* it did not take what we had to say */
		end = STREAM_TIMEOUT;
		step = step == CLT_DOT ? CLT_CONTENT : step;
	}
	if (end == STREAM_TIMEOUT) {
		f->text = arena_fmt(a, "Deferred: Connection timed out with %.*s", STR_ARG(c->name));
		log_line(2, LOG_P_NOTICE, c->now != NULL ? arena_cstr(a, c->now->id) : NULL, "timeout waiting for input from %.*s during %s", STR_ARG(c->name), steps[step].name);
	} else if (end == STREAM_ERR && e->sys != 0 && e->sys != ECONNRESET && e->sys != EPIPE)
		f->text = arena_fmt(a, "Deferred: %s: %.*s", strerror(e->sys), STR_ARG(c->c.host));
	else
		f->text = arena_fmt(a, "Deferred: Connection reset by %.*s during %s",
		    STR_ARG(c->c.host), steps[step].name);
	return -1;
}

int
clt_hear(struct clt *c, enum clt_step_id step, struct str command, struct arena *a,
    struct smtp_reply *r, struct clt_fail *f)
{
	enum smtp_reply_rc rc = SMTP_REPLY_MORE;
	enum stream_end end;
	struct str line;

	stream_timeout(c->io, clt_timeout(c, step));
	if (stream_flush(c->io) == -1)
		return clt_broken(c, STREAM_ERR, step, a, f);
	smtp_reply_init(r, a);
	stream_deadline(c->io, clt_timeout(c, step));	/* a tarpit says a little, always in time */
	while (rc == SMTP_REPLY_MORE) {
		if ((end = stream_line(c->io, SMTP_REPLY_LINE, &line)) != STREAM_OK && end != STREAM_LONG) {
			stream_deadline(c->io, 0);
			return clt_broken(c, end, step, a, f);
		}
		if (c->c.verbose)
			say("%.*s", STR_ARG(str_trim(line)));
		rc = end == STREAM_LONG ? SMTP_REPLY_BAD : smtp_reply_line(r, line);
	}
	stream_deadline(c->io, 0);
	if (rc == SMTP_REPLY_BAD) {
		c->state = CLT_DEAD;
		memset(f, 0, sizeof *f);
		f->outcome = OUTCOME_DEFERRED;
		f->ex = EXIT_PROTOCOL;
		f->status = STR("4.5.0");
		f->text = arena_fmt(a, "Deferred: %.*s does not speak SMTP (%s): %.*s",
		    STR_ARG(c->c.host), steps[step].name,
		    STR_ARG(smtp_clean(a, str_first(str_trim(line), 100))));
		return -1;
	}
	clt_note(c, command, r);
	if (r->code == 421) {
		c->state = CLT_DEAD;
		c->farewell = true;
	}
	return 0;
}

int
clt_ask(struct clt *c, enum clt_step_id step, struct str args, struct arena *a,
    struct smtp_reply *r, struct clt_fail *f)
{
	clt_say(c, step, args);
	return clt_hear(c, step, clt_step_text(a, step, args), a, r, f);
}

void
clt_refused(enum clt_step_id step, const struct smtp_reply *r, struct arena *a, struct clt_fail *f)
{
	enum status_phase phase = step == CLT_MAILFROM ? STATUS_MAIL : step == CLT_RCPTTO ? STATUS_RCPT : step == CLT_DATA ? STATUS_DATA :
	    step == CLT_DOT ? STATUS_DOT : STATUS_OTHER;
	bool temp = smtp_reply_class(r) != 5;
	const struct status *st;

	memset(f, 0, sizeof *f);
	f->outcome = temp ? OUTCOME_DEFERRED : OUTCOME_FAILED;
	f->reply = r->line;
	if (temp) {
		f->ex = EXIT_TEMPFAIL;
		f->status = str_is_none(r->dsn) || r->dsn.p[0] != '4' ? str_c(status_dsn_of_reply(phase, r->code)) : r->dsn;
		f->text = arena_fmt(a, "Deferred: %.*s", STR_ARG(r->line));
		return;
	}
	f->status = str_is_none(r->dsn) ? str_c(status_dsn_of_reply(phase, r->code)) : r->dsn;
	f->ex = status_ex_of_reply(phase, r->code);
	st = status_by_ex(f->ex);
	f->text = str_c(st != NULL ? st->text : "Service unavailable");
}
