divert(-1)
dnl
dnl pop - spop of MH, for addresses below POP.
dnl
define(`_PSEUDO_DOMAINS_', ifdef(`_PSEUDO_DOMAINS_', `defn(`_PSEUDO_DOMAINS_')')`CPPOP
')
_DEFAULT_(`POP_MAILER_PATH', `/usr/lib/mh/spop')
_DEFAULT_(`POP_MAILER_FLAGS', `Penu')
_DEFAULT_(`POP_MAILER_ARGS', `pop $u')
PUSHDIVERT(7)dnl

######################################################################
###  POP mailer
######################################################################

Mpop,		P=POP_MAILER_PATH, F=_FLAGS_(`POP', lsDFMq`'POP_MAILER_FLAGS), S=EnvFromL, R=EnvToL/HdrToL,
		T=DNS/RFC822/X-Unix,ifdef(`POP_MAILER_QGRP', ` Q=POP_MAILER_QGRP,')
		A=POP_MAILER_ARGS

POPDIVERT
