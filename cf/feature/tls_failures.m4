divert(-1)
dnl
dnl tls_failures - replaced by an option.
dnl
_FAULT_(`FEATURE(tls_failures) is now the option confTLS_FALLBACK_TO_CLEAR')
