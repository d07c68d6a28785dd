divert(-1)
dnl
dnl allmasquerade - masquerade recipients in headers too.
dnl
_BEFORE_MAILER_(`allmasquerade', `local')
define(`_ALL_MASQUERADE_', `1')
