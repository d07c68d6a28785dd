/*
 * srv_role - see the header.  Each service is one question of req.h.
 */
#include "srv_role.h"

#include <time.h>
#include <unistd.h>

#include "milterask.h"
#include "os/near.h"
#include "req.h"
#include "worker.h"

#define SRV_MECHS_S	60

static enum map_rc
srv_role_alias(void *arg, struct str name, struct buf *value, struct err *e)
{
	struct srv_role *r = arg;
	size_t part;

	return maps_alias(r->maps, name, value, &part, e);
}

static enum map_rc
srv_role_userdb(void *arg, enum maps_udb field, struct str user, struct buf *value, struct err *e)
{
	struct srv_role *r = arg;

	return maps_userdb(r->maps, field, user, value, e);
}

static enum map_rc
srv_role_mailname(void *arg, struct str user, struct buf *value, struct err *e)
{
	struct srv_role *r = arg;

	return maps_mailname(r->maps, user, value, e);
}

static int
srv_role_user(void *arg, struct str name, bool by_gecos, struct arena *a, struct os_user *out, struct err *e)
{
	struct srv_role *r = arg;
	struct user_ask q = { .name = name, .by_gecos = by_gecos };
	struct user_answer u;
	struct frame f;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	user_ask_put(&b, &q);
	rc = req_ask(r->ctx, R_LOOKUP, Q_USER, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	if (user_answer_get(f.body, &u) == -1)
		return err_set(e, ERR_BUG, "lookup: malformed answer about a user");
	if (u.rc != 1)
		return u.rc == 0 ? 0
				 : err_set(e, ERR_TEMP, "user %.*s: cannot be looked up now",
				       STR_ARG(name));
	*out = u.user;
	out->name = arena_str(a, u.user.name);
	out->gecos = arena_str(a, u.user.gecos);
	out->home = arena_str(a, u.user.home);
	out->shell = arena_str(a, u.user.shell);
	return 1;
}

static int
srv_role_df(void *arg, struct str id, struct err *e)
{
	struct srv_role *r = arg;
	struct df_ask q = { .id = id };
	struct frame f;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	df_ask_put(&b, &q);
	rc = req_ask(r->ctx, R_SPOOL, Q_DF, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	return f.fd != -1 ? f.fd : err_set(e, ERR_BUG, "spool: no descriptor");
}

static int
srv_role_commit(void *arg, const struct commit *c, struct err *e)
{
	struct srv_role *r = arg;
	struct commit at = *c;
	struct frame f;
	struct buf b;
	int rc;

	at.near = (uint32_t)(os_near_at() + 1);
	buf_init(&b, 0);
	commit_put(&b, &at);
	rc = buf_ok(&b) ? req_ask(r->ctx, R_SPOOL, Q_COMMIT, buf_str(&b), -1, &f, e)
			: err_set(e, ERR_TEMP, "out of memory");
	buf_done(&b);
	return rc;
}

static void
srv_role_abort(void *arg, struct str id)
{
	struct srv_role *r = arg;
	struct df_ask q = { .id = id };
	struct buf b;

	buf_init(&b, 0);
	df_ask_put(&b, &q);
	(void)req_tell(r->ctx, R_SPOOL, Q_ABORT, buf_str(&b), -1);
	buf_done(&b);
}

static int
srv_role_auth_mechs(void *arg, const struct auth_ask *q, struct arena *a, struct str *out, struct err *e)
{
	struct srv_role *r = arg;
	struct srv_mechs *known = &r->mechs[q->ssf == 0 ? 0 : q->binding.n == 0 ? 1 : str_eq_c(q->binding, "tls-exporter") ? 2 : 3];
	int64_t now = (int64_t)time(NULL);
	bool keep = q->external.n == 0;		/* EXTERNAL is for those alone who have a certificate */
	struct frame f;
	struct buf b;
	int rc;

	if (keep && now < known->until && known->flags == q->flags) {
		*out = arena_str(a, str_c(known->list));
		return 0;
	}
	buf_init(&b, 0);
	auth_ask_put(&b, q);
	rc = req_ask(r->ctx, R_AUTH, Q_AUTHMECHS, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	*out = arena_str(a, f.body);
	if (keep && str_copy(known->list, sizeof known->list, f.body) == 0) {
		known->until = now + SRV_MECHS_S;
		known->flags = q->flags;
	}
	return 0;
}

static int
srv_role_auth(void *arg, const struct auth_ask *q, struct err *e)
{
	struct srv_role *r = arg;
	struct frame f;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	auth_ask_put(&b, q);
	rc = req_ask(r->ctx, R_AUTH, Q_AUTH, buf_str(&b), -1, &f, e);
	buf_done(&b);
	return rc == -1 ? -1 : f.fd;
}

static int
srv_role_qrun(void *arg, const struct qrun_ask *q, uint32_t *matched, struct err *e)
{
	struct srv_role *r = arg;
	struct qrun_answer a;
	struct frame f;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	qrun_ask_put(&b, q);
	rc = req_ask(r->ctx, R_SPOOL, Q_QRUN, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	if (qrun_answer_get(f.body, &a) == -1)
		return err_set(e, ERR_BUG, "spool: malformed answer about a queue run");
	*matched = a.matched;
	return 0;
}

static void
srv_role_count(void *arg, bool discarded, int mailer)
{
	struct srv_role *r = arg;

	if (!discarded)
		r->count.refused = true;
	if (mailer >= 0 && mailer < COUNT_MAILERS)
		(discarded ? r->count.discard : r->count.reject)[mailer]++;
	r->counted = true;
}

void
srv_role_counted(struct srv_role *r, bool connection)
{
	struct buf b;

	r->count.connection = connection;
	if (r->ctx->conf->opt.status_file.n > 0 && (connection || r->counted)) {
		buf_init(&b, 0);
		count_ask_put(&b, &r->count);
		(void)req_tell(r->ctx, R_SPOOL, Q_COUNT, buf_str(&b), -1);
		buf_done(&b);
	}
	memset(&r->count, 0, sizeof r->count);
	r->counted = false;
}

static int
srv_role_filter_open(void *arg, size_t filter, struct err *e)
{
	struct srv_role *r = arg;
	struct filter_ask q = { .filter = (uint32_t)filter };
	struct frame f;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	filter_ask_put(&b, &q);
	rc = req_ask(r->ctx, R_LOOKUP, Q_FILTER, buf_str(&b), -1, &f, e);
	buf_done(&b);
	if (rc == -1)
		return -1;
	return f.fd != -1 ? f.fd : err_set(e, ERR_BUG, "the parent gave no socket");
}

static void
srv_role_filter_counts(void *arg, size_t filter, const uint64_t *n)
{
	struct srv_role *r = arg;
	struct filter_count c = { .filter = (uint32_t)filter };
	struct buf b;

	memcpy(c.n, n, sizeof c.n);
	buf_init(&b, 0);
	filter_count_put(&b, &c);
	(void)req_tell(r->ctx, R_SPOOL, Q_FILTERCOUNT, buf_str(&b), -1);
	buf_done(&b);
}

static void
srv_role_transaction(void *arg)
{
	struct srv_role *r = arg;

	maps_check(r->maps);
}

static bool
srv_role_stopping(void *arg)
{
	struct srv_role *r = arg;

	return r->ctx->is_worker && worker_stopping(r->ctx);
}

static int
srv_role_stop_fd(void *arg)
{
	struct srv_role *r = arg;

	return r->ctx->is_worker ? chan_fd(r->ctx->master) : -1;
}

void
srv_role_init(struct srv_role *r, struct role_ctx *ctx, struct maps *maps)
{
	memset(r, 0, sizeof *r);
	r->ctx = ctx;
	r->maps = maps;
	r->sv = (struct srv_services){ .arg = r,
		.lookup = maps_lookup,
		.lookup_arg = maps,
		.lookup_run = maps_run,
		.alias = srv_role_alias,
		.userdb = srv_role_userdb,
		.mailname = srv_role_mailname,
		.user = srv_role_user,
		.df_open = srv_role_df,
		.commit = srv_role_commit,
		.abort = srv_role_abort,
		.auth_mechs = srv_role_auth_mechs,
		.auth = srv_role_auth,
		.qrun = srv_role_qrun,
		.count = srv_role_count,
		.filter_open = srv_role_filter_open,
		.filter_counts = srv_role_filter_counts,
		.transaction = srv_role_transaction,
		.stopping = srv_role_stopping,
		.stop_fd = srv_role_stop_fd };
}
