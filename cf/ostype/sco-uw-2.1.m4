divert(-1)
dnl
dnl sco-uw-2.1 - SCO UnixWare 2.1.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/bin/rmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `fhCEn9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `rmail $u')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `ehuP')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
