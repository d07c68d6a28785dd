/*
 * spoold_dead - DeadLetterDrop: the file for messages that can neither be delivered nor returned, nor told to a postmaster.
 *
 * One mailbox in mbox form, appended to under a lock.  The spool role may open no files, so it holds the descriptor from its start on: who moves
 * the file away restarts the daemon.
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "hand.h"
#include "mime/date.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/lock.h"

#define PART	65536

void
dead_open(struct spoold *s)
{
	struct str	file = s->conf->opt.dead_letter_drop;
	char		path[1024];
	struct err	e = ERR_INIT;

	s->dead_fd = -1;
	if (file.n == 0)
		return;
	if (file.p[0] != '/' || str_copy(path, sizeof path, file) == -1)
		log_line(0, LOG_P_ERR, NULL, "DeadLetterDrop: %.*s: the name of a file is wanted", STR_ARG(file));
	else if ((s->dead_fd = os_open_safe(path, O_WRONLY | O_APPEND | O_CREAT, 0600, geteuid(), OS_SAFE_NOPATH | OS_SAFE_ANYOWNER | OS_SAFE_GROUPWRITE, NULL, &e)) == -1)
		log_line(0, LOG_P_ERR, NULL, "DeadLetterDrop: %s", e.text);
}

/* Lines with "From " in front get a ">". */
struct quoting {
	struct buf	 out;
	bool		 begin;		/* of a line */
};

static void
dead_add(struct quoting *q, struct str s)
{
	while (s.n > 0) {
		size_t	 nl = str_chr(s, '\n'), n = nl == SIZE_MAX ? s.n : nl + 1;

		if (q->begin && str_starts(s, STR("From ")))
			buf_addch(&q->out, '>');
		buf_add(&q->out, str_first(s, n));
		q->begin = nl != SIZE_MAX;
		s = str_from(s, n);
	}
}

static void
dead_header(struct quoting *q, const struct hand *w)
{
	struct date	d;
	char		text[DATE_MAX];
	int64_t		now = (int64_t)time(NULL);

	date_from_time(now, date_local_zone(now), &d);
	date_print_ctime(text, &d);
	buf_addf(&q->out, "From %.*s %s\n", STR_ARG(w->qf.sender.n == 0 ? STR("MAILER-DAEMON") : w->qf.sender), text);
	for (size_t i = 0; i < w->qf.nhdr; i++)
		if (!w->qf.hdr[i].macros)
			buf_addf(&q->out, "%.*s:%.*s\n", STR_ARG(w->qf.hdr[i].name), STR_ARG(w->qf.hdr[i].value));
	buf_addch(&q->out, '\n');
	q->begin = true;
}

static int
dead_content(struct quoting *q, struct hand *w, int fd, struct err *e)
{
	char	part[PART];
	ssize_t	n;
	off_t	at = 0;

	if (fd == -1) {
		dead_add(q, w->content);
		return 0;
	}
	while ((n = pread(fd, part, sizeof part, at)) > 0) {
		/* Whole lines, so that "From " is seen where it is cut. */
		size_t	k = (size_t)n;

		while (k > 0 && part[k - 1] != '\n')
			k--;
		if (k == 0)
			k = (size_t)n;
		dead_add(q, str_mem(part, k));
		if (!buf_ok(&q->out) || (q->out.n > 0 && os_write_all(w->s->dead_fd, buf_str(&q->out)) == -1))
			return err_sys(e, ERR_TEMP, "write");
		buf_clear(&q->out);
		at += (off_t)k;
	}
	return n == 0 ? 0 : err_sys(e, ERR_TEMP, "read the message");
}

int
dead_letter(struct hand *w)
{
	struct quoting	 q = { .begin = true };
	struct err	 e = ERR_INIT;
	off_t		 was = -1;
	int		 fd = -1, rc = -1, to = w->s->dead_fd;

	buf_init(&q.out, (size_t)64 << 20);
	if (to == -1)
		err_set(&e, ERR_TEMP, "it could not be opened");
	else if (os_flock(to, OS_LOCK_EXCL, false) == -1)
		err_sys(&e, ERR_TEMP, "lock");
	else {
		fd = hand_content(w, &e);
		was = lseek(to, 0, SEEK_END);
		dead_header(&q, w);
		if (e.class == ERR_NONE && dead_content(&q, w, fd, &e) == 0) {
			buf_addc(&q.out, q.begin ? "\n" : "\n\n");
			if (buf_ok(&q.out) && os_write_all(to, buf_str(&q.out)) == 0 && fsync(to) == 0)
				rc = 0;
			else
				err_sys(&e, ERR_TEMP, "write");
		}
		if (rc == -1 && was >= 0 && ftruncate(to, was) == -1)
			log_line(0, LOG_P_ERR, w->m->id, "DeadLetterDrop: a part of the message stays there: %s", strerror(errno));
		(void)os_flock(to, OS_LOCK_UNLOCK, false);
	}
	if (rc == 0)
		log_line(0, LOG_P_NOTICE, w->m->id, "saved in %.*s", STR_ARG(w->s->conf->opt.dead_letter_drop));
	else
		log_line(0, LOG_P_ERR, w->m->id, "DeadLetterDrop: %.*s: %s", STR_ARG(w->s->conf->opt.dead_letter_drop), e.text);
	if (fd != -1)
		close(fd);
	buf_done(&q.out);
	return rc;
}
