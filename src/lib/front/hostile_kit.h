/*
 * hostile_kit - what hostile_test.c and confined_test.c share: a daemon small enough to be a test, and what becomes of frames.
 */
#ifndef FRONT_HOSTILE_KIT_H
#define FRONT_HOSTILE_KIT_H

#include <poll.h>
#include <unistd.h>

#include "front/front_int.h"
#include "os/load.h"
#include "proc/frame_kit.h"

#define PATIENCE	20000		/* ms; only a failure waits so long */

/* --- a protocol, as small as can be: "USER PASSWORD" on a line, and then "hello" --------------- */

static void
toy_greet(struct login *l)
{
	login_say(l, "ready\r\n");
}

static void
toy_input(struct login *l)
{
	struct buf	*in = login_input(l), plain;
	struct str	 line, user;
	size_t		 end = str_chr(buf_str(in), '\n');

	if (end == SIZE_MAX)
		return;
	line = str_trim(str_first(buf_str(in), end));
	buf_init(&plain, 1000);
	if (str_split(&line, ' ', &user)) {
		buf_addch(&plain, '\0');
		buf_add(&plain, user);
		buf_addch(&plain, '\0');
		buf_add(&plain, line);
	}
	buf_consume(in, end + 1);
	login_auth(l, STR("PLAIN"), buf_str(&plain), STR(""));
	buf_done(&plain);
}

static void
toy_auth(struct login *l, enum auth_rc rc, struct str challenge)
{
	(void)challenge;
	login_say(l, "no %d\r\n", (int)rc);
}

static void
toy_failed(struct login *l)
{
	login_say(l, "failed\r\n");
}

static void
toy_bye(struct login *l, const char *why)
{
	login_say(l, "%s\r\n", why);
}

static int
toy_session(struct session *s)
{
	stream_printf(s->s, "hello %.*s\r\n", STR_ARG(s->user.name));
	(void)stream_flush(s->s);
	return 0;
}

static const struct front_proto toy = {
	.name = "toyd", .service = MB_IMAP, .sasl_service = "imap", .size = 1, .input_max = 4096,
	.greet = toy_greet, .input = toy_input, .auth = toy_auth, .failed = toy_failed, .bye = toy_bye, .session = toy_session,
};

/* --- what becomes of them ------------------------------------------------------------------------ */

/* Was it closed within the time? */
static bool
ended(int sock, int ms)
{
	uint64_t	end = os_now_ms() + (uint64_t)ms;
	char		room[4096];

	for (;;) {
		struct pollfd	p = { sock, POLLIN, 0 };
		uint64_t	now = os_now_ms();
		int		fd;
		ssize_t		n;

		if (poll(&p, 1, now >= end ? 0 : (int)(end - now)) <= 0)
			return false;
		if ((n = os_recv_fd(sock, room, sizeof room, &fd)) <= 0)
			return true;
		if (fd != -1)
			close(fd);
	}
}

static uint32_t
somebody(void)
{
	return getuid() == 0 ? NOBODY : (uint32_t)getuid();
}

#endif
