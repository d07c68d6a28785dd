/*
 * srv_test_cf - the small configuration of the server's tests: mail.test, users joe and ann.
 */
#ifndef SENDMAIL_SRV_TEST_CF_H
#define SENDMAIL_SRV_TEST_CF_H

#include "base/log.h"
#include "base/must.h"
#include "conf.h"

static const char cf_text[] =
	"V10/Berkeley\n"
	"Djmail.test\nDnMAILER-DAEMON\nCwlocalhost mail.test\n"
	"O OperatorChars=.:%@!^/[]+\n"
	"O SmtpGreetingMessage=$j Angarium; $b\n"
	"O MaxMessageSize=2000\nO MaxRecipientsPerMessage=3\nO MaxHeadersLength=400\nO MaxHopCount=5\n"
	"O PrivacyOptions=\n"
	"H?P?Return-Path: <$g>\n"
	"HReceived: $?sfrom $s $.$?_($_)$.\n\tby $j with $r id $i$?u\n\tfor $u; $|;\n\t$.$b\n"
	"H?D?Date: $a\nH?F?From: $?x$x <$g>$|$g$.\nH?M?Message-Id: <$t.$i@$j>\n"
	"HSubject: $>Check_subject\n"
	"S3\nR<>\t$@<@>\nR$*<$*>$*\t$:$2\nR$+@$+\t$:$1<@$2>\nR$+<@$=w>\t$:$1<@$j>\n"
	"S4\nR$*<$*>$*\t$1$2$3\n"
	"S0\nR<@>\t$#local $: <>\nR$+<@$j>\t$#local $: $1\nR$+<@$+>\t$#smtp $@ $2 $: $1@$2\nR$+\t$#local $: $1\n"
	"Scheck_mail\nR<bad@$*>\t$#error $@ 5.7.1 $: \"550 Access denied\"\nR<later@$*>\t$#error $@ 4.7.1 $: \"451 Try later\"\n"
	"R<quiet@$*>\t$#discard $: discard\n"
	"Scheck_rcpt\nR<$*@far.test>\t$#error $@ 5.7.1 $: \"550 Relaying denied\"\n"
	"Scheck_data\nR0\t$#error $@ 5.5.1 $: \"554 nobody\"\n"
	"SCheck_subject\nR$* spam $*\t$#error $@ 5.7.1 $: \"550 No spam\"\n"
	"Mlocal,\tP=/bin/true, F=lsDFMAw5q:/|@P, S=10, R=20, A=true\n"
	"Mprog,\tP=/bin/sh, F=lsDFM, A=sh -c $u\n"
	"Msmtp,\tP=[IPC], F=mDFMuX, A=TCP $h\n";

/* As conf_loader: nothing but the text is asked, no name service, no DNS. */
static inline enum conf_found
cf_ask(void *arg, enum conf_ask what, struct str question, struct buf *answer, struct err *e)
{
	(void)arg;
	(void)question;
	if (what != CONF_ASK_HOST)
		return err_set(e, ERR_PERM, "not in this test"), CONF_ABSENT;
	(void)buf_addc(answer, "name mail\ncanon mail.test\ndomain test\nnode mail\n");
	return CONF_FOUND;
}

/* As a sink of the log: no line holds control characters, whatever a stranger said. */
static inline void
cf_log(void *arg, enum log_prio p, const char *line)
{
	(void)arg;
	(void)p;
	for (const char *c = line; *c != '\0'; c++)
		must((unsigned char)*c >= ' ');
}

#endif
