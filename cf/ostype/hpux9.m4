divert(-1)
dnl
dnl hpux9 - HP-UX.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/bin/rmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `m9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `rmail -d $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
