divert(-1)
dnl
dnl irix6 - IRIX.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Ehmu9')
_DEFAULT_(`LOCAL_MAILER_CHARSET', `iso-8859-1')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail -s -d $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/sendmail.st')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
_DEFAULT_(`confDEF_USER_ID', `998:998')
