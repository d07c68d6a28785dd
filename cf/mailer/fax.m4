divert(-1)
dnl
dnl fax - HylaFAX, for addresses below FAX.
dnl
ifdef(`FAX_RELAY',, `define(`_PSEUDO_DOMAINS_', ifdef(`_PSEUDO_DOMAINS_', `defn(`_PSEUDO_DOMAINS_')')`CPFAX
')')
_DEFAULT_(`FAX_MAILER_PATH', `/usr/local/lib/fax/mailfax')
_DEFAULT_(`FAX_MAILER_ARGS', `mailfax $u $h $f')
_DEFAULT_(`FAX_MAILER_MAX', `100000')
PUSHDIVERT(7)dnl

######################################################################
###  Fax mailer
######################################################################

Mfax,		P=FAX_MAILER_PATH, F=_FLAGS_(`FAX', DFMhu), S=14, R=24, M=FAX_MAILER_MAX,
		T=X-Phone/X-FAX/X-Unix,ifdef(`FAX_MAILER_QGRP', ` Q=FAX_MAILER_QGRP,')
		A=FAX_MAILER_ARGS

# addresses stay as they are
S14
S24

POPDIVERT
