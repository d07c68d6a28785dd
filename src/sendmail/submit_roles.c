/*
 * submit_roles - what the roles do for a command that submits: spool takes its message, and who a recipient is, is looked up before anything is sent.
 */
#include "submit.h"

#include "alias.h"
#include "base/log.h"
#include "base/status.h"
#include "req.h"

/* ---- handing over to spool ---- */

int
submit_roles_df(void *arg, struct str id, struct err *e)
{
	struct submit	*s = arg;
	struct frame	 f;
	struct buf	 b;
	int		 rc;

	buf_init(&b, 0);
	df_ask_put(&b, &(struct df_ask){ id });
	rc = req_ask(s->ctx, R_SPOOL, Q_DF, buf_str(&b), -1, &f, e);
	buf_done(&b);
	return rc == -1 ? -1 : f.fd;
}

int
submit_roles_commit(void *arg, const struct commit *c, struct err *e)
{
	struct submit	*s = arg;
	struct frame	 f;
	struct buf	 b;
	int		 rc;

	buf_init(&b, 0);
	commit_put(&b, c);
	rc = req_ask(s->ctx, R_SPOOL, Q_COMMIT, buf_str(&b), -1, &f, e);
	buf_done(&b);
	return rc;
}

void
submit_roles_abort(struct submit *s, struct str id)
{
	struct buf	b;

	buf_init(&b, 0);
	df_ask_put(&b, &(struct df_ask){ id });
	(void)req_tell(s->ctx, R_SPOOL, Q_ABORT, buf_str(&b), -1);
	buf_done(&b);
}

/* ---- recipients that are known to be wrong before anything is sent (roles alone know users and aliases) ---- */

enum map_rc
submit_alias(void *arg, struct str name, struct buf *value, struct err *e)
{
	struct submit	*s = arg;
	size_t		 part;

	return maps_alias(s->maps, name, value, &part, e);
}

enum map_rc
submit_userdb(void *arg, enum maps_udb field, struct str user, struct buf *value, struct err *e)
{
	struct submit	*s = arg;

	return maps_userdb(s->maps, field, user, value, e);
}

enum map_rc
submit_mailname(void *arg, struct str user, struct buf *value, struct err *e)
{
	struct submit	*s = arg;

	return maps_mailname(s->maps, user, value, e);
}

static int
submit_user(void *arg, struct str name, struct arena *m, struct os_user *u, struct err *e)
{
	(void)arg;
	return os_user_by_name(name, m, u, e);
}

/* What sendmail says of them. */
static void
submit_log_refused(const struct submit *s, const struct alias_rcpt *x, bool last)
{
	bool		known = x->mailer >= 0 && (size_t)x->mailer < s->conf->nmailers;
	struct buf	b;

	buf_init(&b, 0);
	qf_show(&b, x->q.given, x->q.addr);
	log_line(3, LOG_P_NOTICE, s->env->id, "%s... %.*s", buf_c(&b), STR_ARG(x->text));
	if (last)		/* else route finds the same, for the report */
		log_line(7, LOG_P_INFO, s->env->id, "to=%s, delay=00:00:00%s%.*s, pri=0, dsn=%.*s, reply=%s %.*s %.*s, stat=%.*s", buf_c(&b),
		    known ? ", mailer=" : "", STR_ARG(known ? s->conf->mailers[x->mailer].name : STR("")), STR_ARG(x->status),
		    x->ex == EXIT_TEMPFAIL ? "450" : "550", STR_ARG(x->status), STR_ARG(x->text), STR_ARG(x->text));
	buf_done(&b);
}

void
submit_check_rcpts(struct submit *s)
{
	const struct alias_ops	 ops = { .alias = submit_alias, .userdb = submit_userdb, .user = submit_user, .arg = s };
	struct alias_set	 set;
	struct qf		*q = &s->env->qf;
	char			 mode = s->conf->opt.error_mode;
	/* of what is printed a copy stays in the sender's home; who has none here gets it by mail, as all do with -t */
	bool			 drop = mode == 'q' || (mode != 'm' && mode != 'w' && mode != 'e' && s->sender_here && !s->o->from_headers);
	size_t			 n = 0, nrcpt = q->nrcpt;

	alias_init(&set, s->m, s->conf, s->env->ctx, &ops);
	set.no_alias = s->o->no_alias;
	for (size_t i = 0; i < nrcpt; i++)
		alias_add(&set, &q->rcpt[i]);
	alias_run(&set);
	for (size_t i = 0; i < nrcpt; i++) {
		const struct alias_rcpt *x = set.v[i];

		if (x->state == ALIAS_FAILED) {
			qf_show(&s->complaints, x->q.given, x->q.addr);
			buf_addf(&s->complaints, "... %.*s\n", STR_ARG(x->text));
			s->code = x->ex;
			s->mailed = !drop || (x->q.flags & (QR_NOTIFY | QR_FAILURE)) == QR_NOTIFY;
			submit_log_refused(s, x, drop);
			if (drop)
				continue;
		}
		q->rcpt[i].mailer = x->mailer >= 0 && (size_t)x->mailer < s->conf->nmailers ? s->conf->mailers[x->mailer].name : STR_NONE;
		q->rcpt[n++] = q->rcpt[i];
	}
	q->nrcpt = n;
}
