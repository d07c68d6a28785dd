divert(-1)
dnl
dnl qpage - QuickPage.
dnl
_DEFAULT_(`QPAGE_MAILER_PATH', `/usr/local/bin/qpage')
_DEFAULT_(`QPAGE_MAILER_FLAGS', `mDFMs')
_DEFAULT_(`QPAGE_MAILER_ARGS', `qpage -l0 -m -P$u')
_DEFAULT_(`QPAGE_MAILER_MAX', `4096')
PUSHDIVERT(7)dnl

######################################################################
###  Pager mailer
######################################################################

Mqpage,		P=QPAGE_MAILER_PATH, F=_FLAGS_(`QPAGE', QPAGE_MAILER_FLAGS), M=QPAGE_MAILER_MAX,
		T=DNS/RFC822/X-Unix,ifdef(`QPAGE_MAILER_QGRP', ` Q=QPAGE_MAILER_QGRP,')
		A=QPAGE_MAILER_ARGS

POPDIVERT
