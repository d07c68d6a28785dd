/*
 * srv_rcpt - RCPT TO: may mail for this address come in, from here, and is there such a user?
 */
#include "srv_int.h"

#include "base/log.h"
#include "base/status.h"
#include "base/utf8.h"
#include "forward.h"

/* A recipient was refused: the flood brakes. */
static void
srv_rcpt_bad(struct srv *s)
{
	const struct conf_opts *o = &s->conf->opt;

	s->count[PARK_BAD_RCPTS]++;
	s->bad_rcpts_tx++;
	(void)rule_macro_setf(s->env->ctx, "nbadrcpts", "%u", s->bad_rcpts_tx);
	if (o->bad_rcpt_shutdown > 0 && s->count[PARK_BAD_RCPTS] >= (uint64_t)o->bad_rcpt_shutdown &&
	    s->env->qf.nrcpt <= (uint64_t)o->bad_rcpt_shutdown_good * s->count[PARK_BAD_RCPTS] / 100) {
		log_line(8, LOG_P_INFO, s->env->id,
		    "%.*s: possible SMTP RCPT flood, shutting down connection", STR_ARG(s->client));
		srv_close(s, "4.7.0", "%.*s Too many bad recipients; closing connection", STR_ARG(s->host));
	} else if (o->bad_rcpt_throttle > 0 && s->bad_rcpts_tx >= (uint64_t)o->bad_rcpt_throttle) {
		if (s->bad_rcpts_tx == (uint64_t)o->bad_rcpt_throttle)
			log_line(5, LOG_P_INFO, s->env->id,
			    "%.*s: Possible SMTP RCPT flood, throttling.", STR_ARG(s->client));
		srv_slow(s, 1);
	}
}

/* Programs, files and lists are reached through aliases only. */
const char *
srv_rcpt_direct(const struct srv *s, const struct resolved *r)
{
	struct str u = r->parsed_user.n > 0 ? r->parsed_user : r->user;
	enum forward_kind kind = FORWARD_ADDR;

	if (u.n > 0 && u.p[0] == '"')
		u = str_from(u, 1);
	if (r->mailer == s->conf->m_local)
		kind = forward_kind(u);
	else if (r->mailer == s->conf->m_prog)
		kind = FORWARD_PROG;
	else if (r->mailer == s->conf->m_file)
		kind = FORWARD_FILE;
	else if (r->mailer == s->conf->m_include)
		kind = FORWARD_INCLUDE;
	return forward_direct(kind);
}

/* False: refused and said so. */
static bool
srv_rcpt_resolve(struct srv *s, const struct smtp_rcpt *p, struct resolved *r, struct str *why)
{
	const char *direct;
	struct str given = p->path.given;
	int rc;

	if (s->why == NULL)
		s->why = why_new();
	why_begin(s->why, s->env->ctx);
	rc = resolve_addr(s->env->ctx, s->conf, p->path.addr, RESOLVE_RCPT, r);
	why_end(s->why, s->env->ctx, s->conf->rules, s->cmd, why);
	if (rc == -1 || r->kind == RES_ERROR) {
		if (r->ex == EXIT_TEMPFAIL || r->transient)
			srv_reply_about(s, r->smtp >= 400 && r->smtp < 500 ? r->smtp : 451,
			    r->dsn.n > 0 ? r->dsn : STR("4.3.0"), given, r->text);
		else
			srv_reply_about(s, r->smtp != 0 ? r->smtp : 553,
			    r->dsn.n > 0 ? r->dsn : STR("5.1.3"), given, r->text);
		log_line(5, LOG_P_NOTICE, s->env->id, "%.*s... %.*s", STR_ARG(given), STR_ARG(r->text));
		return false;
	}
	(void)rule_macro_set(s->env->ctx, STR("rcpt_mailer"), s->conf->mailers[r->mailer].name);
	(void)rule_macro_set(s->env->ctx, STR("rcpt_host"), r->host.n > 0 ? r->host : STR(""));
	(void)rule_macro_set(s->env->ctx, STR("rcpt_addr"), r->user);
	if (r->kind == RES_MAILER && (direct = srv_rcpt_direct(s, r)) != NULL) {
		log_line(5, LOG_P_NOTICE, s->env->id, "%.*s... %s", STR_ARG(given), direct);
		srv_reply(s, 550, "5.7.1", "%.*s... %s", STR_ARG(given), direct);
		return false;
	}
	return true;
}

static bool
srv_rcpt_user(struct srv *s, const struct smtp_rcpt *p, const struct resolved *r)
{
	struct srv_user u;

	if (r->transient || !srv_is_local(s, r))
		return true;			/* transient: kept, and routed when the maps can be asked */
	switch (srv_user_check(s, r, &u)) {
	case SRV_USER_OK:
		return true;
	case SRV_USER_TEMP:
		srv_reply(s, 451, "4.3.0", "%.*s... Temporary failure, please try again later",
		    STR_ARG(p->path.given));
		return false;
	case SRV_USER_REFUSED:
		srv_reply_about(s, u.refusal.smtp, u.refusal.dsn, p->path.given, u.refusal.text);
		return false;
	default:
		log_line(5, LOG_P_NOTICE, s->env->id, "%.*s... User unknown", STR_ARG(p->path.given));
		srv_filter_rcpt_refused(s, p->path.given, p->path.params, "5.1.1", "User unknown");
		srv_reply(s, 550, "5.1.1", "%.*s... User unknown", STR_ARG(p->path.given));
		return false;
	}
}

static struct str
srv_rcpt_final(struct srv *s, const struct smtp_rcpt *p)
{
	bool at = str_chr(p->path.addr, '@') != (size_t)-1;

	return arena_fmt(s->cmd, "%s; %.*s%s%.*s", str_is_ascii(p->path.addr) ? "RFC822" : "UTF-8", STR_ARG(p->path.addr), at ? "" : "@",
	    STR_ARG(at ? STR("") : s->host));
}

static void
srv_rcpt_take(struct srv *s, const struct smtp_rcpt *p, const struct resolved *r, struct str why)
{
	unsigned notify = 0;
	enum env_rcpt_rc rc = ENV_RCPT_AGAIN;

	if (p->notify & SMTP_NOTIFY_GIVEN)
		notify = QR_NOTIFY | (p->notify & SMTP_NOTIFY_SUCCESS ? QR_SUCCESS : 0u) |
			 (p->notify & SMTP_NOTIFY_FAILURE ? QR_FAILURE : 0u) |
			 (p->notify & SMTP_NOTIFY_DELAY ? QR_DELAY : 0u);
	if (r->kind != RES_DISCARD &&
	    (rc = env_add_rcpt(s->env, p->path.addr, srv_rcpt_final(s, p), notify, p->orcpt)) == ENV_RCPT_FULL) {
		srv_reply(s, 452, "4.5.3", "Too many recipients");
		return;
	}
	if (r->kind != RES_DISCARD && rc == ENV_RCPT_NEW)
		s->env->qf.rcpt[s->env->qf.nrcpt - 1].given = qf_given(s->env->arena, arena_str(s->env->arena, p->path.given), p->path.addr);
	if (rc == ENV_RCPT_NEW && r->kind == RES_MAILER)
		s->env->qf.rcpt[s->env->qf.nrcpt - 1].mailer = s->conf->mailers[r->mailer].name;
	if (r->kind != RES_DISCARD && rc == ENV_RCPT_NEW && why.n > 0)
		s->env->qf.rcpt[s->env->qf.nrcpt - 1].why = arena_str(s->env->arena, why);
	if (s->conf->ngroups > 1 && s->env->qf.nrcpt == 1)	/* the first one's queue group is the message's */
		s->env->qf.group = arena_str(s->env->arena, r->queue_group.n > 0 ? r->queue_group
						  : r->kind == RES_MAILER	 ? s->conf->mailers[r->mailer].queue_group
										 : STR(""));
	env_set_u(s->env, p->path.given);
	(void)rule_macro_set(s->env->ctx, STR("dsn_notify"), STR_NONE);	/* that of one who is refused stays, as in sendmail */
	s->state = SRV_RCPT;
	s->good_rcpts_tx++;
	/* aliases are looked at later then: sendmail says so */
	srv_reply(s, 250, "2.1.5", "%.*s... Recipient ok%s", STR_ARG(p->path.given),
	    (s->env->mode == 'q' || s->env->mode == 'd') && !s->env->discard && r->kind == RES_MAILER && mailer_has(&s->conf->mailers[r->mailer], 'A')
		? " (will queue)"
		: "");
}

/* What rules may know of a recipient while it is looked at, beyond what resolving says. */
static void
srv_rcpt_macros(struct srv *s, const struct smtp_rcpt *p)
{
	if (p->notify & SMTP_NOTIFY_GIVEN)
		(void)rule_macro_set(s->env->ctx, STR("dsn_notify"), p->notify_text);
}

static void
srv_rcpt_forget(struct srv *s)
{
	static const char *const names[] = { "addr_type", "rcpt_mailer", "rcpt_host", "rcpt_addr" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		(void)rule_macro_set(s->env->ctx, str_c(names[i]), STR_NONE);
}

void
srv_rcpt(struct srv *s, struct str arg)
{
	const struct conf_opts *o = &s->conf->opt;
	struct smtp_rcpt p;
	struct smtp_bad bad;
	struct resolved r;
	struct str why = STR_NONE;

	if (s->bdat != NULL) {
		srv_reply(s, 503, "5.5.0", "RCPT after BDAT");
		return;
	}
	if (o->max_recipients_per_message > 0 && s->env->qf.nrcpt >= (uint64_t)o->max_recipients_per_message) {
		srv_reply(s, 452, "4.5.3", "Too many recipients");
		return;
	}
	if (smtp_rcpt_parse(s->cmd, arg, srv_ext(s) | (s->env->qf.flags & QF_UTF8 ? SMTP_EXT_UTF8_NOW : 0u), &p, &bad) == -1) {
		log_line(5, LOG_P_NOTICE, s->env->id, "%s", bad.text);
		srv_bad_reply(s, &bad);
		return;
	}
	srv_rcpt_macros(s, &p);
	if (!srv_rcpt_resolve(s, &p, &r, &why) || !srv_check(s, "check_rcpt", p.path.given, STR_NONE, p.path.given) ||
	    !srv_rcpt_user(s, &p, &r) || !srv_filter_rcpt(s, p.path.given, p.path.params)) {
		if (!s->over)
			srv_rcpt_bad(s);
	} else
		srv_rcpt_take(s, &p, &r, why);
	srv_rcpt_forget(s);
}
