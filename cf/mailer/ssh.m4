divert(-1)
dnl
dnl ssh - SMTP to the sendmail of another host, through ssh; needs SSH_MAILER_USER, who
dnl runs ssh, and SSH_MAILER_DIR, the working folder.
dnl
ifdef(`SSH_MAILER_USER',, `_WARN_(`MAILER(ssh) needs SSH_MAILER_USER to be defined before it')')
ifdef(`SSH_MAILER_DIR',, `_WARN_(`MAILER(ssh) needs SSH_MAILER_DIR to be defined before it')')
ifdef(`_MAILER_smtp_',, `_WARN_(`MAILER(ssh) uses rulesets of MAILER(smtp), which should come before it')')
_DEFAULT_(`SSH_MAILER_PATH', `/usr/bin/ssh')
_DEFAULT_(`SSH_MAILER_ARGS', `ssh -o BatchMode=yes -o EscapeChar=none  -- $h /usr/sbin/sendmail -bs')
PUSHDIVERT(7)dnl

######################################################################
###  SMTP through ssh
######################################################################

Mssh,		P=SSH_MAILER_PATH, F=_FLAGS_(`SSH', mDFMuX`'ifdef(`SSH_MAILER_FLAGS', `SSH_MAILER_FLAGS')), S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\r\n, L=990,
		T=DNS/RFC822/SMTP,ifdef(`SSH_MAILER_QGRP', ` Q=SSH_MAILER_QGRP,')
		ifdef(`SSH_MAILER_USER', `U=SSH_MAILER_USER, ')ifdef(`SSH_MAILER_DIR', `D=SSH_MAILER_DIR,')
		A=SSH_MAILER_ARGS

POPDIVERT
