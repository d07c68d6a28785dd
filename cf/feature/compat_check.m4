divert(-1)
dnl
dnl compat_check - pairs of sender and recipient in the access map.
dnl
_NEEDS_(`FEATURE(compat_check)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_COMPAT_CHECK_', `1')
