divert(-1)
dnl
dnl bsd4.4 - 4.4BSD.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
