divert(-1)
dnl
dnl riscos4.5 - RISC/os.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_ARGS', `rmail -d $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
