divert(-1)
dnl
dnl isc4.1 - Interactive Unix.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/bin/lmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `humS9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `lmail -s $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
