/*
 * milter - the stages of a session, told to its filters; see the header.
 *
 * What each stage is called, which bit of the negotiation leaves it out, and what a reply without sense becomes, is one table.
 */
#include "milter_int.h"

#include <stdio.h>

#include "base/log.h"
#include "os/load.h"

#define MILTER_REPLY_MAX	((size_t)32 << 10)	/* octets of a filter's reply, all lines */

static const struct milter_stage stages[] = {
	{ 'C', "connect", MILTER_P_NOCONNECT, MILTER_P_NR_CONN, 2, MILTER_CONNECT, "554 Command rejected" },
	{ 'H', "helo", MILTER_P_NOHELO, MILTER_P_NR_HELO, 2, MILTER_HELO, "550 Command rejected" },
	{ 'M', "mail", MILTER_P_NOMAIL, MILTER_P_NR_MAIL, 2, MILTER_ENVFROM, "550 5.7.1 Command rejected" },
	{ 'R', "rcpt", MILTER_P_NORCPT, MILTER_P_NR_RCPT, 2, MILTER_ENVRCPT, "550 5.7.1 Command rejected" },
	{ 'T', "data", MILTER_P_NODATA, MILTER_P_NR_DATA, 4, MILTER_DATA, "550 5.7.1 Command rejected" },
	{ 'L', "header", MILTER_P_NOHDRS, MILTER_P_NR_HDR, 2, -1, "550 5.7.1 Command rejected" },
	{ 'N', "eoh", MILTER_P_NOEOH, MILTER_P_NR_EOH, 2, MILTER_EOH, "550 5.7.1 Command rejected" },
	{ 'B', "body", MILTER_P_NOBODY, MILTER_P_NR_BODY, 2, -1, "554 5.7.1 Command rejected" },
	{ 'E', "eom", 0, 0, 2, MILTER_EOM, "554 5.7.1 Command rejected" },
	{ 'U', "unknown", MILTER_P_NOUNKNOWN, MILTER_P_NR_UNKN, 3, -1, "500 5.7.1 Command rejected" },
};

const struct milter_stage *
milter_stage(char letter)
{
	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
		if (stages[i].letter == letter)
			return &stages[i];
	return NULL;
}

void
milter_log(const struct milters *l, int level, enum log_prio prio, const char *fmt, ...)
{
	va_list ap;

	if (level > l->conf->opt.milter_log_level)
		return;
	va_start(ap, fmt);
	log_vline(0, prio, l->id, fmt, ap);
	va_end(ap);
}

/* ---- macros ---- */

static bool
milter_macro_word(struct str *names, struct str *word)
{
	while (names->n > 0 && (chr_is_space(names->p[0]) || names->p[0] == ','))
		*names = str_from(*names, 1);
	if (names->n == 0)
		return false;
	for (size_t i = 0;; i++)
		if (i == names->n || chr_is_space(names->p[i]) || names->p[i] == ',') {
			*word = str_first(*names, i);
			*names = str_from(*names, i);
			return true;
		}
}

static struct str
milter_macro_bare(struct str name)
{
	if (name.n > 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
		return str_sub(name, 1, name.n - 1);
	return name;
}

static void
milter_macro_add(struct milters *l, struct buf *b, struct str name)
{
	struct str bare = milter_macro_bare(name), value = rule_macro_value(l->ctx, bare);

	if (bare.n == 0 || str_is_none(value) || str_has_nul(value) || str_has_nul(bare))
		return;
	if (bare.n > 1)
		(void)buf_addf(b, "{%.*s}", STR_ARG(bare));
	else
		(void)buf_add(b, bare);
	(void)buf_addmem(b, "", 1);
	(void)buf_add(b, value);
	(void)buf_addmem(b, "", 1);
}

void
milter_send_macros(struct milters *l, struct milter *m, const struct milter_stage *st)
{
	struct milter_pkt k = { .letter = MILTER_C_MACRO, .mark = st->letter };
	const struct conf_str_list *list;
	struct str names, word;
	struct buf b;

	if (st->macros < 0)
		return;
	list = &l->conf->opt.milter_macros[st->macros];
	names = m->asked[st->macros];
	if (str_is_none(names) ? list->n == 0 : names.n == 0)
		return;
	buf_init(&b, 0);
	if (!str_is_none(names))
		while (milter_macro_word(&names, &word))
			milter_macro_add(l, &b, word);
	else
		for (size_t i = 0; i < list->n; i++)
			milter_macro_add(l, &b, list->v[i]);
	k.rest = buf_str(&b);
	(void)milter_put(&m->out, false, &k);
	buf_done(&b);
}

/* ---- verdicts ---- */

enum milter_kind
milter_failed(const struct milter *m)
{
	if (m->shadow)
		return MILTER_CONTINUE;
	return conf_flag(&m->f->flags, 'R')   ? MILTER_REJECT
	       : conf_flag(&m->f->flags, 'T') ? MILTER_TEMP
	       : conf_flag(&m->f->flags, '4') ? MILTER_CLOSE
					      : MILTER_CONTINUE;
}

/* Each line "550 5.7.1 text", all with one code of 4xx or 5xx; a % is doubled.  Whatever else it is, or too long, it is none. */
struct str
milter_reply_text(struct arena *a, struct str s)
{
	char *p = arena_bytes(a, s.n + 1);
	struct str text, all, line;
	size_t n = 0;

	if (s.n < 3 || s.n > MILTER_REPLY_MAX || (s.p[0] != '4' && s.p[0] != '5') || !chr_is_digit(s.p[1]) || !chr_is_digit(s.p[2]))
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && (i + 1 == s.n || s.p[++i] != '%'))
			return STR_NONE;
		p[n++] = s.p[i];
	}
	p[n] = '\0';
	text = all = str_mem(p, n);
	while (str_split(&all, '\n', &line))
		if (line.n < 3 || memcmp(line.p, text.p, 3) != 0)
			return STR_NONE;
	return text;
}

/* It takes the whole session, or the session is over: good bye, if there is anybody. */
static void
milter_leave(struct milters *l, struct milter *m)
{
	milter_log(l, 19, LOG_P_INFO, "Milter (%.*s): quit filter", STR_ARG(m->f->name));
	if (m->state == MILTER_OFF || m->state == MILTER_FAILED)
		return;
	milter_put_letter(&m->out, MILTER_C_QUIT);
	if (milter_flush(l, m) == 0)
		milter_close(m);
	m->state = MILTER_OFF;
}

/* A shadow said no and takes what comes next to be over: a session (connect, helo), or a message, but for a single recipient. */
static void
milter_shadow_over(struct milters *l, struct milter *m, const char *stage, enum milter_kind said)
{
	if (strcmp(stage, "connect") == 0 || strcmp(stage, "helo") == 0)
		milter_leave(l, m);
	else if (m->state == MILTER_INMSG && (*stage != 'r' || said == MILTER_DISCARD))
		m->state = MILTER_MSGDONE;
}

void
milter_judge(struct milters *l, struct milter *m, const char *stage, struct milter_verdict *v)
{
	static const struct {
		enum milter_count count;
		const char *word;
	} kinds[] = {
		[MILTER_CONTINUE] = { MILTER_COUNTS, "continue" }, [MILTER_REJECT] = { MILTER_N_REJECT, "reject" }, [MILTER_TEMP] = { MILTER_N_TEMP, "tempfail" },
		[MILTER_DISCARD] = { MILTER_N_DISCARD, "discard" }, [MILTER_REPLY] = { MILTER_N_REJECT, "reject" }, [MILTER_CLOSE] = { MILTER_N_TEMP, "close" },
	};
	enum milter_count c = kinds[v->kind].count;
	enum milter_kind said;

	if (v->kind == MILTER_REPLY && v->reply.p[0] == '4')
		c = MILTER_N_TEMP;
	if (c != MILTER_COUNTS)
		m->n[c]++;
	if (!m->shadow || v->kind == MILTER_CONTINUE)
		return;
	milter_log(l, 8, LOG_P_INFO, "milter=%.*s, action=%s, shadow, %s%s%.*s", STR_ARG(m->f->name), stage, kinds[v->kind].word,
	    v->kind == MILTER_REPLY ? "=" : "", STR_ARG(v->kind == MILTER_REPLY ? v->reply : STR("")));
	said = v->kind;
	v->kind = MILTER_CONTINUE;
	milter_shadow_over(l, m, stage, said);
}

/* ---- a command and its answer ---- */

static void
milter_accepted(struct milters *l, struct milter *m, const struct milter_stage *st)
{
	m->n[MILTER_N_ACCEPT]++;
	if (st->letter == 'C' || st->letter == 'H')
		milter_leave(l, m);
	else if (m->state == MILTER_INMSG)
		m->state = MILTER_MSGDONE;
}

static void
milter_answer(struct milters *l, struct milter *m, const struct milter_stage *st, const struct milter_pkt *k, struct milter_verdict *v)
{
	const char *word;
	char letter[8];

	switch (k->letter) {
	case MILTER_R_CONTINUE:
		word = "continue";
		break;
	case MILTER_R_ACCEPT:
		word = "accepted";
		break;
	case MILTER_R_REJECT:
		word = "reject";
		v->kind = MILTER_REJECT;
		break;
	case MILTER_R_TEMPFAIL:
		word = "tempfail";
		v->kind = MILTER_TEMP;
		break;
	case MILTER_R_DISCARD:
		word = "discard";
		v->kind = MILTER_DISCARD;
		break;
	case MILTER_R_SKIP:
		word = "skip";
		if (strchr("LNB", st->letter) != NULL)
			m->skip_body = true;
		else
			m->state = MILTER_SKIPPING;
		break;
	case MILTER_R_REPLY:
		v->kind = MILTER_REPLY;
		v->reply = milter_reply_text(rule_scratch(l->ctx), k->s[0]);
		if (str_is_none(v->reply))
			v->reply = str_c(st->bad_reply);
		milter_log(l, 11, LOG_P_INFO, "milter=%.*s, action=%s, reject=%.*s", STR_ARG(m->f->name), st->name, STR_ARG(v->reply));
		milter_judge(l, m, st->name, v);
		return;
	default:
		milter_log(l, 1, LOG_P_ERR, "milter_send_command(%.*s): action=%s returned bogus response %s", STR_ARG(m->f->name), st->name,
		    log_esc(letter, sizeof letter, str_mem(&k->letter, 1)));
		milter_fail(l, m);
		return;
	}
	milter_log(l, k->letter == MILTER_R_CONTINUE || k->letter == MILTER_R_SKIP ? 13 : 11, LOG_P_INFO, "milter=%.*s, action=%s, %s", STR_ARG(m->f->name), st->name, word);
	if (k->letter == MILTER_R_ACCEPT)
		milter_accepted(l, m, st);
	milter_judge(l, m, st->name, v);
}

static void
milter_time(struct milter *m, uint64_t start_ms)
{
	uint64_t us = (os_now_ms() - start_ms) * 1000;

	m->n[MILTER_N_USEC] += us;
	if (us > m->n[MILTER_N_MAX_USEC])
		m->n[MILTER_N_MAX_USEC] = us;
}

void
milter_ask(struct milters *l, struct milter *m, const struct milter_stage *st, const struct milter_pkt *k, struct milter_verdict *v)
{
	struct milter_pkt answer;
	uint64_t start = os_now_ms();
	int64_t patience = m->f->t_reply > 0 ? m->f->t_reply : 10;

	v->kind = MILTER_CONTINUE;
	if (k == NULL || m->steps & st->no || m->version < st->version)
		return;
	if (milter_put(&m->out, false, k) == -1) {
		milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): action=%s cannot be sent", STR_ARG(m->f->name), st->name);
		milter_fail(l, m);
		v->kind = milter_failed(m);
		return;
	}
	if (m->steps & st->nr) {
		if ((st->letter != 'L' || m->out.n > MILTER_CHUNK) && milter_flush(l, m) == -1)
			v->kind = milter_failed(m);
		return;
	}
	if (milter_flush(l, m) == -1 || milter_read(l, m, start + (uint64_t)patience * 1000, m->part != NULL ? m->part : st->name, &answer) == -1)
		v->kind = milter_failed(m);
	else
		milter_answer(l, m, st, &answer, v);
	milter_time(m, start);
}

/* ---- stages that go to all in order ---- */

/* Is this the time to tell it?  A message begins with M, and who refuses its sender has none. */
static bool
milter_wants(struct milter *m, char letter)
{
	if (letter == 'M' && (m->state == MILTER_OPEN || m->state == MILTER_INMSG || m->state == MILTER_MSGDONE)) {
		m->state = MILTER_INMSG;
		m->skip_body = false;
		m->n[MILTER_N_MESSAGES]++;
	}
	return m->state == MILTER_INMSG || (m->state == MILTER_OPEN && strchr("CHU", letter) != NULL);
}

static void
milters_stage(struct milters *l, const struct milter_stage *st, const struct milter_pkt *k, struct milter_verdict *v)
{
	v->kind = MILTER_CONTINUE;
	for (size_t i = 0; i < l->n && v->kind == MILTER_CONTINUE; i++) {
		struct milter *m = &l->v[i];

		if (m->state == MILTER_FAILED)
			v->kind = milter_failed(m);
		else if (milter_wants(m, st->letter)) {
			milter_send_macros(l, m, st);
			milter_ask(l, m, st, k, v);
			if (v->kind != MILTER_CONTINUE && st->letter == 'M' && m->state == MILTER_INMSG)
				m->state = MILTER_OPEN;
		}
		v->by = m->f->name;
	}
}

static const char *
milter_address(const struct milters *l, const struct ip *ip, char text[IP_TEXT])
{
	return ip_print(ip, l->conf->opt.use_compressed_ipv6_addresses, text);
}

void
milters_connect(struct milters *l, struct str host, const struct ip *client, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_CONNECT, .mark = client->family == 4 ? '4' : client->family == 6 ? '6' : 'U' };
	char text[IP_TEXT];

	k.s[0] = host;
	if (k.mark != 'U') {
		k.n[0] = client->port;
		k.s[1] = str_c(milter_address(l, client, text));
	}
	milter_log(l, 10, LOG_P_INFO, "Milter: connect to filters");
	milters_stage(l, milter_stage('C'), &k, v);
	if (v->kind != MILTER_CONTINUE)
		milter_log(l, 10, LOG_P_INFO, "Milter: connect, ending");
}

void
milters_helo(struct milters *l, struct str name, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_HELO };

	k.s[0] = name;
	milters_stage(l, milter_stage('H'), &k, v);
}

/* Strings with a NUL each: the address, then parameters. */
static void
milter_args(struct buf *b, struct str given, struct str params)
{
	struct str word;

	(void)buf_add(b, given);
	(void)buf_addmem(b, "", 1);
	while (str_word(&params, &word)) {
		(void)buf_add(b, word);
		(void)buf_addmem(b, "", 1);
	}
}

void
milters_mail(struct milters *l, struct str given, struct str params, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_MAIL };
	struct buf b;

	milter_log(l, 15, LOG_P_INFO, "Milter: sender: %.*s", STR_ARG(given));
	buf_init(&b, 0);
	milter_args(&b, given, params);
	k.rest = buf_str(&b);
	milters_stage(l, milter_stage('M'), &k, v);
	buf_done(&b);
}

void
milters_rcpt(struct milters *l, struct str given, struct str params, bool refused, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_RCPT };
	const struct milter_stage *st = milter_stage('R');
	struct buf b;

	buf_init(&b, 0);
	milter_args(&b, given, params);
	k.rest = buf_str(&b);
	if (!refused) {
		milter_log(l, 15, LOG_P_INFO, "Milter: rcpts: %.*s", STR_ARG(given));
		milters_stage(l, st, &k, v);
	} else
		for (size_t i = 0; i < l->n; i++)
			if (l->v[i].state == MILTER_INMSG && l->v[i].steps & MILTER_P_RCPT_REJ) {
				struct milter_verdict ignored;

				milter_send_macros(l, &l->v[i], st);
				milter_ask(l, &l->v[i], st, &k, &ignored);
			}
	buf_done(&b);
}

void
milters_data(struct milters *l, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_DATA };

	milters_stage(l, milter_stage('T'), &k, v);
}

void
milters_unknown(struct milters *l, struct str line, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_UNKNOWN };

	k.s[0] = line;
	milter_log(l, 10, LOG_P_INFO, "Sending \"%.*s\" to Milter", STR_ARG(line));
	milters_stage(l, milter_stage('U'), &k, v);
}

void
milters_abort(struct milters *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct milter *m = &l->v[i];

		if (m->state == MILTER_INMSG) {
			milter_put_letter(&m->out, MILTER_C_ABORT);
			milter_log(l, 11, LOG_P_INFO, "Milter (%.*s): abort filter", STR_ARG(m->f->name));
			if (milter_flush(l, m) == -1)
				continue;
		}
		if (m->state == MILTER_INMSG || m->state == MILTER_MSGDONE)
			m->state = MILTER_OPEN;
	}
}

/* ---- birth and end ---- */

static const struct conf_filter *
milters_find(const struct conf *c, struct str name, size_t *index)
{
	for (size_t i = 0; i < c->nfilters; i++)
		if (str_eq(c->filters[i].name, name)) {
			*index = i;
			return &c->filters[i];
		}
	return NULL;
}

struct milter *
milters_add(struct milters *l, struct str name)
{
	struct milter *m;
	size_t index;
	const struct conf_filter *f = milters_find(l->conf, name, &index);

	if (f == NULL)
		return NULL;
	m = &l->v[l->n++];
	memset(m, 0, sizeof *m);
	m->f = f;
	m->index = index;
	m->sock = -1;
	m->state = MILTER_OFF;
	m->shadow = conf_flag(&f->flags, 'S');
	for (int i = 0; i < MILTER_STAGES; i++)
		m->asked[i] = STR_NONE;
	buf_init(&m->out, 0);
	buf_init(&m->in, 0);
	return m;
}

struct milters *
milters_make(const struct conf *c, struct rule_ctx *ctx, struct arena *a, milter_open_fn *open, void *arg)
{
	struct milters *l = ARENA_NEW(a, struct milters);

	*l = (struct milters){ .conf = c, .arena = a, .ctx = ctx, .open = open, .arg = arg };
	l->v = ARENA_ARRAY(a, struct milter, c->nfilters);
	return l;
}

struct milters *
milters_new(const struct conf *c, const struct conf_daemon *d, struct rule_ctx *ctx, struct arena *a, milter_open_fn *open, void *arg,
    struct milter_verdict *v)
{
	bool own = d != NULL && d->has_filters;
	struct str list = own ? d->filters : c->opt.input_mail_filters, name;
	struct milters *l;
	static const char *const ends[] = { [MILTER_REJECT] = "rejecting commands", [MILTER_TEMP] = "temp failing commands", [MILTER_CLOSE] = "closing connection" };

	v->kind = MILTER_CONTINUE;
	v->reply = STR("");
	if (c->nfilters == 0)
		return NULL;
	l = milters_make(c, ctx, a, open, arg);
	while (str_split(&list, own ? ';' : ',', &name))
		if (l->n < c->nfilters)
			(void)milters_add(l, str_trim(name));
	if (l->n == 0) {
		milter_log(l, 11, LOG_P_INFO, "Milter: no active filter");
		return NULL;
	}
	for (size_t i = 0; i < l->n && v->kind == MILTER_CONTINUE; i++) {
		if (milter_connect(l, &l->v[i]) == -1)
			v->kind = milter_failed(&l->v[i]);
		v->by = l->v[i].f->name;
	}
	if (v->kind != MILTER_CONTINUE) {
		milters_quit(l);
		milter_log(l, 4, LOG_P_INFO, "Milter: initialization failed, %s", ends[v->kind]);
	}
	return l;
}

void
milters_quit(struct milters *l)
{
	for (size_t i = 0; i < l->n; i++)
		milter_leave(l, &l->v[i]);
}

void
milters_free(struct milters **lp, void (*counts)(void *, size_t, const uint64_t[MILTER_COUNTS]), void *arg)
{
	struct milters *l = *lp;

	if (l == NULL)
		return;
	*lp = NULL;
	for (size_t i = 0; i < l->n; i++) {
		struct milter *m = &l->v[i];

		milter_close(m);
		buf_done(&m->out);
		buf_done(&m->in);
		if (counts != NULL)
			counts(arg, m->index, m->n);
	}
}

bool
milters_want_refused(const struct milters *l)
{
	for (size_t i = 0; l != NULL && i < l->n; i++)
		if (l->v[i].state == MILTER_INMSG && l->v[i].steps & MILTER_P_RCPT_REJ)
			return true;
	return false;
}

void
milters_scope(struct milters *l, struct rule_ctx *ctx, const char *id)
{
	l->ctx = ctx;
	l->id = id;
}
