divert(-1)
dnl
dnl powerux - PowerUX.
dnl
_DEFAULT_(`confEBINDIR', `/usr/local/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/bin/rmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `mn9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `rmail $u')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `ehuP')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
