divert(-1)
dnl
dnl relay_local_from - relay for senders that claim a local domain.
dnl
_WARN_(`FEATURE(relay_local_from) may make this host an open relay')
define(`_RELAY_LOCAL_FROM_', `1')
