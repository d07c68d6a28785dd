divert(-1)
dnl
dnl uucpdomain(map) - Internet names of UUCP hosts.
dnl
define(`_UUDOMAIN_TABLE_', `1')
_MAP_(`uudomain', defn(`_ARG_'), `uudomain', `uucpdomain')
