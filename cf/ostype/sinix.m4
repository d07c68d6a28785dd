divert(-1)
dnl
dnl sinix - SINIX.
dnl
_DEFAULT_(`confEBINDIR', `/usr/ucblib')
_DEFAULT_(`LOCAL_MAILER_PATH', `/bin/mail.local')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/sendmail.st')
