divert(-1)
dnl
dnl freebsd4 - freebsd4.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
MODIFY_MAILER_FLAGS(`LOCAL', `+S')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
