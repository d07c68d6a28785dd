divert(-1)
dnl
dnl genericstable(map) - other addresses for senders.
dnl
define(`_GENERICS_TABLE_', `1')
_MAP_(`generics', defn(`_ARG_'), `genericstable', `generics')
