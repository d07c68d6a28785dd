/*
 * submit - a message from a program: who sends it, to whom, with what header; then to the spool or to the MTA.
 *
 * The caller is a stranger with an account: options, environment and input are hostile.  Rights of the set-group-id program are used for
 * the client queue alone.
 */
#include "submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <syslog.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alias.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/status.h"
#include "client.h"
#include "crack.h"
#include "maillog.h"
#include "mime/addr.h"
#include "net/dns.h"
#include "os/id.h"
#include "parent.h"
#include "queue/order.h"
#include "srv.h"
#include "userdb.h"

/* ---- who ---- */

static void
submit_syslog(void *arg, enum log_prio prio, const char *line)
{
	(void)arg;
	syslog((int)prio, "%s", line);
}

static void
submit_log(const struct opts *o)
{
	const char *where = getenv("ANGARIUM_LOG");

	if (where != NULL && strcmp(where, "stderr") == 0 && !os_id_is_setid())
		return;
	openlog(o->tag != NULL ? o->tag : "sendmail", LOG_PID, LOG_MAIL);
	log_set_sink(submit_syslog, NULL);
}

/* The gecos field up to the first comma, & being the login name. */
static struct str
submit_gecos(struct submit *s, const struct os_user *u)
{
	struct str	g = u->gecos, out = STR("");
	size_t		comma = str_chr(g, ',');

	g = comma == SIZE_MAX ? g : str_first(g, comma);
	for (size_t i = 0; i < g.n; i++) {
		if (g.p[i] != '&') {
			out = arena_cat(s->m, out, str_sub(g, i, i + 1));
			continue;
		}
		out = arena_fmt(s->m, "%.*s%c%.*s", STR_ARG(out), u->name.n > 0 ? chr_upper(u->name.p[0]) : '&',
		    STR_ARG(str_from(u->name, 1)));
	}
	return out;
}

static struct str
submit_sender(struct submit *s)
{
	struct str a;

	if (s->o->sender == NULL)
		return s->me.name;
	a = addr_only(s->m, str_c(s->o->sender));
	return str_eq_c(a, "<>") ? STR("") : a;
}

/* The full name that goes with the sender: -F, else that of the user of this host whom -f names or who we are. */
static struct str
submit_full_name(struct submit *s)
{
	struct str	a, at, out = STR("");
	struct os_user	u;
	struct err	e = ERR_INIT;
	struct buf	b;
	size_t		i;

	if (s->o->full_name != NULL)
		out = str_c(s->o->full_name);
	else if (s->o->sender == NULL)
		out = submit_gecos(s, &s->me);
	else {
		a = submit_sender(s);
		i = str_chr(a, '@');
		at = i == SIZE_MAX ? STR_NONE : str_from(a, i + 1);
		if (a.n > 0 && (i == SIZE_MAX || rule_class_has(s->base, STR("w"), at)) &&
		    os_user_by_name(str_first(a, i == SIZE_MAX ? a.n : i), s->m, &u, &e) == 1)
			out = submit_gecos(s, &u);
	}
	buf_init(&b, 0);
	crack_name(out, s->conf->opt.must_quote_chars, &b);
	out = arena_str(s->m, buf_str(&b));
	buf_done(&b);
	return out;
}

static void
submit_warn(struct submit *s, struct str text)
{
	struct qf_hdr *h;

	if (!(s->conf->opt.privacy & PRIV_AUTHWARNINGS))
		return;
	h = qf_add_hdr(&s->env->qf, s->env->arena);
	h->name = STR("X-Authentication-Warning");
	h->value = arena_fmt(s->env->arena, " %.*s: %.*s", STR_ARG(rule_macro_value(s->base, STR("j"))), STR_ARG(text));
	log_line(4, LOG_P_INFO, s->env->id, "Authentication-Warning:%.*s", STR_ARG(h->value));
}

/* Macros of the session, which is the process. */
static void
submit_macros(struct submit *s)
{
	const struct opts	*o = s->o;
	struct str		 modifiers = s->conf->opt.direct_submission_modifiers;
	const char		*colon = o->protocol == NULL ? NULL : strchr(o->protocol, ':');

	rule_macro_setf(s->base, "_", "%.*s@localhost", STR_ARG(s->me.name));
	rule_macro_set(s->base, STR("daemon_flags"), modifiers.n != 0 ? modifiers : STR("c u"));
	rule_macro_set_c(s->base, "opMode", o->mode == 's' ? "s" : "m");
	rule_macro_set(s->base, STR("x"), submit_full_name(s));
	if (o->protocol != NULL) {
		rule_macro_set(s->base, STR("r"), colon == NULL ? str_c(o->protocol) : str_mem(o->protocol, (size_t)(colon - o->protocol)));
		if (colon != NULL)
			rule_macro_set_c(s->base, "s", colon + 1);
	}
}

/* PrivacyOptions=restrictexpand: what becomes of an address is shown to root and TrustedUser alone. */
static bool
submit_may_watch(const struct conf *c)
{
	uid_t	me = getuid();

	return !(c->opt.privacy & PRIV_RESTRICTEXPAND) || me == 0 || (c->opt.trusted_user.n > 0 && me == (uid_t)c->opt.trusted_uid);
}

static int
submit_start(struct submit *s, const struct opts *o, const struct conf *c, struct role_ctx *ctx, struct arena *m, int transcript)
{
	struct err_list	errors;
	struct err	e = ERR_INIT;
	int		rc;

	*s = (struct submit){ .o = o, .conf = c, .m = m, .ctx = ctx, .alone = ctx == NULL };
	buf_init(&s->complaints, 1 << 20);
	if (s->alone) {
		static const struct role_row	 row = { .id = R_COMMAND, .name = "submit" };

		submit_log(o);
		s->ctx = ARENA_NEW(m, struct role_ctx);
		s->ctx->row = &row;
		s->ctx->conf = c;
		s->ctx->arena = m;
		s->ctx->transcript = transcript;
		s->ctx->verbose = o->verbose && o->mode != 's' && submit_may_watch(c);
		if (client_alone(s->ctx) == -1)
			return EXIT_OSERR;
	} else
		role_use_dns(ctx);
	if ((rc = os_user_by_uid(getuid(), m, &s->me, &e)) == -1) {
		fprintf(stderr, "%s: who are you? %s\n", o->name, e.text);
		return EXIT_TEMPFAIL;
	}
	if (rc == 0)
		s->me.uid = getuid();
	if (rc == 0)
		s->me.name = arena_fmt(m, "Unknown UID %lu", (unsigned long)getuid());
	/* Root submits as RunAsUser: its files in the client queue must be that user's. */
	if (s->alone && geteuid() == 0 && c->opt.has_run_as && c->opt.run_as_uid != 0 &&
	    os_id_drop(NULL, (uid_t)c->opt.run_as_uid, (gid_t)c->opt.run_as_gid, &e) == -1) {
		fprintf(stderr, "%s: %s\n", o->name, e.text);
		return EXIT_OSERR;
	}
	s->trusted = s->me.uid == 0 || conf_is_trusted(c, s->me.name);
	err_list_init(&errors);
	s->maps = s->alone ? maps_local(m, c, &errors) : maps_role(ctx, &errors);
	err_list_done(&errors);
	if (s->alone)
		client_alone_maps(s->ctx, s->maps);
	s->base = rule_ctx_new(c->rules, NULL, maps_lookup, s->maps);
	submit_macros(s);
	return s->maps == NULL || s->base == NULL ? EXIT_OSERR : EXIT_OK;
}

/* ---- one message ---- */

/* Whose uid stands behind the sender: the account's, if it is one of this host, else of who calls us (see maillog.h). */
static void
submit_control(struct submit *s)
{
	struct resolved	r;
	struct os_user	u = s->me;
	struct str	user = s->env->qf.sender;
	struct err	e = ERR_INIT;

	s->sender_here = s->o->sender == NULL;
	if (user.n == 0)
		return;
	resolve_addr(s->env->ctx, s->conf, user, RESOLVE_SENDER, &r);
	s->env->from_mailer = r.kind == RES_MAILER ? r.mailer : -1;
	s->sender_here = r.kind == RES_MAILER && r.mailer == s->conf->m_local && str_eq(r.user, s->me.name);
	if (r.kind == RES_MAILER && r.mailer == s->conf->m_local && !s->sender_here && os_user_by_name(r.user, s->m, &u, &e) != 1)
		return;
	(void)qf_set_macro(&s->env->qf, s->env->arena, STR(MAILLOG_CTL),
	    arena_fmt(s->env->arena, "%lu/%lu", (unsigned long)u.uid, (unsigned long)u.gid));
}

static void
submit_params(struct submit *s)
{
	const struct opts	*o = s->o;
	struct qf		*q = &s->env->qf;
	struct buf		 b;

	if (o->no_alias)
		(void)qf_set_macro(q, s->env->arena, STR(ALIAS_NONE), STR("yes"));
	if (o->body != NULL)
		q->body = strcasecmp(o->body, "7bit") == 0 ? STR("7BIT") : STR("8BITMIME");
	if (o->utf8 && s->env->conf->opt.smtp_utf8)
		q->flags |= QF_UTF8;
	else if (o->utf8)
		fprintf(stderr, "-U: the configuration has no SmtpUTF8\n");
	if (o->ret != NULL)
		q->flags |= QF_RET_HDRS | (strcasecmp(o->ret, "hdrs") == 0 ? QF_NO_BODY_RET : 0);
	if (o->envid != NULL) {
		buf_init(&b, 1024);
		q->envid = dec_xtext(&b, str_c(o->envid)) == 0 ? arena_str(s->env->arena, buf_str(&b)) : str_c(o->envid);
		buf_done(&b);
	}
	q->auth = q->sender.n == 0 ? STR("<>") : str_chr(q->sender, '@') != SIZE_MAX ? q->sender :
	    arena_fmt(s->env->arena, "%.*s@%.*s", STR_ARG(q->sender), STR_ARG(rule_macro_value(s->base, STR("j"))));
}

/* The header as people wrote it, for dead.letter. */
static struct str
submit_header_text(struct submit *s)
{
	struct str	out = STR("");
	struct buf	b;

	buf_init(&b, 0);
	for (size_t i = 0; i < s->env->qf.nhdr; i++) {
		const struct qf_hdr *h = &s->env->qf.hdr[i];

		if (!h->macros)
			buf_addf(&b, "%.*s:%.*s\n", STR_ARG(h->name), STR_ARG(h->value));
	}
	out = arena_str(s->m, buf_str(&b));
	buf_done(&b);
	return out;
}

static void
submit_log_accepted(struct submit *s, const struct commit *c)
{
	const struct conf_opts	*o = &s->conf->opt;
	const struct order_conf	 f = { .recipient_factor = o->recipient_factor, .class_factor = o->class_factor };

	maillog_from(s->conf, &s->env->qf, c->whole);
	if (c->mode != 'q' && c->mode != 'd' && s->env->qf.quarantine.n == 0)
		return;
	s->env->qf.priority = order_priority(&f, c->whole, s->env->precedence, s->env->qf.nrcpt);
	maillog_queued(&s->env->qf);
}

/* -h: a message that came around too often, says whoever hands it over. */
static bool
submit_loops(const struct submit *s, struct str sender)
{
	int64_t	max = s->conf->opt.max_hop_count;

	if (max <= 0 || s->o->hops <= max)
		return false;
	fprintf(stderr, "554 5.4.6 Too many hops %d (%lld max): from %.*s via localhost, to %.*s\n", s->o->hops, (long long)max, STR_ARG(sender),
	    STR_ARG(s->env->qf.nrcpt > 0 ? s->env->qf.rcpt[0].addr : STR("nobody")));
	return true;
}

/* -f with something that the rules refuse. */
static bool
submit_bad_sender(struct submit *s, struct str sender)
{
	struct resolved	r;

	if (s->o->sender == NULL || sender.n == 0)
		return false;
	resolve_addr(s->env->ctx, s->conf, sender, RESOLVE_SENDER, &r);
	if (r.kind != RES_ERROR || r.transient || r.ex == EXIT_TEMPFAIL)
		return false;
	fprintf(stderr, "%s... %.*s\n", s->o->sender, STR_ARG(r.text));
	log_line(3, LOG_P_NOTICE, s->env->id, "setsender: %s: invalid or unparsable, received from %.*s@localhost", s->o->sender, STR_ARG(s->me.name));
	return true;
}

static int
submit_commit(struct submit *s, const struct commit *c, struct err *e)
{
	return s->alone ? submit_alone_commit(s, c, e) : submit_roles_commit(s, c, e);
}

/* What rules said is done: a report instead of the message; nothing; the message, for later. */
static int
submit_judged(struct submit *s, const struct submit_refusal *r, struct commit *c, struct err *e)
{
	struct reported	rep;

	if (!s->env->discard && !r->refused)
		return submit_commit(s, c, e);
	maillog_from(s->conf, &s->env->qf, c->whole);
	if (s->env->discard)
		log_line(5, LOG_P_INFO, s->env->id, "discarded");
	else if (submit_refuse(s, r, c, &rep, e) == -1 || (rep.some && submit_commit(s, &rep.commit, e) == -1))
		return -1;
	if (c->in_df && s->alone)
		submit_alone_abort(s, c->id);
	else if (c->in_df)
		submit_roles_abort(s, c->id);
	return 0;
}

/* The envelope of a new message, and whom it is from. */
static struct str
submit_begin(struct submit *s)
{
	const struct opts	*o = s->o;
	struct err		 e = ERR_INIT;
	struct str		 sender, name;

	s->env = env_new(s->conf, s->base, "", maps_lookup, s->maps, s->alone ? submit_alone_df : submit_roles_df, s);
	sender = submit_sender(s);
	if (submit_bad_sender(s, sender)) {	/* as sendmail: told, and then it is from who calls us */
		sender = s->me.name;
		s->code = EXIT_USAGE;
	}
	env_set_sender(s->env, sender, NULL);
	rule_macro_setf(s->env->ctx, "c", "%d", o->hops > 0 ? o->hops : 0);
	if (userdb_sender(s->maps, s->env->ctx, sender, s->m, &name, &e) == MAP_FOUND)
		env_set_mailname(s->env, name);
	s->env->qf.sender_given = qf_given(s->env->arena, o->sender == NULL || s->code == EXIT_USAGE ? sender : str_trim(str_c(o->sender)), sender);
	if (o->sender != NULL && !s->trusted && !str_eq(sender, s->me.name))
		submit_warn(s, arena_fmt(s->m, "%.*s set sender to %.*s using -f", STR_ARG(s->me.name), STR_ARG(sender.n != 0 ? sender : STR("<>"))));
	s->warnings = s->env->qf.nhdr;
	return sender;
}

static int
submit_no_rcpts(struct submit *s)
{
	env_hdr_complete(s->env);
	env_keep_macros(s->env);
	maillog_from(s->conf, &s->env->qf, env_msg_size(s->env));
	fprintf(stderr, s->o->from_headers ? "No recipient addresses found in header\n" : "Recipient names must be specified\n");
	return s->o->from_headers ? EXIT_OK : EXIT_USAGE;
}

/* The message is complete: to spool, or wherever the rules' judgement sends it.  EXIT_OK, or why it is nowhere. */
static int
submit_complete(struct submit *s, struct submit_refusal *judged)
{
	struct commit	 c = { .id = str_c(s->env->id), .mode = s->conf->opt.delivery_mode };
	struct err	 e = ERR_INIT;
	struct buf	 qf;
	int		 rc;

	buf_init(&qf, QF_TEXT_MAX + 1);
	if (judged->refused && judged->temp) {	/* it is taken, and tried again */
		judged->refused = false;
		c.mode = 'q';
		s->env->qf.reason = judged->text;
	}
	c.from_mailer = (uint32_t)(s->env->from_mailer + 1);
	c.whole = env_msg_size(s->env);
	body_fill(&s->env->body, &c);
	if ((rc = env_print(s->env, &qf, &e)) == 0) {
		c.qf = buf_str(&qf);
		rc = submit_judged(s, judged, &c, &e);
	}
	buf_done(&qf);
	if (rc == -1) {
		fprintf(stderr, "%s: message not accepted: %s\n", s->o->name, e.text);
		return e.class == ERR_PERM && c.qf.p == NULL ? EXIT_DATAERR : EXIT_TEMPFAIL;
	}
	if (!s->alone && !s->env->discard && !judged->refused)
		submit_log_accepted(s, &c);
	return EXIT_OK;
}

static int
submit_message(struct submit *s)
{
	const struct opts	*o = s->o;
	struct err		 e = ERR_INIT;
	struct submit_refusal	 judged;
	struct str		 sender = submit_begin(s), mem;
	int			 rc;

	if (submit_read(s, STDIN_FILENO, &e) == -1) {
		fprintf(stderr, "%s: %s\n", o->name, e.text);
		return e.class == ERR_PERM ? EXIT_UNAVAILABLE : EXIT_TEMPFAIL;
	}
	for (size_t i = 0; i < o->nrcpt; i++)
		if (submit_add_rcpts(s, str_c(o->rcpt[i])) == -1)
			return EXIT_USAGE;
	if (submit_loops(s, sender))
		return EXIT_UNAVAILABLE;
	if (s->env->qf.nrcpt == 0)
		return submit_no_rcpts(s);
	if (o->nrcpt == 1)		/* a list's or header's readers are told of nobody */
		env_set_u(s->env, addr_only(s->m, str_c(o->rcpt[0])));
	submit_params(s);
	submit_control(s);
	submit_rules(s, &judged);
	if (!s->alone && !s->env->discard && !judged.refused)
		submit_check_rcpts(s);
	if (sender.n == 0)		/* nobody: a From: is from the daemon */
		rule_macro_set(s->env->ctx, STR("g"), rule_macro_value(s->env->ctx, STR("n")));
	env_hdr_complete(s->env);
	mem = s->env->body.fd == -1 ? buf_str(&s->env->body.mem) : STR_NONE;
	if (s->env->qf.nrcpt > 0 && (rc = submit_complete(s, &judged)) != EXIT_OK)
		return rc;
	if (s->complaints.n > 0)
		submit_complain(s, submit_header_text(s), mem);
	return s->code;
}

/* ---- the command ---- */

static int
submit_go(const struct opts *o, const struct conf *c, struct role_ctx *ctx, struct arena *m, int transcript)
{
	struct submit	s;
	int		code = submit_start(&s, o, c, ctx, m, transcript);

	if (code == EXIT_OK)
		code = o->mode == 's' ? submit_session(&s) : submit_message(&s);
	if (s.env != NULL)
		env_free(&s.env);
	if (s.dir != NULL)
		spool_close(&s.dir);
	buf_done(&s.complaints);
	return code;
}

static int
submit_body(struct role_ctx *ctx, void *arg)
{
	return submit_go(arg, ctx->conf, ctx, ctx->arena, ctx->transcript);
}

int
submit_run(struct cmd *c)
{
	const struct opts		*o = c->opts;
	const struct parent_args	 args = {
		.sessions = o->mode == 's', .argc = c->argc, .argv = c->argv, .cf = c->conf == NULL ? NULL : c->conf->file.p, .over = o->over, .nover = o->nover,
		.verbose = o->verbose && o->mode != 's', .trace = o->trace, .tag = o->tag, .background = c->conf != NULL && c->conf->opt.delivery_mode == 'b',
		.transcript = c->transcript, .queue_interval = ROLE_OWN_ONLY
	};

	if (c->conf->opt.use_msp)
		return submit_go(o, c->conf, NULL, c->arena, c->transcript);
	return parent_command(&args, submit_body, (void *)(uintptr_t)o);
}
