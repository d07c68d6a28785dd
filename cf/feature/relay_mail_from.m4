divert(-1)
dnl
dnl relay_mail_from(domain) - relay for senders that the access map lists.
dnl
_NEEDS_(`FEATURE(relay_mail_from)', `FEATURE(access_db)', `_ACCESS_TABLE_')
_WARN_(`FEATURE(relay_mail_from) may make this host an open relay')
define(`_RELAY_MAIL_FROM_', `1')
ifelse(defn(`_ARG_'), `', `', `define(`_RELAY_MAIL_FROM_DOMAIN_', `1')')
