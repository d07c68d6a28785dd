divert(-1)
dnl
dnl loose_relay_check - user%host@relayed.domain is not looked into.
dnl
define(`_LOOSE_RELAY_CHECK_', `1')
