divert(-1)
dnl
dnl relay_based_on_MX - relay to domains that have this host as MX.
dnl
define(`_RELAY_MX_SERVED_', `1')
PUSHDIVERT(6)dnl
Kmxserved bestmx -z: -T<TEMP>
POPDIVERT
