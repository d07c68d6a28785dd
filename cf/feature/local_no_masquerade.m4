divert(-1)
dnl
dnl local_no_masquerade - mail that stays here shows the real names.
dnl
_BEFORE_MAILER_(`local_no_masquerade', `local')
define(`_LOCAL_NO_MASQUERADE_', `1')
