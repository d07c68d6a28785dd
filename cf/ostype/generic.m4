divert(-1)
dnl
dnl generic - any system with mail.local in /usr/libexec.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Prmn9S')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail.local -d $u')
