/*
 * srv_data - DATA: read the message to its end, whatever becomes of it, then hand it to spool and
 * answer.
 *
 * The stream is decoded by wire/smtp_body.c alone.  The header is gathered up to its limit and
 * looked at when it is complete; the rest goes straight on to the
 * body.  A refusal found on the way is kept until the message has ended (RFC 5321 4.1.1.4), but for
 * bare CR or LF, which end the session at once.
 */
#include "srv_msg.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "maillog.h"
#include "msg_rules.h"
#include "os/fd.h"
#include "os/load.h"
#include "queue/order.h"
#include "wire/smtp_body.h"

static void
srv_msg_refuse(struct srv_msg *m, int code, const char *dsn, struct str text)
{
	if (m->bad)
		return;
	m->bad = true;
	m->code = code;
	m->dsn = dsn;
	m->text = text;
}

/* ---- header and body apart ---- */

void
srv_msg_head_done(struct srv_msg *m, size_t end)
{
	m->in_head = false;
	m->e->hdr_end = end;
	if (!m->head_large)
		env_hdr_parse(m->e, buf_str(&m->head));
	buf_clear(&m->head);
}

/* Does this line (without LF) belong to the header? */
bool
srv_msg_is_head(const struct srv_msg *m, struct str line)
{
	struct str name, value;

	if (line.n == 0)
		return false;
	if (chr_is_blank(line.p[0]))
		return m->head.n > 0;
	if (m->head.n == 0 && str_starts(line, STR("From ")))
		return true;
	return env_hdr_split(line, &name, &value);
}

/*
 * A line of the header area.  While the last line has no end yet it stays in `*rest`.  An empty
 * line, or one that is no field, ends the header;
 * the latter is the first line of the body.
 */
static void
srv_msg_head(struct srv_msg *m, struct buf *rest, bool last)
{
	struct str all = buf_str(rest);

	while (m->in_head && all.n > 0) {
		size_t nl = str_chr(all, '\n');
		struct str line = nl == (size_t)-1 ? all : str_first(all, nl);

		if (nl == (size_t)-1 && !last) {
			if (all.n > m->head_max)
				m->head_large = true;
			break;
		}
		if (!srv_msg_is_head(m, line)) {
			srv_msg_head_done(m, line.n + 1);
			if (line.n == 0)
				all = str_from(all, nl + 1);
			break;
		}
		if (m->head.n + line.n + 1 >= m->head_max)
			m->head_large = true;
		else {
			(void)buf_add(&m->head, line);
			(void)buf_addch(&m->head, '\n');
		}
		all = nl == (size_t)-1 ? STR("") : str_from(all, nl + 1);
	}
	buf_consume(rest, rest->n - all.n);
	if (m->in_head && m->head_large && rest->n > m->head_max)
		buf_clear(rest);	/* will be refused: do not gather an endless line */
	if (last && m->in_head)
		srv_msg_head_done(m, 0);
	if (!m->in_head && rest->n > 0) {
		body_add(&m->e->body, buf_str(rest));
		buf_clear(rest);
	}
}

/* ---- reading ---- */

void
srv_msg_lost(struct srv *s, enum stream_end end)
{
	struct str info = end == STREAM_TIMEOUT ? STR("read timeout") : STR("unexpected close");
	struct str text = arena_fmt(s->cmd, "collect: relay=%.*s, from=<%.*s>, info=%.*s",
	    STR_ARG(rule_macro_value(s->ctx, STR("client_name"))), STR_ARG(s->env->qf.sender),
	    STR_ARG(info));

	if (end != STREAM_TIMEOUT)
		log_line(0, LOG_P_WARNING, s->env->id, "collect: premature EOM: unexpected close");
	log_line(1, LOG_P_NOTICE, s->env->id, "%.*s", STR_ARG(text));
	if (end == STREAM_TIMEOUT)
		srv_close(s, "4.4.1", "%.*s", STR_ARG(text));
}

/* A piece as it came: decoded, header and body told apart. */
enum smtp_body_rc
srv_msg_piece(struct srv *s, struct srv_msg *m, struct smtp_body *in, struct buf *rest, struct str some, size_t *used)
{
	const struct conf_opts *o = &s->conf->opt;
	uint64_t max = o->max_message_size > 0 ? (uint64_t)o->max_message_size : UINT64_MAX;
	struct buf *to = m->in_head ? rest : in->size <= max && !m->bad ? body_room(&m->e->body) : NULL;
	size_t old = to != NULL ? to->n : 0;
	enum smtp_body_rc rc = smtp_body_feed(in, some, to, used);

	if (to != NULL && (o->seven_bit_input || str_eq_c(s->env->qf.body, "7BIT")))
		body_seven(to, old);
	if (m->in_head)
		srv_msg_head(m, rest, rc == SMTP_BODY_END);
	else if (to != NULL)
		body_grown(&m->e->body, old);
	if (rc == SMTP_BODY_END && m->in_head)
		srv_msg_head(m, rest, true);
	return rc;
}

void
srv_msg_bare(struct srv *s, enum smtp_body_rc rc)
{
	const char	*said;

	if (rc != SMTP_BODY_BARE_CR && rc != SMTP_BODY_BARE_LF)
		return;
	said = rc == SMTP_BODY_BARE_LF ? "Bare linefeed (LF) not allowed" : "Bare carriage return (CR) not allowed";
	log_line(1, LOG_P_NOTICE, s->env->id, "collect: relay=%.*s, from=<%.*s>, info=%s, where=body, status=tempfail",
	    STR_ARG(rule_macro_value(s->ctx, STR("client_name"))), STR_ARG(s->env->qf.sender), said);
	srv_close(s, "4.5.0", "%s", said);
}

int
srv_msg_ms(const struct srv *s)
{
	int64_t t = s->conf->opt.timeout.datablock;

	return (int)(t > 0 && t < 86400 ? t : 86400) * 1000;
}

void
srv_expect(struct srv *s, uint64_t octets)
{
	if (s->roomy || (octets != 0 && octets < SRV_PACE))
		return;
	s->roomy = true;
	os_sock_expect(stream_fd(s->io), SRV_ROOM);
}

enum stream_end
srv_msg_some(struct srv *s, size_t max, size_t *block, struct str *some)
{
	enum stream_end end;

	if (*block == 0)
		stream_deadline(s->io, srv_msg_ms(s));
	end = stream_some(s->io, max, some);
	*block += some->n;
	if (*block >= SRV_PACE)
		*block = 0;
	return end;
}

/* 0: the message ended; -1: the session did (and whatever had to be said was said). */
static int
srv_msg_read(struct srv *s, struct srv_msg *m, struct smtp_body *in)
{
	enum smtp_body_rc rc = SMTP_BODY_MORE;
	struct buf rest;
	struct str some;
	enum stream_end end;
	size_t used, block = 0;

	buf_init(&rest, 0);
	stream_timeout(s->io, srv_msg_ms(s));
	(void)stream_flush(s->io);
	while (rc == SMTP_BODY_MORE) {
		end = srv_msg_some(s, body_wants(&s->env->body, SRV_BLOCK), &block, &some);
		if (end != STREAM_OK) {
			srv_msg_lost(s, end);
			break;
		}
		rc = srv_msg_piece(s, m, in, &rest, some, &used);
		if (used < some.n)	/* commands that were sent behind the message */
			(void)stream_unread(s->io, str_from(some, used));
	}
	stream_deadline(s->io, 0);
	buf_done(&rest);
	srv_msg_bare(s, rc);
	return rc == SMTP_BODY_END ? 0 : -1;
}

/* ---- checking ---- */

void
srv_msg_too_large(struct srv *s, struct srv_msg *m)
{
	srv_msg_refuse(m, 552, "5.2.3", arena_fmt(s->cmd, "Message exceeds maximum fixed size (%lld)", (long long)s->conf->opt.max_message_size));
}

void
srv_msg_refused(struct srv *s, const struct srv_msg *m)
{
	srv_reply(s, m->code, m->dsn, "%.*s", STR_ARG(m->text));
	log_line(5, LOG_P_NOTICE, s->env->id, "from=<%.*s>, relay=%.*s, reject=%d %s %.*s", STR_ARG(s->env->qf.sender),
	    STR_ARG(s->client), m->code, m->dsn, STR_ARG(m->text));
}

static void
srv_msg_limits(struct srv *s, struct srv_msg *m, const struct smtp_body *in)
{
	const struct conf_opts *o = &s->conf->opt;

	if (m->head_large)
		srv_msg_refuse(m, 552, "5.6.0", arena_fmt(s->cmd, "Headers too large (%zu max)", m->head_max));
	if (o->max_message_size > 0 && in->size > (uint64_t)o->max_message_size)
		srv_msg_too_large(s, m);
	if (o->eight_bit_mode == 's' && in->has8bit && m->e->qf.body.n == 0 && !(m->e->qf.flags & QF_UTF8) && env_hdr_find(m->e, STR("MIME-Version")) == NULL)
		srv_msg_refuse(m, 554, "5.6.1", STR("Eight bit data not allowed"));
	if (o->reject_nul && in->has_nul)
		srv_msg_refuse(m, 554, "5.6.1", STR("NUL byte not allowed"));
	if (o->max_hop_count > 0 && m->e->hops > o->max_hop_count)
		srv_msg_refuse(m, 554, "5.4.6",
		    arena_fmt(s->cmd, "Too many hops %d (%lld max)", m->e->hops,
			(long long)o->max_hop_count));
}

/* Header rulesets, check_eoh, check_eom.  False: refused and said so. */
static bool
srv_msg_rules(struct srv *s)
{
	struct env *e = s->env;
	char count[24], octets[24];

	s->hold = true;
	s->held_code = 0;
	for (size_t i = 0; i < e->qf.nhdr; i++) {
		msg_rules_type(e->ctx, e->qf.hdr[i].name);
		(void)srv_check_header(s, &e->qf.hdr[i]);
	}
	s->hold = false;
	if (s->held_code != 0) {
		srv_reply_about(s, s->held_code, s->held_dsn, STR_NONE, s->held_text);
		return false;
	}
	(void)snprintf(count, sizeof count, "%zu", e->qf.nhdr);
	(void)snprintf(octets, sizeof octets, "%zu", env_eoh_size(e));
	if (!srv_check(s, "check_eoh", str_c(count), str_c(octets), STR_NONE))
		return false;
	(void)snprintf(octets, sizeof octets, "%llu", (unsigned long long)env_msg_size(e));
	(void)rule_macro_set_c(e->ctx, "msg_size", octets);
	(void)rule_macro_setf(e->ctx, "c", "%d", e->hops + 1);	/* this one, too */
	env_hdr_msgid(e);
	if (!srv_check(s, "check_eom", str_c(octets), STR_NONE, STR_NONE))
		return false;
	(void)rule_macro_set_c(e->ctx, "c", "0");	/* so Received: has it */
	return true;
}

/* ---- handing over ---- */

static int64_t
srv_priority(const struct srv *s)
{
	const struct conf_opts *o = &s->conf->opt;
	const struct order_conf f = { .recipient_factor = o->recipient_factor, .class_factor = o->class_factor };

	return order_priority(&f, env_msg_size(s->env), s->env->precedence + MAILLOG_MT * s->env->mt_priority, s->env->qf.nrcpt);
}

/* QueueLA, or queueLA= of this daemon: on a busy machine mail of low priority is only queued. */
static bool
srv_must_queue(const struct srv *s)
{
	const struct conf_opts *o = &s->conf->opt;
	int64_t limit = s->daemon != NULL && s->daemon->queue_la >= 0 ? s->daemon->queue_la : o->queue_la;
	int la = limit > 0 ? os_load_avg() : 0;

	return limit > 0 && la >= limit && srv_priority(s) > o->queue_factor / (la - limit + 1);
}

/* *mode: how it goes on from here. */
static bool
srv_msg_commit(struct srv *s, char *mode, struct err *err)
{
	struct env *e = s->env;
	struct commit c;
	struct buf qf;
	int rc = -1;

	buf_init(&qf, QF_TEXT_MAX);
	if (env_print(e, &qf, err) == -1)
		goto out;
	if (body_finish(&e->body, err) == -1)
		goto out;
	memset(&c, 0, sizeof c);
	c.id = e->qf.id;
	c.qf = buf_str(&qf);
	c.mode = e->mode != 'd' && srv_must_queue(s) ? 'q' : e->mode;
	c.from_mailer = (uint32_t)(e->from_mailer + 1);
	c.whole = env_msg_size(e);
	body_fill(&e->body, &c);
	if (s->sv->commit == NULL)
		(void)err_set(err, ERR_TEMP, "no spool");
	else
		rc = s->sv->commit(s->sv->arg, &c, err);
	*mode = c.mode;
out:
	buf_done(&qf);
	return rc == 0;
}

static void
srv_msg_log(struct srv *s, char mode)
{
	struct env *e = s->env;

	maillog_from(s->conf, &e->qf, env_msg_size(e));
	e->opened = false;
	if (mode == 'q' || mode == 'd' || e->qf.quarantine.n > 0) {
		e->qf.priority = srv_priority(s);
		maillog_queued(&e->qf);
	}
}

static void
srv_msg_failed(struct srv *s, const struct err *err)
{
	log_line(1, LOG_P_ERR, s->env->id, "not accepted from %.*s: %s", STR_ARG(s->client), err->text);
	if (err->sys == ENOSPC || err->sys == EDQUOT || err->sys == EFBIG)
		srv_reply(s, 452, "4.3.1", "Insufficient disk space; try again later");
	else if (err->class == ERR_PERM)
		srv_reply(s, 554, "5.3.0", "Message cannot be accepted");
	else
		srv_reply(s, 451, "4.3.0", "Queue is not available; try again later");
}

static void
srv_msg_finish(struct srv *s, const struct smtp_body *in)
{
	struct err err = ERR_INIT;
	struct env *e = s->env;
	char mode;

	if (in->has8bit && !s->conf->opt.seven_bit_input && !str_eq_c(e->qf.body, "7BIT"))
		e->qf.flags |= QF_HAS8BIT;
	if (!srv_msg_rules(s))
		return;
	env_hdr_complete(e);
	if (!srv_filter_message(s))
		return;
	if (e->discard || e->qf.nrcpt == 0) {
		log_line(5, LOG_P_INFO, e->id, "discarded");
		srv_reply(s, 250, "2.0.0", "%s Message accepted for delivery", e->id);
		return;
	}
	if (srv_msg_commit(s, &mode, &err)) {
		srv_reply(s, 250, "2.0.0", "%s Message accepted for delivery", e->id);
		srv_hand_out(s);		/* what is left to do the client need not wait for */
		body_done(&e->body);		/* spool owns the df now */
		s->count[PARK_MESSAGES]++;
		srv_msg_log(s, mode);
	} else
		srv_msg_failed(s, &err);
}

/* May a message begin?  False: refused and said so. */
bool
srv_msg_may(struct srv *s)
{
	char nrcpts[24];

	if (s->state < SRV_MAIL) {
		srv_reply(s, 503, "5.0.0", "Need MAIL command");
		return false;
	}
	if (s->state < SRV_RCPT) {
		srv_reply(s, 503, "5.0.0", "Need RCPT (recipient)");
		return false;
	}
	(void)snprintf(nrcpts, sizeof nrcpts, "%zu", s->env->qf.nrcpt);
	(void)rule_macro_set_c(s->env->ctx, "c", "0");
	(void)rule_macro_set(s->env->ctx, STR("dsn_notify"), STR_NONE);	/* a recipient's stays for those behind him, and no longer */
	return srv_check(s, "check_data", str_c(nrcpts), STR_NONE, STR_NONE) && srv_filter_data(s);
}

void
srv_msg_begin(struct srv *s, struct srv_msg *m, struct smtp_body *in)
{
	const struct conf_opts *o = &s->conf->opt;

	memset(m, 0, sizeof *m);
	m->s = s;
	m->e = s->env;
	m->in_head = true;
	m->head_max = o->max_headers_length > 0 && (uint64_t)o->max_headers_length < ENV_HDR_MAX
			  ? (size_t)o->max_headers_length
			  : ENV_HDR_MAX;
	buf_init(&m->head, 0);
	smtp_body_init(in, s->f.relax);
}

/* All of it is there: the answer, and the end of the transaction. */
void
srv_msg_end(struct srv *s, struct srv_msg *m, const struct smtp_body *in)
{
	srv_msg_limits(s, m, in);
	if (m->bad)
		srv_msg_refused(s, m);
	else
		srv_msg_finish(s, in);
	srv_end_transaction(s);
}

/*
 * SIZE= says that the content will need a file: it is asked for before the client sends.  One that waits for his file (flow.h) would have sent it all by then,
 * into the system's buffers and out of every cache; and one that gets none need not send.  False: refused and said so.
 */
static bool
srv_data_place(struct srv *s)
{
	struct err err = ERR_INIT;

	if (body_announced(&s->env->body, s->said, &err) == 0)
		return true;
	srv_msg_failed(s, &err);
	srv_end_transaction(s);
	return false;
}

void
srv_data(struct srv *s, struct str arg)
{
	struct smtp_body in;
	struct srv_msg m;

	(void)arg;
	if (s->bdat != NULL) {
		srv_reply(s, 503, "5.5.0", "DATA after BDAT");
		return;
	}
	if (s->env != NULL && str_eq_c(s->env->qf.body, "BINARYMIME")) {	/* RFC 3030 3 */
		srv_reply(s, 503, "5.5.1", "BODY=BINARYMIME needs BDAT");
		return;
	}
	if (!srv_msg_may(s) || srv_early(s, "DATA"))
		return;
	if (!srv_data_place(s))
		return;
	srv_expect(s, s->said);
	srv_reply(s, 354, NULL, "End data with <CR><LF>.<CR><LF>");
	srv_msg_begin(s, &m, &in);
	if (srv_msg_read(s, &m, &in) == 0)
		srv_msg_end(s, &m, &in);
	else
		s->over = true;
	buf_done(&m.head);
}
