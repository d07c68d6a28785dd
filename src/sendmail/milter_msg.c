/*
 * milter_msg - a whole message, told to one filter after the other: header, body, end; and what each answers in the end.
 *
 * A filter sees what those before it changed.  It does not see the fields that we add ourselves.
 */
#include "milter_int.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "os/load.h"

/* ---- header ---- */

/* True: go on. */
static bool
milter_msg_headers(struct milters *l, struct milter *m, const struct milter_work *w, struct milter_verdict *v)
{
	const struct milter_stage *st = milter_stage('L');
	struct milter_pkt k = { .letter = MILTER_C_HEADER };

	if (m->steps & st->no)
		return true;
	milter_log(l, 18, LOG_P_INFO, "Milter (%.*s): headers, send", STR_ARG(m->f->name));
	for (size_t i = 0; i < w->n; i++) {
		const struct milter_hdr *h = &w->v[i];

		if (h->gone || h->made)
			continue;
		milter_log(l, 22, LOG_P_INFO, "Milter (%.*s): header, %.*s", STR_ARG(m->f->name), STR_ARG(h->h.name));
		k.s[0] = h->h.name;
		k.s[1] = h->h.value;
		if ((m->steps & MILTER_P_HDR_LEADSPC) == 0 && k.s[1].n > 0 && k.s[1].p[0] == ' ')
			k.s[1] = str_from(k.s[1], 1);
		if (k.s[1].p == NULL)
			k.s[1] = STR("");
		milter_ask(l, m, st, &k, v);
		if (v->kind != MILTER_CONTINUE || m->state != MILTER_INMSG)
			break;
	}
	milter_log(l, 18, LOG_P_INFO, "Milter (%.*s): headers, sent", STR_ARG(m->f->name));
	return v->kind == MILTER_CONTINUE && m->state == MILTER_INMSG;
}

static bool
milter_msg_eoh(struct milters *l, struct milter *m, struct milter_verdict *v)
{
	const struct milter_stage *st = milter_stage('N');
	struct milter_pkt k = { .letter = MILTER_C_EOH };

	if (m->steps & st->no)
		return true;
	milter_send_macros(l, m, st);
	milter_ask(l, m, st, &k, v);
	return v->kind == MILTER_CONTINUE && m->state == MILTER_INMSG;
}

/* ---- body ---- */

/* Octets of the content from `at`: borrowed from memory, or read into `room`.  -1: they cannot be read. */
static int
milter_msg_some(const struct env *e, uint64_t at, struct buf *room, struct str *out)
{
	const size_t block = (size_t)64 << 10;
	ssize_t n;
	char *p;

	if (e->body.fd == -1) {
		*out = str_from(buf_str(&e->body.mem), (size_t)at);
		return 0;
	}
	buf_clear(room);
	if ((p = buf_reserve(room, block)) == NULL)
		return -1;
	while ((n = pread(e->body.fd, p, block, (off_t)at)) == -1 && errno == EINTR)
		;
	if (n <= 0)
		return -1;
	buf_commit(room, (size_t)n);
	*out = buf_str(room);
	return 0;
}

static bool
milter_msg_chunk(struct milters *l, struct milter *m, struct buf *chunk, size_t n, bool last, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_BODY };

	k.rest = str_first(buf_str(chunk), n);
	m->part = last ? "last body chunk" : "body chunk";
	milter_ask(l, m, milter_stage('B'), &k, v);
	m->part = NULL;
	buf_consume(chunk, n);
	return v->kind == MILTER_CONTINUE && m->state == MILTER_INMSG && !m->skip_body;
}

/* Lines end in CRLF for a filter. */
static void
milter_msg_lines(struct buf *chunk, struct str s)
{
	struct str line;

	while (s.n > 0) {
		size_t nl = str_chr(s, '\n');

		line = nl == SIZE_MAX ? s : str_first(s, nl);
		(void)buf_add(chunk, line);
		if (nl == SIZE_MAX)
			return;
		(void)buf_addc(chunk, "\r\n");
		s = str_from(s, nl + 1);
	}
}

static bool
milter_msg_body(struct milters *l, struct milter *m, const struct env *e, struct milter_verdict *v)
{
	struct buf chunk, room;
	struct str some = STR("");
	bool more = !m->skip_body;

	if (m->steps & milter_stage('B')->no)
		return true;
	milter_log(l, 18, LOG_P_INFO, "Milter (%.*s): body, send", STR_ARG(m->f->name));
	buf_init(&chunk, 0);
	buf_init(&room, 0);
	for (uint64_t at = 0; more && at < e->body.size; at += some.n) {
		if (milter_msg_some(e, at, &room, &some) == -1 || some.n == 0 || !buf_ok(&chunk)) {
			milter_log(l, 1, LOG_P_ERR, "Milter (%.*s): the message cannot be read", STR_ARG(m->f->name));
			v->kind = MILTER_TEMP;
			more = false;
			break;
		}
		some = str_first(some, m->chunk);
		if (str_eq_c(e->qf.body, "BINARYMIME"))		/* its lines have their CR */
			(void)buf_add(&chunk, some);
		else
			milter_msg_lines(&chunk, some);
		while (more && chunk.n >= m->chunk)
			more = milter_msg_chunk(l, m, &chunk, m->chunk, chunk.n == m->chunk && at + some.n >= e->body.size, v);
	}
	if (more && chunk.n > 0)
		(void)milter_msg_chunk(l, m, &chunk, chunk.n, true, v);
	buf_done(&chunk);
	buf_done(&room);
	milter_log(l, 18, LOG_P_INFO, "Milter (%.*s): body, sent", STR_ARG(m->f->name));
	return v->kind == MILTER_CONTINUE && m->state == MILTER_INMSG;
}

/* ---- the end ---- */

/* The last word; false: more comes. */
static bool
milter_msg_last(struct milters *l, struct milter *m, const struct milter_pkt *k, struct milter_verdict *v)
{
	const char *word = NULL;

	switch (k->letter) {
	case MILTER_R_CONTINUE:
		break;
	case MILTER_R_ACCEPT:
		m->n[MILTER_N_ACCEPT]++;
		break;
	case MILTER_R_REJECT:
		v->kind = MILTER_REJECT;
		word = "reject";
		break;
	case MILTER_R_TEMPFAIL:
		v->kind = MILTER_TEMP;
		word = "tempfail";
		break;
	case MILTER_R_DISCARD:
		v->kind = MILTER_DISCARD;
		word = "discard";
		break;
	case MILTER_R_REPLY:
		v->kind = MILTER_REPLY;
		v->reply = milter_reply_text(rule_scratch(l->ctx), k->s[0]);
		if (str_is_none(v->reply))
			v->reply = str_c(milter_stage('E')->bad_reply);
		milter_log(l, 13, LOG_P_INFO, "milter=%.*s, reject=%.*s", STR_ARG(m->f->name), STR_ARG(v->reply));
		break;
	default:
		return false;
	}
	if (v->kind == MILTER_CONTINUE && m->lied)
		v->kind = MILTER_TEMP;
	m->lied = false;
	if (word != NULL)
		milter_log(l, 13, LOG_P_INFO, "milter=%.*s, %s", STR_ARG(m->f->name), word);
	milter_judge(l, m, "eom", v);
	return true;
}

static uint64_t
milter_msg_deadline(const struct milter *m)
{
	int64_t s = m->f->t_eom > 0 && m->f->t_eom < 86400 ? m->f->t_eom : 300;

	return os_now_ms() + (uint64_t)s * 1000;
}

static void
milter_msg_end(struct milters *l, struct milter *m, struct milter_work *w, struct milter_verdict *v)
{
	struct milter_pkt k = { .letter = MILTER_C_EOM };
	uint64_t deadline;
	char letter[8];

	milter_send_macros(l, m, milter_stage('E'));
	(void)milter_put(&m->out, false, &k);
	if (milter_flush(l, m) == -1)
		return;
	deadline = milter_msg_deadline(m);
	while (milter_read(l, m, deadline, "eom", &k) == 0) {
		if (k.letter == MILTER_R_PROGRESS) {
			deadline = milter_msg_deadline(m);
			continue;
		}
		if (milter_msg_last(l, m, &k, v)) {
			milter_change_end(w);
			return;
		}
		if (strchr("+-2behimq", k.letter) == NULL || k.letter == '\0') {
			milter_log(l, 1, LOG_P_ERR, "milter_data(%.*s): returned bogus response %s", STR_ARG(m->f->name),
			    log_esc(letter, sizeof letter, str_mem(&k.letter, 1)));
			milter_fail(l, m);
			return;
		}
		if (!milter_change(l, m, w, &k)) {
			milter_fail(l, m);
			v->kind = MILTER_TEMP;
			return;
		}
	}
}

static void
milter_msg_one(struct milters *l, struct milter *m, struct milter_work *w, struct milter_verdict *v)
{
	uint64_t start = os_now_ms(), us;

	if (milter_msg_headers(l, m, w, v) && milter_msg_eoh(l, m, v) && milter_msg_body(l, m, w->e, v))
		milter_msg_end(l, m, w, v);
	us = (os_now_ms() - start) * 1000;
	m->n[MILTER_N_USEC] += us;
	if (us > m->n[MILTER_N_MAX_USEC])
		m->n[MILTER_N_MAX_USEC] = us;
	if (m->state == MILTER_FAILED && v->kind == MILTER_CONTINUE)
		v->kind = w->torn ? MILTER_TEMP : milter_failed(m);
	w->replacing = w->torn = w->cr = false;
	if (m->state == MILTER_INMSG || m->state == MILTER_MSGDONE)
		m->state = MILTER_OPEN;
}

void
milters_message(struct milters *l, struct env *e, struct milter_verdict *v)
{
	struct milter_work w;

	v->kind = MILTER_CONTINUE;
	if (body_finish(&e->body, NULL) == -1)
		return;				/* whoever commits it says why */
	milter_work_begin(&w, e);
	for (size_t i = 0; i < l->n && v->kind == MILTER_CONTINUE; i++) {
		struct milter *m = &l->v[i];

		if (m->state == MILTER_FAILED)
			v->kind = milter_failed(m);
		else if (m->state == MILTER_INMSG)
			milter_msg_one(l, m, &w, v);
		v->by = m->f->name;
	}
	if (v->kind != MILTER_CONTINUE)
		milters_abort(l);			/* those who were not asked */
	milter_work_end(&w);
}
