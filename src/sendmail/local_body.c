/*
 * local_body - a message as a program or a file wants it: From_ line, header, empty line, content, with the mailer's line ends.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "local_int.h"
#include "mime/conv.h"
#include "net/stream.h"
#include "os/fd.h"
#include "unquote.h"
#include "wire/smtp_body.h"

struct local_out {
	int			 fd;
	const struct mailer	*m;
	struct smtp_out		 o;		/* line ends, L=, flags 1 7 E X */
	struct buf		 b;
	int			 failed;	/* errno */
	int			 transcript;
	bool			 mid;
};

static void
local_out_flush(struct local_out *o)
{
	if (o->failed == 0 && os_write_all(o->fd, buf_str(&o->b)) == -1)
		o->failed = errno;
	stream_transcribe(o->transcript, true, &o->mid, buf_str(&o->b));
	buf_clear(&o->b);
}

/* One piece of text; lines in it end in LF. */
static void
local_out_text(struct local_out *o, struct str s)
{
	while (s.n > 0 && o->failed == 0) {
		struct str part = str_first(s, 32768);

		smtp_out_feed(&o->o, part, &o->b);
		s = str_from(s, part.n);
		if (o->b.n >= 32768)
			local_out_flush(o);
	}
}

static void
local_out_from(struct local_out *o, const struct local_job *j)
{
	struct rule_ctx	*rules = j->local->rules;
	struct buf	 line;
	char		 when[40];
	time_t		 now = time(NULL);
	struct tm	 tm;

	if (localtime_r(&now, &tm) == NULL || strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", &tm) == 0)
		when[0] = '\0';
	rule_macro_set_c(rules, "d", when);
	rule_macro_set(rules, STR("g"), j->a->sender.n > 0 ? j->a->sender : rule_macro_value(rules, STR("n")));
	buf_init(&line, 4096);
	if (rule_expand(rules, j->local->conf->opt.unix_from_line.n > 0 ? j->local->conf->opt.unix_from_line : STR("From $g  $d"), &line) == 0 && buf_ok(&line)) {
		o->o.flags &= ~SMTP_OUT_FROM;
		local_out_text(o, mailer_has(o->m, 'U') ? unquote_uucp_from(rule_scratch(rules), buf_str(&line)) : buf_str(&line));
		local_out_text(o, STR("\n"));
	}
	buf_done(&line);
}

static void
local_out_fd(struct local_out *o, int fd, uint64_t size)
{
	char	block[16384];
	ssize_t	n;
	off_t	at = 0;

	while (o->failed == 0 && (n = pread(fd, block, sizeof block, at)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			o->failed = errno;
			break;
		}
		local_out_text(o, str_mem(block, (size_t)n));
		at += n;
	}
	if (o->failed == 0 && (uint64_t)at < size)	/* it must not look whole */
		o->failed = EIO;
}

static void
local_out_put(void *arg, struct str s)
{
	local_out_text(arg, s);
}

static bool
local_in_class(void *arg, char which, struct str name)
{
	const struct local_job *j = arg;

	return rule_class_has(j->local->rules, str_mem(&which, 1), name);
}

/* Content of 8 bits for a mailer that takes 7: F=7, or a program that speaks LMTP without 8BITMIME.  What says nothing of itself as EightBitMode wants it. */
static bool
local_out_seven(const struct local_job *j, bool labelled)
{
	if (mailer_has(j->mailer, '7'))
		return labelled;
	return j->seven && !mailer_has(j->mailer, '8') && (labelled || str_caseeq_c(j->a->body, "8BITMIME"));
}

/*
 * Header and content for a mailbox: binary content as lines (RFC 3030 3), for F=9 encoded text as text, for mailers of 7 bits 8-bit parts encoded, with
 * EightBitMode=m text that says nothing with the fields of MIME.  False: nothing of that is wanted, nothing was written.
 */
static bool
local_out_converted(struct local_out *o, const struct local_job *j, struct arena *m, struct str header)
{
	const struct attempt	*a = j->a;
	struct str		 content = a->content.p != NULL ? a->content : STR("");
	const struct conf_opts	*opt = &j->local->conf->opt;
	bool			 high = (a->flags & ATTEMPT_8BIT) != 0 && !str_caseeq_c(a->body, "7BIT"), mime = conv_is_mime(a->header);
	bool			 label = high && !mime && opt->eight_bit_mode == 'm', seven = high && local_out_seven(j, mime || label);
	struct conv		 c = { .to = seven ? CONV_7BIT : CONV_8BIT, .raw = str_caseeq_c(a->body, "BINARYMIME"), .ebcdic = mailer_has(j->mailer, '3'),
		.in_class = local_in_class, .class_arg = (void *)(uintptr_t)j, .charset = a->charset.n > 0 ? a->charset : opt->default_char_set,
		.put = local_out_put, .put_arg = o };
	void			*map = MAP_FAILED;
	struct stat		 st;
	bool			 encode = c.raw || seven || label, done = encode || (mailer_has(j->mailer, '9') && conv_can_widen(m, a->header));

	if (done && a->content.p == NULL && a->size > 0) {
		if (fstat(j->content_fd, &st) == -1 || (uint64_t)st.st_size < a->size ||
		    (map = mmap(NULL, (size_t)a->size, PROT_READ, MAP_PRIVATE, j->content_fd, 0)) == MAP_FAILED)
			o->failed = EIO;
		else
			content = str_mem(map, (size_t)a->size);
	}
	c.by = arena_fmt(m, "%.*s id %.*s", STR_ARG(rule_macro_value(j->local->rules, STR("j"))), STR_ARG(a->id));
	if (encode && o->failed == 0 && conv_run(m, &c, header, content) == -1)
		o->failed = ENOMEM;
	else if (done && o->failed == 0 && !encode)
		done = conv_widen(m, &c, header, content);
	if (map != MAP_FAILED)
		(void)munmap(map, (size_t)a->size);
	return done;
}

/* Escaping and dots are for what follows the From_ line. */
static unsigned
local_out_flags(const struct mailer *m, bool file)
{
	return SMTP_OUT_RAWCR | (mailer_has(m, '7') ? SMTP_OUT_7BIT : 0u) | (mailer_has(m, '1') ? SMTP_OUT_NONUL : 0u) |
	    (mailer_has(m, 'X') && !file ? SMTP_OUT_DOTS : 0u) | (file || mailer_has(m, 'E') ? SMTP_OUT_FROM : 0u);
}

int
local_body_write(const struct local_job *j, int fd, bool file, struct err *e)
{
	const struct mailer	*m = j->mailer;
	struct local_out	o = { .fd = fd, .m = m, .transcript = file ? -1 : j->local->ctx->transcript };
	unsigned		flags = local_out_flags(m, file);
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct str		header = mailer_has(m, '6') || mailer_has(m, '7') ? conv_header_7bit(a, j->a->header) : j->a->header;

	buf_init(&o.b, 0);
	smtp_out_init(&o.o, flags, m->eol.n > 0 ? m->eol : STR("\n"), m->line_limit > 0 ? (size_t)m->line_limit : 0);
	if (file || !mailer_has(m, 'n'))
		local_out_from(&o, j);
	o.o.flags = flags;	/* no field of a header begins with "From " */
	if (!local_out_converted(&o, j, a, header)) {
		local_out_text(&o, header);
		local_out_text(&o, STR("\n"));
		if (j->a->content.p != NULL)
			local_out_text(&o, j->a->content);
		else
			local_out_fd(&o, j->content_fd, j->a->size);
	}
	smtp_out_end(&o.o, &o.b);
	if (file || mailer_has(m, 'b'))
		local_out_text(&o, STR("\n"));
	local_out_flush(&o);
	if (!buf_ok(&o.b))
		o.failed = ENOMEM;
	smtp_out_done(&o.o);
	buf_done(&o.b);
	arena_free(&a);
	errno = o.failed;
	return o.failed != 0 ? err_sys(e, ERR_TEMP, "write") : 0;
}
