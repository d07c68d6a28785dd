divert(-1)
dnl
dnl hpux10 - HP-UX.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/bin/rmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `m9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `rmail -d $u')
_DEFAULT_(`LOCAL_SHELL_PATH', `/usr/bin/sh')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
