/*
 * tlsrpt - see the header: counting, in role sts.
 */
#include "tlsrpt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "os/fd.h"

#define TLSRPT_HELD	256			/* lines before they are written */
#define TLSRPT_FILE	((off_t)64 << 20)	/* a day's file is not longer */

struct tlsrpt_line {
	char		*text;
	unsigned	 n;
};

struct tlsrpt {
	char			 dir[1024];
	struct tlsrpt_line	 v[TLSRPT_HELD];
	size_t			 n;
};

struct tlsrpt *
tlsrpt_new(const char *dir)
{
	struct tlsrpt *t = dir == NULL ? NULL : calloc(1, sizeof *t);

	if (t != NULL && str_copy(t->dir, sizeof t->dir, str_c(dir)) == -1) {
		free(t);
		t = NULL;
	}
	return t;
}

static void
tlsrpt_field(struct buf *b, struct str s)
{
	buf_addc(b, "\t");
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\n')
			buf_addc(b, "\\n");
		else if (s.p[i] == '\t')
			buf_addc(b, "\\t");
		else if (s.p[i] == '\\')
			buf_addc(b, "\\\\");
		else if ((unsigned char)s.p[i] >= ' ')
			buf_addmem(b, s.p + i, 1);
}

void
tlsrpt_add(struct tlsrpt *t, const struct tlsrpt_note *n)
{
	const struct str fields[] = { n->domain, n->type, n->policy, n->mx, n->ip, n->sender_ip, n->result, n->why };
	struct buf b;

	buf_init(&b, (size_t)32 << 10);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		tlsrpt_field(&b, fields[i]);
	for (size_t i = 0; i < t->n; i++)
		if (str_eq_c(buf_str(&b), t->v[i].text)) {
			t->v[i].n++;
			buf_done(&b);
			return;
		}
	if (t->n == TLSRPT_HELD)
		tlsrpt_flush(t);
	if (buf_ok(&b) && (t->v[t->n].text = strdup(buf_c(&b))) != NULL)
		t->v[t->n++].n = 1;
	buf_done(&b);
}

void
tlsrpt_flush(struct tlsrpt *t)
{
	char day[32], path[1100];
	time_t now = time(NULL);
	struct tm tm;
	struct stat st;
	struct buf b;
	int fd;

	if (t == NULL || t->n == 0 || gmtime_r(&now, &tm) == NULL)
		return;
	(void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
	(void)snprintf(path, sizeof path, "%s/tlsrpt.%s", t->dir, day);
	buf_init(&b, (size_t)16 << 20);
	for (size_t i = 0; i < t->n; i++) {
		(void)buf_addf(&b, "%u", t->v[i].n);
		buf_addc(&b, t->v[i].text);
		buf_addc(&b, "\n");
		free(t->v[i].text);
	}
	t->n = 0;
	if ((fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1 || fstat(fd, &st) == -1 ||
	    (st.st_size < TLSRPT_FILE && os_write_all(fd, buf_str(&b)) == -1))
		log_line(1, LOG_P_WARNING, NULL, "TLSRPT: %s cannot be written", path);
	if (fd != -1)
		close(fd);
	buf_done(&b);
}
