/*
 * submit_rules - what the rulesets of H lines and check_eoh say of a message that a program hands in.
 *
 * As with sendmail they may refuse it, put it off, quarantine or discard it.  A message that is refused goes back to its sender as a report that
 * the command itself makes, since no queue ever has it.
 */
#include "submit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/status.h"
#include "msg_rules.h"
#include "route.h"

static void
rules_log(struct submit *s, const char *ruleset, struct str arg, struct str arg2, const char *what, struct str text)
{
	log_line(5, LOG_P_NOTICE, s->env->id, "ruleset=%s, arg1=%.*s%s%.*s, relay=%.*s@localhost, %s%.*s", ruleset, STR_ARG(arg), arg2.n > 0 ? ", arg2=" : "",
	    STR_ARG(arg2), STR_ARG(s->me.name), what, STR_ARG(text));
}

/* One verdict put into practice; what is for good stands above what is for now. */
static void
rules_take(struct submit *s, const char *ruleset, struct str arg, struct str arg2, const struct check_verdict *v, struct submit_refusal *r)
{
	bool	temp = v->kind == CHECK_TEMPFAIL;
	int	code = v->smtp != 0 ? v->smtp : 550;

	switch (v->kind) {
	case CHECK_OK:
		return;
	case CHECK_DISCARD:
		rules_log(s, ruleset, arg, arg2, "discard", STR(""));
		s->env->discard = true;
		return;
	case CHECK_QUARANTINE:
		s->env->qf.quarantine = arena_str(s->env->arena, v->text);
		(void)rule_macro_set(s->env->ctx, STR("quarantine"), v->text);
		rules_log(s, ruleset, arg, arg2, "quarantine=", v->text);
		return;
	case CHECK_REJECT:
	case CHECK_TEMPFAIL:
		break;
	}
	if (temp && (code < 400 || code > 499))
		code = 451;
	if (s->conf->opt.error_mode != 'q')
		fprintf(stderr, "%.*s\n", STR_ARG(v->text));
	if (!r->refused || (r->temp && !temp))
		*r = (struct submit_refusal){ true, temp, arena_str(s->m, v->text),
			arena_fmt(s->m, "%d %.*s%s%.*s", code, STR_ARG(v->dsn), v->dsn.n > 0 ? " " : "", STR_ARG(v->text)) };
	rules_log(s, ruleset, arg, arg2, "reject=", arena_fmt(s->m, "%d %.*s%s%.*s", code, STR_ARG(v->dsn), v->dsn.n > 0 ? " " : "", STR_ARG(v->text)));
}

void
submit_rules(struct submit *s, struct submit_refusal *r)
{
	struct qf		*q = &s->env->qf;
	struct check_verdict	 v = { 0 };
	struct str		 count, octets;

	*r = (struct submit_refusal){ .refused = false };
	for (size_t i = s->warnings; i < q->nhdr; i++) {
		int	ruleset = msg_rules_of(s->conf, &q->hdr[i]);

		if (ruleset == -1)
			continue;
		msg_rules_type(s->env->ctx, q->hdr[i].name);
		msg_rules_ask(s->env->ctx, s->conf, s->m, &q->hdr[i], &v);
		rules_take(s, arena_cstr(s->m, rules_name(s->conf->rules, ruleset)), msg_rules_arg(s->m, &q->hdr[i]), STR(""), &v, r);
	}
	count = arena_fmt(s->m, "%zu", q->nhdr - s->warnings);
	octets = arena_fmt(s->m, "%zu", env_eoh_size(s->env));
	if (resolve_check(s->env->ctx, s->conf, STR("check_eoh"), count, octets, 0, &v) == 0)
		rules_take(s, "check_eoh", count, octets, &v, r);
	(void)rule_macro_set(s->env->ctx, STR("addr_type"), STR_NONE);
}

/* ---- a message that is refused ---- */

static void
rules_log_rcpts(const struct submit *s, const struct submit_refusal *r)
{
	const struct qf	*q = &s->env->qf;

	for (size_t i = 0; i < q->nrcpt; i++) {
		struct buf	b;

		buf_init(&b, 0);
		qf_show(&b, q->rcpt[i].given, q->rcpt[i].addr);
		log_line(7, LOG_P_INFO, s->env->id, "to=%s, delay=00:00:00, pri=0, stat=%.*s", buf_c(&b), STR_ARG(r->text));
		buf_done(&b);
	}
}

int
submit_refuse(struct submit *s, const struct submit_refusal *r, const struct commit *c, struct reported *out, struct err *e)
{
	struct route		 rt = { .ctx = s->ctx, .conf = s->conf, .maps = s->maps, .base = s->base };
	struct qf		*q = &s->env->qf;
	struct report_ask	 ask = { .id = c->id, .qf = c->qf, .content = c->content, .size = c->size, .now = q->created,
		.transcript = arena_cat(s->m, r->reply, STR("\n")) };
	struct buf		 text;
	int			 out_fd = -1, rc = 0;

	*out = (struct reported){ .some = false };
	rules_log_rcpts(s, r);
	if (s->conf->opt.error_mode != 'q')
		fprintf(stderr, "%.*s... %.*s\n", STR_ARG(q->sender.n > 0 ? q->sender : STR("<>")), STR_ARG(r->text));
	s->code = s->conf->opt.error_mode == 'e' ? EXIT_OK : EXIT_DATAERR;
	if (q->sender.n == 0)
		return 0;
	ask.rcpt = ARENA_ARRAY(s->m, struct report_rcpt, q->nrcpt);
	for (size_t i = 0; i < q->nrcpt; i++)
		if ((q->rcpt[i].flags & QR_FAILURE) || !(q->rcpt[i].flags & QR_NOTIFY))
			ask.rcpt[ask.nrcpt++] = (struct report_rcpt){ .index = (uint32_t)i, .kind = REPORT_FAILED, .status = STR("5.0.0") };
	if (ask.nrcpt == 0)
		return 0;
	buf_init(&text, QF_TEXT_MAX + 1);
	if (c->in_df) {			/* of a long one the header alone goes back: so the report is short */
		q->flags |= QF_RET_HDRS | QF_NO_BODY_RET;
		rc = env_print(s->env, &text, e);
		ask.qf = arena_str(s->m, buf_str(&text));
	}
	buf_done(&text);
	if (rc == 0)
		rc = dsn_report(&rt, &ask, s->env->body.fd, s->m, out, &out_fd, e);
	if (out_fd != -1) {
		close(out_fd);
		rc = err_set(e, ERR_TEMP, "the report is too long");
	}
	if (rc == 0 && out->some)
		log_line(5, LOG_P_INFO, s->env->id, "%.*s: DSN: %.*s", STR_ARG(out->commit.id), STR_ARG(r->text));
	return rc;
}
