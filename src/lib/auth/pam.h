/*
 * pam - what module `pam` exports: passwords of UserDatabase=pam.
 */
#ifndef AUTH_PAM_H
#define AUTH_PAM_H

#include "auth/cred.h"
#include "os/module.h"

#define PAM_MODULE_VERSION	1
struct pam_ops {
	struct os_module mod;
	/* May this user log in from `peer` ("" unknown)?  confdir NULL: the system's. */
	enum auth_rc	(*check)(const char *service, const char *confdir, const char *user, const char *password, const char *peer, struct err *);
};

#endif
