/*
 * submit_end - what could not be sent: said, or kept in ~/dead.letter, as ErrorMode wants.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/status.h"
#include "os/fd.h"
#include "os/id.h"
#include "os/lock.h"
#include "submit.h"

/* An mbox in the sender's home, with nothing but the sender's own rights. */
static void
submit_dead_letter(struct submit *s, struct str header, struct str content)
{
	struct str	path = arena_fmt(s->m, "%.*s/dead.letter", STR_ARG(s->me.home));
	struct buf	b;
	time_t		now = time(NULL);
	struct tm	tm;
	char		date[64];
	struct err	e = ERR_INIT;
	int		fd;

	if (os_id_is_setid() && os_id_drop_setid(&e) == -1)
		return;
	localtime_r(&now, &tm);
	strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &tm);
	buf_init(&b, 0);
	buf_addf(&b, "From %.*s %s\n", STR_ARG(s->me.name), date);
	buf_add(&b, header);
	buf_addch(&b, '\n');
	while (content.n > 0) {
		struct str line;

		str_split(&content, '\n', &line);
		if (str_starts(line, STR("From ")))
			buf_addch(&b, '>');
		buf_add(&b, line);
		buf_addch(&b, '\n');
	}
	buf_addch(&b, '\n');
	fd = s->me.home.n == 0 ? -1 : open(path.p, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd == -1 || !buf_ok(&b) || os_flock(fd, OS_LOCK_EXCL, true) == -1 || os_write_all(fd, buf_str(&b)) == -1)
		fprintf(stderr, "%.*s... Cannot save message: %s\n", STR_ARG(path), fd == -1 ? strerror(errno) : "write failed");
	else
		fprintf(stderr, "%.*s... Saved message in %.*s\n", STR_ARG(path), STR_ARG(path));
	if (fd != -1)
		close(fd);
	buf_done(&b);
}

void
submit_complain(struct submit *s, struct str header, struct str content)
{
	switch (s->conf->opt.error_mode) {
	case 'q':
		return;
	case 'e':
		s->code = EXIT_OK;		/* mailed back, and never a bad exit code */
		return;
	case 'm':
	case 'w':
		return;				/* mailed back */
	}
	fputs(buf_c(&s->complaints), stderr);
	if (header.p != NULL && !s->mailed)
		submit_dead_letter(s, header, content);
}
