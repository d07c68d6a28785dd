divert(-1)
dnl
dnl dynix3.2 - Dynix.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
