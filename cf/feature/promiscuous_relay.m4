divert(-1)
dnl
dnl promiscuous_relay - relay from everywhere to everywhere.
dnl
_WARN_(`FEATURE(promiscuous_relay) makes this host an open relay: never on the Internet')
define(`_PROMISCUOUS_RELAY_', `1')
