/*
 * srv_mail - MAIL FROM: a transaction begins.
 */
#include "srv_int.h"

#include <time.h>

#include "base/enc.h"
#include "base/log.h"
#include "base/status.h"
#include "maillog.h"
#include "os/file.h"
#include "os/load.h"
#include "userdb.h"

/* Reasons to say no before the address is looked at.  True: the reply was sent. */
static bool
srv_mail_refused(struct srv *s)
{
	if ((s->conf->opt.privacy & PRIV_NEEDMAILHELO) && s->state == SRV_START) {
		srv_reply(s, 503, "5.0.0", "Polite people say HELO first");
		return true;
	}
	if (s->filter_temp) {
		srv_reply(s, 451, "4.3.2", "Please try again later");
		return true;
	}
	if (s->f.require_auth && !s->authed) {
		srv_reply(s, 530, "5.7.0", "Authentication required");
		return true;
	}
	return false;
}

static int
srv_mail_df(void *arg, struct str id, struct err *e)
{
	const struct srv_services *sv = arg;

	if (sv->df_open == NULL)
		return err_set(e, ERR_TEMP, "no place for long content");
	return sv->df_open(sv->arg, id, e);
}

/* MinFreeBlocks: is there room for it where the queue is?  What cannot be told here is found out when it is written. */
static bool
srv_mail_has_room(struct srv *s, const struct smtp_mail *m)
{
	static uint64_t roomy;		/* os_now_ms until which there will be room for what is not larger than half of OS_FS_PLENTY */
	const struct conf_opts *o = &s->conf->opt;
	struct str dir = o->queue_directory;
	uint64_t blocks, bsize;
	size_t star = str_chr(dir, '*'), slash;

	if (o->min_free_blocks <= 0 || dir.n == 0 || s->flags & SRV_LOCAL ||
	    (os_now_ms() < roomy && (!m->has_size || m->size < OS_FS_PLENTY / 2)))
		return true;
	if (star != SIZE_MAX && (slash = str_rchr(str_first(dir, star), '/')) != SIZE_MAX)
		dir = str_first(dir, slash);
	if (os_fs_free_at(arena_cstr(s->cmd, dir), &blocks, &bsize) == -1 || bsize == 0)
		return true;
	if (blocks > (uint64_t)o->min_free_blocks + OS_FS_PLENTY / bsize)
		roomy = os_now_ms() + OS_FS_PLENTY_MS;
	if (blocks >= (uint64_t)o->min_free_blocks + (m->has_size ? m->size / bsize : 0))
		return true;
	log_line(0, LOG_P_ALERT, NULL, "low on space (%.*s needs %llu bytes + %lld blocks in %.*s), max avail: %llu",
	    STR_ARG(rule_macro_value(srv_ctx(s), STR("client_name"))), (unsigned long long)(m->has_size ? m->size : 0),
	    (long long)o->min_free_blocks, STR_ARG(dir), (unsigned long long)blocks);
	srv_reply(s, 452, "4.4.5", "Insufficient disk space; try again later");
	return false;
}

/* Kept with the message as a macro: a sendmail that finds the queue file knows what to do with those. */
static void
srv_mail_note(struct srv *s, const char *name, struct str value)
{
	(void)qf_set_macro(&s->env->qf, s->env->arena, str_c(name), value);
	(void)rule_macro_set(s->env->ctx, str_c(name), value);
}

/* RFC 6710 3.5: whoever is not known does not get in front of others. */
static int
srv_mail_priority(const struct srv *s, const struct smtp_mail *m)
{
	return m->priority > 0 && !s->authed && (s->flags & SRV_LOCAL) == 0 ? 0 : m->priority;
}

/* HOLDFOR, HOLDUNTIL (RFC 4865 5).  False: refused, it is too far away, or behind the time by which the message is to be there (RFC 2852). */
static bool
srv_mail_hold(struct srv *s, const struct smtp_mail *m)
{
	int64_t now = s->env->qf.created, until = m->hold_for > 0 ? now + m->hold_for : m->hold_until;

	if (m->hold_for == 0 && m->hold_until == 0)
		return true;
	if (until > now + s->conf->opt.future_release) {
		srv_reply(s, 501, "5.5.4", "Messages are held for at most %lld seconds", (long long)s->conf->opt.future_release);
		return false;
	}
	if (until > now && m->has_by && until >= now + m->by) {
		srv_reply(s, 501, "5.5.4", "Release is not before the time of BY");
		return false;
	}
	if (until > now)
		srv_mail_note(s, "hold_until", arena_fmt(s->env->arena, "%lld", (long long)until));
	return true;
}

/* What the parameters say, into the envelope.  False: refused. */
static bool
srv_mail_params(struct srv *s, const struct smtp_mail *m)
{
	static const char *const bodies[] = { "", "7BIT", "8BITMIME", "BINARYMIME" };
	const struct conf_opts *o = &s->conf->opt;
	struct env *e = s->env;
	struct buf b;

	if (o->max_message_size > 0 && m->has_size && m->size > (uint64_t)o->max_message_size) {
		srv_reply(s, 552, "5.2.3", "Message size exceeds fixed maximum message size (%lld)",
		    (long long)o->max_message_size);
		return false;
	}
	if (m->has_by && m->by_mode == 'R' && o->deliver_by_min > 0 && m->by < o->deliver_by_min) {
		srv_reply(s, 555, "5.5.2", "time %lld less than %lld", (long long)m->by,
		    (long long)o->deliver_by_min);
		return false;
	}
	s->said = m->has_size ? m->size : 0;
	if (m->has_size)
		(void)rule_macro_setf(e->ctx, "msg_size", "%llu", (unsigned long long)m->size);
	if (m->body != SMTP_BODY_NONE)		/* {bodytype} is not set: check_mail does not see it at sendmail either */
		e->qf.body = str_c(bodies[m->body]);
	if (m->utf8)
		e->qf.flags |= QF_UTF8;
	if (m->require_tls)
		srv_mail_note(s, "requiretls", STR("yes"));
	if (m->has_priority) {
		e->mt_priority = srv_mail_priority(s, m);
		srv_mail_note(s, "mt_priority", arena_fmt(e->arena, "%d", e->mt_priority));
	}
	if (!srv_mail_hold(s, m))
		return false;
	if (m->ret != SMTP_RET_NONE) {
		e->qf.flags |= QF_RET_HDRS | (m->ret == SMTP_RET_HDRS ? QF_NO_BODY_RET : 0u);
		(void)rule_macro_set_c(e->ctx, "dsn_ret", m->ret == SMTP_RET_HDRS ? "HDRS" : "FULL");
	}
	if (!str_is_none(m->envid) && m->envid.n > 0) {
		e->qf.envid = arena_str(e->arena, m->envid);
		buf_init(&b, 0);
		enc_xtext(&b, e->qf.envid);
		(void)rule_macro_set(e->ctx, STR("dsn_envid"), buf_str(&b));
		buf_done(&b);
	}
	if (m->has_by) {
		e->qf.deliver_by = e->qf.created + m->by;
		e->qf.by_mode = m->by_mode;
		e->qf.by_trace = m->by_trace;
	}
	return true;
}

/*
 * AUTH= (RFC 4954 5): believed only when the client proved who it is and trust_auth agrees;
 * otherwise the message is passed on as from nobody known.
 */
static void
srv_mail_auth(struct srv *s, const struct smtp_mail *m)
{
	struct check_verdict v;

	if (str_is_none(m->auth))
		return;
	if (str_eq_c(m->auth, "<>") || m->auth.n == 0) {
		s->env->qf.auth = STR("<>");
		return;
	}
	(void)rule_macro_set(s->env->ctx, STR("auth_author"), m->auth);
	if (str_is_none(rule_macro_get(s->env->ctx, STR("auth_type"))) ||
	    resolve_check(s->env->ctx, s->conf, STR("trust_auth"), m->auth, STR_NONE, 0, &v) ==
		-1 ||
	    v.kind != CHECK_OK) {
		s->env->qf.auth = STR("<>");
		(void)rule_macro_set(s->env->ctx, STR("auth_author"), STR_NONE);
	} else
		s->env->qf.auth = arena_str(s->env->arena, m->auth);
}

/* The account behind a sender of this host, for ctladdr= (maillog.h). */
static void
srv_mail_control(struct srv *s, const struct resolved *r)
{
	struct os_user u;
	struct err e = ERR_INIT;

	if (s->sv->user == NULL || !srv_is_local(s, r) || r->user.n == 0 || r->user.n > 256 || str_chr(r->user, '/') != SIZE_MAX ||
	    s->sv->user(s->sv->arg, r->user, false, s->cmd, &u, &e) != 1)
		return;
	(void)qf_set_macro(&s->env->qf, s->env->arena, STR(MAILLOG_CTL),
	    arena_fmt(s->env->arena, "%lu/%lu", (unsigned long)u.uid, (unsigned long)u.gid));
}

/* A local user may have another name outside. */
static void
srv_mail_mailname(struct srv *s, const struct resolved *r)
{
	struct err e = ERR_INIT;
	struct buf name;

	if (s->sv->mailname == NULL || !userdb_has_senders(s->conf, r))
		return;
	buf_init(&name, 0);
	switch (s->sv->mailname(s->sv->arg, arena_str(s->cmd, r->user), &name, &e)) {
	case MAP_FOUND:
		env_set_mailname(s->env, buf_str(&name));
		break;
	case MAP_TEMP:
		log_line(3, LOG_P_ERR, s->env->id, "user database: %s", e.text);
		break;
	default:
		break;
	}
	buf_done(&name);
}

static bool
srv_mail_sender(struct srv *s, const struct smtp_mail *m)
{
	struct resolved r;
	struct str given = m->path.given;

	if (m->path.addr.n == 0) {
		bool known = resolve_addr(s->env->ctx, s->conf, STR("<>"), RESOLVE_SENDER, &r) == 0 && r.kind == RES_MAILER;

		env_set_sender(s->env, STR(""), known ? &r : NULL);
		(void)rule_macro_set_c(s->env->ctx, "f", "<>");
		return true;
	}
	if (resolve_addr(s->env->ctx, s->conf, m->path.addr, RESOLVE_SENDER, &r) == -1 ||
	    (r.kind == RES_ERROR && r.ex != EXIT_TEMPFAIL)) {
		srv_reply_about(s, r.smtp != 0 ? r.smtp : 553, r.dsn.n > 0 ? r.dsn : STR("5.1.7"),
		    given, r.text);
		return false;
	}
	if (r.kind == RES_ERROR) {
		srv_reply_about(s, r.smtp >= 400 && r.smtp < 500 ? r.smtp : 451,
		    r.dsn.n > 0 ? r.dsn : STR("4.1.8"), given, r.text);
		return false;
	}
	env_set_sender(s->env, m->path.addr, &r);
	srv_mail_control(s, &r);
	srv_mail_mailname(s, &r);
	s->env->qf.sender_given = qf_given(s->env->arena, arena_str(s->env->arena, given), s->env->qf.sender);
	return true;
}

/* Without HELO: $s is the client's name, and the message says so (PrivacyOptions=authwarnings). */
static void
srv_mail_name(struct srv *s, bool utf8)
{
	struct qf_hdr *h;

	(void)rule_macro_setf(s->env->ctx, "r", "%s%s%s", utf8 ? "UTF8SMTP" : s->esmtp ? "ESMTP" : "SMTP",	/* RFC 6531 4.3 */
	    s->esmtp && s->tls ? "S" : "",
	    s->esmtp && s->authed ? "A" : "");
	if (!str_is_none(s->helo))
		(void)rule_macro_set(s->env->ctx, STR("s"), s->helo);
	if (!str_is_none(s->helo))
		return;
	(void)rule_macro_set(s->env->ctx, STR("s"), rule_macro_value(s->ctx, STR("client_name")));
	if (s->conf->opt.privacy & PRIV_AUTHWARNINGS) {
		h = qf_add_hdr(&s->env->qf, s->env->arena);
		h->name = STR("X-Authentication-Warning");
		h->value = arena_fmt(s->env->arena, " %.*s: %.*s didn't use HELO protocol",
		    STR_ARG(s->host), STR_ARG(s->client));
		log_line(4, LOG_P_INFO, s->env->id, "Authentication-Warning:%.*s", STR_ARG(h->value));
	}
}

void
srv_mail(struct srv *s, struct str arg)
{
	struct smtp_mail m;
	struct smtp_bad bad;

	if (srv_mail_refused(s))
		return;
	if (smtp_mail_parse(s->cmd, arg, srv_ext(s), &m, &bad) == -1) {
		srv_bad_reply(s, &bad);
		return;
	}
	if (s->sv->transaction != NULL)
		s->sv->transaction(s->sv->arg);
	s->env = env_new(s->conf, s->ctx, s->id, s->sv->lookup, s->sv->lookup_arg, srv_mail_df,
	    (void *)(uintptr_t)s->sv);
	s->id[0] = '\0';
	if (s->daemon != NULL && s->daemon->delivery_mode != '\0')
		env_set_mode(s->env, s->daemon->delivery_mode);
	s->env->discard = s->discard;
	if (s->quarantine.n > 0)
		s->env->qf.quarantine = arena_str(s->env->arena, s->quarantine);
	s->count[PARK_NOOPS] = 0;
	srv_mail_name(s, m.utf8);
	s->state = SRV_MAIL;
	(void)rule_macro_set(s->env->ctx, STR("mail_from"), m.path.given);	/* Debian's delay_checks hands this, not $f, to checkmail */
	if (!srv_mail_has_room(s, &m) || !srv_mail_params(s, &m) || !srv_mail_sender(s, &m) ||
	    rule_macro_set_c(s->env->ctx, "addr_type", "e s") == -1 || !srv_check(s, "check_mail", m.path.given, STR_NONE, m.path.given)) {
		srv_end_transaction(s);
		return;
	}
	(void)rule_macro_set(s->env->ctx, STR("addr_type"), STR_NONE);
	srv_mail_auth(s, &m);
	if (!srv_filter_mail(s, m.path.given, m.path.params)) {
		srv_end_transaction(s);
		return;
	}
	s->env->opened = true;
	if (m.has_priority && s->env->mt_priority != m.priority)
		srv_reply(s, 250, "2.3.6", "%d Requested priority was changed", s->env->mt_priority);
	else
		srv_reply(s, 250, "2.1.0", "%.*s... Sender ok", STR_ARG(m.path.given));
}
