divert(-1)
dnl
dnl osf1 - Tru64.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lbin')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -a$g -gC $h!rmail ($u)')
_DEFAULT_(`STATUS_FILE', `/usr/adm/sendmail/sendmail.st')
_DEFAULT_(`confDEF_USER_ID', `daemon')
