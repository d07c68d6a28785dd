divert(-1)
dnl
dnl xagent - a program of the site that takes mail: xagent HOST USER.
dnl
_DEFAULT_(`XAGENT_MAILER_PATH', `/usr/lib/xagent')
_DEFAULT_(`XAGENT_MAILER_FLAGS', `DFMueXLn')
_DEFAULT_(`XAGENT_MAILER_ARGS', `xagent $h $u')
PUSHDIVERT(7)dnl

######################################################################
###  Xagent mailer
######################################################################

Mxagent,	P=XAGENT_MAILER_PATH, F=_FLAGS_(`XAGENT', XAGENT_MAILER_FLAGS), S=11/31, R=21/31,
		T=DNS/RFC822/X-Unix,ifdef(`XAGENT_MAILER_QGRP', ` Q=XAGENT_MAILER_QGRP,')
		A=XAGENT_MAILER_ARGS, E=\n

# addresses stay as they are
S11
S21
S31

POPDIVERT
