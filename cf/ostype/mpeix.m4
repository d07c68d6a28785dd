divert(-1)
dnl
dnl mpeix - MPE/iX.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/bin/tsmail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `mu9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `tsmail $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
define(`confDONT_BLAME_SENDMAIL', `ForwardFileInGroupWritableDirPath')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
_DEFAULT_(`confDEF_USER_ID', `SERVER.SENDMAIL')
_DEFAULT_(`confTRUSTED_USER', `SERVER.SENDMAIL')
