divert(-1)
dnl
dnl relay_hosts_only - class R and the access map name hosts, not domains.
dnl
define(`_RELAY_HOSTS_ONLY_', `1')
