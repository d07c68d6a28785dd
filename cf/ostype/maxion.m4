divert(-1)
dnl
dnl maxion - Maxion.
dnl
_DEFAULT_(`confEBINDIR', `/usr/ucblib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/bin/mail')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail $u')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `ehuP')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gmedium $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/adm/log/sendmail.st')
