divert(-1)
dnl
dnl cyrusv2 - Cyrus 2 and later, by LMTP over a socket.
dnl
_DEFAULT_(`CYRUSV2_MAILER_FLAGS', `A@/:|m')
_DEFAULT_(`CYRUSV2_MAILER_ARGS', `FILE /var/imap/socket/lmtp')
PUSHDIVERT(7)dnl

######################################################################
###  Cyrus mailer
######################################################################

Mcyrusv2,	P=[IPC], F=_FLAGS_(`CYRUSV2', lsDFMnqXz`'CYRUSV2_MAILER_FLAGS), S=EnvFromSMTP/HdrFromL, R=EnvToL/HdrToL, E=\r\n,ifdef(`CYRUSV2_MAILER_MAXMSGS', ` m=CYRUSV2_MAILER_MAXMSGS,')ifdef(`CYRUSV2_MAILER_MAXRCPTS', ` r=CYRUSV2_MAILER_MAXRCPTS,')ifdef(`CYRUSV2_MAILER_CHARSET', ` C=CYRUSV2_MAILER_CHARSET,')
		T=DNS/RFC822/SMTP,ifdef(`CYRUSV2_MAILER_QGRP', ` Q=CYRUSV2_MAILER_QGRP,')
		A=CYRUSV2_MAILER_ARGS

POPDIVERT
