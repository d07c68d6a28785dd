divert(-1)
dnl
dnl relay_entire_domain - relay for the domains of class m and below them.
dnl
define(`_RELAY_ENTIRE_DOMAIN_', `1')
