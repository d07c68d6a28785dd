/*
 * env - birth, sender, macros and the printed form of an envelope; see the header.
 */
#include "env.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/fmt.h"
#include "base/hash.h"
#include "base/must.h"
#include "maillog.h"

static void
env_date_make(int64_t when, char *dst, size_t size)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)when;
	struct tm tm, utc;
	long off;

	if (localtime_r(&t, &tm) == NULL || gmtime_r(&t, &utc) == NULL) {
		(void)snprintf(dst, size, "Thu, 1 Jan 1970 00:00:00 GMT");
		return;
	}
	off = (tm.tm_hour - utc.tm_hour) * 60 + tm.tm_min - utc.tm_min;
	if (tm.tm_year != utc.tm_year)
		off += tm.tm_year > utc.tm_year ? 24 * 60 : -24 * 60;
	else if (tm.tm_yday != utc.tm_yday)
		off += tm.tm_yday > utc.tm_yday ? 24 * 60 : -24 * 60;
	(void)fmt_put(dst, size, "%s, %d %s %d %02d:%02d:%02d ", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	size -= strlen(dst) < size ? strlen(dst) : size;
	dst += strlen(dst);
	if (off == 0)
		(void)snprintf(dst, size, "GMT");
	else
		(void)fmt_put(dst, size, "%c%02ld%02ld", off < 0 ? '-' : '+', labs(off) / 60, labs(off) % 60);
}

/* A moment in the forms that are wanted: many messages are born in the same second. */
static const struct env_moment {
	int64_t	when;
	char	date[64];	/* RFC 5322 */
	char	minute[32], c_time[32];	/* of $t and $d */
} *
env_moment(int64_t when)
{
	static struct env_moment m = { .when = INT64_MIN };
	time_t t = (time_t)when;
	struct tm tm;

	if (m.when == when)
		return &m;
	m.when = when;
	env_date_make(when, m.date, sizeof m.date);
	if (gmtime_r(&t, &tm) == NULL || strftime(m.minute, sizeof m.minute, "%Y%m%d%H%M", &tm) == 0)
		m.minute[0] = '\0';
	if (localtime_r(&t, &tm) == NULL || strftime(m.c_time, sizeof m.c_time, "%a %b %e %H:%M:%S %Y", &tm) == 0)
		m.c_time[0] = '\0';
	return &m;
}

void
env_date(int64_t when, char *dst, size_t size)
{
	(void)fmt_put(dst, size, "%s", env_moment(when)->date);
}

/* $t $d $b $a: the moment of birth in its four forms. */
static void
env_set_times(struct env *e)
{
	const struct env_moment *m = env_moment(e->qf.created);

	(void)rule_macro_set_c(e->ctx, "b", m->date);
	(void)rule_macro_set_c(e->ctx, "a", m->date);
	if (m->minute[0] != '\0')
		(void)rule_macro_set_c(e->ctx, "t", m->minute);
	if (m->c_time[0] != '\0')
		(void)rule_macro_set_c(e->ctx, "d", m->c_time);
	(void)rule_macro_setf(e->ctx, "time", "%lld", (long long)e->qf.created);
}

void
env_set_mode(struct env *e, char mode)
{
	e->mode = mode;
	(void)rule_macro_setf(e->ctx, "deliveryMode", "%c", mode);
}

struct env *
env_new(const struct conf *conf, struct rule_ctx *parent, const char *id, rule_lookup_fn *lookup, void *lookup_arg,
    body_df_fn *open_df, void *df_arg)
{
	struct arena *a = arena_new(ARENA_DEFAULT);
	struct env *e = ARENA_NEW(a, struct env);

	e->arena = a;
	e->conf = conf;
	e->ctx = rule_ctx_new(conf->rules, parent, lookup, lookup_arg);
	must_have(e->ctx);
	if (id[0] == '\0' || str_copy(e->id, sizeof e->id, str_c(id)) == -1)
		qid_next(e->id);
	qf_init(&e->qf);
	e->qf.id = str_c(e->id);
	e->qf.created = (int64_t)time(NULL);
	e->seen = hash_new(a, HASH_BORROW);
	e->mode = conf->opt.delivery_mode;
	body_init(&e->body, str_c(e->id), open_df, df_arg);
	(void)rule_macro_set_c(e->ctx, "i", e->id);
	(void)rule_macro_setf(e->ctx, "p", "%ld", (long)getpid());
	(void)rule_macro_set_c(e->ctx, "nrcpts", "0");
	(void)rule_macro_set_c(e->ctx, "nbadrcpts", "0");
	(void)rule_macro_set_c(e->ctx, "ntries", "0");
	env_set_mode(e, e->mode);
	env_set_times(e);
	return e;
}

void
env_free(struct env **ep)
{
	struct env *e = *ep;
	struct arena *a;

	if (e == NULL)
		return;
	*ep = NULL;
	body_done(&e->body);
	rule_ctx_free(&e->ctx);
	a = e->arena;
	arena_free(&a);
}

/*
 * The sender as a header shows it: what rulesets 3, 1 and 4 make of it.  Not those of a mailer, each of which has its own say when it writes the
 * header: an unqualified name must reach them as one.  A route goes, unless routes are kept.
 */
static void
env_set_g(struct env *e, struct str addr)
{
	struct str	g;
	size_t		at = addr.n > 0 && addr.p[0] == '@' && !e->conf->opt.dont_prune_routes ? str_chr(addr, ':') : SIZE_MAX;
	int		ex;

	if (at != SIZE_MAX)
		addr = str_from(addr, at + 1);
	e->g = addr;
	if (addr.n > 0 &&
	    resolve_rewrite(e->ctx, e->conf, addr, e->conf->m_local,
		RESOLVE_SENDER | RESOLVE_HEADER | RESOLVE_NOMAILER, &g, &ex) == 0 &&
	    g.n > 0)
		e->g = arena_str(e->arena, g);
	(void)rule_macro_set(e->ctx, STR("g"), e->g);
}

void
env_set_sender(struct env *e, struct str addr, const struct resolved *r)
{
	e->qf.sender = arena_str(e->arena, addr);
	(void)rule_macro_set(e->ctx, STR("f"), e->qf.sender);
	e->from_mailer = -1;
	if (r != NULL && r->kind == RES_MAILER) {
		e->from_mailer = r->mailer;
		(void)rule_macro_set(e->ctx, STR("mail_mailer"), e->conf->mailers[r->mailer].name);
		(void)rule_macro_set(e->ctx, STR("mail_host"), r->host);
		(void)rule_macro_set(e->ctx, STR("mail_addr"), r->user);
	}
	env_set_g(e, e->qf.sender);
}

void
env_set_mailname(struct env *e, struct str name)
{
	(void)rule_macro_set(e->ctx, STR("f"), name);
	env_set_g(e, arena_str(e->arena, name));
}

static bool
env_keep_macro(void *arg, struct str name)
{
	struct env *e = arg;
	struct str v;

	if (name.n > 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')	/* as class {persistentMacros} has it */
		name = str_sub(name, 1, name.n - 1);
	v = rule_macro_value(e->ctx, name);
	if (!str_is_none(v) && str_is_none(qf_macro(&e->qf, name)))
		(void)qf_set_macro(&e->qf, e->arena, arena_str(e->arena, name), arena_str(e->arena, v));
	return true;
}

void
env_keep_macros(struct env *e)
{
	static const char *const always[] = { "_", "r", "s", "client_addr", "daemon_flags", "daemon_name" };

	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
		(void)env_keep_macro(e, str_c(always[i]));
}

int
env_print(struct env *e, struct buf *out, struct err *err)
{
	const struct conf_opts *o = &e->conf->opt;

	env_keep_macros(e);
	rule_class_each(e->ctx, STR("persistentMacros"), env_keep_macro, e);
	e->qf.size = (size_t)e->body.size;
	e->qf.priority = (int64_t)env_msg_size(e) - (int64_t)(e->precedence + MAILLOG_MT * e->mt_priority) * o->class_factor +
			 (int64_t)e->qf.nrcpt * o->recipient_factor;
	return qfile_print(&e->qf, out, err);
}

uint64_t
env_msg_size(const struct env *e)
{
	return e->body.size + e->hdr_octets + (e->hdr_end == 1);
}

size_t
env_eoh_size(const struct env *e)
{
	return e->hdr_octets + e->hdr_end;
}
