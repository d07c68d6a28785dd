/*
 * srv_milter - what the filters say, put into replies, log lines and the state of the session.  sendmail's words: test/smtp/data/milter.ok.xz.
 *
 * A refusal at connect or HELO is for the whole session; one of sender, recipient or message for that alone.  Once a message is to be discarded
 * nobody is asked any more.
 */
#include "srv_int.h"

#include "base/log.h"
#include "base/status.h"
#include "bundle.h"
#include "milter.h"
#include "proc/msg.h"

#define SRV_COMMAND_REJECTED	"Command rejected"
#define SRV_TRY_LATER		"Please try again later"

static void
srv_filter_scope(struct srv *s)
{
	milters_scope(s->filters, srv_ctx(s), s->env != NULL ? s->env->id : NULL);
}

static bool
srv_filters_asked(const struct srv *s)
{
	return s->filters != NULL && !s->refused && !s->filter_temp && (s->env == NULL || !s->env->discard);
}

static void
srv_filter_log(const struct srv *s, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
srv_filter_log(const struct srv *s, int level, const char *fmt, ...)
{
	va_list ap;

	if (s->conf->opt.milter_log_level < level)
		return;
	va_start(ap, fmt);
	log_vline(0, LOG_P_INFO, s->env != NULL ? s->env->id : NULL, fmt, ap);
	va_end(ap);
}

static void
srv_filter_counts(void *arg, size_t filter, const uint64_t n[MILTER_COUNTS])
{
	struct srv *s = arg;

	if (s->sv->filter_counts != NULL)
		s->sv->filter_counts(s->sv->arg, filter, n);
}

void
srv_filters_end(struct srv *s)
{
	if (s->filters == NULL)
		return;
	srv_filter_scope(s);
	milters_quit(s->filters);
	milters_free(&s->filters, srv_filter_counts, s);
}

void
srv_filters_abort(struct srv *s)
{
	if (s->filters == NULL)
		return;
	srv_filter_scope(s);
	milters_abort(s->filters);
}

/* A verdict's line: what a ruleset's has as why=, too. */
#define SRV_BY		", why=milter[%.*s]"

/* ---- replies ---- */

/*
 * A filter's own reply, line by line with its codes; the first line may name the address it is about.  The filter may have left out the
 * enhanced code, or said the lines in one breath: what goes out is one reply all the same.
 */
static void
srv_filter_say(struct srv *s, struct str reply, struct str given)
{
	struct str line, dsn = STR("5.0.0"), all = reply;
	int code = (reply.p[0] - '0') * 100 + (reply.p[1] - '0') * 10 + (reply.p[2] - '0');
	struct buf text;
	bool first = true;
	char d[12];

	buf_init(&text, 0);
	if (reply.p[0] == '4')
		dsn = STR("4.0.0");
	while (str_split(&all, '\n', &line)) {
		size_t n;

		line = str_rtrim(str_from(line, 3));
		if (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '-'))
			line = str_from(line, 1);
		if ((n = status_dsn_len(line)) > 0 && (n == line.n || line.p[n] == ' ')) {
			if (first)
				dsn = str_first(line, n);
			line = n < line.n ? str_from(line, n + 1) : STR("");
		}
		if (!first)
			(void)buf_addch(&text, '\n');
		else if (given.n > 0 && (code == 450 || code == 550 || code == 553))
			(void)buf_addf(&text, "%.*s... ", STR_ARG(str_first(given, 256)));
		(void)buf_add(&text, line);
		first = false;
	}
	if (str_copy(d, sizeof d, dsn) == -1)
		d[0] = '\0';
	srv_reply(s, code, d, "%.*s", STR_ARG(buf_str(&text)));
	buf_done(&text);
	if (code == 421)
		s->over = true;
}

/* Said and logged; false unless nothing is against it.  `code` is that of a plain refusal; `what` begins the log line, "from=<a@b>". */
static bool
srv_filter_verdict(struct srv *s, const struct milter_verdict *v, int code, struct str given, const char *what, struct str arg)
{
	switch (v->kind) {
	case MILTER_CONTINUE:
		return true;
	case MILTER_DISCARD:
		srv_filter_log(s, 4, "Milter: %s%.*s, discard" SRV_BY, what, STR_ARG(arg), STR_ARG(v->by));
		s->env->discard = true;
		return true;
	case MILTER_REJECT:
		srv_reply_about(s, code, STR("5.7.1"), given, STR(SRV_COMMAND_REJECTED));
		srv_filter_log(s, 4, "Milter: %s%.*s, reject=%d 5.7.1 %s" SRV_BY, what, STR_ARG(arg), code, SRV_COMMAND_REJECTED, STR_ARG(v->by));
		break;
	case MILTER_TEMP:
		srv_reply(s, 451, "4.3.2", SRV_TRY_LATER);
		srv_filter_log(s, 4, "Milter: %s%.*s, reject=451 4.3.2 %s" SRV_BY, what, STR_ARG(arg), SRV_TRY_LATER, STR_ARG(v->by));
		break;
	case MILTER_REPLY:
		srv_filter_say(s, v->reply, given);
		srv_filter_log(s, 4, "Milter: %s%.*s, reject=%.*s" SRV_BY, what, STR_ARG(arg), STR_ARG(v->reply), STR_ARG(v->by));
		break;
	case MILTER_CLOSE:
		if (given.n > 0) {
			srv_close(s, "4.3.0", "closing connection");
			srv_filter_log(s, 4, "Milter: %s%.*s, reject=421, errormode=4" SRV_BY, what, STR_ARG(arg), STR_ARG(v->by));
			break;
		}
		srv_close(s, "4.7.0", "%.*s closing connection", STR_ARG(s->host));
		srv_filter_log(s, 4, "Milter: %s%.*s, reject=421 4.7.0 %.*s closing connection" SRV_BY, what, STR_ARG(arg), STR_ARG(s->host), STR_ARG(v->by));
		break;
	}
	if (s->sv->count != NULL)
		s->sv->count(s->sv->arg, false, s->env != NULL ? s->env->from_mailer : -1);
	return false;
}

/* ---- the door ---- */

static void
srv_filter_door(struct srv *s, const struct milter_verdict *v, const char *what)
{
	enum milter_kind kind = v->kind;
	const char *how = "rejecting commands";

	if (kind == MILTER_REPLY)
		kind = str_starts(v->reply, STR("421")) ? MILTER_CLOSE : v->reply.p[0] == '4' ? MILTER_TEMP : MILTER_REJECT;
	switch (kind) {
	case MILTER_REJECT:
		s->refused = s->filter_refused = true;
		s->refuse_reply = STR("550 5.0.0 " SRV_COMMAND_REJECTED);
		break;
	case MILTER_TEMP:
		s->filter_temp = true;
		how = "temp failing commands";
		break;
	case MILTER_CLOSE:
		srv_close(s, "4.7.0", "%.*s closing connection", STR_ARG(s->host));
		how = "shutdown";
		break;
	default:
		return;
	}
	if (what == NULL)
		return;
	milters_quit(s->filters);
	srv_filter_log(s, 4, "Milter: %s: host=%.*s, addr=%.*s, %s" SRV_BY, what, STR_ARG(rule_macro_value(s->ctx, STR("client_name"))),
	    STR_ARG(rule_macro_value(s->ctx, STR("client_addr"))), how, STR_ARG(v->by));
}

void
srv_filters_begin(struct srv *s)
{
	struct milter_verdict v;

	s->filters = milters_new(s->conf, s->daemon, s->ctx, s->arena, s->sv->filter_open, s->sv->arg, &v);
	if (s->filters == NULL)
		return;
	if (v.kind != MILTER_CONTINUE) {
		srv_filter_door(s, &v, NULL);
		return;
	}
	milters_connect(s->filters, arena_str(s->cmd, rule_macro_value(s->ctx, STR("client_name"))), &s->in->client, &v);
	if (v.kind != MILTER_CONTINUE)
		srv_filter_door(s, &v, "connect");
}

/* ---- parking: struct park's `extra` ---- */

bool
srv_filters_can_park(const struct srv *s)
{
	return milters_can_park(s->filters);
}

void
srv_filters_park(struct srv *s, struct park *out)
{
	int fd[BUNDLE_MAX];
	size_t n = 0;
	struct buf b, filters;

	buf_init(&b, 0);
	buf_init(&filters, 0);
	milters_park(&s->filters, &filters, fd, &n, srv_filter_counts, s);
	msg_put_bool(&b, s->verbose);
	msg_put_bool(&b, s->filter_temp);
	msg_put_bool(&b, s->filter_says);
	msg_put_str(&b, s->refused && s->in->verdict.kind == VERDICT_OK ? s->refuse_reply : STR_NONE);	/* a filter's, at connect or HELO */
	msg_put_str(&b, buf_str(&filters));
	out->extra = arena_str(s->arena, buf_str(&b));
	out->nfilters = (uint32_t)n;
	out->filters = n > 0 ? ARENA_ARRAY(s->arena, int, n) : NULL;
	if (n > 0)
		memcpy(out->filters, fd, n * sizeof *fd);
	buf_done(&b);
	buf_done(&filters);
}

void
srv_filters_unpark(struct srv *s, const struct park *in)
{
	struct msg_in m = msg_in(in->extra);
	struct str reply, filters = STR_NONE;

	if (in->extra.n > 0) {
		s->verbose = msg_bool(&m);
		s->filter_temp = msg_bool(&m);
		s->filter_says = msg_bool(&m);
		reply = msg_str(&m, ASK_TEXT_MAX);
		filters = msg_str(&m, ASK_TEXT_MAX);
		if (!m.bad && !str_is_none(reply)) {
			s->refused = s->filter_refused = true;
			s->refuse_reply = arena_str(s->arena, reply);
		}
	}
	s->filters = milters_unpark(s->conf, s->ctx, s->arena, s->sv->filter_open, s->sv->arg, m.bad ? STR_NONE : filters, in->filters, in->nfilters);
}

/* ---- commands; false: the reply was sent ---- */

bool
srv_filter_helo(struct srv *s, struct str name)
{
	struct milter_verdict v;

	if (!srv_filters_asked(s))
		return true;
	srv_filter_scope(s);
	milters_helo(s->filters, name, &v);
	switch (v.kind) {
	case MILTER_REJECT:
		s->refused = true;
		s->refuse_reply = STR("550 5.0.0 " SRV_COMMAND_REJECTED);
		srv_filter_log(s, 4, "Milter: helo=%.*s, reject=%s" SRV_BY, STR_ARG(name), SRV_COMMAND_REJECTED, STR_ARG(v.by));
		break;
	case MILTER_TEMP:
		s->filter_temp = true;
		srv_filter_log(s, 4, "Milter: helo=%.*s, reject=451 4.3.2 %s" SRV_BY, STR_ARG(name), SRV_TRY_LATER, STR_ARG(v.by));
		break;
	case MILTER_REPLY:
		srv_filter_log(s, 4, "Milter: helo=%.*s, reject=%.*s" SRV_BY, STR_ARG(name), STR_ARG(v.reply), STR_ARG(v.by));
		if (str_starts(v.reply, STR("421"))) {
			srv_filter_say(s, v.reply, STR_NONE);
			return false;
		}
		s->refused = s->filter_says = true;
		s->refuse_reply = arena_str(s->arena, v.reply);
		break;
	case MILTER_CLOSE:
		srv_close(s, "4.7.0", "%.*s closing connection", STR_ARG(s->host));
		srv_filter_log(s, 4, "Milter: helo=%.*s, reject=421 4.7.0 %.*s closing connection" SRV_BY, STR_ARG(name), STR_ARG(s->host), STR_ARG(v.by));
		return false;
	default:
		break;
	}
	return true;
}

/* All but QUIT and the like gets this. */
void
srv_filter_refuse(struct srv *s)
{
	srv_filter_say(s, s->refuse_reply, STR_NONE);
}

bool
srv_filter_mail(struct srv *s, struct str given, struct str params)
{
	struct milter_verdict v;

	if (!srv_filters_asked(s))
		return true;
	srv_filter_scope(s);
	milters_mail(s->filters, given, params, &v);
	if (v.kind == MILTER_REJECT)
		srv_filter_log(s, 11, "Milter: reject, sender");
	return srv_filter_verdict(s, &v, 550, given, "from=", given);
}

bool
srv_filter_rcpt(struct srv *s, struct str given, struct str params)
{
	struct milter_verdict v;

	if (!srv_filters_asked(s))
		return true;
	srv_filter_scope(s);
	milters_rcpt(s->filters, given, params, false, &v);
	return srv_filter_verdict(s, &v, 550, given, "to=", given);
}

void
srv_filter_rcpt_refused(struct srv *s, struct str given, struct str params, const char *dsn, const char *text)
{
	struct milter_verdict v;

	if (!srv_filters_asked(s) || !milters_want_refused(s->filters))
		return;
	(void)rule_macro_set_c(s->env->ctx, "rcpt_mailer", "error");
	(void)rule_macro_set_c(s->env->ctx, "rcpt_host", dsn);
	(void)rule_macro_set_c(s->env->ctx, "rcpt_addr", text);
	srv_filter_scope(s);
	milters_rcpt(s->filters, given, params, true, &v);
}

bool
srv_filter_data(struct srv *s)
{
	struct milter_verdict v;

	if (!srv_filters_asked(s))
		return true;
	srv_filter_scope(s);
	milters_data(s->filters, &v);
	return srv_filter_verdict(s, &v, 550, STR_NONE, "cmd=", STR("data"));
}

bool
srv_filter_unknown(struct srv *s, struct str line)
{
	struct milter_verdict v;

	if (!srv_filters_asked(s))
		return true;
	srv_filter_scope(s);
	milters_unknown(s->filters, line, &v);
	if (v.kind == MILTER_DISCARD)
		return true;
	return srv_filter_verdict(s, &v, 550, STR_NONE, "unknown=", line);
}

bool
srv_filter_message(struct srv *s)
{
	struct milter_verdict v = { .kind = MILTER_CONTINUE };

	if (s->filters == NULL)
		return true;
	if (srv_filters_asked(s)) {
		srv_filter_scope(s);
		milters_message(s->filters, s->env, &v);
		if (v.kind == MILTER_REJECT)
			srv_filter_log(s, 11, "Milter: reject, data");
	} else
		srv_filters_abort(s);
	if (v.kind == MILTER_CONTINUE)
		srv_filter_log(s, 10, "Milter accept: message");
	return srv_filter_verdict(s, &v, 554, STR_NONE, "data", STR(""));
}
