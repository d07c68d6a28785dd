divert(-1)
dnl
dnl unicosmp - Unicos.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/bin/mail')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Ehm9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail -s -d $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
