/*
 * pam_check - module `pam`: the only file that knows PAM.
 *
 * It is loaded by a child of auth's checker that serves one exchange and then ends, whatever the modules of the administrator leave behind.  A
 * conversation is answered from what the client sent: no question reaches him.
 */
#include <security/pam_appl.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "auth/pam.h"
#include "base/buf.h"

struct answers {
	const char	*user, *password;
};

static void
replies_free(struct pam_response *r, int n)
{
	for (int i = 0; i < n; i++)
		if (r[i].resp != NULL) {
			mem_wipe(r[i].resp, strlen(r[i].resp));
			free(r[i].resp);
		}
	free(r);
}

/* The library frees the answers. */
static int
pam_converse(int n, const struct pam_message **m, struct pam_response **out, void *arg)
{
	const struct answers	*a = arg;
	struct pam_response	*r;

	if (n <= 0 || n > PAM_MAX_NUM_MSG || (r = calloc((size_t)n, sizeof *r)) == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		const char	*say = m[i]->msg_style == PAM_PROMPT_ECHO_OFF ? a->password : m[i]->msg_style == PAM_PROMPT_ECHO_ON ? a->user : NULL;

		if (say == NULL)
			continue;
		if ((r[i].resp = strdup(say)) == NULL) {
			replies_free(r, i);
			return PAM_BUF_ERR;
		}
	}
	*out = r;
	return PAM_SUCCESS;
}

typedef int	start_fn(const char *, const char *, const struct pam_conv *, const char *, pam_handle_t **);

/* Not every PAM can be told where its services are. */
static int
pam_begin(const char *service, const char *confdir, const char *user, const struct pam_conv *conv, pam_handle_t **h, struct err *err)
{
	start_fn	*start = NULL;
	void		*sym;

	if (confdir == NULL)
		return pam_start(service, user, conv, h);
	if ((sym = dlsym(RTLD_DEFAULT, "pam_start_confdir")) == NULL) {
		err_set(err, ERR_PERM, "PAMConfDir: this system's PAM cannot be told where its services are");
		return -1;
	}
	memcpy(&start, &sym, sizeof start);
	return start(service, user, conv, confdir, h);
}

static enum auth_rc
pam_answer(int rc)
{
	switch (rc) {
	case PAM_SUCCESS:
		return AUTH_OK;
	case PAM_AUTH_ERR: case PAM_USER_UNKNOWN: case PAM_MAXTRIES: case PAM_ACCT_EXPIRED: case PAM_PERM_DENIED: case PAM_CRED_INSUFFICIENT:
	case PAM_NEW_AUTHTOK_REQD: case PAM_CRED_EXPIRED: case PAM_AUTHTOK_EXPIRED:
		return AUTH_NO;
	default:
		return AUTH_TEMP;
	}
}

static enum auth_rc
pam_check(const char *service, const char *confdir, const char *user, const char *password, const char *peer, struct err *err)
{
	struct answers		 a = { user, password };
	struct pam_conv		 conv = { pam_converse, &a };
	pam_handle_t		*h = NULL;
	enum auth_rc		 rc;
	int			 r;

	if ((r = pam_begin(service, confdir, user, &conv, &h, err)) != PAM_SUCCESS) {
		if (r != -1)
			err_set(err, ERR_TEMP, "PAM: service %s: %s", service, pam_strerror(h, r));
		return AUTH_TEMP;
	}
	if (peer[0] != '\0')
		(void)pam_set_item(h, PAM_RHOST, peer);
	if ((r = pam_authenticate(h, PAM_SILENT|PAM_DISALLOW_NULL_AUTHTOK)) == PAM_SUCCESS)
		r = pam_acct_mgmt(h, PAM_SILENT|PAM_DISALLOW_NULL_AUTHTOK);
	if ((rc = pam_answer(r)) == AUTH_TEMP)
		err_set(err, ERR_TEMP, "PAM: service %s: %s", service, pam_strerror(h, r));
	(void)pam_end(h, r);
	return rc;
}

static const struct pam_ops	pam_ops = { .mod = { "pam", PAM_MODULE_VERSION }, .check = pam_check };

extern const struct os_module *const angarium_module;
const struct os_module *const angarium_module = &pam_ops.mod;
