divert(-1)
dnl
dnl authinfo(map) - a map of its own for passwords we use as a client.
dnl
define(`_AUTHINFO_TABLE_', `1')
_MAP_(`authinfo', defn(`_ARG_'), `authinfo', `authinfo')
