divert(-1)
dnl
dnl linux - a Linux system: procmail delivers, programs are in /usr/sbin.
dnl
_DEFAULT_(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
_DEFAULT_(`confEBINDIR', `/usr/sbin')
FEATURE(`local_procmail')
