/*
 * tlsrpt_post - see the header.  What the server says is a stranger's: a child reads it, and tells only whether it went.
 */
#include "tlsrpt_post.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http.h"
#include "os/fd.h"
#include "os/id.h"

#define POST_MS		60000
#define POST_ANSWER	((size_t)64 << 10)	/* of an answer nobody reads */

/* In the child: the reason goes to `out'. */
static int
post_now(const struct http_ask *q, const struct stat *owner, int out)
{
	struct err e = ERR_INIT;
	struct buf answer;
	int rc = 1;

	buf_init(&answer, POST_ANSWER + 1);
	if (geteuid() != 0 || owner->st_uid == 0 || os_id_drop(NULL, owner->st_uid, owner->st_gid, &e) == 0)
		rc = http_get(q, &answer, &e) == HTTP_OK ? 0 : 1;
	if (rc != 0)
		(void)os_write_all(out, str_c(e.text));
	buf_done(&answer);
	return rc;
}

int
tlsrpt_post(const struct stscache *s, const char *dir, const struct tlsrpt_uri *u, struct str body, const char *type, struct arena *a, struct err *e)
{
	struct str addrs = stscache_addrs(u->host, a);
	struct http_ask q = { .host = arena_cstr(a, u->host), .port = u->port, .path = arena_cstr(a, u->path), .addrs = arena_cstr(a, addrs), .roots = s->roots,
		.timeout_ms = POST_MS, .max = POST_ANSWER, .type = type, .post = body };
	char why[400] = "";
	struct stat owner;
	int p[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (addrs.n == 0)
		return err_set(e, ERR_TEMP, "%s has no address", q.host);
	if (http_load(e) == -1)
		return -1;
	if (stat(dir, &owner) == -1 || os_pipe(p) == -1)
		return err_sys(e, ERR_TEMP, "%s", dir);
	if ((pid = fork()) == 0)
		_exit(post_now(&q, &owner, p[1]));
	close(p[1]);
	n = pid == -1 ? 0 : os_read_full(p[0], why, sizeof why - 1);
	close(p[0]);
	if (pid == -1)
		return err_sys(e, ERR_TEMP, "fork");
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return status == 0 ? 0 : err_set(e, ERR_TEMP, "%s", n > 0 ? why : "the process that sends it ended");
}
