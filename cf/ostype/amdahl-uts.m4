divert(-1)
dnl
dnl amdahl-uts - Amdahl UTS.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `fSn9')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
