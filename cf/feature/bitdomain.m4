divert(-1)
dnl
dnl bitdomain(map) - Internet names of BITNET hosts.
dnl
define(`_BITDOMAIN_TABLE_', `1')
_MAP_(`bitdomain', defn(`_ARG_'), `bitdomain', `bitdomain')
