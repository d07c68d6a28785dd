divert(-1)
dnl
dnl unixware7 - UnixWare 7.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/etc/mail/slocal')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Puho9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `slocal -user $u')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `Peu')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
