divert(-1)
dnl
dnl linux - a Linux system: procmail delivers, programs are in /usr/sbin.
dnl
_DEFAULT_(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
_DEFAULT_(`confEBINDIR', `/usr/sbin')
FEATURE(`local_procmail')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
