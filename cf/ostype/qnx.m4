divert(-1)
dnl
dnl qnx - QNX.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/bin/mailx')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Sh')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -z -a$f $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
