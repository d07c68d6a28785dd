divert(-1)
dnl
dnl domainos - Domain/OS.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
