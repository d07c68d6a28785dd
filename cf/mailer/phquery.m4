divert(-1)
dnl
dnl phquery - phquery asks a CCSO name server.
dnl
_DEFAULT_(`PH_MAILER_PATH', `/usr/local/etc/phquery')
_DEFAULT_(`PH_MAILER_FLAGS', `ehmu')
_DEFAULT_(`PH_MAILER_ARGS', `phquery -- $u')
PUSHDIVERT(7)dnl

######################################################################
###  PH mailer
######################################################################

Mph,		P=PH_MAILER_PATH, F=_FLAGS_(`PH', nrDFM`'PH_MAILER_FLAGS), S=EnvFromL, R=EnvToL/HdrToL,
		T=DNS/RFC822/X-Unix,ifdef(`PH_MAILER_QGRP', ` Q=PH_MAILER_QGRP,')
		A=PH_MAILER_ARGS

POPDIVERT
