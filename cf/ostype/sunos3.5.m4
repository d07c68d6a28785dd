divert(-1)
dnl
dnl sunos3.5 - SunOS.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
