divert(-1)
dnl
dnl dgux - DG/UX.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `m9')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`confTIME_ZONE', `USE_TZ')
PUSHDIVERT(6)dnl
E_FORCE_MAIL_LOCAL_=yes
POPDIVERT
