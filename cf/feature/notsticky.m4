divert(-1)
dnl
dnl notsticky - has been the default for a long time.
dnl
_WARN_(`FEATURE(notsticky) is the default; see FEATURE(stickyhost)')
