divert(-1)
dnl
dnl freebsd4 - FreeBSD 4 and later.
dnl
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Prmn9S')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail $u')
