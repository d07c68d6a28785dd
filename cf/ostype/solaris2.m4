divert(-1)
dnl
dnl solaris2 - Solaris.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/lib/mail.local')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `fSmn9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail.local -d $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
