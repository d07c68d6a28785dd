/*
 * srv_auth - AUTH (RFC 4954): what is offered, and the dialogue between the client and a child of role auth.
 *
 * This process carries responses from one to the other and never knows a password's worth: who it is, is the child's word.
 */
#include "srv_int.h"

#include <string.h>
#include <unistd.h>

#include "authask.h"
#include "authlayer.h"
#include "base/enc.h"
#include "base/log.h"

#define SRV_AUTH_SKIP	16		/* times as much of a line that is too long is read to its end */

/* Whom the certificate names, encoded as sendmail does; what stands there for a name that is none is nobody. */
static struct str
srv_auth_external(struct srv *s)
{
	struct str subject = rule_macro_value(s->ctx, STR("cert_subject")), out;
	struct buf b;

	if (str_starts(subject, STR("BadCertificate")))
		return STR("");
	buf_init(&b, 0);
	(void)enc_xtext(&b, subject);
	out = arena_str(s->cmd, buf_str(&b));
	buf_done(&b);
	return out;
}

void
srv_auth_forget(struct srv *s)
{
	static const char *const names[] = { "auth_type", "auth_authen", "auth_author", "auth_ssf" };

	s->authed = false;
	s->auth_mechs = STR_NONE;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		(void)rule_macro_set(s->ctx, str_c(names[i]), STR_NONE);
}

static void
srv_auth_ask(struct srv *s, struct auth_ask *q)
{
	const struct conf_opts *o = &s->conf->opt;
	struct str realm = o->auth_realm, bits = rule_macro_value(s->ctx, STR("cipher_bits"));

	memset(q, 0, sizeof *q);
	q->host = s->host;
	q->realm = realm.n > 0 ? realm : s->host;
	q->mechs = o->auth_mechanisms;
	/* unset: as if it were "p y"; p also comes from srv_features */
	q->flags = auth_flags(o->auth_options.n > 0 ? o->auth_options : STR("y")) & ~auth_flags(STR("p"));
	if (s->f.plain_layer)
		q->flags |= auth_flags(STR("p"));
	q->max_ssf = o->auth_max_bits > 0 ? (uint32_t)o->auth_max_bits : 0;
	q->external = q->user = q->authid = q->password = q->binding = q->binding_data = STR("");
	q->peer = rule_macro_value(s->ctx, STR("client_addr"));
	if (!s->tls)
		return;
	for (size_t i = 0; i < bits.n && chr_is_digit(bits.p[i]); i++)
		q->ssf = q->ssf * 10 + (uint32_t)(bits.p[i] - '0');
	if (str_eq_c(rule_macro_value(s->ctx, STR("verify")), "OK"))
		q->external = srv_auth_external(s);
	if (tls_binding(s->io, s->cmd, &q->binding, &q->binding_data) == -1)
		q->binding = STR("");
}

struct str
srv_auth_mechs(struct srv *s)
{
	struct auth_ask q;
	struct err e = ERR_INIT;

	if (!s->f.auth || s->sv->auth_mechs == NULL || s->conf->opt.auth_mechanisms.n == 0)
		return STR("");
	if (!str_is_none(s->auth_mechs))
		return s->auth_mechs;
	srv_auth_ask(s, &q);
	if (s->sv->auth_mechs(s->sv->arg, &q, s->arena, &s->auth_mechs, &e) == -1) {
		log_line(1, LOG_P_ERR, NULL, "AUTH is not offered: %s", e.text);
		s->auth_mechs = STR_NONE;
		return STR("");
	}
	return s->auth_mechs;
}

static bool
srv_auth_offered(struct srv *s, struct str mech)
{
	struct str list = srv_auth_mechs(s), each;

	while (str_word(&list, &each))
		if (str_caseeq(each, mech))
			return true;
	return false;
}

/* ---- the dialogue ---- */

/* Base64 of a client: 0, or -1 when it is none. */
static int
srv_auth_decode(struct srv *s, struct str text, struct str *out)
{
	struct buf b;
	int rc;

	buf_init_secret(&b, AUTH_TEXT);
	rc = dec_b64(&b, text);
	if (rc == 0 && buf_ok(&b))
		*out = arena_str(s->cmd, buf_str(&b));
	else
		rc = -1;
	buf_done(&b);
	return rc;
}

static void
srv_auth_challenge(struct srv *s, struct str data)
{
	struct buf b;

	buf_init(&b, 0);
	(void)buf_addc(&b, "334 ");
	(void)enc_b64(&b, data);
	(void)buf_addc(&b, "\r\n");
	(void)stream_write(s->io, buf_str(&b));
	buf_done(&b);
}

bool
srv_is_auth(const struct srv *s, struct str line)
{
	return s->f.auth && line.n > 5 && str_caseeq(str_first(line, 5), STR("AUTH "));
}

enum stream_end
srv_auth_longer(struct srv *s, struct str *line)
{
	struct str rest, head = arena_str(s->cmd, *line);
	enum stream_end end = STREAM_LONG;

	if (srv_is_auth(s, head) && (end = stream_line(s->io, SRV_AUTH_LINE - head.n, &rest)) == STREAM_OK)
		*line = arena_cat(s->cmd, head, rest);
	else
		*line = head;
	return end;
}

bool
srv_auth_long(struct srv *s)
{
	struct str line;
	enum stream_end end = STREAM_LONG;

	for (int i = 0; end == STREAM_LONG && i < SRV_AUTH_SKIP; i++)
		end = stream_line(s->io, SRV_AUTH_LINE, &line);
	if (end == STREAM_LONG)
		srv_close(s, "4.7.0", "%.*s AUTH response too long", STR_ARG(s->host));
	stream_deadline(s->io, 0);
	if (end != STREAM_OK) {
		s->over = true;
		return false;
	}
	s->count[PARK_BAD_COMMANDS]++;
	srv_reply(s, 500, "5.5.6", "Authentication Exchange line is too long");
	return true;
}

/* The client's next line: 1 and *out, 0 it was refused and said so, -1 the session is over. */
static int
srv_auth_answer(struct srv *s, struct str *out)
{
	int64_t t = s->conf->opt.timeout.auth;
	int ms = (int)(t > 0 && t < 86400 ? t : 600) * 1000;
	struct str line, text;
	enum stream_end end;

	(void)stream_flush(s->io);
	stream_timeout(s->io, ms);
	stream_deadline(s->io, ms);		/* as for commands: for the whole of it */
	end = stream_line(s->io, SRV_AUTH_LINE, &line);
	if (end == STREAM_TIMEOUT)
		srv_close(s, "4.4.2", "%.*s timeout waiting for input from %.*s", STR_ARG(s->host), STR_ARG(s->client));
	if (end == STREAM_LONG)
		return srv_auth_long(s) ? 0 : -1;
	stream_deadline(s->io, 0);
	if (end != STREAM_OK) {
		s->over = true;
		return -1;
	}
	text = arena_str(s->cmd, str_trim(line));
	if (str_eq_c(text, "*")) {
		srv_reply(s, 501, "5.0.0", "AUTH aborted");
		return 0;
	}
	if (str_eq_c(text, "=")) {		/* RFC 4954 4: as an initial one; curl writes an empty one so in an answer, too (EXTERNAL) */
		*out = STR("");
		return 1;
	}
	if (srv_auth_decode(s, text, out) == 0)
		return 1;
	srv_reply(s, 501, "5.5.4", "cannot decode AUTH parameter %.*s", STR_ARG(str_first(text, 80)));
	return 0;
}

static struct str
srv_auth_upper(struct srv *s, struct str mech)
{
	char *p = arena_bytes(s->cmd, mech.n + 1);

	for (size_t i = 0; i < mech.n; i++)
		p[i] = chr_upper(mech.p[i]);
	p[mech.n] = '\0';
	return str_mem(p, mech.n);
}

static void
srv_auth_done(struct srv *s, const struct auth_said *said, struct str mech)
{
	s->authed = true;
	(void)rule_macro_set(s->ctx, STR("auth_type"), srv_auth_upper(s, mech));
	(void)rule_macro_set(s->ctx, STR("auth_authen"), said->authen);
	(void)rule_macro_setf(s->ctx, "auth_ssf", "%u", (unsigned)said->ssf);
	log_line(8, LOG_P_INFO, NULL, "AUTH=server, relay=%.*s, authid=%.*s, mech=%.*s, bits=%u", STR_ARG(s->client),
	    STR_ARG(str_first(said->authen, 200)), STR_ARG(mech), (unsigned)said->ssf);
	srv_reply(s, 235, "2.0.0", "OK Authenticated");
}

static void
srv_auth_failed(struct srv *s, enum auth_rc rc, const struct auth_said *said, struct str mech)
{
	s->count[PARK_BAD_COMMANDS]++;
	if (rc == AUTH_TEMP) {
		srv_reply(s, 454, "4.3.0", "Temporary authentication failure");
		return;
	}
	/* in sendmail's words and order: programs that watch logs know them */
	log_line(5, LOG_P_WARNING, srv_id(s), "AUTH failure (%.*s): %.*s, user=%.*s, relay=%.*s", STR_ARG(srv_auth_upper(s, mech)), STR_ARG(str_first(said->why, 400)),
	    STR_ARG(str_first(said->authen.n > 0 ? said->authen : said->author, 200)), STR_ARG(s->client));
	srv_reply(s, 535, "5.7.0", "authentication failed");
}

/* Behind the 235 all is under the layer, and as after STARTTLS the client begins anew (RFC 4954 4). */
static void
srv_auth_layer(struct srv *s, struct chan **ch)
{
	(void)stream_flush(s->io);
	if (authlayer_push(s->io, ch) == -1) {
		srv_close(s, "4.3.0", "%.*s out of memory", STR_ARG(s->host));
		s->over = true;
	}
}

static void
srv_auth_talk(struct srv *s, struct chan **ch, struct str mech, struct str initial)
{
	struct auth_say say = { .begin = true, .mech = mech, .data = initial };
	struct auth_said said;
	int rc;

	for (;;) {
		memset(&said, 0, sizeof said);
		said.rc = AUTH_TEMP;
		if (auth_step(*ch, &say, s->cmd, &said) == -1)
			said.rc = AUTH_TEMP;
		if (said.rc == AUTH_OK) {
			srv_auth_done(s, &said, mech);
			if (said.ssf > 0)
				srv_auth_layer(s, ch);
			return;
		}
		if (said.rc != AUTH_CONTINUE) {
			srv_auth_failed(s, said.rc, &said, mech);
			return;
		}
		srv_auth_challenge(s, said.data);
		say = (struct auth_say){ .mech = STR(""), .data = STR("") };
		if ((rc = srv_auth_answer(s, &say.data)) != 1)
			return;
	}
}

void
srv_auth(struct srv *s, struct str arg)
{
	struct str mech = STR(""), rest = arg, initial = STR_NONE;
	struct auth_ask q;
	struct chan *ch;
	struct err e = ERR_INIT;
	int fd;

	if (srv_auth_mechs(s).n == 0) {
		srv_reply(s, 503, "5.3.3", "AUTH not available");
		return;
	}
	if (s->authed) {
		srv_reply(s, 503, "5.5.0", "Already Authenticated");
		return;
	}
	if (s->state > SRV_HELO) {
		srv_reply(s, 503, "5.5.0", "AUTH not permitted during a mail transaction");
		return;
	}
	if (!str_word(&rest, &mech)) {
		srv_reply(s, 501, "5.5.2", "AUTH mechanism must be specified");
		return;
	}
	if (!srv_auth_offered(s, mech)) {
		srv_reply(s, 504, "5.3.3", "AUTH mechanism %.*s not available", STR_ARG(str_first(mech, 512)));
		return;
	}
	rest = str_trim(rest);
	if (str_eq_c(rest, "="))		/* an empty one, not none */
		initial = STR("");
	else if (rest.n > 0 && srv_auth_decode(s, rest, &initial) == -1) {
		srv_reply(s, 501, "5.5.4", "cannot BASE64 decode '%.*s'", STR_ARG(str_first(rest, 80)));
		return;
	}
	srv_auth_ask(s, &q);
	if ((fd = s->sv->auth(s->sv->arg, &q, &e)) == -1 || (ch = chan_new(fd)) == NULL) {
		log_line(1, LOG_P_ERR, NULL, "AUTH: %s", e.text);
		srv_reply(s, 454, "4.3.0", "Temporary authentication failure");
		return;
	}
	chan_limit(ch, 2 * AUTH_TEXT);
	srv_auth_talk(s, &ch, mech, initial);
	chan_free(&ch);
}
