/*
 * srv_bdat - BDAT: a message in chunks (RFC 3030); with BODY=BINARYMIME its body is kept octet for octet.
 *
 * In a binary message only the header is lines; what ends it, and that no bare CR or LF stands in it, is decided here.  Such a body leaves by BDAT again, or
 * as MIME conversion makes it (mime/conv.h), never as lines that somebody else may read otherwise.
 */
#include "srv_msg.h"

#include "base/num.h"

#define BDAT_DROP	((uint64_t)1 << 30)	/* octets of a refused chunk that are read so that the session can go on */

/*
 * Chunks go through the same decoder as DATA: a dot at the beginning of a line is doubled for it, and the last chunk is followed by the dot
 * that ends a message.  So what ends a line is decided there for BDAT, too.
 */
struct srv_bdat {
	struct srv_msg	 m;
	struct smtp_body in;
	struct buf	 rest;
	uint64_t	 got;		/* octets of the chunks before */
	bool		 bol, cr;	/* at the beginning of a line; a CR was the last octet */
	bool		 binary;	/* BODY=BINARYMIME */
	bool		 failed;	/* refused: what follows is read and thrown away until RSET */
};

void
srv_bdat_done(struct srv *s)
{
	if (s->bdat == NULL)
		return;
	buf_done(&s->bdat->m.head);
	buf_done(&s->bdat->rest);
	s->bdat = NULL;
}

static enum smtp_body_rc
srv_bdat_feed(struct srv *s, struct srv_bdat *b, struct str some)
{
	enum smtp_body_rc rc = SMTP_BODY_MORE;
	size_t at = 0, used;

	for (size_t i = 0; i <= some.n && rc == SMTP_BODY_MORE; i++) {
		if (i == some.n || (b->bol && some.p[i] == '.')) {
			if (i > at)
				rc = srv_msg_piece(s, &b->m, &b->in, &b->rest, str_sub(some, at, i), &used);
			at = i;
			if (i < some.n && rc == SMTP_BODY_MORE)
				rc = srv_msg_piece(s, &b->m, &b->in, &b->rest, STR("."), &used);
		}
		if (i < some.n) {
			b->bol = some.p[i] == '\n' && (b->cr || s->f.relax & SMTP_BODY_ANYEND);
			b->cr = some.p[i] == '\r';
		}
	}
	return rc;
}

/* A line of a binary message's header, without its end: what it says is kept.  False: it is the first of the body. */
static bool
srv_bdat_head_line(struct srv_msg *m, struct str line)
{
	if (!srv_msg_is_head(m, line)) {
		srv_msg_head_done(m, line.n + 1);
		return line.n == 0;
	}
	if (m->head.n + line.n + 1 > m->head_max)
		m->head_large = true;
	else {
		(void)buf_add(&m->head, line);
		(void)buf_addch(&m->head, '\n');
	}
	return true;
}

/* What of `rest` is header goes there; the rest of it is body.  last: no more comes. */
static enum smtp_body_rc
srv_bdat_head(struct srv_bdat *b, bool last)
{
	struct str all = buf_str(&b->rest), line;
	size_t nl;

	while (b->m.in_head && all.n > 0) {
		if ((nl = str_chr(all, '\n')) == SIZE_MAX && !last)
			break;
		line = nl == SIZE_MAX ? all : str_first(all, nl);
		if (nl != SIZE_MAX && (line.n == 0 || line.p[line.n - 1] != '\r'))
			return SMTP_BODY_BARE_LF;
		if (nl != SIZE_MAX)
			line.n--;
		if (str_chr(line, '\r') != SIZE_MAX)
			return SMTP_BODY_BARE_CR;
		if (!srv_bdat_head_line(&b->m, line))
			break;
		all = nl == SIZE_MAX ? STR("") : str_from(all, nl + 1);
	}
	buf_consume(&b->rest, b->rest.n - all.n);
	if (b->m.in_head && b->rest.n > b->m.head_max) {	/* an endless line: it will be refused */
		b->m.head_large = true;
		buf_clear(&b->rest);
	}
	return SMTP_BODY_MORE;
}

static enum smtp_body_rc
srv_bdat_binary(struct srv *s, struct srv_bdat *b, struct str some)
{
	uint64_t max = s->conf->opt.max_message_size > 0 ? (uint64_t)s->conf->opt.max_message_size : UINT64_MAX;
	enum smtp_body_rc rc = SMTP_BODY_MORE;

	b->in.size += some.n;
	for (size_t i = 0; i < some.n; i++) {
		b->in.has8bit |= (unsigned char)some.p[i] > 0x7f;
		b->in.has_nul |= some.p[i] == '\0';
	}
	if (b->m.in_head) {
		(void)buf_add(&b->rest, some);
		if ((rc = srv_bdat_head(b, false)) != SMTP_BODY_MORE || b->m.in_head)
			return rc;
		some = buf_str(&b->rest);
	}
	if (b->in.size <= max && !b->m.bad)
		body_add(&b->m.e->body, some);
	buf_clear(&b->rest);
	return SMTP_BODY_MORE;
}

/* n octets of the stream, into the message or to nowhere.  False: the session is over. */
static bool
srv_bdat_read(struct srv *s, struct srv_bdat *b, uint64_t n)
{
	enum smtp_body_rc rc = SMTP_BODY_MORE;
	struct str some;
	enum stream_end end;
	size_t block = 0, max;

	stream_timeout(s->io, srv_msg_ms(s));
	(void)stream_flush(s->io);
	while (n > 0) {
		max = b != NULL ? body_wants(&b->m.e->body, SRV_BLOCK) : SRV_BLOCK;
		end = srv_msg_some(s, n < max ? (size_t)n : max, &block, &some);
		if (end != STREAM_OK) {
			if (s->env != NULL)
				srv_msg_lost(s, end);
			s->over = true;
			return false;
		}
		n -= some.n;
		if (b == NULL || b->failed)
			continue;
		if ((rc = b->binary ? srv_bdat_binary(s, b, some) : srv_bdat_feed(s, b, some)) != SMTP_BODY_MORE) {
			srv_msg_bare(s, rc);
			s->over = true;
			return false;
		}
	}
	stream_deadline(s->io, 0);
	return true;
}

/*
 * Would this chunk make the message too large?  It is refused before it comes (RFC 3030 2: a failure may be told at any chunk): who sends gigabytes
 * hears of it at once.  What comes nevertheless is thrown away, unless it is so much that ending the session is kinder to both.
 */
static bool
srv_bdat_too_large(struct srv *s, struct srv_bdat *b, uint64_t n, bool last)
{
	uint64_t max = s->conf->opt.max_message_size > 0 ? (uint64_t)s->conf->opt.max_message_size : UINT64_MAX;

	if (b->got <= max && n <= max - b->got)
		return false;
	b->failed = true;
	srv_msg_too_large(s, &b->m);
	srv_msg_refused(s, &b->m);
	if (n > BDAT_DROP)
		s->over = true;
	else if (srv_bdat_read(s, b, n) && last)
		srv_end_transaction(s);
	return true;
}

static void
srv_bdat_last(struct srv *s, struct srv_bdat *b)
{
	size_t used;

	if (b->binary) {
		enum smtp_body_rc rc = srv_bdat_head(b, true);

		if (rc != SMTP_BODY_MORE) {
			srv_msg_bare(s, rc);
			s->over = true;
			return;
		}
		if (b->m.in_head)
			srv_msg_head_done(&b->m, 0);
		if (b->rest.n > 0)
			body_add(&b->m.e->body, buf_str(&b->rest));
		srv_msg_end(s, &b->m, &b->in);
		return;
	}
	if (!b->bol)
		(void)srv_msg_piece(s, &b->m, &b->in, &b->rest, STR("\r\n"), &used);
	if (srv_msg_piece(s, &b->m, &b->in, &b->rest, STR(".\r\n"), &used) == SMTP_BODY_END)
		srv_msg_end(s, &b->m, &b->in);
	else {
		srv_close(s, "4.5.0", "Bare carriage return (CR) not allowed");
		s->over = true;
	}
}

void
srv_bdat(struct srv *s, struct str arg)
{
	struct str size = STR(""), word = STR_NONE;
	struct srv_bdat *b;
	uint64_t n = 0;
	bool last;

	if ((s->conf->opt.smtp_extensions & SMTPX_CHUNKING) == 0) {
		srv_reply(s, 502, "5.5.1", "Command not implemented");
		return;
	}
	if (!str_word(&arg, &size) || num_u64(size, 0, UINT64_MAX / 2, &n) == -1 ||
	    (str_word(&arg, &word) && !str_caseeq_c(word, "LAST")) || str_trim(arg).n > 0) {
		srv_close(s, "5.5.4", "%.*s BDAT needs a size: what follows cannot be told from commands", STR_ARG(s->host));
		return;
	}
	last = !str_is_none(word);
	if (s->refused || s->state < SRV_RCPT || (s->bdat != NULL && s->bdat->failed)) {
		if (!srv_bdat_read(s, NULL, n))
			return;
		if (s->refused && s->filter_says)
			srv_filter_refuse(s);
		else if (s->refused)
			srv_reply_text(s, s->refuse_reply);
		else if (s->bdat != NULL)
			srv_reply(s, 503, "5.5.0", "An earlier BDAT was refused");
		else
			(void)srv_msg_may(s);
		return;
	}
	if ((b = s->bdat) == NULL) {
		b = s->bdat = ARENA_NEW(s->env->arena, struct srv_bdat);
		srv_msg_begin(s, &b->m, &b->in);
		buf_init(&b->rest, 0);
		b->bol = true;
		b->binary = str_eq_c(s->env->qf.body, "BINARYMIME");
		if (!srv_msg_may(s)) {
			b->failed = true;
			(void)srv_bdat_read(s, b, n);
			return;
		}
	}
	srv_expect(s, n);
	if (srv_bdat_too_large(s, b, n, last) || !srv_bdat_read(s, b, n))
		return;
	b->got += n;
	if (last)
		srv_bdat_last(s, b);
	else
		srv_reply(s, 250, "2.0.0", "%llu octets received", (unsigned long long)n);
}
