divert(-1)
dnl
dnl lookupdotdomain - look up .domain in the access map too.
dnl
_NEEDS_(`FEATURE(lookupdotdomain)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_LOOKUPDOTDOMAIN_', `1')
