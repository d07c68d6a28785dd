divert(-1)
dnl
dnl gnu - GNU/Hurd.
dnl
_DEFAULT_(`confEBINDIR', `/libexec')
_DEFAULT_(`LOCAL_MAILER_PATH', `/libexec/mail.local')
_DEFAULT_(`LOCAL_MAILER_ARGS', `mail $u')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
