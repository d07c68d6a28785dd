divert(-1)
dnl
dnl mailertable(map) - routing by the domain of the recipient.
dnl
define(`_MAILER_TABLE_', `1')
_MAP_(`mailertable', defn(`_ARG_'), `mailertable', `mailer')
