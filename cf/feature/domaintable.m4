divert(-1)
dnl
dnl domaintable(map) - other names for domains, in headers too.
dnl
define(`_DOMAIN_TABLE_', `1')
_MAP_(`domaintable', defn(`_ARG_'), `domaintable', `domain')
