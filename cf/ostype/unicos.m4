divert(-1)
dnl
dnl unicos - Unicos.
dnl
MODIFY_MAILER_FLAGS(`LOCAL', `+aSPpmnxXu')
_DEFAULT_(`LOCAL_SHELL_FLAGS', `pxehu')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`ALIAS_FILE', `/usr/lib/aliases')
_DEFAULT_(`HELP_FILE', `/usr/lib/sendmail.hf')
_DEFAULT_(`QUEUE_DIR', `/usr/spool/mqueue')
_DEFAULT_(`STATUS_FILE', `/usr/lib/sendmail.st')
_DEFAULT_(`confPID_FILE', `/etc/sendmail.pid')
MODIFY_MAILER_FLAGS(`SMTP', `+anpeLC')
