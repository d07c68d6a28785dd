divert(-1)
dnl
dnl solaris2.pre5 - Solaris.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `SnE9')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail -f $g -d $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
