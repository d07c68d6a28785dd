divert(-1)
dnl
dnl preserve_local_plus_detail - the local mailer gets user+detail as it is.
dnl
define(`_PLUS_DETAIL_', `1')
