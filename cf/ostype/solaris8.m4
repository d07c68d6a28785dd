divert(-1)
dnl
dnl solaris8 - Solaris.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
FEATURE(`local_lmtp')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g $h!rmail ($u)')
_DEFAULT_(`confPID_FILE', `/var/run/sendmail.pid')
ifelse(_DAEMON_COUNT_, `0', `DAEMON_OPTIONS(`Name=MTA-v4, Family=inet')DAEMON_OPTIONS(`Name=MTA-v6, Family=inet6')')
