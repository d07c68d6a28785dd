/*
 * clt_body - the message leaves: after DATA with its dots, or in chunks (BDAT, RFC 3030); as it is, or converted for a server that takes less.
 *
 * What ends a line is decided by wire/smtp_body.c, for converted content too.  Only a BINARYMIME message leaves octet for octet, and only by BDAT, where
 * its length is said beforehand.
 */
#include "clt_int.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "mime/conv.h"
#include "rule/rule.h"
#include "say.h"
#include "wire/smtp_body.h"

#define CLT_BLOCK	((size_t)64 << 10)
#define CLT_CHUNK	((size_t)1 << 20)	/* a refusal of a chunk costs no more than this */

struct clt_out {
	struct clt_tx		*t;
	struct smtp_out		 o;
	struct buf		 b;
	struct smtp_reply	*r;
	struct clt_fail		*f;
	struct rule_ctx		*rules;		/* classes n, q, s; when converting */
	int			 rc;		/* as clt_content's */
	bool			 raw;		/* what comes is not to be touched */
};

/* What has gathered goes out: to the stream, or as a chunk whose reply is waited for. */
static void
clt_out_flush(struct clt_out *out, bool last)
{
	struct clt *c = out->t->c;
	struct str args;

	if (out->rc != 0)
		return;
	if (!buf_ok(&out->b)) {
		memset(out->f, 0, sizeof *out->f);
		out->f->outcome = OUTCOME_DEFERRED;
		out->f->ex = EXIT_OSERR;
		out->f->status = STR("4.3.0");
		out->f->text = STR("Deferred: out of memory");
		c->state = CLT_DEAD;
		out->rc = -1;
		return;
	}
	if (!out->t->bdat) {
		(void)stream_write(c->io, buf_str(&out->b));	/* a broken stream shows when the reply is read */
		buf_clear(&out->b);
		return;
	}
	args = arena_fmt(out->t->arena, "%zu%s", out->b.n, last ? " LAST" : "");
	clt_say(c, CLT_BDAT, args);
	(void)stream_write(c->io, buf_str(&out->b));
	buf_clear(&out->b);
	if (last)
		return;
	if (clt_hear(c, CLT_BDAT, clt_step_text(out->t->arena, CLT_BDAT, args), out->t->arena, out->r, out->f) == -1)
		out->rc = -1;
	else if (smtp_reply_class(out->r) != 2)
		out->rc = 1;
}

static void
clt_out_put(void *arg, struct str s)
{
	struct clt_out *out = arg;

	while (s.n > 0 && out->rc == 0) {
		struct str part = str_first(s, CLT_BLOCK);

		if (out->raw)
			(void)buf_add(&out->b, part);
		else
			smtp_out_feed(&out->o, part, &out->b);
		s = str_from(s, part.n);
		if (out->b.n >= (out->t->bdat ? CLT_CHUNK : CLT_BLOCK))
			clt_out_flush(out, false);
	}
}

static bool
clt_in_class(void *arg, char which, struct str name)
{
	struct clt_out *out = arg;

	return rule_class_has(out->rules, str_mem(&which, 1), name);
}

/* Less content than promised: it must not end as if it were whole. */
static void
clt_out_short(struct clt_out *out)
{
	memset(out->f, 0, sizeof *out->f);
	out->f->outcome = OUTCOME_DEFERRED;
	out->f->ex = EXIT_IOERR;
	out->f->status = STR("4.3.0");
	out->f->text = STR("Deferred: content of the message cannot be read");
	out->t->c->state = CLT_DEAD;
	out->rc = -1;
}

static void
clt_out_file(struct clt_out *out)
{
	static char block[CLT_BLOCK];
	uint64_t left = out->t->a->size;
	off_t at = 0;

	while (left > 0 && out->rc == 0) {
		ssize_t n = pread(out->t->fd, block, left < sizeof block ? (size_t)left : sizeof block, at);

		if (n <= 0) {
			clt_out_short(out);
			return;
		}
		at += n;
		left -= (uint64_t)n;
		clt_out_put(out, str_mem(block, (size_t)n));
	}
}

/* Mailer flags 6 and 7: a header of seven bits. */
static struct str
clt_out_header(const struct clt_tx *t)
{
	const struct mailer *m = t->c->c.mailer;

	return mailer_has(m, '6') || mailer_has(m, '7') ? conv_header_7bit(t->arena, t->a->header) : t->a->header;
}

/* Header and content as they are. */
static void
clt_out_plain(struct clt_out *out)
{
	const struct clt_tx *t = out->t;

	clt_out_put(out, clt_out_header(t));
	clt_out_put(out, STR("\n"));
	if (t->how == CLT_RAW) {
		smtp_out_end(&out->o, &out->b);
		out->raw = true;
	}
	if (!str_is_none(t->a->content))
		clt_out_put(out, t->a->content);
	else
		clt_out_file(out);
}

static void
clt_out_converted(struct clt_out *out)
{
	const struct clt_tx *t = out->t;
	struct str content = t->a->content, charset = t->a->charset;
	void *map = MAP_FAILED;
	struct conv c = { .to = t->how == CLT_TO_8BIT ? CONV_8BIT : CONV_7BIT, .raw = str_caseeq_c(t->a->body, "BINARYMIME"),
		.in_class = clt_in_class, .class_arg = out, .charset = charset.n > 0 ? charset : t->c->c.conf->opt.default_char_set,
		.ebcdic = mailer_has(t->c->c.mailer, '3'), .put = clt_out_put, .put_arg = out };
	struct stat st;

	if (str_is_none(content) && t->a->size > 0) {
		if (fstat(t->fd, &st) == -1 || st.st_size < 0 || (uint64_t)st.st_size < t->a->size || t->a->size > SIZE_MAX / 2 ||
		    (map = mmap(NULL, (size_t)t->a->size, PROT_READ, MAP_PRIVATE, t->fd, 0)) == MAP_FAILED) {
			clt_out_short(out);
			return;
		}
		content = str_mem(map, (size_t)t->a->size);
	} else if (str_is_none(content))
		content = STR("");
	out->rules = rule_ctx_new(t->c->c.conf->rules, NULL, NULL, NULL);
	c.by = arena_fmt(t->arena, "%.*s id %.*s", STR_ARG(rule_macro_value(out->rules, STR("j"))), STR_ARG(t->a->id));
	if (conv_run(t->arena, &c, clt_out_header(t), content) == -1)
		clt_out_short(out);
	rule_ctx_free(&out->rules);
	if (map != MAP_FAILED)
		(void)munmap(map, (size_t)t->a->size);
}

int
clt_content(struct clt_tx *t, struct smtp_reply *r, struct clt_fail *f)
{
	const struct mailer *m = t->c->c.mailer;
	unsigned flags = (t->bdat ? 0u : SMTP_OUT_DOTS) | (mailer_has(m, '7') ? SMTP_OUT_7BIT : 0u) |
			 (mailer_has(m, '1') ? SMTP_OUT_NONUL : 0u) |
			 (mailer_has(m, 'E') ? SMTP_OUT_FROM : 0u);
	struct clt_out out = { .t = t, .r = r, .f = f };

	stream_timeout(t->c->io, clt_timeout(t->c, CLT_CONTENT));
	buf_init(&out.b, 0);
	smtp_out_init(&out.o, flags, STR("\r\n"), m->line_limit > 0 ? (size_t)m->line_limit : 0);
	if (t->how == CLT_AS_IS || t->how == CLT_RAW)
		clt_out_plain(&out);
	else
		clt_out_converted(&out);
	if (out.rc == 0) {
		if (!out.raw) {
			smtp_out_end(&out.o, &out.b);
			if (mailer_has(m, 'b'))
				smtp_out_feed(&out.o, STR("\n"), &out.b);
		}
		if (!t->bdat) {
			if (t->c->c.verbose)
				say(">>> .");
			smtp_out_dot(&out.o, &out.b);
		}
		clt_out_flush(&out, true);
	}
	smtp_out_done(&out.o);
	buf_done(&out.b);
	return out.rc;
}
