divert(-1)
dnl
dnl accept_unresolvable_domains - the domain of a sender need not exist.
dnl
define(`_ACCEPT_UNRESOLVABLE_', `1')
