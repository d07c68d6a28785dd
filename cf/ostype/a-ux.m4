divert(-1)
dnl
dnl a-ux - Apple A/UX.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `mn9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail -d -r $f $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
