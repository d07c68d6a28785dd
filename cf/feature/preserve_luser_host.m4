divert(-1)
dnl
dnl preserve_luser_host - the host of a recipient survives LUSER_RELAY.
dnl
ifdef(`LUSER_RELAY',, `_WARN_(`LUSER_RELAY should be defined before FEATURE(preserve_luser_host)')')
define(`_PRESERVE_LUSER_HOST_', `1')
define(`_NEED_MACRO_MAP_', `1')
