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

struct local_out {
	int			 fd;
	const struct mailer	*m;
	struct str		 eol;
	struct buf		 b;
	bool			 escape;	/* From lines */
	bool			 dots;
	bool			 bol;		/* at the beginning of a line */
	int			 failed;		/* errno */
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
		size_t		nl = str_chr(s, '\n');
		struct str	part = str_first(s, nl == SIZE_MAX ? s.n : nl);

		if (o->bol && o->dots && s.p[0] == '.')
			buf_addch(&o->b, '.');
		if (o->bol && o->escape && str_starts(s, STR("From ")))
			buf_addch(&o->b, '>');
		if (mailer_has(o->m, '7'))
			for (size_t i = 0; i < part.n; i++)
				buf_addch(&o->b, (char)(part.p[i] & 0x7f));
		else
			buf_add(&o->b, part);
		o->bol = nl != SIZE_MAX;
		if (o->bol)
			buf_add(&o->b, o->eol);
		s = str_from(s, nl == SIZE_MAX ? s.n : nl + 1);
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
		o->escape = false;
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
		/* a line that begins with "From " may be cut by the block: hand over whole lines where there are any */
		if (n == (ssize_t)sizeof block) {
			ssize_t	end = n;

			while (end > 0 && block[end - 1] != '\n')
				end--;
			if (end > 0)
				n = end;
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

/*
 * Header and content for a mailbox: binary content as lines (RFC 3030 3), and for F=9 encoded text as text.  False: nothing of that is wanted, nothing was
 * written.
 */
static bool
local_out_converted(struct local_out *o, const struct local_job *j)
{
	const struct attempt	*a = j->a;
	struct arena		*m = arena_new(ARENA_DEFAULT);
	struct str		 content = a->content.p != NULL ? a->content : STR("");
	struct conv		 c = { .to = CONV_8BIT, .raw = str_caseeq_c(a->body, "BINARYMIME"), .in_class = local_in_class, .class_arg = (void *)(uintptr_t)j,
		.put = local_out_put, .put_arg = o };
	void			*map = MAP_FAILED;
	struct stat		 st;
	bool			 done = c.raw || (mailer_has(j->mailer, '9') && conv_can_widen(m, a->header));

	if (done && a->content.p == NULL && a->size > 0) {
		if (fstat(j->content_fd, &st) == -1 || (uint64_t)st.st_size < a->size ||
		    (map = mmap(NULL, (size_t)a->size, PROT_READ, MAP_PRIVATE, j->content_fd, 0)) == MAP_FAILED)
			o->failed = EIO;
		else
			content = str_mem(map, (size_t)a->size);
	}
	c.by = arena_fmt(m, "%.*s id %.*s", STR_ARG(rule_macro_value(j->local->rules, STR("j"))), STR_ARG(a->id));
	if (done && o->failed == 0 && c.raw && conv_run(m, &c, a->header, content) == -1)
		o->failed = ENOMEM;
	else if (done && o->failed == 0 && !c.raw)
		done = conv_widen(m, &c, a->header, content);
	if (map != MAP_FAILED)
		(void)munmap(map, (size_t)a->size);
	arena_free(&m);
	return done;
}

int
local_body_write(const struct local_job *j, int fd, bool file, struct err *e)
{
	struct local_out	o = { .fd = fd, .m = j->mailer, .eol = j->mailer->eol.n > 0 ? j->mailer->eol : STR("\n"), .bol = true,
		.transcript = file ? -1 : j->local->ctx->transcript };

	buf_init(&o.b, 65536 + 4096);
	if (file || !mailer_has(j->mailer, 'n'))
		local_out_from(&o, j);
	o.dots = mailer_has(j->mailer, 'X') && !file;
	o.escape = file || mailer_has(j->mailer, 'E');	/* no field of a header begins with "From " */
	if (!local_out_converted(&o, j)) {
		local_out_text(&o, j->a->header);
		local_out_text(&o, STR("\n"));
		if (j->a->content.p != NULL)
			local_out_text(&o, j->a->content);
		else
			local_out_fd(&o, j->content_fd, j->a->size);
	}
	if (!o.bol)
		local_out_text(&o, STR("\n"));
	if (file || mailer_has(j->mailer, 'b'))
		local_out_text(&o, STR("\n"));
	local_out_flush(&o);
	if (!buf_ok(&o.b))
		o.failed = ENOMEM;
	buf_done(&o.b);
	errno = o.failed;
	return o.failed != 0 ? err_sys(e, ERR_TEMP, "write") : 0;
}
