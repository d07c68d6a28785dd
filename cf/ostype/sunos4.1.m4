divert(-1)
dnl
dnl sunos4.1 - SunOS.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
