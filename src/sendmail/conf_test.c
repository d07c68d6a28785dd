/*
 * Configurations from text: options, mailers, classes, headers, messages with places, answers recorded and replayed, $#error texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/test_input.h"
#include "conf.h"
#include "resolve.h"

static enum conf_found
ask(void *arg, enum conf_ask kind, struct str q, struct buf *out, struct err *e)
{
	++*(int *)arg;
	switch (kind) {
	case CONF_ASK_HOST:
		buf_addc(out, "name mail\ncanon mail.corp.test\naddr [192.0.2.1]\nalias other.corp.test\n");
		return CONF_FOUND;
	case CONF_ASK_FILE:
		if (str_eq_c(q, "/words")) {
			buf_addc(out, "# no\none two\nthree\n");
			return CONF_FOUND;
		}
		err_set(e, ERR_PERM, "No such file or directory");
		return CONF_ABSENT;
	case CONF_ASK_USER:
		if (!str_eq_c(q, "daemon"))
			return CONF_ABSENT;
		buf_addc(out, "1 2");
		return CONF_FOUND;
	case CONF_ASK_GROUP:
		buf_addc(out, "8");
		return CONF_FOUND;
	default:
		return CONF_FAILED;
	}
}

static struct conf *
load(const char *text, struct err_list *errs, int *asked)
{
	struct conf_loader	l = { ask, asked };

	*asked = 0;
	err_list_init(errs);
	return conf_load_text(test_input(text), STR("x.cf"), &l, errs);
}

#define LOCAL	"V10/Berkeley\nMlocal, P=/bin/true, F=lsAw5:/|@, A=deliver $u\n"

static void
test_lines(void **state)
{
	static const char	text[] = LOCAL
	    "#line 7 \"site.mc\"\nDaone $b\nDbtwo\nCwhost $a # comment\nFx/words\nFy-o /none\nKmap hash -o /etc/x\n"
	    "O MaxHop=17\nO Timeout.queuereturn=3d\nO Timeout.connect=90s\nO PrivacyOptions=goaway,noetrn\n"
	    "O DaemonPortOptions=Name=MSA, Port=587, M=Ea\nO DefaultUser=daemon:mail\nO OperatorChars=.:%@!^/[]+\n"
	    "Mesmtp, P=[IPC], F=mDFMuXa, S=Env/Hdr, R=Rcpt, E=\\r\\n, L=990, T=DNS/RFC822/SMTP, A=TCP $h\n"
	    "H?D?Date: $a\nH?${x}?X-Y: z\n\tmore\nHSubject: $>+Check\nH*: $>All\nPbulk=-60\nTroot daemon\n"
	    "Xf, S=inet:8891@localhost, F=T, T=S:1m;E:10m\nEPATH\nSCheck\nR$*\t$: $1\n";
	struct err_list		errs;
	int			asked;
	struct conf		*c = load(text, &errs, &asked);
	struct rule_ctx		*x = rule_ctx_new(c->rules, NULL, NULL, NULL);
	const struct mailer	*m = conf_mailer_find(c, STR("ESMTP"));
	struct conf_opts	*o = &c->opt;

	(void)state;
	assert_int_equal(errs.nerrors, 0);
	assert_int_equal(errs.n, 1);		/* MaxHop is an abbreviation */
	assert_true(str_eq_c(errs.v[0].place.origin, "site.mc:13"));
	assert_true(str_eq_c(rule_macro_value(x, STR("a")), "one two"));
	assert_true(rule_class_has(x, STR("w"), STR("HOST")) && rule_class_has(x, STR("w"), STR("two")));
	assert_true(rule_class_has(x, STR("w"), STR("[192.0.2.1]")) && rule_class_has(x, STR("w"), STR("mail.corp.test")));
	assert_false(rule_class_has(x, STR("w"), STR("comment")));
	assert_true(rule_class_has(x, STR("x"), STR("one")) && rule_class_has(x, STR("x"), STR("three")));
	assert_false(rule_class_has(x, STR("x"), STR("two")));
	assert_int_equal(o->max_hop_count, 17);
	assert_int_equal(o->timeout.queuereturn[TO_URGENT], 3 * 86400);
	assert_int_equal(o->timeout.connect, 90);
	assert_int_equal(o->privacy, PRIV_GOAWAY | PRIV_NOETRN);
	assert_int_equal(o->default_uid, 1);
	assert_int_equal(o->default_gid, 8);
	assert_int_equal(c->ndaemons, 1);
	assert_true(str_eq_c(c->daemons[0].modifier_text, "EE a") && str_eq_c(c->daemons[0].port, "587"));
	assert_non_null(m);
	assert_true(m->kind == MAILER_IPC && mailer_has(m, 'a') && !mailer_has(m, 'l') && str_eq_c(m->eol, "\r\n"));
	assert_true(m->se_rules >= 0 && m->sh_rules != m->se_rules && m->re_rules == m->rh_rules && m->argc == 2);
	assert_int_equal(c->nheaders, 2);
	assert_true(str_eq_c(c->headers[1].template, "z\n\tmore") && str_eq_c(c->headers[1].macro, "x"));
	assert_true(conf_header_check(c, STR("subject"))->keep_comments && conf_header_check(c, STR("To"))->is_default);
	assert_int_equal(conf_precedence(c, STR("BULK")), -60);
	assert_true(conf_is_trusted(c, STR("daemon")) && !conf_is_trusted(c, STR("nobody")));
	assert_int_equal(c->filters[0].t_eom, 600);
	assert_int_equal(conf_map_find(c, STR("map")) >= 0, 1);
	assert_true(str_eq_c(c->groups[0].name, "mqueue"));
	rule_ctx_free(&x);
	conf_free(&c);
	err_list_done(&errs);
	test_input_free();
}

static void
test_messages(void **state)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "Wx", "x.cf: line 3: unknown configuration line \"Wx\"" },
		{ "O Max=1", "x.cf: line 3: readcf: ambiguous option name Max (matches MaxHopCount and MaxMessageSize)" },
		{ "O NoSuch=1", "x.cf: line 3: readcf: unknown option name NoSuch" },
		{ "Kx", "x.cf: line 3: readcf: config K line, map x: no map class" },
		{ "Mx, P=/x", "x.cf: line 3: Mx: A= argument required" },
		{ "R$*", "x.cf: line 3: invalid rewrite line \"R$*\" (tab expected)" },
		{ "#line 4 \"a.mc\"\nO Oops=1", "x.cf: line 4: readcf: unknown option name Oops (a.mc:4)" },
		{ "F{x}/none", "x.cf: line 3: fileclass: cannot open '/none': No such file or directory" },
		{ "O RunAsUser=nosuch", "x.cf: line 3: readcf: option RunAsUser: unknown user nosuch" },
	};
	struct err_list	errs;
	struct buf	b;
	char		text[512];
	int		asked;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct conf	*c;

		assert_true(snprintf(text, sizeof text, "%s%s\n", LOCAL, cases[i].line) > 0);
		c = load(text, &errs, &asked);
		assert_int_equal(errs.n, 1);
		buf_clear(&b);
		err_list_print(&errs.v[0], &b);
		assert_string_equal(buf_c(&b), cases[i].want);
		conf_free(&c);
		err_list_done(&errs);
	}
	buf_done(&b);
	test_input_free();
}

/* Debian's files begin so: a line of one blank behind a comment, before the level is known. */
static void
test_blank_line(void **state)
{
	struct err_list	errs;
	struct conf	*c;
	int		asked;

	(void)state;
	c = load("#\n \n\t\n" LOCAL, &errs, &asked);
	assert_int_equal(errs.n, 0);
	conf_free(&c);
	err_list_done(&errs);
	test_input_free();
}

/* What one process was told, another compiles from without asking. */
static void
test_replay(void **state)
{
	static const char	text[] = LOCAL "Fx/words\nO DefaultUser=daemon\nFy/none\n";
	struct err_list		errs, again;
	int			asked = 0;
	struct conf_record	*rec = conf_record_new((struct conf_loader){ ask, &asked });
	struct conf_loader	l = conf_record_loader(rec), from;
	struct conf_replay	*replay;
	struct conf		*a, *b;
	struct rule_ctx		*x;
	int			before;

	(void)state;
	err_list_init(&errs);
	err_list_init(&again);
	a = conf_load_text(STR(text), STR("x.cf"), &l, &errs);
	before = asked;
	replay = conf_replay_new(conf_record_text(rec), NULL);
	assert_non_null(replay);
	from = conf_replay_loader(replay);
	b = conf_load_text(STR(text), STR("x.cf"), &from, &again);
	assert_int_equal(asked, before);
	assert_int_equal(errs.n, again.n);
	assert_true(errs.n == 1 && str_eq(errs.v[0].text, again.v[0].text));
	x = rule_ctx_new(b->rules, NULL, NULL, NULL);
	assert_true(rule_class_has(x, STR("x"), STR("one")) && rule_class_has(x, STR("w"), STR("other.corp.test")));
	assert_int_equal(b->opt.default_gid, 2);
	assert_null(conf_replay_new(STR("0 0 5 9999\n"), NULL));
	rule_ctx_free(&x);
	conf_free(&a);
	conf_free(&b);
	conf_replay_free(&replay);
	conf_record_free(&rec);
	err_list_done(&errs);
	err_list_done(&again);
}

static void
test_safe(void **state)
{
	(void)state;
	assert_true(conf_opt_is_safe('O', STR("LogLevel=3")) && conf_opt_is_safe('O', STR("DeliveryM=q")));
	assert_false(conf_opt_is_safe('O', STR("QueueDirectory=/tmp")) || conf_opt_is_safe('O', STR("NoSuch=1")));
	assert_true(conf_opt_is_safe('o', STR("i")) && conf_opt_is_safe('o', STR("Mrx")) && conf_opt_is_safe('M', STR("sx")));
	assert_false(conf_opt_is_safe('o', STR("Q/tmp")) || conf_opt_is_safe('M', STR("{x}y")) || conf_opt_is_safe('o', STR("")));
}

/* As recorded from a real sendmail's RCPT replies. */
static void
test_errors(void **state)
{
	static const struct {
		const char	*host, *user;
		int		 smtp;
		const char	*dsn, *text;
	} cases[] = {
		{ "5.7.1", "\"550 Access denied\"", 550, "5.7.1", "Access denied" },
		{ "5.7.1", "Access denied", 553, "5.3.0", "Access denied" },
		{ "", "\"550 Access denied\"", 550, "5.0.0", "Access denied" },
		{ "", "\"550 5.7.9 Access denied\"", 550, "5.7.9", "Access denied" },
		{ "TEMPFAIL", "Access denied", 553, "5.3.0", "Access denied" },
		{ "5.7.1", "\"421 go away\"", 421, "5.7.1", "go away" },
		{ "4.7.0", "\"421 4.7.1 go away\"", 421, "4.7.1", "go away" },
		{ "5.1.1.1", "\"550 x\"", 550, "5.0.0", "x" },
		{ "D.S.N", "\"550 dsn\"", 550, "5.0.0", "dsn" },
		{ "5.7.1", "\"450 temp text\"", 450, "5.7.1", "temp text" },
		{ "5.7.1", "\"5505 long\"", 553, "5.3.0", "5505 long" },
		{ "5.7.1", "\"550\"", 553, "5.3.0", "550" },
		{ "5.7.1", "\"550-multi line\"", 553, "5.3.0", "550-multi line" },
		{ "5.7.1", "\"550 a \\\"q\\\" b\"", 550, "5.7.1", "a \"q\" b" },
		{ "5.7.1", "\"551 moved \"foo@bar", 551, "5.7.1", "moved foo@bar" },
	};
	struct err_list	errs;
	int		asked;
	struct conf	*c = load(LOCAL, &errs, &asked);
	struct rule_ctx	*x = rule_ctx_new(c->rules, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct resolved	r;

		memset(&r, 0, sizeof r);
		resolve_error_text(x, test_input(cases[i].host), test_input(cases[i].user), &r);
		assert_int_equal(r.smtp, cases[i].smtp);
		assert_true(str_eq_c(r.dsn, cases[i].dsn));
		assert_true(str_eq_c(r.text, cases[i].text));
	}
	rule_ctx_free(&x);
	conf_free(&c);
	err_list_done(&errs);
	test_input_free();
}

static void
test_checks(void **state)
{
	static const char	text[] = LOCAL "O OperatorChars=.:%@!^/[]+\nScheck_mail\n"
	    "Ra@$+\t$# error $@ 5.7.1 $: \"550 no \" $1\nRb@$+\t$# error $@ 4.1.8 $: \"451 later\"\nRc@$+\t$# discard $: x\n"
	    "Rd@$+\t$# error $@ quarantine $: odd mail\nRe@$+\t$# OK\nScheck_relay\nR$+ $| $+\t$# error $@ 5.7.1 $: \"554 \" $2 of $1\n";
	static const struct { const char *in; enum check_kind kind; const char *reply; } cases[] = {
		{ "a@x", CHECK_REJECT, "550 5.7.1 no x" }, { "b@x", CHECK_TEMPFAIL, "451 4.1.8 later" }, { "c@x", CHECK_DISCARD, NULL },
		{ "d@x", CHECK_QUARANTINE, NULL }, { "e@x", CHECK_OK, NULL }, { "f@x", CHECK_OK, NULL },
	};
	struct err_list		errs;
	int			asked;
	struct conf		*c = load(text, &errs, &asked);
	struct rule_ctx		*x = rule_ctx_new(c->rules, NULL, NULL, NULL);
	struct check_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(resolve_check(x, c, STR("check_mail"), test_input(cases[i].in), STR_NONE, 0, &v), 0);
		assert_int_equal(v.kind, cases[i].kind);
		if (cases[i].reply != NULL)
			assert_true(str_eq_c(v.reply, cases[i].reply));
	}
	assert_int_equal(resolve_check(x, c, STR("check_relay"), STR("h.x"), STR("192.0.2.1"), 0, &v), 0);
	assert_true(str_eq_c(v.text, "192.0.2.1 of h.x"));
	assert_int_equal(resolve_check(x, c, STR("check_nothing"), STR("x"), STR_NONE, 0, &v), 0);
	assert_int_equal(v.kind, CHECK_OK);
	rule_ctx_free(&x);
	conf_free(&c);
	err_list_done(&errs);
	test_input_free();
}

/* -O: ports that the command line names stand for those of the file, all of them. */
static void
test_ports_said(void **state)
{
	const struct conf_override	 over[] = { { 'O', STR("DaemonPortOptions=Name=A, Port=2525") }, { 'O', STR("DaemonPortOptions=Name=B, Port=2526") } };
	struct conf_loader	 l = { ask, NULL };
	struct err_list		 errs;
	struct conf		*c;
	int			 asked = 0;

	(void)state;
	l.arg = &asked;
	err_list_init(&errs);
	c = conf_load_with(test_input(LOCAL "O DaemonPortOptions=Name=MTA\nO DaemonPortOptions=Name=MSA, Port=587\nO ClientPortOptions=Addr=127.0.0.9\n"),
	    STR("x.cf"), &l, over, 2, &errs);
	assert_int_equal(c->ndaemons, 2);
	assert_true(str_eq_c(c->daemons[0].name, "A") && str_eq_c(c->daemons[1].name, "B"));
	assert_int_equal(c->nclients, 1);
	conf_free(&c);
	err_list_done(&errs);
	test_input_free();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_messages), cmocka_unit_test(test_blank_line), cmocka_unit_test(test_replay), cmocka_unit_test(test_safe),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_checks), cmocka_unit_test(test_ports_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
