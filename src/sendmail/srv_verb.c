/*
 * srv_verb - the table of verbs, and those that are a few lines each.
 */
#include "srv_xclient.h"

#include "base/log.h"
#include "base/utf8.h"

#define SRV_MAX_VRFY	6	/* this one and those behind it are slowed down, as sendmail does */
#define SRV_MAX_ETRN	8

void
srv_count(struct srv *s, enum park_count what, uint32_t max, const char *verb)
{
	if (++s->count[what] < max)
		return;
	if (s->count[what] == max)
		log_line(6, LOG_P_INFO, srv_id(s), "%.*s: possible SMTP attack: command=%s, count=%u", STR_ARG(s->client), verb, max);
	srv_slow(s, s->count[what] - max + 1);
}

/* ---- NOOP, RSET, QUIT, VERB ---- */

/* Commands that have no ruleset of their own: the reply's first digit goes with the line. */
static bool
srv_check_other(struct srv *s)
{
	return srv_check(s, "check_other", str_trim(s->line), STR("2"), STR_NONE);
}

static void
srv_noop(struct srv *s, struct str arg)
{
	(void)arg;
	if (srv_check_other(s))
		srv_reply(s, 250, "2.0.0", "OK");
}

static void
srv_rset(struct srv *s, struct str arg)
{
	(void)arg;
	s->count[PARK_RSETS]++;
	srv_end_transaction(s);
	srv_reply(s, 250, "2.0.0", "Reset state");
}

static void
srv_quit(struct srv *s, struct str arg)
{
	(void)arg;
	srv_reply(s, 221, "2.0.0", "%.*s closing connection", STR_ARG(s->host));
	s->over = true;
}

/* What VERB asked for, seeing a delivery happen, is not done while the client waits: roles apart from this one deliver. */
static void
srv_verbose(struct srv *s, struct str arg)
{
	(void)arg;
	if (srv_check_other(s))
		srv_reply(s, 502, "5.7.0", "Verbose unavailable");
}

static void
srv_unimplemented(struct srv *s, struct str arg)
{
	struct str	line = str_first(str_trim(s->line), 80);

	(void)arg;
	srv_reply(s, 502, "5.5.1", "Command not implemented: \"%.*s\"", STR_ARG(line));
}

/* ---- HELP ---- */

/* Lines of the help file whose first word is `topic`: word, tab or blank, text.  $x in the text is expanded. */
static bool
srv_help_file(struct srv *s, struct str topic, struct buf *out)
{
	struct str rest = s->sv->help, line;
	bool found = false;

	while (str_split(&rest, '\n', &line)) {
		size_t tab = 0;

		while (tab < line.n && !chr_is_blank(line.p[tab]))
			tab++;

		if (line.n == 0 || line.p[0] == '#' ||
		    !str_caseeq(str_first(line, tab), topic))
			continue;
		found = true;
		(void)rule_expand(srv_ctx(s), tab == line.n ? STR("") : str_from(line, tab + 1), out);
		(void)buf_addch(out, '\n');
	}
	return found;
}

static const struct srv_verb *srv_verb_row(size_t i);

static bool
srv_help_own(struct srv *s, struct str topic, struct buf *out)
{
	const struct srv_verb *v;

	if (str_caseeq(topic, STR("smtp"))) {
		struct str version = rule_macro_value(s->ctx, STR("v"));

		(void)buf_addf(out, "This is sendmail version %.*s (Angarium)\nTopics:", STR_ARG(version));
		for (size_t i = 0, n = 0; (v = srv_verb_row(i)) != NULL; i++)
			if (v->help != NULL)
				(void)buf_addf(out, "%s%s", n++ % 5 == 0 ? "\n\t" : "\t", v->name);
		(void)buf_addc(out, "\nFor more info use \"HELP <topic>\".\n");
		return true;
	}
	if ((v = srv_verb_find(topic)) == NULL || v->help == NULL)
		return false;
	(void)buf_addf(out, "%s\n", v->help);
	return true;
}

static void
srv_help(struct srv *s, struct str arg)
{
	struct str topic = arg.n == 0 ? STR("smtp") : arena_lower(s->cmd, str_first(arg, 40));
	struct buf b;

	buf_init(&b, 0);
	if (str_is_none(s->sv->help) ? srv_help_own(s, topic, &b) : srv_help_file(s, topic, &b))
		srv_reply(s, 214, "2.0.0", "%.*sEnd of HELP info", STR_ARG(buf_str(&b)));
	else
		srv_reply(s, 504, "5.3.0", "HELP topic \"%.*s\" unknown", STR_ARG(topic));
	buf_done(&b);
}

static void
srv_rejected(struct srv *s)
{
	log_line(6, LOG_P_INFO, srv_id(s), "%.*s: %.*s [rejected]", STR_ARG(s->client), STR_ARG(str_first(s->line, 200)));
}

/* ---- ETRN (RFC 1985) ---- */

static void
srv_etrn(struct srv *s, struct str arg)
{
	struct qrun_ask q;
	uint32_t matched;
	struct err e = ERR_INIT;

	if (!s->f.etrn) {
		srv_rejected(s);
		srv_reply(s, 502, "5.7.0", "Sorry, we do not allow this operation");
		return;
	}
	if (arg.n == 0) {
		srv_reply(s, 500, "5.5.2", "Parameter required");
		return;
	}
	srv_count(s, PARK_ETRNS, SRV_MAX_ETRN, "ETRN");
	log_line(6, LOG_P_INFO, srv_id(s), "%.*s: ETRN %.*s", STR_ARG(s->client), STR_ARG(str_first(arg, 200)));
	if (!srv_check(s, "check_etrn", arg, STR_NONE, STR_NONE))
		return;
	memset(&q, 0, sizeof q);
	q.nterm = 1;
	q.term[0].what = 'E';
	q.term[0].text = arg;
	/* "@x" is the domain with all below it; "x" that name alone. */
	if (arg.p[0] == '#') {
		q.term[0].what = 'G';
		q.term[0].text = str_from(arg, 1);
		if (conf_group_find(s->conf, q.term[0].text) == NULL) {
			srv_reply(s, 459, "4.5.4", "Queue %.*s unknown", STR_ARG(q.term[0].text));
			return;
		}
	}
	if (s->sv->qrun == NULL || s->sv->qrun(s->sv->arg, &q, &matched, &e) == -1)
		srv_reply(s, 458, "4.0.0", "Unable to queue messages for node %.*s",
		    STR_ARG(str_first(arg, 200)));
	else if (arg.p[0] == '#')
		srv_reply(s, 250, "2.0.0", "Queuing for queue group %.*s started", STR_ARG(q.term[0].text));
	else
		srv_reply(s, 250, "2.0.0", "Queuing for node %.*s started", STR_ARG(str_first(arg, 200)));
}

/* ---- VRFY, EXPN ---- */

static bool
srv_may_ask(struct srv *s, unsigned need_helo, const char *ruleset, struct str arg)
{
	srv_count(s, PARK_VRFYS, SRV_MAX_VRFY, str_eq_c(str_c(ruleset), "check_vrfy") ? "VRFY" : "EXPN");
	if ((s->conf->opt.privacy & need_helo) && s->state == SRV_START) {
		srv_reply(s, 503, "5.0.0", "I demand that you introduce yourself first");
		return false;
	}
	if (arg.n == 0) {
		srv_reply(s, 501, "5.5.2", "Argument required");
		return false;
	}
	return srv_check(s, ruleset, arg, STR_NONE, STR_NONE);
}

/* RFC 6531 3.7.4.2: "name SMTPUTF8".  False: refused and said so. */
static bool
srv_ask_utf8(struct srv *s, struct str *arg)
{
	size_t blank = str_rchr(*arg, ' ');
	bool said = blank != SIZE_MAX && str_caseeq_c(str_from(*arg, blank + 1), "SMTPUTF8");

	s->ask_utf8 = said || !s->conf->opt.smtp_utf8;
	if (!s->conf->opt.smtp_utf8)
		return true;
	if (said)
		*arg = str_trim(str_first(*arg, blank));
	if (str_is_ascii(*arg) || (said && utf8_valid(*arg)))
		return true;
	srv_reply(s, 553, "5.6.7", said ? "Address is not UTF-8" : "Address needs SMTPUTF8");
	return false;
}

static void
srv_vrfy_verb(struct srv *s, struct str arg)
{
	if (s->conf->opt.privacy & PRIV_NOVRFY) {
		srv_rejected(s);
		srv_reply(s, 252, "2.5.2", "Cannot VRFY user; try RCPT to attempt delivery (or try finger)");
	} else if (srv_ask_utf8(s, &arg) && srv_may_ask(s, PRIV_NEEDVRFYHELO, "check_vrfy", arg))
		srv_vrfy(s, arg);
}

static void
srv_expn_verb(struct srv *s, struct str arg)
{
	if ((s->conf->opt.privacy & PRIV_NOEXPN) || !s->f.expn) {
		srv_rejected(s);
		srv_reply(s, 502, "5.7.0", "Sorry, we do not allow this operation");
	} else if (srv_ask_utf8(s, &arg) && srv_may_ask(s, PRIV_NEEDEXPNHELO, "check_expn", arg))
		srv_expn(s, arg);
}

#define NEED_MAIL	"503 5.0.0 Need MAIL before RCPT"

static const struct srv_verb verbs[] = {
	{ "HELO", SRV_ANY, SRV_V_LAST|SRV_V_FREE, NULL, srv_helo, "HELO <hostname>\n\tIntroduce yourself." },
	{ "EHLO", SRV_ANY, SRV_V_LAST|SRV_V_FREE, NULL, srv_ehlo, "EHLO <hostname>\n\tIntroduce yourself, and ask for extensions." },
	{ "MAIL", SRV_START|SRV_HELO, SRV_V_WORK, "503 5.5.0 Sender already specified", srv_mail,
		"MAIL FROM:<sender> [ <parameters> ]\n\tThe sender of a message.  SIZE= BODY= RET= ENVID= BY= AUTH=" },
	{ "RCPT", SRV_MAIL|SRV_RCPT, 0, NEED_MAIL, srv_rcpt,
		"RCPT TO:<recipient> [ <parameters> ]\n\tOne of its recipients; may come many times.  NOTIFY= ORCPT=" },
	{ "DATA", SRV_ANY, SRV_V_LAST, NULL, srv_data, "DATA\n\tThe message itself; a line with a single dot ends it." },
	{ "BDAT", SRV_ANY, SRV_V_FREE, NULL, srv_bdat, "BDAT <octets> [ LAST ]\n\tA piece of the message, of that many octets (RFC 3030)." },
	{ "RSET", SRV_ANY, SRV_V_FREE, NULL, srv_rset, "RSET\n\tForget sender and recipients." },
	{ "NOOP", SRV_ANY, SRV_V_USELESS|SRV_V_FREE, NULL, srv_noop, "NOOP\n\tDo nothing." },
	{ "QUIT", SRV_ANY, SRV_V_LAST|SRV_V_FREE, NULL, srv_quit, "QUIT\n\tEnd the session." },
	{ "HELP", SRV_ANY, SRV_V_FREE, NULL, srv_help, "HELP [ <topic> ]\n\tThis." },
	{ "VRFY", SRV_ANY, SRV_V_WORK, NULL, srv_vrfy_verb, "VRFY <recipient>\n\tDoes mail for this address arrive?" },
	{ "EXPN", SRV_ANY, SRV_V_WORK, NULL, srv_expn_verb, "EXPN <recipient>\n\tWho gets mail for this alias?" },
	{ "ETRN", SRV_ANY, SRV_V_WORK, NULL, srv_etrn, "ETRN [ <hostname> | @<domain> | #<queue group> ]\n\tDeliver what waits for this host." },
	{ "STARTTLS", SRV_ANY, SRV_V_LAST, NULL, srv_starttls, "STARTTLS\n\tGo on under TLS." },
	{ "AUTH", SRV_ANY, 0, NULL, srv_auth, "AUTH <mechanism> [ <initial response> ]\n\tSay who you are (RFC 4954)." },
	{ "XCLIENT", SRV_ANY, SRV_V_FREE, NULL, srv_xclient, NULL },
	{ "VERB", SRV_ANY, SRV_V_USELESS, NULL, srv_verbose, NULL },
	{ "TURN", SRV_ANY, 0, NULL, srv_unimplemented, NULL },
	{ "SEND", SRV_ANY, 0, NULL, srv_unimplemented, NULL },
	{ "SAML", SRV_ANY, 0, NULL, srv_unimplemented, NULL },
	{ "SOML", SRV_ANY, 0, NULL, srv_unimplemented, NULL },
};

static const struct srv_verb *
srv_verb_row(size_t i)
{
	return i < sizeof verbs / sizeof verbs[0] ? &verbs[i] : NULL;
}

const struct srv_verb *
srv_verb_find(struct str name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_caseeq_c(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}
