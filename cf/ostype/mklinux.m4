divert(-1)
dnl
dnl mklinux - MkLinux.
dnl
_DEFAULT_(`confEBINDIR', `/usr/sbin')
_DEFAULT_(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
FEATURE(`local_procmail')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
