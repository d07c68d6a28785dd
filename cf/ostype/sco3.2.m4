divert(-1)
dnl
dnl sco3.2 - SCO 3.2.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/bin/lmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `PuhCE9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `lmail $u')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `Peu')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
