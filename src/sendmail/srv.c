/*
 * srv - the loop of a session: read a line, find its verb, check state, argument and pipeline, run
 * it.
 *
 * All input is a stranger's.  Order, argument, length and whatever waits behind a verb are checked
 * here and nowhere else; a verb's function only does the verb.
 */
#include "srv_xclient.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/must.h"
#include "maillog.h"
#include "os/load.h"
#include "os/near.h"
#include "os/rest.h"
#include "wire/smtp_body.h"
#include "wire/smtp_reply.h"

#define SRV_MAX_BAD	25	/* unknown commands, as sendmail has it */
#define SRV_PARK_MS	50	/* how long a session may be silent before it is parked */
#define SRV_SLOW_MAX	8	/* seconds that one command is held back at most */

/* ---- replies ---- */

void
srv_reply(struct srv *s, int code, const char *dsn, const char *fmt, ...)
{
	struct buf b;
	va_list ap;
	struct str text;
	char soft[16];

	va_start(ap, fmt);
	text = arena_vfmt(s->cmd, fmt, ap);
	va_end(ap);
	buf_init(&b, 0);
	if (s->conf->opt.soft_bounce && code >= 500 && code <= 599) {	/* SoftBounce: nothing is for good */
		code -= 100;
		if (dsn != NULL && str_copy(soft, sizeof soft, str_c(dsn)) == 0 && soft[0] == '5') {
			soft[0] = '4';
			dsn = soft;
		}
	}
	smtp_reply_put(&b, code, dsn, text);
	(void)stream_write(s->io, buf_str(&b));
	buf_done(&b);
}

void
srv_reply_text(struct srv *s, struct str line)
{
	line = smtp_clean(s->cmd, str_first(line, 500));
	if (s->conf->opt.soft_bounce && line.n > 6 && line.p[0] == '5')
		line = arena_fmt(s->cmd, "4%.3s%c%.*s", line.p + 1, line.p[4] == '5' && line.p[5] == '.' ? '4' : line.p[4],
		    STR_ARG(str_from(line, 5)));
	(void)stream_write(s->io, line);
	(void)stream_write(s->io, STR("\r\n"));
}

void
srv_reply_about(struct srv *s, int code, struct str dsn, struct str given, struct str text)
{
	char d[12];
	bool named = given.n > 0 && (code == 450 || code == 550 || code == 553);

	if (str_copy(d, sizeof d, dsn) == -1)
		d[0] = '\0';
	srv_reply(s, code, d, "%.*s%s%.*s", STR_ARG(named ? str_first(given, 256) : STR("")),
	    named ? "... " : "", STR_ARG(text));
}

void
srv_bad_reply(struct srv *s, const struct smtp_bad *bad)
{
	srv_reply(s, bad->code, bad->dsn, "%s", bad->text);
	s->count[PARK_BAD_RCPTS] += s->state >= SRV_MAIL;
}

void
srv_close(struct srv *s, const char *dsn, const char *fmt, ...)
{
	struct str text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vfmt(s->cmd, fmt, ap);
	va_end(ap);
	srv_reply(s, 421, dsn, "%.*s", STR_ARG(text));
	s->over = true;
}

/* Is input waiting?  A peer that only closed its side is not talking. */
static bool
srv_waiting(struct srv *s)
{
	return stream_peek(s->io).n > 0 || (s->tls && stream_pending(s->io));
}

const char *
srv_id(struct srv *s)
{
	if (s->env != NULL)
		return s->env->id;
	if (s->id[0] == '\0')
		qid_next(s->id);
	return s->id;
}

bool
srv_early(struct srv *s, const char *where)
{
	if (s->f.early_ok || !srv_waiting(s))
		return false;
	log_line(0, LOG_P_NOTICE, srv_id(s),
	    "rejecting server %s from %.*s due to traffic before response", where, STR_ARG(s->client));
	srv_reply(s, 554, "5.5.0", "SMTP protocol error");
	if (s->flags & SRV_LOCAL) {		/* a script that cannot wait gets an answer to each of its lines, as from sendmail */
		srv_end_transaction(s);
		s->refused = true;
		s->refuse_reply = STR("550 5.0.0 Command rejected");
	} else
		s->over = true;
	return true;
}

void
srv_hand_out(struct srv *s)
{
	if (str_chr(stream_buffered(s->io), '\n') == SIZE_MAX)
		(void)stream_flush(s->io);
}

static void
srv_slow_ms(struct srv *s, uint32_t ms)
{
	(void)stream_flush(s->io);
	if (s->sv->slow != NULL)
		s->sv->slow(s->sv->arg, ms / 1000);
	else
		(void)poll(NULL, 0, (int)ms);
}

void
srv_slow(struct srv *s, unsigned over)
{
	unsigned wait = over > 4 ? SRV_SLOW_MAX : 1u << over >> 1;

	if (wait > SRV_SLOW_MAX)
		wait = SRV_SLOW_MAX;
	(void)stream_flush(s->io);
	if (s->sv->slow != NULL)
		s->sv->slow(s->sv->arg, wait);
	else
		(void)poll(NULL, 0, (int)(wait * 1000));
}

/* ---- transactions ---- */

struct rule_ctx *
srv_ctx(struct srv *s)
{
	return s->env != NULL ? s->env->ctx : s->ctx;
}

void
srv_end_transaction(struct srv *s)
{
	if (s->env != NULL && s->env->body.fd != -1 && s->sv->abort != NULL)
		s->sv->abort(s->sv->arg, s->env->qf.id);
	srv_filters_abort(s);
	srv_bdat_done(s);
	if (s->env != NULL && s->env->opened) {		/* nothing came of it */
		env_keep_macros(s->env);
		maillog_from(s->conf, &s->env->qf, s->env->hdr_octets + s->env->body.size > 0 ? env_msg_size(s->env) : 0);
	}
	env_free(&s->env);
	s->good_rcpts_tx = s->bad_rcpts_tx = 0;
	if (s->state > SRV_HELO)
		s->state = str_is_none(s->helo) ? SRV_START : SRV_HELO;
}

/* ---- the loop ---- */

/* GET, POST, CONNECT, USER: a browser or a proxy, not a mailer.  Only as the first words, or as srv_features wants. */
static bool
srv_is_http(const struct srv *s, struct str verb)
{
	static const char *const words[] = { "GET", "POST", "CONNECT", "USER" };

	if (s->count[PARK_COMMANDS] > 1 && !s->f.http_ends)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_caseeq_c(verb, words[i]))
			return true;
	return false;
}

void
srv_unknown(struct srv *s, struct str line)
{
	if (++s->count[PARK_BAD_COMMANDS] > SRV_MAX_BAD) {
		srv_close(s, "4.7.0", "%.*s Too many bad commands; closing connection", STR_ARG(s->host));
		log_line(8, LOG_P_INFO, srv_id(s), "%.*s: too many bad commands", STR_ARG(s->client));
		return;
	}
	if (srv_check(s, "check_other", line, STR("5"), STR_NONE) && srv_filter_unknown(s, line))
		srv_reply(s, 500, "5.5.1", "Command unrecognized: \"%.*s\"", STR_ARG(str_first(line, 80)));
}

/* DelayLA: while the machine has too much to do, each command waits a second. */
static void
srv_delay(struct srv *s)
{
	int64_t la = s->daemon != NULL && s->daemon->delay_la >= 0 ? s->daemon->delay_la
								   : s->conf->opt.delay_la;

	if (la > 0 && os_load_avg() >= la)
		srv_slow(s, 1);
}

static void
srv_command(struct srv *s, struct str line)
{
	const struct srv_verb *v;
	struct str verb, arg;
	int64_t useless = s->conf->opt.max_noop_commands;

	s->count[PARK_COMMANDS]++;
	srv_delay(s);
	if (s->here++ > 0 && s->in->verdict.tarpit_ms > 0)	/* the first one waited in gate */
		srv_slow_ms(s, s->in->verdict.tarpit_ms);
	if (str_has_nul(line)) {
		s->count[PARK_BAD_COMMANDS]++;
		srv_reply(s, 500, "5.5.2", "NUL byte in command");
		return;
	}
	s->line = line;
	if (!smtp_cmd_split(line, &verb, &arg))
		verb = STR("");
	if (srv_is_http(s, verb)) {
		log_line(0, LOG_P_INFO, srv_id(s), "%.*s: probable open proxy: command=%.*s", STR_ARG(s->client), STR_ARG(str_first(line, 200)));
		srv_close(s, "4.7.0", "%.*s Rejecting open proxy %.*s", STR_ARG(s->host), STR_ARG(s->client));
		return;
	}
	if ((v = srv_verb_find(verb)) == NULL) {
		srv_unknown(s, str_trim(line));
		return;
	}
	if (v->flags & SRV_V_WORK)
		s->count[PARK_WORK]++;
	if (s->refused && (v->flags & SRV_V_FREE) == 0) {
		if (s->filter_says)
			srv_filter_refuse(s);
		else
			srv_reply_text(s, s->refuse_reply);
		return;
	}
	if ((v->flags & SRV_V_USELESS) && useless > 0)
		srv_count(s, PARK_NOOPS, (uint32_t)(useless < UINT32_MAX ? useless : UINT32_MAX - 1), v->name);
	if ((v->when & s->state) == 0)
		srv_reply_text(s, str_c(v->not_now));
	else if ((v->flags & SRV_V_ARG) && arg.n == 0)
		srv_reply(s, 501, "5.5.2", "Argument required");
	else
		v->run(s, arg);
}

/* Nothing is going on and nothing is waiting: the gate can keep this connection. */
static bool
srv_parkable(struct srv *s)
{
	struct pollfd p = { stream_fd(s->io), POLLIN, 0 };
	int n;

	if ((s->flags & SRV_MAY_PARK) == 0 || s->env != NULL || s->tls || s->authed || !srv_filters_can_park(s) ||
	    (s->count[PARK_COMMANDS] == 0 && s->filters == NULL && (s->flags & SRV_FRESH) == 0) || stream_peek(s->io).n > 0)
		return false;
	(void)stream_flush(s->io);
	if (stream_err(s->io)->class != ERR_NONE)
		return false;
	n = poll(&p, 1, s->in->verdict.tarpit_ms > 0 ? 0 : SRV_PARK_MS);
	s->waited = n > 0;
	return n == 0;
}

static int
srv_command_ms(const struct srv *s)
{
	int64_t t = s->conf->opt.timeout.command;

	return (t > 0 && t < 86400 ? (int)t : 86400) * 1000;
}

static bool
srv_stopped(struct srv *s)
{
	if (s->sv->stopping == NULL || !s->sv->stopping(s->sv->arg))
		return false;
	srv_close(s, "4.3.2", "%.*s System shutting down", STR_ARG(s->host));
	return true;
}

/*
 * Wait for a command, or for the end of the daemon; the latter is true.  Silence shows when the
 * line is read: *ms is how long that may still take.
 */
static bool
srv_wait(struct srv *s, int *ms)
{
	struct pollfd p[2] = { { stream_fd(s->io), POLLIN, 0 },
		{ s->sv->stop_fd == NULL ? -1 : s->sv->stop_fd(s->sv->arg), POLLIN, 0 } };

	*ms = srv_command_ms(s);
	if (s->waited || p[1].fd == -1 || stream_buffered(s->io).n > 0 || (s->tls && stream_pending(s->io))) {
		s->waited = false;
		return false;
	}
	if (os_wait(p, 2, *ms) == 0)
		*ms = 1;
	return p[0].revents == 0 && p[1].revents != 0 && srv_stopped(s);
}

/* Our replies, whether they left between two commands or in the middle of one, had no reader for too long. */
static bool
srv_unheard(struct srv *s)
{
	if (!stream_out_late(s->io))
		return false;
	log_line(1, LOG_P_NOTICE, srv_id(s), "%.*s does not read what we say: closed", STR_ARG(s->client));
	return true;
}

/* False: the session is at its end. */
static bool
srv_read(struct srv *s, struct str *text)
{
	struct str line;
	enum smtp_line_end how;
	enum stream_end end;
	int ms;

	srv_hand_out(s);
	if (srv_unheard(s))
		return false;
	if (srv_wait(s, &ms))
		return false;
	stream_timeout(s->io, ms);
	stream_deadline(s->io, ms);		/* for the whole of it: an octet now and then is no command */
	end = stream_line(s->io, SMTP_LINE_MAX, &line);
	if (end == STREAM_LONG)
		end = srv_auth_longer(s, &line);
	stream_deadline(s->io, 0);
	switch (end) {
	case STREAM_OK:
		break;
	case STREAM_LONG:
		if (srv_is_auth(s, line)) {
			*text = STR_NONE;
			return srv_auth_long(s);
		}
		log_line(0, LOG_P_INFO, srv_id(s), "%.*s: command too long, possible attack", STR_ARG(s->client));
		srv_close(s, "4.7.0", "%.*s Command too long, possible attack %.*s",
		    STR_ARG(s->host), STR_ARG(s->client));
		return false;
	case STREAM_TIMEOUT:
		log_line(1, LOG_P_NOTICE, srv_id(s),
		    "timeout waiting for input from %.*s during server cmd read",
		    STR_ARG(rule_macro_value(s->ctx, STR("client_name"))));
		srv_close(s, "4.4.2", "%.*s timeout waiting for input from %.*s", STR_ARG(s->host),
		    STR_ARG(s->client));
		return false;
	default:
		if (s->env != NULL)
			log_line(1, LOG_P_NOTICE, s->env->id,
			    "lost input channel from %.*s to %.*s after %s", STR_ARG(s->client),
			    STR_ARG(s->daemon != NULL ? s->daemon->name : STR("stdin")),
			    s->state == SRV_RCPT ? "rcpt" : "mail");
		return false;
	}
	how = smtp_line_end(line, text);
	if (how == SMTP_LINE_OPEN)
		return false;
	if (how == SMTP_LINE_LF &&
	    ((s->flags & SRV_LOCAL) ||
		(s->f.relax & (SMTP_BODY_ANYEND | SMTP_BODY_LF_OK | SMTP_BODY_LF_BLANK))))
		how = SMTP_LINE_CRLF;
	if (how == SMTP_LINE_LF ||
	    (how == SMTP_LINE_CR && (s->f.relax & (SMTP_BODY_CR_OK | SMTP_BODY_CR_BLANK)) == 0)) {
		log_line(1, LOG_P_NOTICE, srv_id(s), "%.*s: bare %s in command", STR_ARG(s->client),
		    how == SMTP_LINE_LF ? "LF" : "CR");
		srv_close(s, "4.5.0",
		    how == SMTP_LINE_LF ? "Bare linefeed (LF) not allowed"
					: "Bare carriage return (CR) not allowed");
		return false;
	}
	*text = arena_str(s->cmd, *text);	/* the stream's memory changes while verbs read */
	return true;
}

/* Where our client is, before we answer. */
static void
srv_near(struct srv *s)
{
	s->near = s->flags & SRV_NEAR ? os_near_of(stream_fd(s->io)) : OS_NEAR_UNKNOWN;
}

static void
srv_loop(struct srv *s)
{
	struct str line;

	while (!s->over) {
		arena_reset(s->cmd);
		s->decided = STR("");
		rule_reset(srv_ctx(s));
		if (s->env == NULL && srv_stopped(s))
			break;
		if (s->env == NULL)
			os_near(s->near);		/* what was said has left: the client has its turn meanwhile */
		if ((s->park = srv_parkable(s)) || !srv_read(s, &line))
			break;
		if (s->env == NULL)
			srv_near(s);
		if (!str_is_none(line))
			srv_command(s, line);
		srv_hand_out(s);
		if (stream_err(s->io)->class != ERR_NONE) {
			(void)srv_unheard(s);
			break;
		}
	}
}

/* ---- birth and parking ---- */

static void
srv_restore(struct srv *s, const struct park *in)
{
	s->helo = str_is_none(in->helo) ? STR_NONE : arena_str(s->arena, in->helo);
	s->esmtp = in->esmtp;
	s->state = str_is_none(s->helo) ? SRV_START : SRV_HELO;
	memcpy(s->count, in->count, sizeof s->count);
}

static void
srv_park(struct srv *s, const struct park *in, struct park *out)
{
	*out = *in;
	out->greeted = true;
	out->input = STR("");
	out->parked = true;
	out->helo = s->helo;
	out->esmtp = s->esmtp;
	memcpy(out->count, s->count, sizeof out->count);
	srv_filters_park(s, out);
	out->verdict.macros = srv_macros_kept(s->ctx, s->arena);
}

/* The verdict of check_relay, as srv_check.c left it in the park: "#discard", "#quarantine reason", or a refusal. */
static void
srv_take_verdict(struct srv *s, const struct verdict *v)
{
	if (v->kind != VERDICT_OK) {
		s->refused = true;
		s->refuse_reply = v->reply;
	} else if (str_eq_c(v->reply, "#discard"))
		s->discard = true;
	else if (str_starts(v->reply, STR("#quarantine ")))
		s->quarantine = str_from(v->reply, 12);
}

static void
srv_greet(struct srv *s)
{
	if (s->in->early || (!s->f.early_ok && (s->flags & SRV_LOCAL) == 0 && srv_waiting(s))) {
		log_line(0, LOG_P_NOTICE, NULL, "rejecting commands from %.*s due to pre-greeting traffic after %lld seconds",
		    STR_ARG(s->client), (long long)time(NULL) - (long long)s->in->started);
		if (s->in->verdict.pause_ms > 0)
			srv_reply(s, 554, NULL, "%.*s ESMTP not accepting messages", STR_ARG(s->host));
		else
			srv_reply(s, 554, "5.5.0", "SMTP protocol error");
		s->over = true;
		return;
	}
	if (s->f.temp) {
		srv_reply(s, 421, "4.3.2", "%.*s not available, please try again later", STR_ARG(s->host));
		s->over = true;
		return;
	}
	if (!s->refused)
		srv_filters_begin(s);
	if (s->over)
		return;
	if (s->filter_refused)
		(void)stream_printf(s->io, "554 %.*s ESMTP not accepting messages", STR_ARG(s->host));
	else
		(void)stream_write(s->io, s->in->verdict.banner);
	(void)stream_write(s->io, STR("\r\n"));
	if (s->in->verdict.kind == VERDICT_CLOSE)
		s->over = true;
}

/* A session from its beginning, or from where it was parked: `again' is NULL, or what a proxy said. */
static enum srv_end
srv_once(const struct srv_services *sv, const struct conf *conf, struct stream *io, const struct park *in, struct srv_again **again, unsigned flags,
    struct arena *arena, struct park *out)
{
	struct srv s;
	enum srv_end end = SRV_DONE;

	memset(&s, 0, sizeof s);
	s.sv = sv;
	s.conf = conf;
	s.daemon = in->daemon < conf->ndaemons ? &conf->daemons[in->daemon] : NULL;
	s.in = in;
	s.io = io;
	s.flags = flags;
	s.arena = arena;
	s.cmd = arena_new(ARENA_DEFAULT);
	srv_near(&s);
	s.ctx = rule_ctx_new(conf->rules, NULL, sv->lookup, sv->lookup_arg);
	rule_on_run(s.ctx, sv->lookup_run);
	must_have(s.ctx);
	srv_macros(s.ctx, conf, s.daemon, in);
	s.host = arena_str(arena, rule_macro_value(s.ctx, STR("j")));
	s.client = arena_str(arena, rule_macro_value(s.ctx, STR("_")));
	if (!in->parked)
		log_line(10, LOG_P_INFO, NULL, "NOQUEUE: connect from %.*s", STR_ARG(s.client));
	s.auth_mechs = STR_NONE;
	s.tls = *again != NULL && (*again)->tls;
	if (*again != NULL && (*again)->login.n > 0) {
		s.authed = true;
		(void)rule_macro_set_c(s.ctx, "auth_type", "XCLIENT");
		(void)rule_macro_set(s.ctx, STR("auth_authen"), (*again)->login);
	}
	srv_restore(&s, in);
	srv_take_verdict(&s, &in->verdict);
	if (in->parked)
		srv_filters_unpark(&s, in);
	else if (in->greeted && !s.refused)
		srv_filters_begin(&s);		/* gate greets where there are none; by now there may be */
	srv_features(&s);
	s.proxy = *again != NULL || srv_xclient_trusted(&s);
	if (!in->greeted && (s.tls || s.daemon == NULL || !s.daemon->ssl || srv_tls_first(&s)))
		srv_greet(&s);
	else if (!in->greeted)
		s.over = true;
	else if (in->early && !s.f.early_ok) {
		srv_reply(&s, 554, "5.5.0", "SMTP protocol error");
		s.over = true;
	}
	if (!s.over) {
		srv_hand_out(&s);
		srv_loop(&s);
	}
	(void)stream_flush(io);
	if (!s.park && s.count[PARK_WORK] == 0)
		log_line(6, LOG_P_INFO, srv_id(&s), "%.*s did not issue MAIL/EXPN/VRFY/ETRN during connection to %.*s", STR_ARG(s.client),
		    STR_ARG(s.daemon != NULL ? s.daemon->name : STR("stdin")));
	if (s.park) {
		srv_park(&s, in, out);
		end = SRV_PARKED;
	}
	srv_filters_end(&s);
	srv_end_transaction(&s);
	rule_ctx_free(&s.ctx);
	why_free(&s.why);
	arena_free(&s.cmd);
	*again = s.again;
	return end;
}

enum srv_end
srv_run(const struct srv_services *sv, const struct conf *conf, struct stream *io,
    const struct park *in, unsigned flags, struct arena *arena, struct park *out)
{
	struct srv_again *again = NULL;
	enum srv_end end;

	/* who sent XCLIENT is a proxy: gate, which counts its connections, is not told of another client */
	while ((end = srv_once(sv, conf, io, in, &again, flags, arena, out)) == SRV_DONE && again != NULL) {
		in = &again->in;
		flags &= ~SRV_MAY_PARK;
	}
	return end;
}
