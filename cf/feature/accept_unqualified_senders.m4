divert(-1)
dnl
dnl accept_unqualified_senders - take sender addresses without a domain from the network.
dnl
define(`_ACCEPT_UNQUALIFIED_', `1')
