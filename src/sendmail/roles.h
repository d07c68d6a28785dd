/*
 * roles - what each role's file gives to the table in role.c.
 *
 * NAME_prepare runs with the parent's rights, before they are given up: open what needs them (keys, maps), load modules.
 * NAME_sandbox fills NULL-terminated lists of what may be opened for reading and what for writing.
 * NAME_run is the role's life.  NAME_reconf takes over ctx->conf after a reload; the old configuration is freed when it returns 0.
 */
#ifndef SENDMAIL_ROLES_H
#define SENDMAIL_ROLES_H

#include "role.h"

/* What lookup's workers may where no map runs a program (os/sandbox.h); maps of class sqlite need to write, too. */
#define LOOKUP_WORKER_MAY	(OS_MAY_FORK | OS_MAY_NSS)

#define ROLE_PREPARE(n)	int n##_prepare(struct role_ctx *, struct err *)
#define ROLE_SANDBOX(n)	int n##_sandbox(struct role_ctx *, const char **read_paths, const char **write_paths, size_t max)
#define ROLE_RUN(n)	int n##_run(struct role_ctx *)
#define ROLE_RECONF(n)	int n##_reconf(struct role_ctx *)

ROLE_RUN(loader);
extern const struct answer loader_answers[];

ROLE_RUN(gate);
ROLE_RECONF(gate);
extern const struct answer gate_answers[];

/* works: Q_VERDICT, Q_SESSION */
ROLE_PREPARE(smtpd);
ROLE_SANDBOX(smtpd);
ROLE_RUN(smtpd);
extern const struct work smtpd_works[];

ROLE_PREPARE(lookup);
ROLE_RUN(lookup);
ROLE_RECONF(lookup);
extern const struct answer lookup_answers[];
extern const struct work lookup_works[];

ROLE_PREPARE(resolver);
ROLE_RUN(resolver);
ROLE_RECONF(resolver);
extern const struct answer resolver_answers[];

/* answers: Q_DF, Q_COMMIT, Q_ABORT, Q_QRUN, Q_FLUSH */
ROLE_PREPARE(spool);
ROLE_SANDBOX(spool);
ROLE_RUN(spool);
ROLE_RECONF(spool);
extern const struct answer spool_answers[];

/* works: Q_ROUTE, Q_REPORT */
ROLE_PREPARE(route);
ROLE_SANDBOX(route);
ROLE_RUN(route);
extern const struct work route_works[];

/* works: Q_ATTEMPT */
ROLE_PREPARE(client);
ROLE_SANDBOX(client);
ROLE_RUN(client);
extern const struct work client_works[];

/* works: Q_DELIVER, Q_FORWARD, Q_INCLUDE, Q_SEAL */
ROLE_PREPARE(local);
ROLE_RUN(local);
ROLE_RECONF(local);
extern const struct work local_works[];

/* answers: Q_AUTH, Q_AUTHMECHS */
ROLE_SANDBOX(authd);
ROLE_RUN(authd);
ROLE_RECONF(authd);
extern const struct answer authd_answers[];

/* answers: Q_TALLY */
ROLE_PREPARE(tally);
ROLE_SANDBOX(tally);
ROLE_RUN(tally);
ROLE_RECONF(tally);
extern const struct answer tally_answers[];

/* answers: Q_SIGN, Q_KEYS */
ROLE_PREPARE(keys);
ROLE_RUN(keys);
extern const struct answer keys_answers[];

/* answers: Q_TLSRPT; works: Q_STS */
ROLE_PREPARE(sts);
ROLE_SANDBOX(sts);
ROLE_RUN(sts);
extern const struct answer sts_answers[];
extern const struct work sts_works[];

ROLE_RUN(logd);
ROLE_RECONF(logd);
extern const struct answer logd_answers[];

#endif
