divert(-1)
dnl
dnl svr4 - System V Release 4.
dnl
_DEFAULT_(`confEBINDIR', `/usr/ucblib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/ucblib/binmail')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `ehuP')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
