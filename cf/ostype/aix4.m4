divert(-1)
dnl
dnl aix4 - AIX.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/bin/bellmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `mn9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail -F $g $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
