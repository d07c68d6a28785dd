divert(-1)
dnl
dnl usenet - mail for users named group.usenet goes to inews.
dnl
define(`_MAILER_usenet_', `1')
_DEFAULT_(`USENET_MAILER_PATH', `/usr/lib/news/inews')
_DEFAULT_(`USENET_MAILER_FLAGS', `rsDFMmn')
_DEFAULT_(`USENET_MAILER_ARGS', `inews -m -h -n $u')
PUSHDIVERT(7)dnl

######################################################################
###  Usenet mailer
######################################################################

Musenet,	P=USENET_MAILER_PATH, F=_FLAGS_(`USENET', USENET_MAILER_FLAGS), S=EnvFromL, R=EnvToL,ifdef(`USENET_MAILER_MAX', ` M=USENET_MAILER_MAX,')
		T=X-Usenet/X-Usenet/X-Unix,ifdef(`USENET_MAILER_QGRP', ` Q=USENET_MAILER_QGRP,')
		A=USENET_MAILER_ARGS

POPDIVERT
