/*
 * submit_read - a message on standard input: header, content, and with -t its recipients.
 *
 * Lines end in LF (a CR before it goes).  A line that is no header field ends the header and belongs to the content.  A single dot ends the
 * message unless -i; without it, of two dots at the start of a line one goes, too.
 */
#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "base/utf8.h"
#include "mime/addr.h"
#include "net/stream.h"
#include "rcptlist.h"
#include "submit.h"

#define READ_SIZE	32768
#define LINE_MAX_READ	((size_t)1 << 20)	/* a longer line goes on in pieces */

struct submit_in {
	int		 fd;
	struct buf	 buf;
	bool		 end;
	int		 transcript;
	bool		 mid;
};

/* The next line with its LF (without a CR before it); pieces of very long ones without.  0 end, -1 read error. */
static int
submit_line(struct submit_in *in, struct buf *line)
{
	size_t	nl;
	char	*p;
	ssize_t	n;

	buf_clear(line);
	while ((nl = str_chr(buf_str(&in->buf), '\n')) == SIZE_MAX && !in->end && in->buf.n < LINE_MAX_READ) {
		if ((p = buf_reserve(&in->buf, READ_SIZE)) == NULL) {
			errno = ENOMEM;
			return -1;
		}
		if ((n = read(in->fd, p, READ_SIZE)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		in->end = n == 0;
		stream_transcribe(in->transcript, false, &in->mid, n == 0 ? STR("[EOF]\n") : str_mem(p, (size_t)n));
		buf_commit(&in->buf, (size_t)n);
	}
	if (in->buf.n == 0)
		return 0;
	if (nl == SIZE_MAX) {
		buf_add(line, buf_str(&in->buf));
		if (in->end)
			buf_addch(line, '\n');
		buf_clear(&in->buf);
		return 1;
	}
	buf_add(line, str_first(buf_str(&in->buf), nl));
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		buf_truncate(line, line->n - 1);
	buf_addch(line, '\n');
	buf_consume(&in->buf, nl + 1);
	return 1;
}

/* The text, looked through: header and content count (EightBitMode). */
static struct str
submit_eight(struct submit *s, struct str text)
{
	if (!(s->env->qf.flags & QF_HAS8BIT) && !str_is_ascii(text))
		s->env->qf.flags |= QF_HAS8BIT;
	return text;
}

static void
submit_content(struct submit *s, struct str text)
{
	body_add(&s->env->body, submit_eight(s, text));
}

/* A field, a continuation of one, or mbox's first line. */
static bool
submit_is_header(struct str line, bool first)
{
	struct str	name, value;

	line = str_first(line, line.n - 1);
	if (!first && line.n > 0 && chr_is_blank(line.p[0]))
		return true;
	return (first && str_starts(line, STR("From "))) || env_hdr_split(line, &name, &value);
}

int
submit_add_rcpts(struct submit *s, struct str list)
{
	const char		*n = s->o->notify;
	unsigned		 notify = 0;
	struct arena		*m = s->env->arena;
	struct rcptlist		 l;

	if (n != NULL) {
		struct str words = str_c(n), w;

		notify = QR_NOTIFY;
		while (str_split(&words, ',', &w))
			notify |= str_caseeq_c(w, "success") ? QR_SUCCESS : str_caseeq_c(w, "failure") ? QR_FAILURE :
			    str_caseeq_c(w, "delay") ? QR_DELAY : 0;
	}
	if (rcptlist_parse(m, s->conf, list, s->conf->opt.old_style_headers && !s->new_style, &l) == -1)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		switch (env_add_rcpt(s->env, l.v[i].addr, STR_NONE, notify, STR_NONE)) {
		case ENV_RCPT_FULL:
			return -1;
		case ENV_RCPT_NEW:
			if (!str_is_none(l.v[i].raw))
				s->env->qf.rcpt[s->env->qf.nrcpt - 1].given = qf_given(m, arena_str(m, str_trim(l.v[i].raw)), l.v[i].addr);
			break;
		case ENV_RCPT_AGAIN:
			break;
		}
	return 0;
}

/* Is this a field whose members get the message? */
static bool
submit_is_rcpt_field(struct str name, bool resent)
{
	static const char *const names[] = { "To", "Cc", "Bcc", "Apparently-To" };

	if (resent != str_casestarts(name, STR("Resent-")))
		return false;
	if (resent)
		name = str_from(name, 7);
	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (str_caseeq_c(name, names[k]))
			return true;
	return false;
}

/* -t: To, Cc, Bcc; in resent mail those with Resent-. */
static int
submit_header_rcpts(struct submit *s)
{
	struct qf	*q = &s->env->qf;
	bool		 resent = false;
	int		 rc = 0;

	for (size_t i = 0; i < q->nhdr; i++)
		resent = resent || str_casestarts(q->hdr[i].name, STR("Resent-"));
	for (size_t i = 0; i < q->nhdr; i++)
		if (submit_is_rcpt_field(q->hdr[i].name, resent))
			s->new_style |= addr_is_new_style(q->hdr[i].value);
	for (size_t i = 0; i < q->nhdr && rc == 0; i++)
		if (submit_is_rcpt_field(q->hdr[i].name, resent))
			rc = submit_add_rcpts(s, q->hdr[i].value);
	s->new_style = false;
	for (size_t i = 0; i < q->nhdr; i++)
		if (qf_is_bcc(&q->hdr[i]))
			q->hdr[i].value = STR("");
	return rc;
}

int
submit_read(struct submit *s, int fd, struct err *e)
{
	struct submit_in	in = { .fd = fd, .transcript = s->ctx->transcript };
	struct buf		header, line;
	bool			seven = s->conf->opt.seven_bit_input || (s->o->body != NULL && strcasecmp(s->o->body, "7bit") == 0);
	bool			in_header = true, first = true, dots = !s->o->ignore_dots && !s->conf->opt.ignore_dots;
	int			rc;

	buf_init(&in.buf, LINE_MAX_READ + 2 * READ_SIZE);
	buf_init(&header, ENV_HDR_MAX);
	buf_init(&line, LINE_MAX_READ + 2 * READ_SIZE);
	while ((rc = submit_line(&in, &line)) == 1) {
		if (dots && str_eq_c(buf_str(&line), ".\n"))
			break;
		if (dots && !in_header && str_starts(buf_str(&line), STR("..")))
			buf_consume(&line, 1);
		if (seven) {
			body_seven(&line, 0);
			line.p[line.n - 1] = '\n';
		}
		if (in_header && !submit_is_header(buf_str(&line), first)) {
			in_header = false;
			s->env->hdr_end = line.n;
			if (line.n == 1)
				continue;
		}
		first = false;
		if (in_header)
			buf_add(&header, submit_eight(s, buf_str(&line)));
		else
			submit_content(s, buf_str(&line));
	}
	if (rc == -1)
		err_sys(e, ERR_TEMP, "read message");
	else if (!buf_ok(&header))
		rc = err_set(e, ERR_PERM, "the header is too long");
	else if (s->conf->opt.max_message_size > 0 && (int64_t)(s->env->body.size + header.n) > s->conf->opt.max_message_size)
		rc = err_set(e, ERR_PERM, "message size exceeds fixed maximum message size (%lld)", (long long)s->conf->opt.max_message_size);
	else {
		env_hdr_parse(s->env, buf_str(&header));
		if (s->conf->opt.eight_bit_mode == 's' && (s->env->qf.flags & (QF_HAS8BIT | QF_UTF8)) == QF_HAS8BIT && s->o->body == NULL &&
		    env_hdr_find(s->env, STR("MIME-Version")) == NULL)
			rc = err_set(e, ERR_PERM, "Eight bit data not allowed");
		else
			rc = body_finish(&s->env->body, e);
		if (rc == 0 && s->o->from_headers && submit_header_rcpts(s) == -1)
			rc = err_set(e, ERR_PERM, "too many recipients");
	}
	buf_done(&in.buf);
	buf_done(&header);
	buf_done(&line);
	return rc == -1 ? -1 : 0;
}
