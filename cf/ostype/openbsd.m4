divert(-1)
dnl
dnl openbsd - OpenBSD.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `rmn9S')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
