/*
 * saslex_cyrus - module `saslex`: the only file that knows the Cyrus library; server and client side.
 *
 * Loaded by a child of role auth that serves one exchange and ends, so nothing here is shared.
 */
#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/saslex.h"
#include "auth/saslex_decoy.h"
#include "os/load.h"

struct cyrus {
	sasl_conn_t		*conn;
	const struct saslex_conf *c;
	sasl_callback_t		 cb[8];
	sasl_secret_t		*secret;
	const char		*mech;
	sasl_channel_binding_t	 binding;
	char			 plus[SASL_MECHNAMEMAX + 8];
	char			 given[1024];
	size_t			 salt;		/* server, one of SCRAM: see saslex_decoy.h */
	bool			 decoy;
};

#define CYRUS_BUFFER	(16u << 10)	/* the longest piece of a layer that we take */

typedef int cyrus_proc(void);

static int
cyrus_confpath(void *context, char **path)
{
	const char	*dir = ((struct cyrus *)context)->c->dir;
	size_t		 n = strlen(dir) + 1;

	if ((*path = malloc(n)) == NULL)
		return SASL_NOMEM;
	memcpy(*path, dir, n);
	return SASL_OK;
}

static int
cyrus_getopt(void *context, const char *plugin, const char *option, const char **result, unsigned *len)
{
	const struct saslex_option	*o = ((struct cyrus *)context)->c->options;

	(void)plugin;
	for (; o->name != NULL; o++)
		if (strcmp(o->name, option) == 0) {
			*result = o->value;
			if (len != NULL)
				*len = (unsigned)strlen(o->value);
			return SASL_OK;
		}
	return SASL_FAIL;
}

static int
cyrus_log(void *context, int level, const char *message)
{
	(void)context;
	(void)level;
	(void)message;			/* its reasons come with each failure */
	return SASL_OK;
}

static int
cyrus_simple(void *context, int id, const char **result, unsigned *len)
{
	const struct saslex_conf	*c = ((struct cyrus *)context)->c;

	*result = id == SASL_CB_USER ? c->user : c->authid;
	if (len != NULL)
		*len = (unsigned)strlen(*result);
	return SASL_OK;
}

static int
cyrus_secret(sasl_conn_t *conn, void *context, int id, sasl_secret_t **secret)
{
	(void)conn;
	(void)id;
	*secret = ((struct cyrus *)context)->secret;
	return SASL_OK;
}

/* Names come here before the library adds a realm to them; they stay as they are. */
static int
cyrus_canon(sasl_conn_t *conn, void *context, const char *in, unsigned n, unsigned flags, const char *realm, char *out, unsigned max, unsigned *nout)
{
	struct cyrus	*y = context;
	struct str	 name = str_mem(in, n != 0 ? n : strlen(in));

	(void)conn;
	(void)realm;
	if (name.n > max)
		return SASL_BUFOVER;
	memmove(out, name.p, name.n);
	if (name.n < max)
		out[name.n] = '\0';
	*nout = (unsigned)name.n;
	if (flags & SASL_CU_AUTHID && y->given[0] == '\0')	/* some mechanisms ask again, with the result */
		(void)str_copy(y->given, sizeof y->given, str_first(name, sizeof y->given - 1));
	return str_trim(name).n == 0 ? SASL_BADAUTH : SASL_OK;
}

static int
cyrus_author(sasl_conn_t *conn, void *context, const char *wanted, unsigned nwanted, const char *is, unsigned nis, const char *realm, unsigned nrealm, struct propctx *more)
{
	(void)conn, (void)context, (void)wanted, (void)nwanted, (void)is, (void)nis, (void)realm, (void)nrealm, (void)more;
	return SASL_OK;
}

static int
cyrus_realm(void *context, int id, const char **available, const char **result)
{
	const struct saslex_conf	*c = ((struct cyrus *)context)->c;

	(void)id;
	*result = c->realm != NULL ? c->realm : available != NULL && available[0] != NULL ? available[0] : "";
	return SASL_OK;
}

static void
cyrus_callback(struct cyrus *y, size_t *n, unsigned long id, cyrus_proc *fn)
{
	y->cb[(*n)++] = (sasl_callback_t){ id, fn, y };
}

static int
cyrus_callbacks(struct cyrus *y)
{
	size_t	n = 0, len = y->c->password == NULL ? 0 : strlen(y->c->password);

	cyrus_callback(y, &n, SASL_CB_LOG, (cyrus_proc *)(void (*)(void))cyrus_log);
	if (y->c->dir != NULL)
		cyrus_callback(y, &n, SASL_CB_GETCONFPATH, (cyrus_proc *)(void (*)(void))cyrus_confpath);
	if (y->c->options != NULL)
		cyrus_callback(y, &n, SASL_CB_GETOPT, (cyrus_proc *)(void (*)(void))cyrus_getopt);
	if (y->c->client) {
		cyrus_callback(y, &n, SASL_CB_USER, (cyrus_proc *)(void (*)(void))cyrus_simple);
		cyrus_callback(y, &n, SASL_CB_AUTHNAME, (cyrus_proc *)(void (*)(void))cyrus_simple);
		cyrus_callback(y, &n, SASL_CB_PASS, (cyrus_proc *)(void (*)(void))cyrus_secret);
		cyrus_callback(y, &n, SASL_CB_GETREALM, (cyrus_proc *)(void (*)(void))cyrus_realm);
		if ((y->secret = malloc(sizeof *y->secret + len + 1)) == NULL)
			return -1;
		y->secret->len = (unsigned long)len;
		memcpy(y->secret->data, len > 0 ? y->c->password : "", len + 1);
	}
	if (!y->c->client)
		cyrus_callback(y, &n, SASL_CB_CANON_USER, (cyrus_proc *)(void (*)(void))cyrus_canon);
	if (y->c->any_author)
		cyrus_callback(y, &n, SASL_CB_PROXY_POLICY, (cyrus_proc *)(void (*)(void))cyrus_author);
	cyrus_callback(y, &n, SASL_CB_LIST_END, NULL);
	return 0;
}

static void
cyrus_close(void *arg)
{
	struct cyrus	*y = arg;

	if (y->conn != NULL)
		sasl_dispose(&y->conn);
	if (y->c->client)
		sasl_client_done();
	else
		sasl_server_done();
	free(y->secret);
	free(y);
}

static int
cyrus_connect(struct cyrus *y)
{
	const struct saslex_conf	*c = y->c;
	static const struct { unsigned flag, sasl; } flags[] = {
		{ SASLEX_NOACTIVE, SASL_SEC_NOACTIVE }, { SASLEX_NODICT, SASL_SEC_NODICTIONARY }, { SASLEX_FORWARD, SASL_SEC_FORWARD_SECRECY },
		{ SASLEX_MUTUAL, SASL_SEC_MUTUAL_AUTH }, { SASLEX_CREDENTIALS, SASL_SEC_PASS_CREDENTIALS },
		{ SASLEX_NOANON, SASL_SEC_NOANONYMOUS },
	};
	sasl_security_properties_t	 props = { .max_ssf = c->max_ssf, .maxbufsize = CYRUS_BUFFER };
	sasl_ssf_t			 ssf = c->ssf;
	int				 rc;

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (c->flags & flags[i].flag)
			props.security_flags |= flags[i].sasl;
	if (c->flags & SASLEX_NOPLAIN && c->ssf == 0)
		props.security_flags |= SASL_SEC_NOPLAINTEXT;
	rc = c->client ? sasl_client_init(y->cb) : sasl_server_init(y->cb, c->app != NULL ? c->app : "Sendmail");
	if (rc == SASL_OK)
		rc = c->client ? sasl_client_new("smtp", c->host, NULL, NULL, y->cb, 0, &y->conn) :
		    sasl_server_new(c->service != NULL ? c->service : "smtp", c->host, c->realm, NULL, NULL, y->cb, 0, &y->conn);
	if (rc == SASL_OK)
		rc = sasl_setprop(y->conn, SASL_SEC_PROPS, &props);
	if (rc == SASL_OK && ssf > 0)
		rc = sasl_setprop(y->conn, SASL_SSF_EXTERNAL, &ssf);
	if (rc == SASL_OK && c->external != NULL)
		rc = sasl_setprop(y->conn, SASL_AUTH_EXTERNAL, c->external);
	if (rc == SASL_OK && c->binding != NULL) {
		y->binding = (sasl_channel_binding_t){ .name = c->binding, .len = (unsigned long)c->binding_data.n,
			.data = (const unsigned char *)c->binding_data.p };
		rc = sasl_setprop(y->conn, SASL_CHANNEL_BINDING, &y->binding);
	}
	return rc;
}

static void *
cyrus_open(const struct saslex_conf *c, struct err *e)
{
	struct cyrus	*y = calloc(1, sizeof *y);
	int		 rc;

	if (y == NULL) {
		err_set(e, ERR_TEMP, "no memory");
		return NULL;
	}
	y->c = c;
	if (cyrus_callbacks(y) == 0 && (rc = cyrus_connect(y)) == SASL_OK)
		return y;
	err_set(e, ERR_TEMP, "SASL does not start: %s", y->conn != NULL ? sasl_errdetail(y->conn) : "library");
	cyrus_close(y);
	return NULL;
}

static int
cyrus_mechs(void *arg, struct buf *out)
{
	struct cyrus	*y = arg;
	const char	*list;

	if (sasl_listmech(y->conn, NULL, "", " ", "", &list, NULL, NULL) != SASL_OK)
		return 0;		/* none is left under these conditions */
	return buf_addc(out, list);
}

/* A refusal as sendmail has it in its log: what it is, its number, and the library's own words. */
static void
cyrus_why(struct cyrus *y, int rc, struct err *e)
{
	err_set(e, ERR_PERM, "%s (%d) %s", sasl_errstring(rc, NULL, NULL), rc, sasl_errdetail(y->conn));
}

static enum auth_rc
cyrus_rc(struct cyrus *y, int rc, struct err *e)
{
	switch (rc) {
	case SASL_OK:
		return AUTH_OK;
	case SASL_CONTINUE:
	case SASL_INTERACT:
		return AUTH_CONTINUE;
	case SASL_BADAUTH: case SASL_NOUSER: case SASL_NOAUTHZ: case SASL_NOVERIFY: case SASL_EXPIRED: case SASL_DISABLED: case SASL_BADMAC:
	case SASL_BADSERV:
		cyrus_why(y, rc, e);
		return AUTH_NO;
	case SASL_NOMECH: case SASL_TOOWEAK: case SASL_ENCRYPT:
		cyrus_why(y, rc, e);
		return AUTH_BAD;
	case SASL_BADPROT: case SASL_BADPARAM:
		cyrus_why(y, rc, e);
		return y->c->strict ? AUTH_BAD : AUTH_NO;
	default:
		err_set(e, ERR_TEMP, "SASL: %s", sasl_errdetail(y->conn));
		return AUTH_TEMP;
	}
}

/* `in` is what was answered. */
static enum auth_rc
cyrus_after(struct cyrus *y, int rc, struct str in, const char *p, unsigned n, struct buf *out, struct err *e)
{
	if (rc == SASL_NOUSER && y->salt > 0 && saslex_decoy(in, y->salt, out) == 0) {
		y->decoy = true;
		return AUTH_CONTINUE;
	}
	if ((rc == SASL_CONTINUE || rc == SASL_OK) && p != NULL)
		buf_addmem(out, p, n);
	return cyrus_rc(y, rc, e);
}

/* The library leaves "-PLUS" off the name of what it chose; a response that binds (RFC 5802 7: "p=") would be refused under the other name. */
static void
cyrus_name(struct cyrus *y, const char *response, unsigned n)
{
	struct str	mech = str_c(y->mech);

	if (y->c->binding == NULL || n < 2 || memcmp(response, "p=", 2) != 0 || str_ends(mech, STR("-PLUS")))
		return;
	if (snprintf(y->plus, sizeof y->plus, "%s-PLUS", y->mech) < (int)sizeof y->plus)
		y->mech = y->plus;
}

static enum auth_rc
cyrus_begin(void *arg, const char *mech, struct str initial, struct buf *out, bool *has_out, struct err *e)
{
	struct cyrus	*y = arg;
	const char	*p = NULL;
	enum auth_rc	 has;
	unsigned	 n = 0;
	uint64_t	 begun;
	int		 rc;

	if (!y->c->client) {
		y->salt = saslex_decoy_salt(str_c(mech));
		begun = os_now_ms();
		rc = sasl_server_start(y->conn, mech, str_is_none(initial) ? NULL : initial.n > 0 ? initial.p : "", (unsigned)initial.n, &p, &n);
		has = cyrus_after(y, rc, initial, p, n, out, e);
		saslex_decoy_wait(y->salt, begun);
		return has;
	}
	rc = sasl_client_start(y->conn, mech, NULL, &p, &n, &y->mech);
	*has_out = p != NULL;
	if (p != NULL && y->mech != NULL)
		cyrus_name(y, p, n);
	/* a client that is done has said all it has to say; whether it was believed is the server's answer */
	rc = rc == SASL_OK ? SASL_CONTINUE : rc;
	return cyrus_after(y, rc, STR(""), p, n, out, e);
}

static enum auth_rc
cyrus_step(void *arg, struct str in, struct buf *out, struct err *e)
{
	struct cyrus	*y = arg;
	const char	*p = NULL;
	unsigned	 n = 0;
	int		 rc;

	uint64_t	 begun = os_now_ms();
	enum auth_rc	 has;

	if (y->decoy) {
		cyrus_why(y, SASL_NOUSER, e);
		return AUTH_NO;
	}
	if (y->c->client)
		rc = sasl_client_step(y->conn, in.n > 0 ? in.p : "", (unsigned)in.n, NULL, &p, &n);
	else
		rc = sasl_server_step(y->conn, in.n > 0 ? in.p : "", (unsigned)in.n, &p, &n);
	has = cyrus_after(y, rc, in, p, n, out, e);
	saslex_decoy_wait(y->salt, begun);
	return has;
}

static struct str
cyrus_prop(struct cyrus *y, int which)
{
	const void	*v = NULL;

	if (sasl_getprop(y->conn, which, &v) != SASL_OK || v == NULL)
		return STR("");
	return str_c(v);
}

static void
cyrus_who(void *arg, struct saslex_who *w)
{
	struct cyrus	*y = arg;
	const void	*ssf = NULL;

	w->authen = cyrus_prop(y, SASL_AUTHUSER);
	w->given = str_c(y->given);
	w->author = cyrus_prop(y, SASL_USERNAME);
	w->mech = y->c->client ? str_c(y->mech) : cyrus_prop(y, SASL_MECHNAME);
	w->ssf = sasl_getprop(y->conn, SASL_SSF, &ssf) == SASL_OK && ssf != NULL ? *(const sasl_ssf_t *)ssf : 0;
}

static enum auth_rc
cyrus_check(void *arg, struct str user, struct str password, struct err *e)
{
	struct cyrus	*y = arg;
	struct buf	 u, p;
	enum auth_rc	 rc = AUTH_TEMP;

	/* the library is given lengths, but some of it looks for a NUL */
	buf_init(&u, 1024);
	buf_init_secret(&p, 65536);
	buf_add(&u, user);
	buf_add(&p, password);
	if (buf_ok(&u) && buf_ok(&p))
		rc = cyrus_rc(y, sasl_checkpass(y->conn, buf_c(&u), (unsigned)u.n, buf_c(&p), (unsigned)p.n), e);
	buf_done(&u);
	buf_done(&p);
	return rc;
}

static int
cyrus_layer(struct cyrus *y, int rc, const char *p, unsigned n, struct buf *out, struct err *e)
{
	if (rc != SASL_OK)
		return err_set(e, ERR_TEMP, "SASL: security layer: %s", sasl_errdetail(y->conn));
	if (n > 0)
		buf_addmem(out, p, n);
	return buf_ok(out) ? 0 : err_set(e, ERR_TEMP, "SASL: no memory");
}

/* The other side may take smaller pieces than ours. */
static int
cyrus_wrap(void *arg, struct str in, struct buf *out, struct err *e)
{
	struct cyrus	*y = arg;
	const void	*max = NULL;
	unsigned	 most = SASLEX_PIECE;

	if (sasl_getprop(y->conn, SASL_MAXOUTBUF, &max) == SASL_OK && max != NULL && *(const unsigned *)max > 0 && *(const unsigned *)max < most)
		most = *(const unsigned *)max;
	while (in.n > 0) {
		struct str	 piece = str_first(in, most);
		const char	*p = NULL;
		unsigned	 n = 0;
		int		 rc = sasl_encode(y->conn, piece.p, (unsigned)piece.n, &p, &n);

		if (cyrus_layer(y, rc, p, n, out, e) == -1)
			return -1;
		in = str_from(in, piece.n);
	}
	return 0;
}

static int
cyrus_unwrap(void *arg, struct str in, struct buf *out, struct err *e)
{
	struct cyrus	*y = arg;
	const char	*p = NULL;
	unsigned	 n = 0;
	int		 rc = sasl_decode(y->conn, in.p, (unsigned)in.n, &p, &n);

	return cyrus_layer(y, rc, p, n, out, e);
}

static const struct saslex_ops cyrus_ops = {
	.mod = { "saslex", SASLEX_MODULE_VERSION },
	.open = cyrus_open,
	.close = cyrus_close,
	.mechs = cyrus_mechs,
	.begin = cyrus_begin,
	.step = cyrus_step,
	.who = cyrus_who,
	.check = cyrus_check,
	.wrap = cyrus_wrap,
	.unwrap = cyrus_unwrap,
};

extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &cyrus_ops.mod;
