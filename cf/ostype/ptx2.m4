divert(-1)
dnl
dnl ptx2 - DYNIX/ptx.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `fmn9')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `eu')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
