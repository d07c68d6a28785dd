divert(-1)
dnl
dnl procmail - a mailer for values of the mailertable: procmail:/path/to/rcfile
dnl
_DEFAULT_(`PROCMAIL_MAILER_PATH', `/usr/local/bin/procmail')
_DEFAULT_(`PROCMAIL_MAILER_FLAGS', `SPhnu9')
_DEFAULT_(`PROCMAIL_MAILER_ARGS', `procmail -Y -m $h $f $u')
ifdef(`_MAILER_smtp_',, `_WARN_(`MAILER(procmail) uses rulesets of MAILER(smtp), which should come before it')')
PUSHDIVERT(7)dnl

######################################################################
###  Procmail mailer
######################################################################

Mprocmail,	P=PROCMAIL_MAILER_PATH, F=_FLAGS_(`PROCMAIL', DFM`'PROCMAIL_MAILER_FLAGS), S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP/HdrFromSMTP,ifdef(`PROCMAIL_MAILER_MAX', ` M=PROCMAIL_MAILER_MAX,')
		T=DNS/RFC822/X-Unix,ifdef(`PROCMAIL_MAILER_QGRP', ` Q=PROCMAIL_MAILER_QGRP,')
		A=PROCMAIL_MAILER_ARGS
POPDIVERT
