/*
 * makecert - sendmail --make-cert: key, request, certificate and TLSA record for this host.
 *
 *	sendmail --make-cert [--days=N] [--rsa] [--dir=FOLDER] [NAME ...]
 */
#ifndef SENDMAIL_MAKECERT_H
#define SENDMAIL_MAKECERT_H

#include "mode.h"

int	makecert_run(struct cmd *);

#endif
