/*
 * conf_direct - the configuration's questions answered by this machine: files, programs, passwd, our own name.
 *
 * Runs in commands and in the loader role, never in a role that talks to the network.
 */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "conf_direct.h"
#include "net/ip.h"
#include "os/fd.h"
#include "os/load.h"
#include "os/user.h"
#include "proc/child.h"

#define DIRECT_PROGRAM_MAX	((size_t)4 << 20)
#define DIRECT_PROGRAM_MS	60000
#define DIRECT_MAX_ARGS		64

/* "path" or "path\nbits" */
enum conf_found
direct_file(struct conf_direct *d, struct str q, struct buf *out, struct err *e)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct err	 mine = ERR_INIT;
	struct str	 path;
	enum conf_found	 found = CONF_FOUND;
	int		 allow = 0, fd = -1, rc = 1;

	if (!str_split(&q, '\n', &path) || (q.n > 0 && num_int(q, 0, 15, &allow) == -1)) {
		err_set(e, ERR_BUG, "malformed question");
		found = CONF_FAILED;
		goto out;
	}
	if (d->open != NULL)
		rc = d->open(d->open_arg, path, &fd, &mine);
	if (rc == 1)
		rc = conf_file_open(arena_cstr(a, path), (unsigned)allow, &fd, &mine);
	if (rc == 0 && os_read_file(fd, out) == -1)
		rc = err_sys(&mine, ERR_TEMP, "read");
	if (fd != -1)
		close(fd);
	if (rc != 0) {
		found = mine.sys == ENOENT ? CONF_ABSENT : CONF_FAILED;
		err_set(e, ERR_PERM, "%s", mine.text);
	}
out:
	arena_free(&a);
	return found;
}

enum conf_found
direct_program(struct conf_direct *d, struct str command, struct buf *out, struct err *e)
{
	struct child_spec	 spec;
	struct arena		*a = arena_new(ARENA_DEFAULT);
	struct buf		 text;
	struct str		 word;
	char			*argv[DIRECT_MAX_ARGS + 1];
	size_t			 argc = 0;
	int			 status;
	enum conf_found		 found = CONF_FOUND;

	(void)d;
	while (argc < DIRECT_MAX_ARGS && str_word(&command, &word))
		argv[argc++] = arena_cstr(a, word);
	argv[argc] = NULL;
	memset(&spec, 0, sizeof spec);
	spec.path = argc > 0 ? argv[0] : "";
	spec.argv = argv;
	spec.in = spec.err = -1;
	buf_init(&text, DIRECT_PROGRAM_MAX);
	if (argc == 0 || child_run(&spec, STR_NONE, &text, DIRECT_PROGRAM_MS, &status, e) == -1)
		found = CONF_FAILED;
	else if (status != 0) {
		err_set(e, ERR_PERM, "%s: %s %d", argv[0], WIFSIGNALED(status) ? "killed by signal" : "exit status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		found = CONF_FAILED;
	} else
		buf_add(out, buf_str(&text));
	buf_done(&text);
	arena_free(&a);
	return found;
}

enum conf_found
direct_map(struct conf_direct *d, struct str q, struct buf *out, struct err *e)
{
	struct str	spec, class;

	if (d->map == NULL) {
		err_set(e, ERR_PERM, "map open failed");
		return CONF_FAILED;
	}
	if (!str_split(&q, '\n', &spec) || !str_split(&spec, ':', &class))
		return CONF_FAILED;
	return d->map(d->arg, class, spec, q, out, e);
}

enum conf_found
direct_user(struct conf_direct *d, struct str name, struct buf *out, struct err *e)
{
	struct arena	*a = arena_new(ARENA_DEFAULT);
	struct os_user	 u;
	int		 rc = os_user_by_name(name, a, &u, e);

	(void)d;
	if (rc == 1)
		buf_addf(out, "%lu %lu", (unsigned long)u.uid, (unsigned long)u.gid);
	else if (rc == 0)
		err_set(e, ERR_PERM, "unknown user %.*s", STR_ARG(name));
	arena_free(&a);
	return rc == 1 ? CONF_FOUND : rc == 0 ? CONF_ABSENT : CONF_FAILED;
}

enum conf_found
direct_group(struct conf_direct *d, struct str name, struct buf *out, struct err *e)
{
	gid_t	gid;
	int	rc = os_group_by_name(name, &gid, e);

	(void)d;
	if (rc == 1)
		buf_addf(out, "%lu", (unsigned long)gid);
	else if (rc == 0)
		err_set(e, ERR_PERM, "unknown group %.*s", STR_ARG(name));
	return rc == 1 ? CONF_FOUND : rc == 0 ? CONF_ABSENT : CONF_FAILED;
}

/* ---- our own name ---- */

static void
host_reverse(const struct sockaddr *sa, socklen_t len, struct buf *out)
{
	char	name[1025];

	if (getnameinfo(sa, len, name, sizeof name, NULL, 0, NI_NAMEREQD) == 0)
		buf_addf(out, "alias %s\n", name);
}

struct host_probe {
	struct buf	*out;
	bool		 names;		/* ask for the names of addresses: the name service may be slow */
};

static int
host_interface(void *arg, const char *ifname, const char *text)
{
	struct host_probe	*p = arg;
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	struct ip		 ip;
	char			 printed[IP_TEXT];

	(void)ifname;
	if (ip_parse(str_c(text), &ip) == -1)
		return 0;
	buf_addf(p->out, "%s [%s]\n", ip_is_loopback(&ip) ? "loop" : "addr", ip_print(&ip, false, printed));
	len = ip_to_sockaddr(&ip, &ss);
	if (p->names && !ip_is_loopback(&ip))
		host_reverse((const struct sockaddr *)&ss, len, p->out);
	return 0;
}

static void
host_canonical(const char *name, struct buf *out)
{
	struct addrinfo	hints, *res = NULL;

	memset(&hints, 0, sizeof hints);
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_CANONNAME;
	if (getaddrinfo(name, NULL, &hints, &res) == 0) {
		if (res->ai_canonname != NULL && strchr(res->ai_canonname, '.') != NULL)
			buf_addf(out, "canon %s\n", res->ai_canonname);
		freeaddrinfo(res);
	}
}

enum conf_found
direct_host(struct conf_direct *d, struct str what, struct buf *out, struct err *e)
{
	struct host_probe	probe = { out, str_eq_c(what, "interfaces") };
	char			name[256];

	(void)d;
	if (os_hostname(name, sizeof name) == -1) {
		err_sys(e, ERR_PERM, "gethostname");
		return CONF_FAILED;
	}
	buf_addf(out, "name %s\n", name);
	host_canonical(name, out);
	(void)os_interfaces(host_interface, &probe, NULL);
	return CONF_FOUND;
}
