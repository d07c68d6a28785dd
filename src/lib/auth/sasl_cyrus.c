/*
 * sasl_cyrus - module `sasl`: the only file that knows the Cyrus SASL library.
 *
 * It is loaded by a child of the auth role that serves one exchange and then ends, so nothing here is ever shared.
 */
#include <sasl/sasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/sasl.h"

struct cyrus {
	sasl_conn_t		*conn;
	const struct mbconf	*c;
	sasl_callback_t		 cb[4];
};

static struct cyrus	*cyrus_one;		/* callbacks of the library itself get no context at sasl_server_init */

static int
cyrus_getopt(void *context, const char *plugin, const char *option, const char **result, unsigned *len)
{
	const struct mbconf	*c = ((struct cyrus *)context)->c;
	const char		*v = NULL;

	(void)plugin;
	if (c->sasl_conf_dir != NULL && c->users != MB_USERS_SASLDB)
		return SASL_FAIL;		/* the site's own file rules */
	if (strcmp(option, "sasldb_path") == 0)
		v = c->sasl_db != NULL ? c->sasl_db : "/etc/sasldb2";
	else if (strcmp(option, "auxprop_plugin") == 0)
		v = "sasldb";
	else if (strcmp(option, "pwcheck_method") == 0)
		v = "auxprop";
	else if (strcmp(option, "mech_list") == 0)
		v = c->mechanisms;
	if (v == NULL)
		return SASL_FAIL;
	*result = v;
	if (len != NULL)
		*len = (unsigned)strlen(v);
	return SASL_OK;
}

static int
cyrus_confpath(void *context, char **path)
{
	const struct mbconf	*c = ((struct cyrus *)context)->c;
	size_t			 n = strlen(c->sasl_conf_dir) + 1;

	if ((*path = malloc(n)) == NULL)
		return SASL_NOMEM;
	memcpy(*path, c->sasl_conf_dir, n);
	return SASL_OK;
}

static int
cyrus_log(void *context, int level, const char *message)
{
	(void)context;
	(void)level;
	(void)message;			/* its reasons come with each failure */
	return SASL_OK;
}

typedef int cyrus_proc(void);

static void
cyrus_callbacks(struct cyrus *y)
{
	size_t	n = 0;

	y->cb[n++] = (sasl_callback_t){ SASL_CB_GETOPT, (cyrus_proc *)(void (*)(void))cyrus_getopt, y };
	y->cb[n++] = (sasl_callback_t){ SASL_CB_LOG, (cyrus_proc *)(void (*)(void))cyrus_log, y };
	if (y->c->sasl_conf_dir != NULL)
		y->cb[n++] = (sasl_callback_t){ SASL_CB_GETCONFPATH, (cyrus_proc *)(void (*)(void))cyrus_confpath, y };
	y->cb[n] = (sasl_callback_t){ SASL_CB_LIST_END, NULL, NULL };
}

static int
cyrus_fail(struct err *err, int rc, const char *what)
{
	return err_set(err, ERR_TEMP, "SASL: %s: %s", what, sasl_errstring(rc, NULL, NULL));
}

static void *
cyrus_open(const struct mbconf *c, const char *service, const char *host, struct err *err)
{
	sasl_security_properties_t	 props = { .max_ssf = 0, .maxbufsize = 0, .security_flags = SASL_SEC_NOANONYMOUS };
	struct cyrus			*y;
	int				 rc;

	if (cyrus_one != NULL || (y = calloc(1, sizeof *y)) == NULL) {
		err_set(err, ERR_BUG, "SASL: one exchange a process");
		return NULL;
	}
	y->c = c;
	cyrus_callbacks(y);
	if ((rc = sasl_server_init(y->cb, service[0] == 'i' ? "imapd" : "popd")) != SASL_OK ||
	    (rc = sasl_server_new(service, host, host, NULL, NULL, y->cb, 0, &y->conn)) != SASL_OK ||
	    (rc = sasl_setprop(y->conn, SASL_SEC_PROPS, &props)) != SASL_OK) {
		cyrus_fail(err, rc, "start");
		free(y);
		return NULL;
	}
	cyrus_one = y;
	return y;
}

static void
cyrus_close(void *arg)
{
	struct cyrus	*y = arg;

	sasl_dispose(&y->conn);
	sasl_server_done();
	cyrus_one = NULL;
	free(y);
}

static int
cyrus_mechs(void *arg, struct buf *out)
{
	struct cyrus	*y = arg;
	const char	*list;

	if (sasl_listmech(y->conn, NULL, "", " ", "", &list, NULL, NULL) != SASL_OK)
		return -1;
	return buf_addc(out, list);
}

static enum auth_rc
cyrus_rc(struct cyrus *y, int rc, struct err *err)
{
	switch (rc) {
	case SASL_OK:
		return AUTH_OK;
	case SASL_CONTINUE:
		return AUTH_CONTINUE;
	case SASL_BADAUTH: case SASL_NOUSER: case SASL_NOAUTHZ: case SASL_NOVERIFY: case SASL_EXPIRED: case SASL_DISABLED: case SASL_BADMAC:
		return AUTH_NO;
	case SASL_BADPROT: case SASL_NOMECH: case SASL_BADPARAM: case SASL_TOOWEAK: case SASL_ENCRYPT:
		return AUTH_BAD;
	default:
		err_set(err, ERR_TEMP, "SASL: %s", sasl_errdetail(y->conn));
		return AUTH_TEMP;
	}
}

static enum auth_rc
cyrus_check(void *arg, struct str user, struct str password, struct err *err)
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
		rc = cyrus_rc(y, sasl_checkpass(y->conn, buf_c(&u), (unsigned)u.n, buf_c(&p), (unsigned)p.n), err);
	buf_done(&u);
	buf_done(&p);
	return rc;
}

static enum auth_rc
cyrus_after(struct cyrus *y, int rc, const char *p, unsigned n, struct buf *out, struct buf *user, struct err *err)
{
	const void	*who = NULL;

	if (rc == SASL_CONTINUE && p != NULL)
		buf_addmem(out, p, n);
	if (rc == SASL_OK) {
		if (sasl_getprop(y->conn, SASL_USERNAME, &who) != SASL_OK || who == NULL)
			return AUTH_TEMP;
		buf_clear(user);
		buf_addc(user, who);
		if (p != NULL && n > 0)
			buf_addmem(out, p, n);		/* additional data with success */
	}
	return cyrus_rc(y, rc, err);
}

static enum auth_rc
cyrus_start(void *arg, const char *mech, struct str initial, struct buf *out, struct buf *user, struct err *err)
{
	struct cyrus	*y = arg;
	const char	*p = NULL;
	unsigned	 n = 0;
	int		 rc;

	rc = sasl_server_start(y->conn, mech, str_is_none(initial) ? NULL : initial.n > 0 ? initial.p : "", (unsigned)initial.n, &p, &n);
	return cyrus_after(y, rc, p, n, out, user, err);
}

static enum auth_rc
cyrus_step(void *arg, struct str response, struct buf *out, struct buf *user, struct err *err)
{
	struct cyrus	*y = arg;
	const char	*p = NULL;
	unsigned	 n = 0;
	int		 rc;

	rc = sasl_server_step(y->conn, response.n > 0 ? response.p : "", (unsigned)response.n, &p, &n);
	return cyrus_after(y, rc, p, n, out, user, err);
}

static const struct sasl_ops cyrus_ops = {
	.mod = { "sasl", SASL_MODULE_VERSION },
	.open = cyrus_open,
	.close = cyrus_close,
	.mechs = cyrus_mechs,
	.check = cyrus_check,
	.start = cyrus_start,
	.step = cyrus_step,
};

extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &cyrus_ops.mod;
