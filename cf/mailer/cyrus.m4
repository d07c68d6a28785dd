divert(-1)
dnl
dnl cyrus - deliver of Cyrus 1: cyrus for users, cyrusbb for bulletin boards.
dnl
_DEFAULT_(`CYRUS_MAILER_PATH', `/usr/cyrus/bin/deliver')
_DEFAULT_(`CYRUS_MAILER_FLAGS', `Ah5@/:|')
_DEFAULT_(`CYRUS_MAILER_ARGS', `deliver -e -m $h -- $u')
_DEFAULT_(`CYRUS_MAILER_USER', `cyrus:mail')
_DEFAULT_(`CYRUS_BB_MAILER_FLAGS', `u')
_DEFAULT_(`CYRUS_BB_MAILER_ARGS', `deliver -e -m $u')
PUSHDIVERT(7)dnl

######################################################################
###  Cyrus mailers
######################################################################

Mcyrus,		P=CYRUS_MAILER_PATH, F=_FLAGS_(`CYRUS', lsDFMnPq`'CYRUS_MAILER_FLAGS), S=EnvFromL, R=EnvToL/HdrToL,ifdef(`CYRUS_MAILER_MAX', ` M=CYRUS_MAILER_MAX,') U=CYRUS_MAILER_USER,
		T=DNS/RFC822/X-Unix,ifdef(`CYRUS_MAILER_QGRP', ` Q=CYRUS_MAILER_QGRP,')
		A=CYRUS_MAILER_ARGS
Mcyrusbb,	P=CYRUS_MAILER_PATH, F=_FLAGS_(`CYRUS_BB', lsDFMnP`'CYRUS_BB_MAILER_FLAGS), S=EnvFromL, R=EnvToL/HdrToL,ifdef(`CYRUS_MAILER_MAX', ` M=CYRUS_MAILER_MAX,') U=CYRUS_MAILER_USER,
		T=DNS/RFC822/X-Unix,ifdef(`CYRUS_MAILER_QGRP', ` Q=CYRUS_MAILER_QGRP,')
		A=CYRUS_BB_MAILER_ARGS

POPDIVERT
