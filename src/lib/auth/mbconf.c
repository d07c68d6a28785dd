/*
 * mbconf - reading mailbox.cf; see mbconf.h.
 */
#include <stdio.h>

#include "auth/mbconf.h"
#include "base/num.h"
#include "os/file.h"

#define MBCONF_MAX	((size_t)256 << 10)

struct reader {
	struct arena	*a;
	struct mbconf	*c;
	const char	*file;
	unsigned	 line;
	struct str	 mc_file;		/* of the last #line mark */
	unsigned	 mc_line;
	struct err	*err;
	uint64_t	 seen;
	bool		 tls_given;		/* in the listener that is read */
};

static int
mbconf_bad(struct reader *r, const char *fmt, ...)
{
	char	what[300];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	if (r->mc_line > 0)
		return err_set(r->err, ERR_PERM, "%s: line %u (%.*s line %u): %s", r->file, r->line, STR_ARG(r->mc_file), r->mc_line, what);
	return err_set(r->err, ERR_PERM, "%s: line %u: %s", r->file, r->line, what);
}

/* --- values ----------------------------------------------------------------------------------- */

static int
value_path(struct reader *r, struct str v, const char **out)
{
	if (v.n == 0) {
		*out = NULL;
		return 0;
	}
	if (str_has_nul(v))
		return mbconf_bad(r, "a NUL byte in a value");
	*out = arena_cstr(r->a, v);
	return 0;
}

/* A pattern of a mailbox's path: absolute or below %h, known letters only. */
static int
value_pattern(struct reader *r, struct str v, const char **out)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == '%' && (++i == v.n || str_chr(STR("undh%"), v.p[i]) == SIZE_MAX))
			return mbconf_bad(r, "%.*s: only %%u, %%n, %%d, %%h and %%%% are known", STR_ARG(v));
	if (v.n > 0 && v.p[0] != '/' && !str_starts(v, STR("%h")))
		return mbconf_bad(r, "%.*s: a path begins with / or %%h", STR_ARG(v));
	return value_path(r, v, out);
}

static int
value_int(struct reader *r, struct str v, int min, int max, int *out)
{
	if (num_int(v, min, max, out) == -1)
		return mbconf_bad(r, "\"%.*s\" is no number between %d and %d", STR_ARG(str_first(v, 50)), min, max);
	return 0;
}

static int
value_seconds(struct reader *r, struct str v, int *out)
{
	int64_t	t;

	if (num_time(v, 's', &t) == -1 || t < 1 || t > 7 * 86400)
		return mbconf_bad(r, "\"%.*s\" is no time between 1s and 7d", STR_ARG(str_first(v, 50)));
	*out = (int)t;
	return 0;
}

static int
value_word(struct reader *r, struct str v, const char *const *words, int n, int *out)
{
	for (int i = 0; i < n; i++)
		if (str_caseeq_c(v, words[i])) {
			*out = i;
			return 0;
		}
	return mbconf_bad(r, "\"%.*s\" is not one of the words known here", STR_ARG(str_first(v, 50)));
}

/* --- options ---------------------------------------------------------------------------------- */

static int
opt_format(struct reader *r, struct str v)
{
	static const char *const	words[] = { "mbox", "maildir" };
	int				i = 0;

	if (value_word(r, v, words, 2, &i) == -1)
		return -1;
	r->c->maildir = i == 1;
	return 0;
}

static int opt_mailbox_path(struct reader *r, struct str v)
{
	if (v.n == 0)
		return mbconf_bad(r, "MailboxPath may not be empty");
	return value_pattern(r, v, &r->c->mailbox_path);
}
static int opt_folder_path(struct reader *r, struct str v) { return value_pattern(r, v, &r->c->folder_path); }

static int
opt_users(struct reader *r, struct str v)
{
	r->c->user_file = NULL;
	if (str_caseeq_c(v, "system"))
		r->c->users = MB_USERS_SYSTEM;
	else if (str_caseeq_c(v, "sasldb"))
		r->c->users = MB_USERS_SASLDB;
	else if (str_caseeq_c(v, "pam") || str_casestarts(v, STR("pam:"))) {
		r->c->users = MB_USERS_PAM;
		v = v.n > 3 ? str_from(v, 4) : STR("angarium");
		if (v.n == 0 || v.n > 64 || v.p[0] == '.' || str_chr(v, '/') != SIZE_MAX || str_has_nul(v))
			return mbconf_bad(r, "UserDatabase=pam:SERVICE is the name of a PAM service");
		return value_path(r, v, &r->c->pam_service);
	} else if (str_casestarts(v, STR("file:/"))) {
		r->c->users = MB_USERS_FILE;
		return value_path(r, str_from(v, 5), &r->c->user_file);
	} else
		return mbconf_bad(r, "UserDatabase is system, pam, pam:service, sasldb or file:/path");
	return 0;
}

static int opt_virtual(struct reader *r, struct str v) { return value_path(r, v, &r->c->virtual_users); }
static int opt_mechs(struct reader *r, struct str v) { return value_path(r, v, &r->c->mechanisms); }
static int opt_sasl_dir(struct reader *r, struct str v) { return value_path(r, v, &r->c->sasl_conf_dir); }
static int opt_pam_dir(struct reader *r, struct str v) { return value_path(r, v, &r->c->pam_conf_dir); }
static int opt_sasl_db(struct reader *r, struct str v) { return value_path(r, v, &r->c->sasl_db); }
static int opt_cert(struct reader *r, struct str v) { return value_path(r, v, &r->c->cert_file); }
static int opt_key(struct reader *r, struct str v) { return value_path(r, v, &r->c->key_file); }
static int opt_ca(struct reader *r, struct str v) { return value_path(r, v, &r->c->ca_file); }
static int opt_run_as(struct reader *r, struct str v) { return value_path(r, v, &r->c->run_as); }
static int opt_log(struct reader *r, struct str v) { return value_int(r, v, 0, 99, &r->c->log_level); }
static int opt_fronts(struct reader *r, struct str v) { return value_int(r, v, 0, MB_FRONTS_MAX, &r->c->fronts); }
static int opt_max_conn(struct reader *r, struct str v) { return value_int(r, v, 1, 100000, &r->c->max_connections); }
static int opt_max_ip(struct reader *r, struct str v) { return value_int(r, v, 1, 100000, &r->c->max_per_ip); }
static int opt_login_to(struct reader *r, struct str v) { return value_seconds(r, v, &r->c->login_timeout); }
static int opt_idle_to(struct reader *r, struct str v) { return value_seconds(r, v, &r->c->idle_timeout); }
static int
opt_role_to(struct reader *r, struct str v)
{
	if (str_eq(v, STR("0"))) {
		r->c->role_timeout = 0;
		return 0;
	}
	return value_seconds(r, v, &r->c->role_timeout);
}

static int opt_host(struct reader *r, struct str v) { return value_path(r, v, &r->c->host_name); }
static int opt_sockets(struct reader *r, struct str v) { return value_path(r, v, &r->c->socket_dir); }

static int
opt_pid(struct reader *r, struct str v)
{
	size_t	at = str_chr(v, '%');

	if (at != SIZE_MAX && (!str_starts(str_from(v, at), STR("%s")) || str_chr(str_from(v, at + 2), '%') != SIZE_MAX))
		return mbconf_bad(r, "PidFile: only one %%s, the program's name, is known");
	return value_path(r, v, &r->c->pid_file);
}

static int
opt_plaintext(struct reader *r, struct str v)
{
	static const char *const	words[] = { "tls", "always" };
	int				i = 0;

	if (value_word(r, v, words, 2, &i) == -1)
		return -1;
	r->c->plaintext_always = i == 1;
	return 0;
}

static int
opt_max_message(struct reader *r, struct str v)
{
	if (num_i64(v, 1024, INT64_C(1) << 40, &r->c->max_message) == -1)
		return mbconf_bad(r, "MaxMessageSize is a number of bytes, at least 1024");
	return 0;
}

/* --- listeners -------------------------------------------------------------------------------- */

static int
listen_port(struct reader *r, struct mb_listen *l, struct str v)
{
	int	i = 0;

	if (value_int(r, v, 1, 65535, &i) == -1)
		return -1;
	l->port = (uint16_t)i;
	return 0;
}

static int
listen_service(struct reader *r, struct mb_listen *l, struct str v)
{
	static const char *const	services[] = { "imap", "pop3", "lmtp" };
	int				i = 0;

	if (value_word(r, v, services, 3, &i) == -1)
		return -1;
	l->service = (enum mb_service)i;
	return 0;
}

static int
listen_tls(struct reader *r, struct mb_listen *l, struct str v)
{
	static const char *const	tls[] = { "no", "starttls", "implicit" };
	int				i = 0;

	if (value_word(r, v, tls, 3, &i) == -1)
		return -1;
	l->tls = (enum mb_tls)i;
	r->tls_given = true;
	return 0;
}

static int
listen_mode(struct reader *r, struct mb_listen *l, struct str v)
{
	int	mode = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '7' || v.n > 4)
			return mbconf_bad(r, "Mode is an octal number, as 0660");
		mode = mode * 8 + (v.p[i] - '0');
	}
	if (v.n == 0 || mode > 0777)
		return mbconf_bad(r, "Mode is an octal number, as 0660");
	l->mode = mode;
	return 0;
}

/* "192.0.2.0/24" and the like. */
bool
mbconf_network(struct str s, struct str *addr, int *bits)
{
	size_t	slash = str_chr(s, '/');

	*addr = str_first(s, slash);
	*bits = -1;
	return addr->n > 0 && (slash == SIZE_MAX || num_int(str_from(s, slash + 1), 0, 128, bits) == 0);
}

static int
listen_allow(struct reader *r, struct mb_listen *l, struct str v)
{
	struct str	rest = v, each, addr;
	int		bits;

	while (str_word(&rest, &each))
		if (!mbconf_network(each, &addr, &bits) || str_chr(addr, '.') == str_chr(addr, ':'))
			return mbconf_bad(r, "Allow: \"%.*s\" is no address and no network", STR_ARG(str_first(each, 50)));
	return value_path(r, v, &l->allow);
}

static int listen_name(struct reader *r, struct mb_listen *l, struct str v) { return value_path(r, v, &l->name); }
static int listen_addr(struct reader *r, struct mb_listen *l, struct str v) { return value_path(r, v, &l->addr); }
static int listen_socket(struct reader *r, struct mb_listen *l, struct str v) { return value_path(r, v, &l->socket); }
static int listen_group(struct reader *r, struct mb_listen *l, struct str v) { return value_path(r, v, &l->group); }

static const struct {
	const char	*name;
	int		(*set)(struct reader *, struct mb_listen *, struct str);
} equates[] = {
	{ "Name", listen_name }, { "Addr", listen_addr }, { "Port", listen_port }, { "Service", listen_service }, { "TLS", listen_tls },
	{ "Socket", listen_socket }, { "Mode", listen_mode }, { "Group", listen_group }, { "Allow", listen_allow },
};

static int
listen_equate(struct reader *r, struct mb_listen *l, struct str name, struct str v)
{
	for (size_t i = 0; i < sizeof equates / sizeof equates[0]; i++)
		if (str_caseeq_c(name, equates[i].name))
			return equates[i].set(r, l, v);
	return mbconf_bad(r, "Listen knows no \"%.*s\"", STR_ARG(str_first(name, 50)));
}

/* What belongs together, and what is meant where nothing is said. */
static int
listen_check(struct reader *r, struct mb_listen *l)
{
	bool	lmtp = l->service == MB_LMTP;

	if (!lmtp && (l->socket != NULL || l->group != NULL || l->mode != 0 || l->allow != NULL))
		return mbconf_bad(r, "Socket, Mode, Group and Allow are for Service=lmtp");
	if ((l->port == 0) == (l->socket == NULL))
		return mbconf_bad(r, lmtp ? "an LMTP listener needs a Port or a Socket, not both" : "a listener needs a Port");
	if (l->socket != NULL && (l->addr != NULL || l->allow != NULL))
		return mbconf_bad(r, "Addr and Allow are for a listener with a Port; a socket has Mode and Group");
	if (l->socket == NULL && (l->mode != 0 || l->group != NULL))
		return mbconf_bad(r, "Mode and Group are for a listener with a Socket");
	if (lmtp && r->tls_given && l->tls != MB_TLS_NO)
		return mbconf_bad(r, "LMTP is served without TLS");
	if (lmtp)
		l->tls = MB_TLS_NO;
	if (l->name == NULL)
		l->name = "listener";
	if (l->addr == NULL)
		l->addr = lmtp ? "127.0.0.1" : "*";	/* who delivers to mailboxes is not asked for a password */
	if (l->mode == 0)
		l->mode = 0660;
	if (lmtp && l->allow == NULL)
		l->allow = "127.0.0.0/8 ::1";
	return 0;
}

static int
opt_listen(struct reader *r, struct str v)
{
	struct mb_listen	*l = &r->c->listen[r->c->nlisten];
	struct str		 each, name;

	if (r->c->nlisten == MB_LISTEN_MAX)
		return mbconf_bad(r, "more than %d listeners", MB_LISTEN_MAX);
	*l = (struct mb_listen){ .service = MB_IMAP, .tls = MB_TLS_STARTTLS };
	r->tls_given = false;
	while (str_split(&v, ',', &each)) {
		each = str_trim(each);
		if (!str_split(&each, '=', &name) || str_is_none(each))
			return mbconf_bad(r, "Listen is Name=value, Name=value, ...");
		if (listen_equate(r, l, str_trim(name), str_trim(each)) == -1)
			return -1;
	}
	if (listen_check(r, l) == -1)
		return -1;
	r->c->nlisten++;
	return 0;
}

#define OPT_MANY	0x1u		/* may come more than once */

static const struct option {
	const char	*name;
	unsigned	 flags;
	int		(*set)(struct reader *, struct str);
} options[] = {
	{ "MailboxFormat",	0, opt_format },
	{ "MailboxPath",	0, opt_mailbox_path },
	{ "FolderPath",		0, opt_folder_path },
	{ "UserDatabase",	0, opt_users },
	{ "VirtualUsers",	0, opt_virtual },
	{ "AuthMechanisms",	0, opt_mechs },
	{ "PAMConfDir",		0, opt_pam_dir },
	{ "SASLConfDir",	0, opt_sasl_dir },
	{ "SaslDB",		0, opt_sasl_db },
	{ "AllowPlaintext",	0, opt_plaintext },
	{ "ServerCertFile",	0, opt_cert },
	{ "ServerKeyFile",	0, opt_key },
	{ "CACertFile",		0, opt_ca },
	{ "RunAsUser",		0, opt_run_as },
	{ "PidFile",		0, opt_pid },
	{ "LogLevel",		0, opt_log },
	{ "FrontProcesses",	0, opt_fronts },
	{ "MaxConnections",	0, opt_max_conn },
	{ "MaxConnectionsPerIP", 0, opt_max_ip },
	{ "MaxMessageSize",	0, opt_max_message },
	{ "LoginTimeout",	0, opt_login_to },
	{ "IdleTimeout",	0, opt_idle_to },
	{ "RoleTimeout",	0, opt_role_to },
	{ "HostName",		0, opt_host },
	{ "SocketDir",		0, opt_sockets },
	{ "Listen",		OPT_MANY, opt_listen },
};

void
mbconf_default(struct mbconf *c)
{
	*c = (struct mbconf){ .mailbox_path = "/var/mail/%u", .mechanisms = "PLAIN LOGIN", .log_level = 9, .max_connections = 1000, .max_per_ip = 50,
	    .login_timeout = 60, .idle_timeout = 30 * 60, .role_timeout = 5 * 60, .max_message = INT64_C(64) << 20 };
}

static int
mbconf_option(struct reader *r, struct str line)
{
	struct str	name;

	if (!str_split(&line, '=', &name) || str_is_none(line))
		return mbconf_bad(r, "an option is \"O Name=value\"");
	name = str_trim(name);
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (!str_caseeq_c(name, options[i].name))
			continue;
		if ((r->seen >> i & 1) != 0 && (options[i].flags & OPT_MANY) == 0)
			return mbconf_bad(r, "%s is set a second time", options[i].name);
		r->seen |= UINT64_C(1) << i;
		return options[i].set(r, str_trim(line));
	}
	return mbconf_bad(r, "there is no option \"%.*s\"", STR_ARG(str_first(name, 50)));
}

/* "#line 12 "mailbox.mc"" */
static void
mbconf_mark(struct reader *r, struct str line)
{
	struct str	w, rest = str_from(line, 5);
	int		n;

	if (!str_word(&rest, &w) || num_int(w, 1, 1000000, &n) == -1)
		return;
	r->mc_line = (unsigned)n - 1;		/* of the line that follows */
	rest = str_trim(rest);
	if (rest.n > 2 && rest.p[0] == '"' && rest.p[rest.n - 1] == '"')
		r->mc_file = str_sub(rest, 1, rest.n - 1);
}

/* Where sockets are, once SocketDir is known. */
static int
mbconf_sockets(struct arena *a, const char *file, struct mbconf *c, struct err *err)
{
	for (size_t i = 0; i < c->nlisten; i++) {
		struct mb_listen	*l = &c->listen[i];

		if (l->socket == NULL || l->socket[0] == '/')
			continue;
		if (c->socket_dir == NULL || strchr(l->socket, '/') != NULL)
			return err_set(err, ERR_PERM, "%s: listener %s: Socket=%s needs SocketDir and a plain name, or is a whole path", file, l->name, l->socket);
		l->socket = arena_cstr(a, arena_fmt(a, "%s/%s", c->socket_dir, l->socket));
	}
	return 0;
}

const char *
mbconf_pid_file(const struct mbconf *c, struct arena *a, const char *program)
{
	struct str	path, front;
	size_t		at;

	if (c->pid_file == NULL || (at = str_find(path = str_c(c->pid_file), STR("%s"))) == SIZE_MAX)
		return c->pid_file;
	front = str_first(path, at);
	return arena_cstr(a, arena_fmt(a, "%.*s%s%s", STR_ARG(front), program, c->pid_file + at + 2));
}

int
mbconf_parse(struct arena *a, struct str text, const char *file, struct mbconf *c, struct err *err)
{
	struct reader	r = { .a = a, .c = c, .file = file, .err = err };
	struct str	line;

	mbconf_default(c);
	while (str_split(&text, '\n', &line)) {
		r.line++;
		if (r.mc_file.n > 0)
			r.mc_line++;
		if (str_starts(line, STR("#line ")))
			mbconf_mark(&r, line);
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (line.p[0] != 'O' || line.n < 2 || !chr_is_blank(line.p[1]))
			return mbconf_bad(&r, "expected \"O Name=value\", not \"%.*s\"", STR_ARG(str_first(line, 40)));
		if (mbconf_option(&r, str_trim(str_from(line, 2))) == -1)
			return -1;
	}
	if ((c->cert_file == NULL) != (c->key_file == NULL))
		return err_set(err, ERR_PERM, "%s: ServerCertFile and ServerKeyFile go together", file);
	return mbconf_sockets(a, file, c, err);
}

int
mbconf_load(const char *file, struct arena *a, struct mbconf *c, struct str *text, struct err *err)
{
	struct str	t;

	if (os_slurp(file, a, MBCONF_MAX, &t, err) == -1)
		return -1;
	if (text != NULL)
		*text = t;
	return mbconf_parse(a, t, file, c, err);
}
