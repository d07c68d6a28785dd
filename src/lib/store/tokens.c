/*
 * tokens - deliveries that a mailbox has had; see tokens.h.
 *
 * Locks are fcntl's: byte 0 shared by all who use the file, exclusive for who replaces it; one byte behind it, chosen by the token, for each delivery.
 * Text is only added, in one write a line; a line that was torn off ends where the next begins, and its checksum tells.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/num.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/load.h"
#include "store/tokens.h"

#define TOKENS_NAME	"tokens"
#define TOKENS_FRESH	"tokens.new"
#define TOKENS_MAX	((size_t)64 << 20)
#define TOKENS_SMALL	((off_t)64 << 10)	/* not worth cutting */
#define TOKENS_SPARE	86400			/* cut at most once a day */

static int
tokens_lock(int fd, short type, off_t at, bool wait)
{
	struct flock	l = { .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };
	int		rc;

	while ((rc = fcntl(fd, wait ? F_SETLKW : F_SETLK, &l)) == -1 && errno == EINTR)
		continue;
	return rc;
}

static off_t
tokens_byte(const struct store_token *t)
{
	return 1 + (off_t)((uint32_t)t->b[0] | (uint32_t)t->b[1] << 8 | (uint32_t)t->b[2] << 16 | (uint32_t)(t->b[3] & 0x3f) << 24);
}

/* The file, byte 0 locked, and still the one of this name: descriptor or -1 with errno. */
static int
tokens_open(int side)
{
	struct stat	mine, named;

	for (int i = 0; i < 100; i++) {
		int	fd = openat(side, TOKENS_NAME, O_RDWR|O_CREAT|O_APPEND|O_CLOEXEC|O_NOFOLLOW, 0600);

		if (fd == -1)
			return -1;
		if (tokens_lock(fd, F_RDLCK, 0, true) == 0 && fstat(fd, &mine) == 0 &&
		    fstatat(side, TOKENS_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 && os_same_file(&mine, &named))
			return fd;
		close(fd);
	}
	errno = EBUSY;
	return -1;
}

static int
tokens_lock_one(struct tokens *t, uint64_t deadline)
{
	struct timespec	nap = { 0, 10 * 1000 * 1000 };

	while (tokens_lock(t->fd, F_WRLCK, tokens_byte(&t->token), false) == -1) {
		if (errno != EACCES && errno != EAGAIN)
			return -1;
		if (os_now_ms() >= deadline)
			return 1;
		nanosleep(&nap, NULL);
	}
	return 0;
}

/* CRC TIME TOKEN LETTER: the time, or -1 for a line that is none. */
static int64_t
tokens_line(struct str line, struct str *token, char *letter)
{
	struct str	rest = line, crc, when, what;
	struct buf	want;
	uint32_t	sum;
	int64_t		t;
	char		hex[9];
	bool		ok;

	if (!str_word(&rest, &crc) || crc.n != 8)
		return -1;
	sum = crc32c(0, line.p + 9, line.n > 9 ? line.n - 9 : 0);
	snprintf(hex, sizeof hex, "%08x", sum);
	if (!str_eq_c(crc, hex) || !str_word(&rest, &when) || !str_word(&rest, token) || !str_word(&rest, &what) || what.n != 1)
		return -1;
	buf_init(&want, 64);
	ok = num_i64(when, 0, INT64_MAX, &t) == 0 && token->n == 32 && dec_hex(&want, *token) == 0;
	buf_done(&want);
	*letter = what.p[0];
	return ok ? t : -1;
}

static enum tokens_state
tokens_find(struct str text, const struct store_token *t)
{
	enum tokens_state	state = TOKENS_NEW;
	struct buf		hex;
	size_t			at;

	buf_init(&hex, 64);
	enc_hex(&hex, str_mem(t->b, sizeof t->b));
	while ((at = str_find(text, buf_str(&hex))) != SIZE_MAX) {
		size_t		begin = str_rchr(str_first(text, at), '\n'), len;
		struct str	line, token;
		char		letter;

		line = str_from(text, begin == SIZE_MAX ? 0 : begin + 1);
		len = str_chr(line, '\n');
		line = str_first(line, len);
		if (tokens_line(line, &token, &letter) != -1 && str_eq(token, buf_str(&hex)))
			state = letter == 'D' ? TOKENS_DONE : letter == 'B' && state == TOKENS_NEW ? TOKENS_BEGUN : state;
		text = str_from(text, at + hex.n);
	}
	buf_done(&hex);
	return state;
}

static int
tokens_text(int fd, struct buf *b)
{
	buf_init(b, TOKENS_MAX);
	if (lseek(fd, 0, SEEK_SET) == -1 || os_read_file(fd, b) == -1) {
		buf_done(b);
		return -1;
	}
	return 0;
}

int
tokens_begin(struct tokens *t, int side, const struct store_token *token, uint64_t deadline, struct err *err)
{
	struct buf	b;
	int		rc;

	*t = (struct tokens){ .side = side, .token = *token };
	if ((t->fd = tokens_open(side)) == -1)
		return err_sys(err, ERR_TEMP, "open the list of deliveries");
	if ((rc = tokens_lock_one(t, deadline)) == 0 && tokens_text(t->fd, &b) == 0) {
		t->state = tokens_find(buf_str(&b), token);
		buf_done(&b);
		return 0;
	}
	if (rc == 1)
		err_set(err, ERR_TEMP, "the same message is being delivered by another process");
	else
		err_sys(err, ERR_TEMP, "read the list of deliveries");
	close(t->fd);
	t->fd = -1;
	return rc == 1 ? 1 : -1;
}

int
tokens_note(struct tokens *t, enum tokens_state state, struct err *err)
{
	struct buf	line, b;
	struct stat	st;
	char		last = '\n';
	int		rc;

	buf_init(&line, 256);
	buf_addf(&line, "%lld ", (long long)time(NULL));
	enc_hex(&line, str_mem(t->token.b, sizeof t->token.b));
	buf_addf(&line, " %c", state == TOKENS_DONE ? 'D' : 'B');
	buf_init(&b, 256);
	if (fstat(t->fd, &st) == 0 && st.st_size > 0 && pread(t->fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		buf_addch(&b, '\n');
	buf_addf(&b, "%08x %.*s\n", crc32c(0, line.p, line.n), STR_ARG(buf_str(&line)));
	rc = buf_ok(&b) && buf_ok(&line) ? os_write_all(t->fd, buf_str(&b)) : -1;
	if (rc == -1)
		err_sys(err, ERR_TEMP, "write the list of deliveries");
	else
		t->state = state;
	buf_done(&line);
	buf_done(&b);
	return rc;
}

/* Write what is young enough anew; the lock on byte 0 is ours alone. */
static void
tokens_cut(struct tokens *t, struct str text)
{
	int64_t		limit = (int64_t)time(NULL) - TOKENS_KEEP;
	struct str	line, token;
	struct buf	keep;
	char		letter;
	int		fd;

	buf_init(&keep, TOKENS_MAX);
	while (str_split(&text, '\n', &line))
		if (tokens_line(line, &token, &letter) >= limit) {
			buf_add(&keep, line);
			buf_addch(&keep, '\n');
		}
	fd = openat(t->side, TOKENS_FRESH, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC|O_NOFOLLOW, 0600);
	if (fd != -1) {
		if (buf_ok(&keep) && os_write_all(fd, buf_str(&keep)) == 0 && fsync(fd) == 0)
			(void)renameat(t->side, TOKENS_FRESH, t->side, TOKENS_NAME);
		else
			(void)unlinkat(t->side, TOKENS_FRESH, 0);
		close(fd);
	}
	buf_done(&keep);
}

void
tokens_end(struct tokens *t)
{
	struct stat	st;
	struct str	token;
	struct buf	b;
	char		letter;

	if (t->fd == -1)
		return;
	if (fstat(t->fd, &st) == 0 && st.st_size > TOKENS_SMALL && tokens_lock(t->fd, F_WRLCK, 0, false) == 0 && tokens_text(t->fd, &b) == 0) {
		struct str	first = str_first(buf_str(&b), str_chr(buf_str(&b), '\n'));

		if (tokens_line(first, &token, &letter) < (int64_t)time(NULL) - TOKENS_KEEP - TOKENS_SPARE)
			tokens_cut(t, buf_str(&b));
		buf_done(&b);
	}
	close(t->fd);
	t->fd = -1;
}
